"""The loop of a watch, in a world without time."""

import tracemalloc
from collections.abc import Callable

import pytest

from etcdbench.diskstats import DiskCounters
from etcdbench.errors import EtcdError
from etcdbench.histogram import ETCD_BUCKET_EDGES_NS
from etcdbench.metrics import Samples
from etcdbench.monitor import Instruments, Monitor, Pace, Watch
from etcdbench.series import LONGEST
from etcdbench.stretches import Reading
from etcdbench.system import Stall
from etcdbench.watch_model import Watched, Writer
from watches import MS, samples

WRITER = Writer(name="rsync", pid=7, bytes_written=1_000_000)


class World:
    """A machine whose disk makes ten flushes a second, and its clock.

    Attributes:
        now: Its time in seconds; waiting passes it.
        stalls: Seconds in which each flush takes 300 ms instead of 2 ms.
        silent: Seconds in which etcd's page does not come.
        ends_at: When somebody presses Ctrl-C.
        told: At which seconds of the watch a reading was told of.
        looks: At which seconds processes were looked at because of a stall.
    """

    def __init__(self, *, stalls: range = range(0), silent: range = range(0)) -> None:
        """Begin at some second that is not 0."""
        self.now = 1000.0
        self.stalls = stalls
        self.silent = silent
        self.ends_at = float("inf")
        self.told: list[float] = []
        self.looks: list[float] = []
        self.monitor = Monitor(
            interval_seconds=1.0,
            metrics_url="http://127.0.0.1:2381/metrics",
            disks=("sda",),
            needs_flushes=True,
        )
        self._flush_ms = 0
        self._counted_until = 0

    @property
    def second(self) -> int:
        """Return the whole seconds since the begin."""
        return round(self.now - 1000)

    def watch(
        self, runtime_seconds: float | None, *, flush: Callable[[], float] | None = None
    ) -> Watched:
        """Watch, and return what was seen."""
        Watch(
            monitor=self.monitor,
            instruments=Instruments(
                clock=lambda: self.now,
                wait=self.wait,
                wanted=lambda: self.now < self.ends_at,
                flush=flush,
                counters=self.counters,
                scrape=self.scrape,
                keep_up=lambda _: None,
                busiest=self.busiest,
            ),
            pace=Pace(interval_seconds=1.0, runtime_seconds=runtime_seconds),
            told=lambda: self.told.append(round(self.now - 1000, 3)),
        ).run()
        return self.monitor.watched()

    def wait(self, seconds: float) -> None:
        """Let time pass, until somebody wants the watch to end."""
        self.now = min(self.now + seconds, max(self.ends_at, self.now))

    def counters(self) -> tuple[dict[str, DiskCounters], Stall]:
        """Return what the disk has counted."""
        for second in range(self._counted_until, self.second):
            self._flush_ms += 3000 if second in self.stalls else 20
        self._counted_until = self.second
        counters = DiskCounters(
            busy_ms=100 * self.second,
            bytes_written=4096 * self.second,
            flushes=10 * self.second,
            flush_ms=self._flush_ms,
        )
        return {"sda": counters}, Stall(some_us=0, full_us=0)

    def scrape(self) -> Samples:
        """Return etcd's page, with ten fsyncs of at most 8 ms a second."""
        if self.second in self.silent:
            raise EtcdError("nobody answers", hint="-")
        return samples(wal={8: 10 * self.second}, commit={32: self.second})

    def busiest(self, at_seconds: float) -> tuple[tuple[Writer, ...], float]:
        """Say who wrote most."""
        self.looks.append(at_seconds)
        return (WRITER,), at_seconds


def test_each_interval_is_a_stretch() -> None:
    """From the begin to the end, without a gap."""
    world = World()
    watched = world.watch(4.0)

    assert world.told == [1, 2, 3, 4]
    assert [one.at_seconds for one in watched.stretches] == [0, 1, 2, 3]
    assert {one.flushes for one in watched.stretches} == {10}
    assert {one.flush_worst_seconds for one in watched.stretches} == {0.002}
    assert watched.stall_count == 0


def test_a_time_that_is_no_multiple_of_the_interval_is_kept() -> None:
    """The last stretch is shorter."""
    world = World()
    watched = world.watch(2.5)

    assert world.told == [1, 2, 2.5]
    assert watched.stretches[-1].length_seconds == 0.5


def test_whoever_wants_it_to_end_gets_a_last_reading() -> None:
    """Ctrl-C is how a watch ends."""
    world = World()
    world.ends_at = 1002.6
    watched = world.watch(None)

    assert world.told == pytest.approx([1, 2, 2.6])
    assert watched.stretches[-1].end_seconds == pytest.approx(2.6)


def test_right_after_a_reading_there_is_no_further_one() -> None:
    """A stretch of a moment would say nothing."""
    world = World()
    world.ends_at = 1002.05
    world.watch(None)

    assert world.told == [1, 2]


