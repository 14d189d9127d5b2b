"""When a reading shows a stall, and which stalls are kept."""

import pytest

from etcdbench.etcd_pages import Gain
from etcdbench.histogram import ETCD_BUCKET_EDGES_NS, Histogram
from etcdbench.metrics import BEYOND_NS, Buckets
from etcdbench.watch_model import Stall, Stretch, Writer
from etcdbench.watch_stalls import KEPT, Stalls, at_least_ns, in_gain, in_stretch, narrowed
from watches import MS, stretch


def gain(*, wal: dict[int, int], commit: dict[int, int] | None = None) -> Gain:
    """Build a gain of five seconds from counts by upper edge in milliseconds."""
    histograms = [
        Histogram.from_bins({edge * MS: count for edge, count in counts.items()})
        for counts in (wal, commit or {})
    ]
    both = [Buckets(histogram=histogram) for histogram in histograms]
    return Gain(at_seconds=10, length_seconds=5, wal=both[0], commit=both[1])


def stall(at_seconds: float, wait_seconds: float = 0.2, length_seconds: float = 1.0) -> Stall:
    """Build a stall of flushes."""
    return Stall(
        at_seconds=at_seconds,
        length_seconds=length_seconds,
        wait_seconds=wait_seconds,
        seen_in="flush",
    )


@pytest.mark.parametrize(
    ("facts", "needs_flushes", "seen"),
    [
        ({"flush_worst_seconds": 0.1}, True, None),
        ({"flush_worst_seconds": 0.3}, True, ("flush", 0.3)),
        ({"write_worst_seconds": 0.3}, True, None),
        ({"write_worst_seconds": 0.3}, False, ("write", 0.3)),
        ({"probe_worst_seconds": 0.4, "flush_worst_seconds": 0.3}, True, ("probe", 0.4)),
        ({"io_full_seconds": 0.9, "busy_seconds": 0.9}, True, ("pressure", 0.9)),
        ({"io_full_seconds": 0.9, "busy_seconds": 0.1}, True, None),
        ({"io_full_seconds": 0.5, "busy_seconds": 0.9}, True, None),
        (
            {"io_full_seconds": 0.9, "busy_seconds": 1.0, "flush_worst_seconds": 0.2},
            True,
            ("flush", 0.2),
        ),
        ({}, False, None),
    ],
)
def test_what_a_reading_shows(
    facts: dict[str, float], *, needs_flushes: bool, seen: tuple[str, float] | None
) -> None:
    """Over the heartbeat interval, or all tasks waiting for this disk."""
    stretch = Stretch(at_seconds=3, length_seconds=1, **facts)  # type: ignore[arg-type]
    found = in_stretch(stretch, needs_flushes=needs_flushes)

    assert seen == (None if found is None else (found.seen_in, found.wait_seconds))
    assert found is None or (found.at_seconds, found.length_seconds) == (3, 1)


def test_etcd_tells_of_single_flushes() -> None:
    """One sample beyond 128 ms is enough; the wait is the lower edge of its bucket."""
    found = in_gain(gain(wal={8: 700, 512: 1}, commit={256: 3}))

    assert found is not None
    assert (found.seen_in, found.wait_seconds) == ("wal", 0.256)
    assert (found.at_seconds, found.length_seconds) == (10, 5)


def test_etcd_within_its_heartbeat_is_no_stall() -> None:
    """Up to 128 ms, or nothing at all."""
    assert in_gain(gain(wal={128: 700})) is None
    assert in_gain(gain(wal={})) is None
    commits = in_gain(gain(wal={8: 1}, commit={256: 1}))
    assert commits is not None
    assert commits.seen_in == "commit"


