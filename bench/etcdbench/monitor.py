"""The loop of a watch: read, fold into a bounded memory, tell, sleep, until it is over.

Clock, sleep and readers are given, so that days can be tested in a second.
"""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import msgspec

from etcdbench import system, watch_stalls
from etcdbench.diskstats import DiskCounters
from etcdbench.errors import EtcdError
from etcdbench.etcd_pages import Gain, Pages
from etcdbench.histogram import ETCD_BUCKET_EDGES_NS, Histogram
from etcdbench.metrics import Samples
from etcdbench.model import Block, Stream
from etcdbench.series import Series
from etcdbench.stretches import Reading, between
from etcdbench.watch_model import Stall, Stretch, Watched, Writer, joined
from etcdbench.watch_stalls import Stalls

SCRAPE_SECONDS = 5.0
"""etcd gathers a page for each scrape; so often is what Prometheus does at most."""

RECENT = 60
"""So many readings are kept one by one, for those who look on."""

SHORTEST_SECONDS = 0.1
"""A watch that ends so soon after a reading takes no further one: it would say nothing."""


class Monitor:
    """What a watch has seen so far; it reads nothing itself.

    Attributes:
        recent: What was read between the newest readings, one by one.
        total: All of it as one stretch; None before the second reading.
        gain: What etcd did in the newest gain; None while its pages do not come.
        stall: The stall that is going on; None if all is well.
        stalls: All stalls.
    """

    def __init__(
        self,
        *,
        interval_seconds: float,
        metrics_url: str,
        disks: tuple[str, ...],
        needs_flushes: bool,
        probed: bool = False,
    ) -> None:
        """Begin with nothing.

        Args:
            interval_seconds: Time between two readings.
            metrics_url: Where etcd's metrics are looked for.
            disks: Kernel names of the disks.
            needs_flushes: Whether they have a cache to flush.
            probed: Whether flushes of ours are made.
        """
        self._facts = Watched(
            interval_seconds=interval_seconds, metrics_url=metrics_url, disks=disks, probed=probed
        )
        self._needs_flushes = needs_flushes
        self._last: Reading | None = None
        self._stretches = Series(joined)
        self._pages = Pages()
        self._wal, self._commit = Series(_joined_blocks), Series(_joined_blocks)
        self._scrapes = self._scrapes_failed = 0
        self._scrape_failure: str | None = None
        self._probe_failure: str | None = None
        self.recent: deque[Stretch] = deque(maxlen=RECENT)
        self.total: Stretch | None = None
        self.gain: Gain | None = None
        self.stall: Stall | None = None
        self.stalls = Stalls()

    def take(self, reading: Reading) -> None:
        """Take in a reading."""
        last, self._last = self._last, reading
        if last is None:
            return
        stretch = between(last, reading)
        self._stretches.add(stretch)
        self.recent.append(stretch)
        self.total = joined(self.total, stretch) if self.total else stretch
        self._note(watch_stalls.in_stretch(stretch, needs_flushes=self._needs_flushes))

    def take_page(self, page: Samples, at_seconds: float) -> None:
        """Take in a page of etcd's.

        Raises:
            EtcdError: It is none.
        """
        self.gain = gain = self._pages.take(page, at_seconds)
        self._scrapes += 1
        if gain is None:
            return
        for series, buckets in ((self._wal, gain.wal), (self._commit, gain.commit)):
            series.add(_block(gain, buckets.histogram))
        found = watch_stalls.in_gain(gain)
        if found is not None:
            self._note(watch_stalls.narrowed(found, self.recent))

    def miss_page(self, why: str) -> None:
        """Note that a page did not come."""
        self._scrapes_failed += 1
        self._scrape_failure = why
        self.gain = None

    def miss_probe(self, why: str) -> None:
        """Note that a flush of ours failed."""
        self._probe_failure = why

    def name_writers(self, writers: tuple[Writer, ...], seconds: float) -> None:
        """Say who wrote most in the stall that is going on."""
        self.stalls.name_writers(writers, seconds)
        self.stall = self.stalls.newest

    def _note(self, found: Stall | None) -> None:
        if found is not None:
            self.stalls.add(found)
        self.stall = None if found is None else self.stalls.newest

    @property
    def at_seconds(self) -> float:
        """Return when the newest reading was taken, since the watch began."""
        return self._last.at_seconds if self._last else 0.0

    def watched(self) -> Watched:
        """Return all that is to be kept but etcd's histograms."""
        return msgspec.structs.replace(
            self._facts,
            stretches=self._stretches.items,
            stalls=self.stalls.worst(),
            stall_count=self.stalls.count,
            scrapes=self._scrapes,
            scrapes_failed=self._scrapes_failed,
            scrape_failure=self._scrape_failure,
            etcd_restarts=self._pages.restarts,
            probe_failure=self._probe_failure,
        )

    def streams(self) -> tuple[Stream, ...]:
        """Return etcd's histograms; nothing where it never told any."""
        if not self._wal.items:
            return ()
        return (
            Stream(name="wal", blocks=self._wal.items, edges_ns=ETCD_BUCKET_EDGES_NS),
            Stream(name="commit", blocks=self._commit.items, edges_ns=ETCD_BUCKET_EDGES_NS),
        )


