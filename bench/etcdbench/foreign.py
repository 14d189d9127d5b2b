"""A result around what others measured: most of what a result of ours holds is unknown."""

import datetime
import importlib.metadata

from etcdbench.machine import Environment, Target
from etcdbench.model import Origin, Result, Run, Settings

SECONDS_MAX = 2**36
"""A time stamp beyond this, in the year 4147, is none."""


def iso(seconds: float) -> str:
    """Return a time stamp as UTC, ISO 8601; one that is out of all bounds as the nearest bound."""
    moment = datetime.datetime.fromtimestamp(min(max(seconds, 0.0), SECONDS_MAX), tz=datetime.UTC)
    return moment.isoformat(timespec="seconds")


def result_of(
    run: Run, *, name: str, origin: Origin, created_at: str, fio_version: str = ""
) -> Result:
    """Return a whole result with this run only.

    Args:
        run: What was measured.
        name: What it was read from; it stands in place of the target, which nobody knows.
        origin: Who measured.
        created_at: When, UTC, ISO 8601.
        fio_version: As fio tells it.
    """
    return Result(
        created_at=created_at,
        etcdbench_version=importlib.metadata.version("etcdbench"),
        settings=Settings(profile=origin),
        requests=None,
        profile_text="",
        target=Target(
            path=name,
            measured_path=name,
            mount_point="",
            filesystem="",
            mount_source="",
            size_bytes=0,
            free_bytes=0,
        ),
        environment=Environment(
            hostname="",
            operating_system="",
            kernel="",
            cpu_count=0,
            memory_bytes=0,
            fio_version=fio_version,
        ),
        runs=(run,),
        origin=origin,
        complete=True,
        wall_seconds=run.wall_seconds,
    )
