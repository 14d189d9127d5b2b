"""A validation's outcome, small and complete, for the tests that show one."""

from etcdbench import etcd_versions
from etcdbench.histogram import Histogram
from etcdbench.metrics import Buckets
from etcdbench.validate_view import Flow, Proof
from etcdbench.validation import Comparison, compare
from fakes import stream

MS = 1_000_000


def comparison(*, recipe: bool = False) -> Comparison:
    """Compare two good WALs."""
    seen = Buckets(
        histogram=Histogram.from_bins({MS: 9000, 2 * MS: 900, 4 * MS: 100}), sum_seconds=9.0
    )
    return compare(
        [stream("wal", [{MS // 2: 90, 3 * MS // 2: 9, 3 * MS: 1}] * 100)],
        [seen, seen],
        limit_ns=10 * MS,
        recipe=Histogram.from_bins({MS // 2: 50, 3 * MS: 50}) if recipe else None,
    )


def proof(etcd_version: str = "3.5.16") -> Proof:
    """Return what two repeats at load s gave."""
    flow = Flow(
        predicted_flushes_per_second=150.0,
        observed_flushes_per_second=149.9,
        predicted_batch_bytes=1395.0,
        observed_metric_bytes_per_flush=None,
        predicted_commits_per_second=9.3,
        observed_commits_per_second=9.2,
        predicted_growth_bytes_per_commit=33_000.0,
        observed_growth_bytes_per_commit=34_000.0,
    )
    metrics = {"wal_fsync": comparison(recipe=True), "backend_commit": comparison()}
    return Proof(
        etcd_version=etcd_version,
        load="s",
        repeats=2,
        metrics=metrics,
        poisson=metrics,
        flow={"regular": flow, "poisson": flow},
        caveats=tuple(etcd_versions.caveats(etcd_version)),
    )
