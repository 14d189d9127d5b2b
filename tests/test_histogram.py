"""Exact arithmetic on histograms."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etcdbench.histogram import ETCD_BUCKET_EDGES_NS, Histogram, merge

MS = 1_000_000

histograms = st.dictionaries(st.integers(0, 10**11), st.integers(1, 10**6), max_size=30).map(
    Histogram.from_bins
)


def test_a_percentile_is_the_smallest_latency_that_enough_samples_do_not_exceed() -> None:
    """With 1 to 1,000 ms once each, the 99th percentile is 990 ms."""
    one_each = Histogram.from_samples(range(MS, 1001 * MS, MS))

    assert 990 * MS == one_each.percentile_ns(99)
    assert 500 * MS == one_each.percentile_ns(50)


def test_a_percentile_with_too_few_samples_beyond_it_is_none() -> None:
    """299 samples have fewer than three beyond the 99th percentile, 300 have three."""
    assert Histogram.from_bins({MS: 299}).percentile_ns(99) is None
    assert MS == Histogram.from_bins({MS: 300}).percentile_ns(99)


def test_nothing_measured_is_none_and_never_zero() -> None:
    """An empty histogram has no mean, no percentile, no share and no maximum."""
    empty = Histogram()

    assert (None,) * 5 == (
        empty.mean_ns,
        empty.percentile_ns(50),
        empty.share_above(1),
        empty.max_ns,
        empty.etcd_quantile_ns(0.99),
    )


def test_share_above_counts_only_what_is_over_the_edge() -> None:
    """A sample at the edge is within it, as in a Prometheus bucket."""
    assert 0.25 == Histogram.from_bins({10 * MS: 3, 11 * MS: 1}).share_above(10 * MS)


@pytest.mark.parametrize("latency_ms", [8.1, 9, 12, 15.9])
def test_etcd_reads_the_same_for_all_that_share_a_bucket(latency_ms: float) -> None:
    """Any constant from 8.1 to 15.9 ms shows as 15.92 ms in etcd's metric."""
    constant = Histogram.from_bins({round(latency_ms * MS): 1000})

    assert pytest.approx(15.92 * MS) == constant.etcd_quantile_ns(0.99)


def test_beyond_the_last_bucket_etcd_shows_its_edge() -> None:
    """A 20 s flush is over 8.192 s, the last bucket's bound, and that is what is read."""
    assert ETCD_BUCKET_EDGES_NS[-1] == Histogram.from_bins({20_000 * MS: 10}).etcd_quantile_ns(0.99)


@given(histograms, histograms, histograms)
def test_merging_is_associative_and_commutative(a: Histogram, b: Histogram, c: Histogram) -> None:
    """The order in which runs are added does not matter."""
    assert (a + b) + c == a + (b + c) == merge((c, b, a))


@given(histograms.filter(lambda h: h.count > 0), st.floats(0.01, 0.99), st.floats(0.01, 0.99))
def test_quantiles_rise_with_their_level(h: Histogram, one: float, other: float) -> None:
    """A higher level never has a lower quantile."""
    low, high = sorted((one, other))

    assert (h.quantile_ns(low) or 0) <= (h.quantile_ns(high) or 0)


@pytest.mark.parametrize(
    ("latencies", "counts"), [((1,), ()), ((2, 1), (1, 1)), ((1, 1), (1, 1)), ((1,), (-1,))]
)
def test_what_is_no_histogram_is_refused(
    latencies: tuple[int, ...], counts: tuple[int, ...]
) -> None:
    """A damaged file does not become a number."""
    with pytest.raises(ValueError, match="histogram"):
        Histogram(latencies_ns=latencies, counts=counts)
