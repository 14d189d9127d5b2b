"""What a watch saw, as types: stretches of time, stalls, and who wrote meanwhile.

Sums are kept, not means: stretches that are joined stay exact. `*_worst_seconds` is the highest
figure of any single reading, so that a peak outlives being joined with quiet neighbours.
"""

from typing import Literal, TypeVar

from etcdbench.records import Struct

Number = TypeVar("Number", int, float)

LIVE = "live"
"""The phase of what a real etcd did under its own load."""

SeenIn = Literal["flush", "write", "probe", "wal", "commit", "pressure"]
"""Where a stall showed: the disk's flushes, its writes (where it needs no flushes), a flush of
ours, etcd's own histograms, or the share of time in which all tasks waited for I/O."""


class Stretch(Struct, frozen=True, kw_only=True):
    """What a stretch of time saw; None, or a count of 0, where the kernel does not tell.

    Attributes:
        at_seconds: Where it begins, since the watch began.
        length_seconds: Its length.
        busy_seconds: How long the disk had something to do.
        bytes_written: Written to the disk.
        writes, write_seconds: Writes that ended, and how long they took together.
        flushes, flush_seconds: The same of the flushes of the disk's cache.
        flush_worst_seconds, write_worst_seconds: Highest mean of one reading.
        io_some_seconds, io_full_seconds: How long some, or all, tasks waited for I/O.
        probe_worst_seconds: Longest flush of ours.
    """

    at_seconds: float
    length_seconds: float
    busy_seconds: float | None = None
    bytes_written: int | None = None
    writes: int = 0
    write_seconds: float = 0.0
    write_worst_seconds: float | None = None
    flushes: int = 0
    flush_seconds: float = 0.0
    flush_worst_seconds: float | None = None
    io_some_seconds: float | None = None
    io_full_seconds: float | None = None
    probe_worst_seconds: float | None = None

    @property
    def end_seconds(self) -> float:
        """Return where it ends: the very number with which its neighbour begins."""
        return round(self.at_seconds + self.length_seconds, 6)

    def share(self, seconds: float | None) -> float | None:
        """Return a part of the stretch as a share of it, at most 1."""
        if seconds is None or self.length_seconds <= 0:
            return None
        return min(seconds / self.length_seconds, 1.0)


def joined(first: Stretch, second: Stretch) -> Stretch:
    """Return two neighbouring stretches as one."""
    return Stretch(
        at_seconds=first.at_seconds,
        length_seconds=second.end_seconds - first.at_seconds,
        busy_seconds=_sum(first.busy_seconds, second.busy_seconds),
        bytes_written=_sum(first.bytes_written, second.bytes_written),
        writes=first.writes + second.writes,
        write_seconds=first.write_seconds + second.write_seconds,
        write_worst_seconds=_worst(first.write_worst_seconds, second.write_worst_seconds),
        flushes=first.flushes + second.flushes,
        flush_seconds=first.flush_seconds + second.flush_seconds,
        flush_worst_seconds=_worst(first.flush_worst_seconds, second.flush_worst_seconds),
        io_some_seconds=_sum(first.io_some_seconds, second.io_some_seconds),
        io_full_seconds=_sum(first.io_full_seconds, second.io_full_seconds),
        probe_worst_seconds=_worst(first.probe_worst_seconds, second.probe_worst_seconds),
    )


class Writer(Struct, frozen=True, kw_only=True):
    """A process that wrote, to whatever disk.

    Attributes:
        name: Its name as the kernel knows it.
        pid: Its process id.
        bytes_written: What it wrote, or left for the kernel to write.
    """

    name: str
    pid: int
    bytes_written: int


class Stall(Struct, frozen=True, kw_only=True):
    """A time in which the disk let everybody wait; neighbouring readings are one stall.

    Attributes:
        at_seconds: Where the first reading that showed it begins, since the watch began.
        length_seconds: From there to the end of the last such reading.
        wait_seconds: The longest wait that is known: at least so long.
        seen_in: Where that wait showed.
        writers: Who wrote most meanwhile, the busiest first; empty where that could not be seen.
        writers_seconds: The time in which they wrote it, which began before the stall.
    """

    at_seconds: float
    length_seconds: float
    wait_seconds: float
    seen_in: SeenIn
    writers: tuple[Writer, ...] = ()
    writers_seconds: float = 0.0

    @property
    def end_seconds(self) -> float:
        """Return where it ends: the very number with which its neighbour begins."""
        return round(self.at_seconds + self.length_seconds, 6)


class Watched(Struct, frozen=True, kw_only=True):
    """What `etcdbench watch` saw beside etcd's own histograms, which are runs of phase `live`.

    Attributes:
        interval_seconds: Time between two readings.
        disks: Kernel names of the disks that were read; empty where none is known.
        stretches: In order of time; readings of a long watch are joined, see `series`.
        stalls: The worst of them, the worst first.
        stall_count: How many there were.
        metrics_url: Where etcd's metrics were looked for.
        scrapes, scrapes_failed: How often they came, and how often not.
        scrape_failure: Why not, the last time; None if they always came.
        etcd_restarts: How often etcd was started anew meanwhile.
        probed: Whether flushes of ours were made.
        probe_failure: Why a flush of ours failed, after which no more were made.
    """

    interval_seconds: float
    disks: tuple[str, ...] = ()
    stretches: tuple[Stretch, ...] = ()
    stalls: tuple[Stall, ...] = ()
    stall_count: int = 0
    metrics_url: str
    scrapes: int = 0
    scrapes_failed: int = 0
    scrape_failure: str | None = None
    etcd_restarts: int = 0
    probed: bool = False
    probe_failure: str | None = None


def _sum(first: Number | None, second: Number | None) -> Number | None:
    """Return the sum of what is known; None where nothing is."""
    if first is None or second is None:
        return second if first is None else first
    return first + second


def _worst(first: float | None, second: float | None) -> float | None:
    """Return the larger of what is known; None where nothing is."""
    return max((one for one in (first, second) if one is not None), default=None)
