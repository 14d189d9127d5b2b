"""etcd's own metrics: exposition text -> histograms of what happened between two moments."""

import itertools
import math
from collections.abc import Iterable, Mapping

from prometheus_client.parser import text_string_to_metric_families

from etcdbench.errors import EtcdError
from etcdbench.histogram import ETCD_BUCKET_EDGES_NS, Histogram
from etcdbench.records import Struct

WAL_FSYNC = "etcd_disk_wal_fsync_duration_seconds"
BACKEND_COMMIT = "etcd_disk_backend_commit_duration_seconds"
WAL_BYTES = "etcd_disk_wal_write_bytes_total"
DATABASE_BYTES = ("etcd_mvcc_db_total_size_in_bytes", "etcd_debugging_mvcc_db_total_size_in_bytes")
"""The second name is that of etcd 3.3 and before."""

PAGE_HINT = "look at http://HOST:2379/metrics"

Samples = Mapping[tuple[str, str], float]
"""(name, upper edge of the bucket or "") -> value."""


BEYOND_NS = 2 * ETCD_BUCKET_EDGES_NS[-1]
"""Stands for what is above the last edge."""


class Buckets(Struct, frozen=True, kw_only=True):
    """A latency histogram of etcd's.

    Attributes:
        histogram: Each bucket's observations at its upper edge. Shares above an edge and etcd's own
            quantiles are exact in it; nothing else is known between two edges.
        sum_seconds: Sum of the true latencies.
    """

    histogram: Histogram = Histogram()
    sum_seconds: float = 0.0

    @property
    def mean_seconds(self) -> float | None:
        """Return the true mean; None without observations."""
        return self.sum_seconds / self.histogram.count if self.histogram.count else None

    def __add__(self, other: "Buckets") -> "Buckets":
        """Pool two runs."""
        return Buckets(
            histogram=self.histogram + other.histogram,
            sum_seconds=self.sum_seconds + other.sum_seconds,
        )


def read_samples(text: str) -> Samples:
    """Read a `/metrics` page.

    Raises:
        EtcdError: It is none.
    """
    try:
        return {
            (sample.name, sample.labels.get("le", "")): float(sample.value)
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }
    except (ValueError, KeyError, IndexError, OverflowError) as error:
        raise EtcdError(f"etcd's metrics cannot be read: {error}", hint=PAGE_HINT) from error


def gained(before: Samples, after: Samples, name: str) -> Buckets:
    """Return what a histogram gained between two pages.

    Raises:
        EtcdError: The page has no such histogram, or etcd was started anew in between.
    """
    try:
        up_to = [
            after[f"{name}_bucket", edge] - before[f"{name}_bucket", edge]
            for edge in (*(_label(edge_ns) for edge_ns in ETCD_BUCKET_EDGES_NS), "+Inf")
        ]
        total_seconds = after[f"{name}_sum", ""] - before[f"{name}_sum", ""]
    except KeyError as error:
        raise EtcdError(
            f"etcd's metrics have no {name} with its fourteen buckets",
            hint="use etcd 3.4 or later",
        ) from error
    if not all(math.isfinite(value) for value in (*up_to, total_seconds)):
        raise EtcdError(f"etcd's {name} holds a count that is no number", hint=PAGE_HINT)
    counts = [round(high - low) for low, high in itertools.pairwise((0.0, *up_to))]
    if min(counts) < 0:
        raise EtcdError(
            f"etcd's {name} went down: it was started anew",
            hint="look at etcd's log, run again; of two pages the earlier one comes first",
        )
    bins = dict(zip((*ETCD_BUCKET_EDGES_NS, BEYOND_NS), counts, strict=True))
    return Buckets(histogram=Histogram.from_bins(bins), sum_seconds=total_seconds)


def _label(edge_ns: int) -> str:
    """Return an edge as the label `le` has it (`0.001`, `8.192`)."""
    return f"{edge_ns / 1e9:g}"


def counter(samples: Samples, names: Iterable[str]) -> float | None:
    """Return the first of several counters that is there."""
    return next((samples[name, ""] for name in names if (name, "") in samples), None)
