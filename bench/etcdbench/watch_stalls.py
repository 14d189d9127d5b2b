"""When a reading shows a stall, which readings are one stall, and which stalls are the worst."""

import statistics
from collections.abc import Iterable

import msgspec

from etcdbench.etcd_pages import Gain
from etcdbench.histogram import ETCD_BUCKET_EDGES_NS, Histogram
from etcdbench.limits import HEARTBEAT_NS
from etcdbench.metrics import BEYOND_NS
from etcdbench.watch_model import SeenIn, Stall, Stretch, Writer

KEPT = 10
"""So many stalls are kept, the worst."""

LIMIT_SECONDS = HEARTBEAT_NS / 1e9
"""A flush that takes longer delays etcd's heartbeats."""

BUCKET_NS = 128_000_000
"""The first of etcd's edges above the heartbeat interval."""

FULL_SHARE = 0.8
BUSY_SHARE = 0.5
"""All tasks of the machine waited for I/O, and this disk was busy: what logins notice. One task
that reads alone on an idle machine waits as well, so that the shares are high (our own limits)."""


STANDS_OUT = 2.0
"""One flush of 0.3 s among 200 of 1 ms makes their mean 2.5 ms."""


def in_stretch(stretch: Stretch, *, needs_flushes: bool) -> Stall | None:
    """Return the stall that a stretch shows, if it does.

    The kernel tells the mean of a stretch's flushes, in which one long flush among many short
    ones is hidden: etcd's own histograms find that.

    Args:
        stretch: What was read.
        needs_flushes: Whether the disk has a cache to flush. Without one a write is durable when
            it ends, and no flush is ever sent: then the mean time of a write counts.
    """
    waits: dict[SeenIn, float | None] = {
        "flush": stretch.flush_worst_seconds,
        "write": None if needs_flushes else stretch.write_worst_seconds,
        "probe": stretch.probe_worst_seconds,
    }
    seen: dict[SeenIn, float] = {
        place: wait for place, wait in waits.items() if wait is not None and wait > LIMIT_SECONDS
    }
    full = stretch.share(stretch.io_full_seconds) or 0.0
    if full > FULL_SHARE and (stretch.share(stretch.busy_seconds) or 0.0) > BUSY_SHARE:
        seen["pressure"] = stretch.io_full_seconds or 0.0
    # What waited decides, as long as it is known; pressure alone only says that all waited.
    place = max(seen, key=lambda one: (one != "pressure", seen[one]), default=None)
    if place is None:
        return None
    return Stall(
        at_seconds=stretch.at_seconds,
        length_seconds=stretch.length_seconds,
        wait_seconds=seen[place],
        seen_in=place,
    )


def in_gain(gain: Gain) -> Stall | None:
    """Return the stall that etcd's own histograms show, if they do: at least one over 128 ms."""
    places: tuple[tuple[SeenIn, Histogram], ...] = (
        ("wal", gain.wal.histogram),
        ("commit", gain.commit.histogram),
    )
    waits: dict[SeenIn, int] = {place: at_least_ns(histogram) for place, histogram in places}
    place = max(waits, key=waits.__getitem__)
    if waits[place] < BUCKET_NS:
        return None
    return Stall(
        at_seconds=gain.at_seconds,
        length_seconds=gain.length_seconds,
        wait_seconds=waits[place] / 1e9,
        seen_in=place,
    )


def narrowed(stall: Stall, stretches: Iterable[Stretch]) -> Stall:
    """Say in which reading a stall was, where the disk's own figures tell.

    etcd's pages are seconds apart. Where one reading between two pages stands out, with flushes or
    writes over `STANDS_OUT` times as long as the median's, the stall was there.

    Args:
        stall: What a gain showed.
        stretches: The newest readings.
    """
    within = [
        one
        for one in stretches
        if one.at_seconds >= stall.at_seconds and one.end_seconds <= stall.end_seconds
    ]
    if len(within) < 2:  # noqa: PLR2004 - one reading stands out of nothing
        return stall
    worst = max(within, key=_slowness)
    if _slowness(worst) <= STANDS_OUT * statistics.median(_slowness(one) for one in within):
        return stall
    return msgspec.structs.replace(
        stall, at_seconds=worst.at_seconds, length_seconds=worst.length_seconds
    )


def _slowness(stretch: Stretch) -> float:
    return max(stretch.flush_worst_seconds or 0.0, stretch.write_worst_seconds or 0.0)


def at_least_ns(histogram: Histogram) -> int:
    """Return what the longest sample took at least: the lower edge of its bucket, 0 for none."""
    longest = histogram.max_ns
    if longest is None:
        return 0
    edges = (0, *ETCD_BUCKET_EDGES_NS, BEYOND_NS)
    return max(edge for edge in edges if edge < longest)


class Stalls:
    """Joins what is one stall, counts them, and keeps the worst.

    Attributes:
        count: How many there were.
    """

    def __init__(self) -> None:
        """There was none yet."""
        self.count = 0
        self._newest: Stall | None = None
        self._worst: list[Stall] = []

    def add(self, stall: Stall) -> None:
        """Take in a stall; one that touches the newest is a part of it."""
        newest = self._newest
        if newest is not None and stall.at_seconds <= newest.end_seconds:
            self._newest = _together(newest, stall)
            return
        self._worst = list(self.worst())
        self._newest = stall
        self.count += 1

    def name_writers(self, writers: tuple[Writer, ...], seconds: float) -> None:
        """Say who wrote most in the newest stall; a later look replaces an earlier one."""
        if self._newest is not None:
            self._newest = msgspec.structs.replace(
                self._newest, writers=writers, writers_seconds=seconds
            )

    @property
    def newest(self) -> Stall | None:
        """Return the newest."""
        return self._newest

    def worst(self) -> tuple[Stall, ...]:
        """Return the worst, the worst first."""
        all_of_them = self._worst if self._newest is None else [*self._worst, self._newest]
        return tuple(sorted(all_of_them, key=_badness, reverse=True)[:KEPT])


def _together(first: Stall, second: Stall) -> Stall:
    """Return two parts of one stall as one: as bad as the worse part."""
    worse = max(first, second, key=_badness)
    begin = min(first.at_seconds, second.at_seconds)
    return msgspec.structs.replace(
        first,
        at_seconds=begin,
        length_seconds=max(first.end_seconds, second.end_seconds) - begin,
        wait_seconds=worse.wait_seconds,
        seen_in=worse.seen_in,
    )


def _badness(stall: Stall) -> tuple[bool, float]:
    """Order stalls: a wait that was measured is worse than pressure, whatever its length."""
    return stall.seen_in != "pressure", stall.wait_seconds
