"""Predicted against observed: how far is fio's histogram from etcd's own, and do verdicts differ?

Pure functions. etcd's own repeatability, one run of it against another, is the honest yardstick:
no prediction can be closer to etcd than etcd is to itself.
"""

import math
from collections.abc import Sequence

import msgspec
import numpy as np

from etcdbench import judge, stats
from etcdbench.assessment import Shares, shares
from etcdbench.histogram import ETCD_BUCKET_EDGES_NS, Histogram, merge
from etcdbench.machine import MachineLoad
from etcdbench.metrics import Buckets
from etcdbench.model import Stream, Verdict
from etcdbench.records import Struct

SHARE_MIN = 0.005
"""Edges beyond which etcd has fewer of its samples are not compared."""

SAMPLES_MIN = 10
"""A ratio of fewer samples than this is chance."""

Z_95 = 1.96


class Observation(Struct, frozen=True, kw_only=True):
    """What a real etcd's metrics gained in one run under load.

    Attributes:
        flags: etcd's own command line.
        seconds: How long the load lasted.
        wal_fsync, backend_commit: etcd's own histograms.
        wal_metric_bytes: What its `wal_write_bytes` gained (3.4 counts each byte twice: when it
            is encoded and when it is flushed); None where there is none.
        database_growth_bytes: By how much its database file grew.
        machine: How busy the machine was meanwhile.
    """

    flags: tuple[str, ...] = ()
    seconds: float
    wal_fsync: Buckets
    backend_commit: Buckets
    wal_metric_bytes: float | None = None
    database_growth_bytes: float | None = None
    machine: MachineLoad | None = None


class Edge(Struct, frozen=True, kw_only=True):
    """One of etcd's bucket edges.

    Attributes:
        edge_seconds: The edge.
        predicted, observed: Share of samples above it.
        recipe: The same of the popular recipe; None for commits, of which it knows nothing.
        ratio: Predicted over observed, with its 95 % interval in `low` and `high`; None where
            either side has too few samples.
        etcd_ratio: etcd's largest share over its smallest one between repeats.
    """

    edge_seconds: float
    predicted: float
    observed: float
    recipe: float | None = None
    ratio: float | None = None
    low: float | None = None
    high: float | None = None
    etcd_ratio: float | None = None


class Comparison(Struct, frozen=True, kw_only=True):
    """One metric, predicted and observed.

    Attributes:
        predicted, observed, recipe: The distributions through etcd's buckets.
        edges: Where etcd's share is at least 0.5 %.
        etcd_repeatability_ratio: The worst of the edges' `etcd_ratio`; None with one repeat.
        worst_ratio: The edge ratio farthest from 1.
        predicted_p99_seconds: The exact figure, which only we know.
        predicted_report_seconds: The same as etcd's buckets would show it.
        observed_report_seconds: What etcd's buckets show.
        predicted_verdict, observed_verdict: What each supports; etcd's buckets decide only where
            the edges on both sides of the limit leave no doubt.
        verdict_agrees: False only where both decide and differ.
    """

    predicted: Shares
    observed: Shares
    recipe: Shares | None = None
    edges: tuple[Edge, ...]
    etcd_repeatability_ratio: float | None
    worst_ratio: float | None
    predicted_p99_seconds: float | None
    predicted_report_seconds: float | None
    observed_report_seconds: float | None
    predicted_verdict: Verdict
    observed_verdict: Verdict
    verdict_agrees: bool


def compare(
    predicted: Sequence[Stream],
    observed: Sequence[Buckets],
    *,
    limit_ns: int,
    recipe: Histogram | None = None,
) -> Comparison:
    """Compare all runs of a prediction with all runs of etcd.

    Args:
        predicted: One stream a run.
        observed: One histogram a run.
        limit_ns: Limit of the 99th percentile.
        recipe: The popular recipe's histogram.
    """
    ours = merge(stream.histogram() for stream in predicted)
    theirs = sum(observed, Buckets())
    over = judge.share_over(predicted, limit_ns, error=stats.ERROR_TOTAL)
    effect = _within(over, ours.count)
    edges = _edges(predicted, observed, recipe=recipe)
    ratios = [edge.ratio for edge in edges if edge.ratio is not None]
    repeats = [edge.etcd_ratio for edge in edges if edge.etcd_ratio is not None]
    observed_verdict = _verdict_of_buckets(theirs.histogram, limit_ns, effect=effect)
    decided = Verdict.INCONCLUSIVE not in {over.verdict, observed_verdict}
    return Comparison(
        predicted=shares(ours),
        observed=msgspec.structs.replace(
            shares(theirs.histogram), mean_seconds=theirs.mean_seconds
        ),
        recipe=shares(recipe) if recipe else None,
        edges=edges,
        etcd_repeatability_ratio=max(repeats, default=None),
        worst_ratio=max(ratios, key=lambda ratio: abs(math.log(ratio)), default=None),
        predicted_p99_seconds=_seconds(ours.percentile_ns(99)),
        predicted_report_seconds=_seconds(ours.etcd_quantile_ns(0.99)),
        observed_report_seconds=_seconds(theirs.histogram.etcd_quantile_ns(0.99)),
        predicted_verdict=over.verdict,
        observed_verdict=observed_verdict,
        verdict_agrees=not decided or over.verdict is observed_verdict,
    )