def _block(gain: Gain, histogram: Histogram) -> Block:
    return Block(
        start_seconds=gain.at_seconds, length_seconds=gain.length_seconds, histogram=histogram
    )


def _joined_blocks(first: Block, second: Block) -> Block:
    return Block(
        start_seconds=first.start_seconds,
        length_seconds=second.start_seconds + second.length_seconds - first.start_seconds,
        histogram=first.histogram + second.histogram,
    )


# --- the loop -----------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How often, and for how long.

    Attributes:
        interval_seconds: Time between two readings.
        runtime_seconds: When the watch ends by itself; None for never.
    """

    interval_seconds: float
    runtime_seconds: float | None

    def due_seconds(self, now_seconds: float) -> float:
        """Return the next moment of the beat; those that were missed in a stall are left out."""
        beat = (now_seconds // self.interval_seconds + 1) * self.interval_seconds
        return beat if self.runtime_seconds is None else min(beat, self.runtime_seconds)

    def is_over(self, now_seconds: float) -> bool:
        """Say whether the time is up."""
        return self.runtime_seconds is not None and now_seconds >= self.runtime_seconds


@dataclass(frozen=True, kw_only=True)
class Instruments:
    """What a watch reads, and tells the time by.

    Attributes:
        clock: Seconds that only grow.
        wait: Sleep so many seconds, or less where somebody wants the watch to end.
        wanted: Whether nobody wants it to end yet.
        flush: Make a flush of ours and return its seconds; None where none are wanted.
        counters: Read the disks' counters, and how long tasks have waited for I/O.
        scrape: Fetch etcd's page; raises EtcdError where none comes.
        keep_up: Note what each process has written, if it is time.
        busiest: Who has written most since then, and in how many seconds; None if it is too early.
    """

    clock: Callable[[], float]
    wait: Callable[[float], None]
    wanted: Callable[[], bool]
    flush: Callable[[], float] | None = None
    counters: Callable[[], tuple[Mapping[str, DiskCounters], system.Stall]]
    scrape: Callable[[], Samples]
    keep_up: Callable[[float], None]
    busiest: Callable[[float], tuple[tuple[Writer, ...], float] | None]


class Watch:
    """One watch from its begin to its end."""

    def __init__(
        self,
        *,
        monitor: Monitor,
        instruments: Instruments,
        pace: Pace,
        told: Callable[[], None],
    ) -> None:
        """Read nothing yet.

        Args:
            monitor: Takes in what is read.
            instruments: What is read.
            pace: How often, and for how long.
            told: Called after each reading but the first.
        """
        self._monitor = monitor
        self._tools = instruments
        self._pace = pace
        self._told = told
        self._flush = instruments.flush
        self._next_scrape_seconds = 0.0

    def run(self) -> None:
        """Watch until it is over, with a last look at the end."""
        began = self._tools.clock()
        self._look(began)
        over = False
        while not over:
            now_seconds = self._tools.clock() - began
            self._tools.wait(self._pace.due_seconds(now_seconds) - now_seconds)
            now_seconds = self._tools.clock() - began
            over = self._pace.is_over(now_seconds) or not self._tools.wanted()
            if now_seconds - self._monitor.at_seconds >= SHORTEST_SECONDS:
                self._look(began, last=over)
                self._told()

    def _look(self, began: float, *, last: bool = False) -> None:
        """Read everything that is due, and find out who wrote where there is a stall."""
        probe_seconds = self._flushed()
        at_seconds = round(self._tools.clock() - began, 3)
        disks, io = self._tools.counters()
        self._monitor.take(
            Reading(at_seconds=at_seconds, disks=disks, io=io, probe_seconds=probe_seconds)
        )
        if last or at_seconds >= self._next_scrape_seconds:
            # Half an interval of room, since no beat is met exactly.
            room = self._pace.interval_seconds / 2
            self._next_scrape_seconds = at_seconds + SCRAPE_SECONDS - room
            self._scrape(at_seconds)
        if self._monitor.stall is None:
            self._tools.keep_up(at_seconds)
            return
        found = self._tools.busiest(at_seconds)
        if found is not None:
            self._monitor.name_writers(*found)

    def _flushed(self) -> float | None:
        """Make a flush of ours, if any are wanted; none after one that failed."""
        if self._flush is None:
            return None
        try:
            return self._flush()
        except OSError as error:
            self._flush = None
            self._monitor.miss_probe(error.strerror or str(error))
            return None

    def _scrape(self, at_seconds: float) -> None:
        try:
            self._monitor.take_page(self._tools.scrape(), at_seconds)
        except EtcdError as error:
            self._monitor.miss_page(error.message)