def test_etcds_histograms_are_kept_as_ranges() -> None:
    """All that it flushed is there, with the edges that say what is known."""
    world = World()
    world.watch(12.0)
    wal, commit = world.monitor.streams()

    assert (wal.name, commit.name) == ("wal", "commit")
    assert wal.edges_ns == commit.edges_ns == ETCD_BUCKET_EDGES_NS
    assert wal.histogram().bins() == {8 * MS: 120}
    assert commit.histogram().bins() == {32 * MS: 12}
    assert [(one.start_seconds, one.length_seconds) for one in wal.blocks] == [
        (0, 5),
        (5, 5),
        (10, 2),
    ]


def test_a_page_that_does_not_come_is_a_gap_and_no_end() -> None:
    """The next one makes up for it."""
    world = World(silent=range(4, 12))
    watched = world.watch(20.0)
    wal, _ = world.monitor.streams()

    assert (watched.scrapes, watched.scrapes_failed) == (3, 2)
    assert watched.scrape_failure == "nobody answers"
    assert wal.histogram().count == 200
    assert wal.blocks[0].length_seconds == 15


def test_while_no_page_comes_no_old_figure_is_shown() -> None:
    """What etcd did a minute ago is not what it does now."""
    world = World(silent=range(10, 12))
    world.watch(7.0)
    assert world.monitor.gain is not None
    world.monitor.miss_page("nobody answers")

    assert world.monitor.gain is None


def test_without_etcd_there_is_no_stream() -> None:
    """Nothing is made up."""
    world = World(silent=range(100))
    watched = world.watch(10.0)

    assert world.monitor.streams() == ()
    assert watched.scrapes == 0


def test_a_stall_is_told_with_who_wrote() -> None:
    """Its second, its wait and the busiest writer are kept; looks are made while it lasts."""
    world = World(stalls=range(6, 8))
    watched = world.watch(12.0)

    assert watched.stall_count == 1
    stall = watched.stalls[0]
    assert (stall.at_seconds, stall.length_seconds, stall.wait_seconds) == (6, 2, 0.3)
    assert stall.writers == (WRITER,)
    assert world.looks == [7, 8]


def test_a_stall_that_only_etcd_saw_is_told_as_well() -> None:
    """One long flush among many short ones does not show in the mean of the disk's."""
    world = World()
    pages = iter([samples(wal={8: 10}), samples(wal={8: 20, 512: 1}), samples(wal={8: 30, 512: 1})])
    world.scrape = lambda: next(pages)  # type: ignore[method-assign]
    watched = world.watch(10.0)

    assert watched.stall_count == 1
    stall = watched.stalls[0]
    assert (stall.seen_in, stall.wait_seconds) == ("wal", 0.256)
    assert (stall.at_seconds, stall.length_seconds) == (0, 5)
    assert stall.writers == (WRITER,)
    assert world.looks == [5]


def test_what_was_missed_in_a_stall_is_not_made_up_for() -> None:
    """After a reading that took three seconds the beat goes on, without a rush."""
    world = World()
    scrape = world.scrape

    def slow() -> Samples:
        if world.second == 5:
            world.now += 2.7
        return scrape()

    world.scrape = slow  # type: ignore[method-assign]
    world.watch(10.0)

    assert world.told == [1, 2, 3, 4, 7.7, 8, 9, 10]


def test_a_flush_of_ours_that_fails_is_noted_and_not_repeated() -> None:
    """The watch goes on: that the disk refuses is what was to be found out."""
    world = World()
    calls: list[float] = []

    def flush() -> float:
        calls.append(world.now)
        if len(calls) == 3:
            raise OSError(5, "Input/output error")
        return 0.02

    watched = world.watch(5.0, flush=flush)

    assert len(calls) == 3
    assert watched.probe_failure == "Input/output error"
    assert [one.probe_worst_seconds for one in watched.stretches] == [0.02, *[None] * 4]


def test_days_fit_into_the_memory_of_minutes() -> None:
    """200,000 readings, more than two days, and the last 10,000 of them left nothing behind."""
    world = World(stalls=range(0, 200_000, 10))
    page = samples(wal={8: 10, 256: 1}, commit={32: 5})

    def fold(seconds: range) -> None:
        for number in seconds:
            world.now = 1000.0 + number
            disks, io = world.counters()
            world.monitor.take(Reading(at_seconds=number, disks=disks, io=io))
            if number % 100 == 0:
                world.monitor.take_page(page, number)

    fold(range(190_000))
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        fold(range(190_000, 200_000))
        grown = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    watched = world.monitor.watched()

    assert grown < 200_000
    assert len(watched.stretches) <= LONGEST
    assert len(world.monitor.streams()[0].blocks) <= LONGEST
    assert (watched.stall_count, len(watched.stalls)) == (20_000, 10)
    assert sum(one.flushes for one in watched.stretches) == 10 * 199_999
    assert max(one.flush_worst_seconds or 0 for one in watched.stretches) == 0.3