def _edges(
    predicted: Sequence[Stream], observed: Sequence[Buckets], *, recipe: Histogram | None
) -> tuple[Edge, ...]:
    ours = merge(stream.histogram() for stream in predicted)
    theirs = sum(observed, Buckets()).histogram
    found: list[Edge] = []
    for edge_ns in ETCD_BUCKET_EDGES_NS:
        share = theirs.share_above(edge_ns) or 0.0
        if share < SHARE_MIN or not ours.count:
            continue
        edge = Edge(
            edge_seconds=edge_ns / 1e9,
            predicted=ours.share_above(edge_ns) or 0.0,
            observed=share,
            recipe=recipe.share_above(edge_ns) if recipe else None,
            etcd_ratio=_repeatability(observed, edge_ns),
        )
        counts = (ours.above(edge_ns), theirs.above(edge_ns))
        if min(counts) >= SAMPLES_MIN:
            edge = _with_ratio(edge, counts, _effects(predicted, observed, edge_ns))
        found.append(edge)
    return tuple(found)


def _with_ratio(edge: Edge, counts: tuple[float, float], effects: tuple[float, float]) -> Edge:
    """Add the ratio of two shares and its interval, on the log scale (delta method)."""
    ratio = edge.predicted / edge.observed
    shares_above = (edge.predicted, edge.observed)
    variance = math.fsum(
        effect * (1 - share) / count
        for share, count, effect in zip(shares_above, counts, effects, strict=True)
    )
    width = math.exp(Z_95 * math.sqrt(variance))
    return msgspec.structs.replace(edge, ratio=ratio, low=ratio / width, high=ratio * width)


def _effects(
    predicted: Sequence[Stream], observed: Sequence[Buckets], edge_ns: int
) -> tuple[float, float]:
    """Return the design effects at an edge, of the prediction and of etcd.

    Within a run samples cluster on both sides alike, so ours, which are known by the second, stand
    for etcd's too. What one side's runs differ in between themselves counts for that side.
    """
    ours = [stream.histogram() for stream in predicted]
    over = judge.share_over(predicted, edge_ns, error=stats.ERROR_TOTAL)
    within = _within(over, sum(histogram.count for histogram in ours))
    theirs = [one.histogram for one in observed]
    return max(within, _between(ours, edge_ns)), max(within, _between(theirs, edge_ns))


def _within(over: judge.ShareOver, samples: float) -> float:
    """Return by how much more samples there are than count: they cluster, or only caught up."""
    return samples / over.effective if over.effective else 1.0


def _between(runs: Sequence[Histogram], edge_ns: int) -> float:
    """Return by how much more runs differ than chance explains."""
    samples = np.array([run.count for run in runs], dtype=np.float64)
    return stats.overdispersion(judge.above(runs, edge_ns), samples)


def _repeatability(observed: Sequence[Buckets], edge_ns: int) -> float | None:
    """Return etcd's largest share over its smallest one; None with too little to compare."""
    rates = [
        share
        for one in observed
        if one.histogram.above(edge_ns) >= SAMPLES_MIN
        and (share := one.histogram.share_above(edge_ns))
    ]
    if len(rates) < 2:  # noqa: PLR2004 - one run has nothing to compare with
        return None
    return max(rates) / min(rates)


def _verdict_of_buckets(histogram: Histogram, limit_ns: int, *, effect: float) -> Verdict:
    """Return what buckets can say of a limit between two of their edges."""
    for edge_ns in ETCD_BUCKET_EDGES_NS:
        low, high = stats.binomial_interval(
            exceedances=histogram.above(edge_ns) / effect,
            samples=histogram.count / effect,
            error_low=stats.ERROR_TOTAL,
            error_high=stats.ERROR_TOTAL,
        )
        if edge_ns <= limit_ns and high < judge.ALLOWED_SHARE:
            return Verdict.PASS
        if edge_ns >= limit_ns and low > judge.ALLOWED_SHARE:
            return Verdict.FAIL
    return Verdict.INCONCLUSIVE


def _seconds(latency_ns: float | None) -> float | None:
    return None if latency_ns is None else latency_ns / 1e9
