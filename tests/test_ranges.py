"""Samples of which only a range is known, from both ends."""

import msgspec

from etcdbench import ranges
from etcdbench.histogram import ETCD_BUCKET_EDGES_NS, Histogram
from fakes import stream

MS = 1_000_000


def test_known_samples_are_the_same_from_both_ends() -> None:
    """Without edges each sample is what it is."""
    histogram = Histogram.from_bins({3 * MS: 2})

    assert ranges.of_histogram(histogram, ()) == ranges.Seen(lowest=histogram, highest=histogram)


def test_a_range_begins_above_the_edge_below_it() -> None:
    """In etcd's buckets 8 ms is up to 8 ms, and more than 4."""
    seen = ranges.of_histogram(
        Histogram.from_bins({MS: 5, 8 * MS: 2, 99_999 * MS: 1}), ETCD_BUCKET_EDGES_NS
    )

    assert seen.lowest.bins() == {0: 5, 4 * MS + 1: 2, 8192 * MS + 1: 1}
    assert seen.highest.bins() == {MS: 5, 8 * MS: 2, ranges.ENDLESS_NS: 1}


def test_two_edges_a_nanosecond_apart_are_a_known_sample() -> None:
    """As fio's percentiles are."""
    seen = ranges.of_histogram(Histogram.from_bins({7: 1}), (6, 7))

    assert seen.lowest == seen.highest


def test_a_figure_is_told_where_both_ends_agree() -> None:
    """The share above an edge is known exactly, the mean is not."""
    ranged = msgspec.structs.replace(
        stream("wal", [{4 * MS: 3}, {16 * MS: 1}]), edges_ns=ETCD_BUCKET_EDGES_NS
    )
    seen = ranges.seen([ranged])

    assert seen.agreed(lambda end: end.share_above(8 * MS)) == 0.25
    assert seen.agreed(lambda end: end.share_above(10 * MS)) is None
    assert seen.agreed(lambda end: end.mean_ns) is None


def test_streams_with_ranges_of_their_own_are_put_together() -> None:
    """Each job of fio's lists its own percentiles."""
    one, other = (
        msgspec.structs.replace(stream("wal", [{edge: 1}]), edges_ns=(edge - 5, edge))
        for edge in (10, 20)
    )

    assert ranges.seen([one, other]).lowest.bins() == {6: 1, 16: 1}
    assert ranges.seen([one, other]).highest.bins() == {10: 1, 20: 1}
