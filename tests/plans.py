"""A builder of plans for tests."""

from etcdbench import profile
from etcdbench.burst import Bursts
from etcdbench.model import Settings
from etcdbench.plan import Plan
from etcdbench.planning import make_plan

LADDER = profile.load("ladder")


def plan(
    mode: str = "default",
    *,
    name: str = "steady",
    rate: float | None = None,
    value_size: int | None = None,
    beside_etcd: bool = False,
    joins: Bursts | None = None,
) -> Plan:
    """Make a plan with the options that matter."""
    return make_plan(
        main=profile.load(name),
        ladder=LADDER,
        settings=Settings(profile=name, mode=mode, beside_etcd=beside_etcd),  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        rate_per_second=rate,
        value_size_bytes=value_size,
        joins=joins,
    )
