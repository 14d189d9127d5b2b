"""What may be compared."""

import msgspec
import pytest

from etcdbench.comparable import demand, differences
from etcdbench.errors import UsageError
from etcdbench.join_result import JoinBurst, PhaseSpan
from etcdbench.model import Result, Settings
from etcdbench.workload import Requests
from fakes import result_of, run_of, stream


def plain() -> Result:
    """Build a result."""
    return result_of(run_of("steady", stream("wal", [{1_000_000: 150}])))


def joined() -> Result:
    """Build one with a join."""
    spans = (PhaseSpan(name="pull", begin_seconds=0, end_seconds=30),)
    burst = JoinBurst(cni="cilium", nodes=5, jitter_seconds=5, topology="dedicated", spans=spans)
    return msgspec.structs.replace(plain(), bursts=(burst,))


def gentle() -> Result:
    """Build one that was measured beside a live etcd."""
    return msgspec.structs.replace(plain(), settings=Settings(profile="steady", beside_etcd=True))


def at(rate: float) -> Result:
    """Build one at another rate."""
    return msgspec.structs.replace(plain(), requests=Requests(rate_per_second=rate))


def test_like_results_may_be_compared() -> None:
    """Another host and another disk are the point of it."""
    demand(differences({"a": plain(), "b": plain()}))


@pytest.mark.parametrize(
    ("other", "field"),
    [
        (at(1000), "load"),
        (joined(), "join"),
        (gentle(), "profile"),
        (msgspec.structs.replace(plain(), origin="fio"), "where it comes from"),
        (msgspec.structs.replace(plain(), etcdbench_version="0.2.0"), "etcdbench"),
        (result_of(run_of("other", stream("wal", [{1_000_000: 150}]))), "phases"),
    ],
)
def test_what_differs_is_refused_by_name(other: Result, field: str) -> None:
    """The field, both values, and the way out."""
    with pytest.raises(UsageError, match=f"{field} is ") as caught:
        demand(differences({"a.json": plain(), "b.json": other}))

    assert "a.json" in caught.value.message
    assert "b.json" in caught.value.message
    assert "--anyway" in caught.value.hint


def test_another_release_of_fio_3_measures_alike() -> None:
    """Only its first number counts."""
    machine = msgspec.structs.replace(plain().environment, fio_version="fio-3.41")

    assert (
        differences({"a": plain(), "b": msgspec.structs.replace(plain(), environment=machine)})
        == ()
    )
