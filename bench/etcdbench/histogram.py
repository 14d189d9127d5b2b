"""Exact arithmetic on latency histograms: merge, percentile, share above a limit.

fio's bins are named by their middle, which is right within 0.8 % (`stat.h`:
FIO_IO_U_PLAT_BITS 6), so a histogram of them is a set of weighted samples.
"""

from collections.abc import Iterable, Mapping

import msgspec

from etcdbench.records import Count, Whole

ETCD_BUCKET_EDGES_NS = tuple(1_000_000 << exponent for exponent in range(14))
"""Upper bounds of etcd's disk histograms: 1 ms x 2^0 ... 2^13.

https://github.com/etcd-io/etcd/blob/main/server/storage/wal/metrics.go
"""

MIN_SAMPLES_BEYOND = 3
"""A percentile with fewer samples than this expected beyond it is None, never a guess."""


class Histogram(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Latencies and how often each was seen.

    Attributes:
        latencies_ns: Distinct latencies, ascending, nanoseconds; shape (n,).
        counts: How often each was seen; shape (n,).
    """

    latencies_ns: tuple[Whole, ...] = ()
    counts: tuple[Count, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what is not a histogram (a damaged file must not become a number)."""
        if len(self.latencies_ns) != len(self.counts):
            raise ValueError("a histogram needs one count for each latency")
        if min(self.counts, default=0) < 0:
            raise ValueError("a histogram cannot hold negative counts")
        if list(self.latencies_ns) != sorted(set(self.latencies_ns)):
            raise ValueError("a histogram's latencies must ascend")

    @classmethod
    def from_bins(cls, bins: Mapping[int, int]) -> "Histogram":
        """Build one from latency -> count, dropping empty bins."""
        filled = sorted((latency, count) for latency, count in bins.items() if count)
        return cls(
            latencies_ns=tuple(latency for latency, _ in filled),
            counts=tuple(count for _, count in filled),
        )

    @classmethod
    def from_samples(cls, latencies_ns: Iterable[int]) -> "Histogram":
        """Count single latencies."""
        bins: dict[int, int] = {}
        for latency in latencies_ns:
            bins[latency] = bins.get(latency, 0) + 1
        return cls.from_bins(bins)

    @property
    def count(self) -> int:
        """Return how many samples there are."""
        return sum(self.counts)

    @property
    def mean_ns(self) -> float | None:
        """Return the mean, None without samples."""
        total = self.count
        weighted = sum(a * n for a, n in zip(self.latencies_ns, self.counts, strict=True))
        return weighted / total if total else None

    @property
    def max_ns(self) -> int | None:
        """Return the largest latency, None without samples."""
        return self.latencies_ns[-1] if self.latencies_ns else None

    def bins(self) -> dict[int, int]:
        """Return latency -> count."""
        return dict(zip(self.latencies_ns, self.counts, strict=True))

    def above(self, edge_ns: float) -> int:
        """Return how many samples are above the edge."""
        return sum(
            count
            for latency, count in zip(self.latencies_ns, self.counts, strict=True)
            if latency > edge_ns
        )

    def share_above(self, edge_ns: float) -> float | None:
        """Return the share of samples above the edge, None without samples."""
        total = self.count
        return self.above(edge_ns) / total if total else None

    def percentile_ns(self, percent: float) -> float | None:
        """Return the percentile, None where too few samples lie beyond it to speak of one."""
        beyond = self.count * (1 - percent / 100)
        if beyond < MIN_SAMPLES_BEYOND - 1e-9:
            return None
        return self.quantile_ns(percent / 100)

    def quantile_ns(self, level: float) -> float | None:
        """Return the latency that a share `level` of the samples does not exceed."""
        total = self.count
        if not total:
            return None
        wanted = total * level - 1e-9
        seen = 0
        for latency, count in zip(self.latencies_ns, self.counts, strict=True):
            seen += count
            if seen >= wanted:
                return float(latency)
        return float(self.latencies_ns[-1])

    def etcd_quantile_ns(self, level: float) -> float | None:
        """Return what `histogram_quantile` would read from etcd's own power-of-two buckets.

        A straight line inside the bucket, as Prometheus draws it; beyond the last bucket its
        upper bound: https://prometheus.io/docs/prometheus/latest/querying/functions/
        """
        total = self.count
        if not total:
            return None
        rank, below, low_edge = total * level, 0.0, 0.0
        for edge in ETCD_BUCKET_EDGES_NS:
            up_to_edge = total - self.above(edge)
            if up_to_edge >= rank and up_to_edge > below:
                return low_edge + (edge - low_edge) * (rank - below) / (up_to_edge - below)
            below, low_edge = up_to_edge, float(edge)
        return low_edge

    def __add__(self, other: "Histogram") -> "Histogram":
        """Merge."""
        return merge((self, other))


def merge(histograms: Iterable[Histogram]) -> Histogram:
    """Return one histogram with the samples of all."""
    bins: dict[int, int] = {}
    for histogram in histograms:
        for latency, count in zip(histogram.latencies_ns, histogram.counts, strict=True):
            bins[latency] = bins.get(latency, 0) + count
    return Histogram.from_bins(bins)
