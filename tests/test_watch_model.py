"""Stretches of a watch that become one."""

import itertools

from etcdbench.watch_model import Stretch, joined

EARLY = Stretch(
    at_seconds=10,
    length_seconds=1,
    busy_seconds=0.5,
    bytes_written=100,
    writes=10,
    write_seconds=0.2,
    write_worst_seconds=0.02,
    flushes=4,
    flush_seconds=0.4,
    flush_worst_seconds=0.1,
    io_some_seconds=0.3,
    io_full_seconds=0.1,
    probe_worst_seconds=0.007,
)


def test_sums_are_added_and_the_worst_is_kept() -> None:
    """A peak outlives being joined with a quiet neighbour."""
    late = Stretch(
        at_seconds=11, length_seconds=3, busy_seconds=0.1, bytes_written=1, flushes=1, writes=1
    )
    both = joined(EARLY, late)

    assert (both.at_seconds, both.length_seconds, both.end_seconds) == (10, 4, 14)
    assert (both.flushes, both.flush_seconds, both.flush_worst_seconds) == (5, 0.4, 0.1)
    assert (both.writes, both.bytes_written, both.busy_seconds) == (11, 101, 0.6)
    assert (both.io_some_seconds, both.probe_worst_seconds) == (0.3, 0.007)


def test_the_order_of_joining_does_not_matter() -> None:
    """Neighbours may be joined in pairs, and pairs again."""
    parts = [Stretch(at_seconds=n, length_seconds=1, flushes=n, flush_seconds=n) for n in range(4)]
    first, second, third, fourth = parts

    one_by_one = joined(joined(joined(first, second), third), fourth)
    assert joined(joined(first, second), joined(third, fourth)) == one_by_one


def test_what_is_not_known_stays_unknown() -> None:
    """A disk that nobody knows is not idle."""
    unknown = Stretch(at_seconds=0, length_seconds=1)

    assert joined(unknown, Stretch(at_seconds=1, length_seconds=1)).busy_seconds is None
    assert unknown.share(unknown.busy_seconds) is None


def test_a_share_is_at_most_one() -> None:
    """Counters and clock are read one after the other."""
    assert EARLY.share(1.01) == 1.0
    assert EARLY.share(0.25) == 0.25
    assert Stretch(at_seconds=0, length_seconds=0).share(1.0) is None


def test_neighbours_touch_whatever_their_times() -> None:
    """Sums of floats would leave a gap of less than a nanosecond, and one stall would be two."""
    times = [round(0.1 * number + 0.001 * (number % 7), 3) for number in range(1000)]
    for early, late in itertools.pairwise(times):
        assert Stretch(at_seconds=early, length_seconds=late - early).end_seconds == late