def test_the_reading_that_stands_out_is_where_the_stall_was() -> None:
    """One long flush lifts the mean of its second, if not over the limit."""
    found = in_gain(gain(wal={8: 700, 512: 1}))
    assert found is not None
    readings = [stretch(second, flush_worst_seconds=0.002) for second in range(8, 18)]
    readings[5] = stretch(13, flush_worst_seconds=0.008)
    readings[0] = stretch(8, flush_worst_seconds=0.9)

    narrow = narrowed(found, readings)
    assert (narrow.at_seconds, narrow.length_seconds) == (13, 1)
    assert (narrow.seen_in, narrow.wait_seconds) == ("wal", 0.256)


def test_where_none_stands_out_nothing_is_made_up() -> None:
    """The disk is not known, or was the same all the time."""
    found = in_gain(gain(wal={512: 1}))
    assert found is not None

    assert narrowed(found, []) == found
    assert narrowed(found, [stretch(second) for second in range(8, 18)]) == found
    unknown = [Stretch(at_seconds=second, length_seconds=1) for second in range(8, 18)]
    assert narrowed(found, unknown) == found


def test_a_sample_took_at_least_the_lower_edge_of_its_bucket() -> None:
    """The first bucket begins at nothing, the last one at 8.192 s."""
    assert at_least_ns(Histogram()) == 0
    assert at_least_ns(Histogram.from_bins({MS: 3})) == 0
    assert at_least_ns(Histogram.from_bins({BEYOND_NS: 1})) == ETCD_BUCKET_EDGES_NS[-1]


def test_neighbouring_readings_are_one_stall() -> None:
    """It is as long as they are together, and as bad as the worst."""
    stalls = Stalls()
    for at_seconds, wait in ((5, 0.2), (6, 0.9), (7, 0.3), (9, 0.4)):
        stalls.add(stall(at_seconds, wait))

    assert stalls.count == 2
    first, second = stalls.worst()
    assert (first.at_seconds, first.length_seconds, first.wait_seconds) == (5, 3, 0.9)
    assert (second.at_seconds, second.length_seconds, second.wait_seconds) == (9, 1, 0.4)


def test_what_etcd_tells_later_is_the_same_stall() -> None:
    """Its page is read every few seconds, so that it speaks of a time in which one is known."""
    stalls = Stalls()
    stalls.add(stall(12))
    stalls.add(Stall(at_seconds=10, length_seconds=5, wait_seconds=0.512, seen_in="wal"))

    assert stalls.count == 1
    found = stalls.worst()[0]
    assert (found.at_seconds, found.length_seconds) == (10, 5)
    assert (found.wait_seconds, found.seen_in) == (0.512, "wal")


def test_the_worst_are_kept_and_all_are_counted() -> None:
    """A million stalls need no more memory than ten."""
    stalls = Stalls()
    for number in range(1000):
        stalls.add(stall(2.0 * number, 0.2 + (number * 7 % 1000) / 1000))

    waits = [round(one.wait_seconds, 3) for one in stalls.worst()]
    assert stalls.count == 1000
    assert waits == [round(1.199 - step / 1000, 3) for step in range(KEPT)]


def test_a_measured_wait_is_worse_than_pressure() -> None:
    """That all waited for a second says less than that a flush took 0.2 s."""
    stalls = Stalls()
    stalls.add(Stall(at_seconds=0, length_seconds=1, wait_seconds=1.0, seen_in="pressure"))
    stalls.add(stall(5))

    assert [one.seen_in for one in stalls.worst()] == ["flush", "pressure"]


def test_writers_belong_to_the_newest_stall() -> None:
    """A later look replaces an earlier one; what the stall was stays."""
    writer = Writer(name="rsync", pid=7, bytes_written=1)
    stalls = Stalls()
    stalls.name_writers((writer,), 1.0)
    stalls.add(stall(5, 0.9))
    stalls.add(stall(50))
    stalls.name_writers((writer,), 9.0)
    stalls.add(stall(51))

    worst, newest = stalls.worst()
    assert worst.writers == ()
    assert (newest.writers, newest.writers_seconds, newest.length_seconds) == ((writer,), 9.0, 2)
