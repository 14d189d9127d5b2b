"""Counters of the kernel at two moments -> what the time between them saw."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from etcdbench import system
from etcdbench.diskstats import DiskCounters
from etcdbench.watch_model import Stretch

WRAP = 1 << 32
"""diskstats shows milliseconds in 32 bits: after 49.7 days of waiting they begin anew."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What was read at one moment.

    Attributes:
        at_seconds: The moment, since the watch began.
        disks: Counters of each disk; empty where none is known.
        io: How long tasks have waited for I/O.
        probe_seconds: How long a flush of ours took just now; None without one.
    """

    at_seconds: float
    disks: Mapping[str, DiskCounters]
    io: system.Stall
    probe_seconds: float | None = None


def between(early: Reading, late: Reading) -> Stretch:
    """Return what the time between two readings saw.

    Of several disks (the legs of a mirror) the one with the longest mean flush is shown: a flush
    waits for the slowest. How busy, and how much was written, is that of the busiest.
    """
    both = early.disks.keys() & late.disks.keys()
    grown = [one for name in both if (one := _grown(early.disks[name], late.disks[name]))]
    slowest = max(grown, key=_slowness, default=None)
    length_seconds = late.at_seconds - early.at_seconds
    plain = Stretch(
        at_seconds=early.at_seconds,
        length_seconds=length_seconds,
        io_some_seconds=_stalled(early.io.some_us, late.io.some_us),
        io_full_seconds=_stalled(early.io.full_us, late.io.full_us),
        probe_worst_seconds=late.probe_seconds,
    )
    return plain if slowest is None else _with_disk(plain, slowest, grown)


def _with_disk(plain: Stretch, slowest: DiskCounters, grown: Iterable[DiskCounters]) -> Stretch:
    grown = tuple(grown)
    return Stretch(
        at_seconds=plain.at_seconds,
        length_seconds=plain.length_seconds,
        busy_seconds=max(one.busy_ms for one in grown) / 1000,
        bytes_written=max(one.bytes_written for one in grown),
        writes=slowest.writes,
        write_seconds=slowest.write_ms / 1000,
        write_worst_seconds=_mean_seconds(slowest.write_ms, slowest.writes),
        flushes=slowest.flushes or 0,
        flush_seconds=(slowest.flush_ms or 0) / 1000,
        flush_worst_seconds=_mean_seconds(slowest.flush_ms, slowest.flushes),
        io_some_seconds=plain.io_some_seconds,
        io_full_seconds=plain.io_full_seconds,
        probe_worst_seconds=plain.probe_worst_seconds,
    )


def _grown(early: DiskCounters, late: DiskCounters) -> DiskCounters | None:
    """Return how much the counters grew; None where this is another disk of the same name."""
    flushes = None
    if early.flushes is not None and late.flushes is not None:
        flushes = late.flushes - early.flushes
    growth = DiskCounters(
        busy_ms=(late.busy_ms - early.busy_ms) % WRAP,
        bytes_written=late.bytes_written - early.bytes_written,
        writes=late.writes - early.writes,
        write_ms=(late.write_ms - early.write_ms) % WRAP,
        flushes=flushes,
        flush_ms=((late.flush_ms or 0) - (early.flush_ms or 0)) % WRAP,
    )
    is_other = min(growth.bytes_written, growth.writes, growth.flushes or 0) < 0
    return None if is_other else growth


def _slowness(growth: DiskCounters) -> tuple[float, float]:
    flush = _mean_seconds(growth.flush_ms, growth.flushes)
    return flush or 0.0, _mean_seconds(growth.write_ms, growth.writes) or 0.0


def _mean_seconds(total_ms: int | None, count: int | None) -> float | None:
    return total_ms / 1000 / count if total_ms is not None and count else None


def _stalled(early_us: float | None, late_us: float | None) -> float | None:
    return None if early_us is None or late_us is None else max(late_us - early_us, 0.0) / 1e6
