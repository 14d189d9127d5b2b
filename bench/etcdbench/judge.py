"""How a check judges: the interval of a share against what is allowed, in words.

Wholly under is a pass, wholly over a fail, anything else inconclusive.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from etcdbench import advice, ranges, stats
from etcdbench.histogram import Histogram, merge
from etcdbench.limits import COMMIT_LIMIT_NS, FAQ, WAL_LIMIT_NS
from etcdbench.model import Finding, Result, Stream, StreamName, Verdict
from etcdbench.units import format_seconds, format_share

if TYPE_CHECKING:
    from numpy.typing import NDArray

ALLOWED_SHARE = 0.01
"""A 99th percentile under the limit: at most 1 % of samples over it."""

CLUSTER_SAMPLES = 20
"""So many samples over a level show how they cluster in time."""


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """A result and how sure a check must be.

    Attributes:
        result: What was measured.
        phase: The phase to judge.
        error: Chance of error on each side that this look may spend.
        judge_commits: Whether commits were meant to be judged.
    """

    result: Result
    phase: str
    error: float = stats.ERROR_TOTAL
    judge_commits: bool = True


@dataclass(frozen=True, kw_only=True)
class Criterion:
    """A limit for the 99th percentile of a stream.

    Attributes:
        check: Name of the check.
        stream: What it judges.
        what: The stream's operations in words.
        limit_ns: The limit.
        reference: Address of its source.
    """

    check: str
    stream: StreamName
    what: str
    limit_ns: int
    reference: str


WAL_FSYNC = Criterion(
    check="wal_fsync_p99",
    stream="wal",
    what="WAL flushes",
    limit_ns=WAL_LIMIT_NS,
    reference=FAQ,
)
BACKEND_COMMIT = Criterion(
    check="backend_commit_p99",
    stream="commit",
    what="backend commits",
    limit_ns=COMMIT_LIMIT_NS,
    reference=FAQ,
)
"""What etcd's FAQ asks for, on a quiet day and, under another name, while nodes join."""


@dataclass(frozen=True, kw_only=True)
class ShareOver:
    """How many samples are over a limit, and how sure that is.

    Attributes:
        share: The measured share: of samples that are over it for certain.
        possible: The share that may be over it, where samples are known only as ranges.
        low, high: The interval of the two.
        own: How many samples did not only catch up after a stall.
        effective: How many independent samples these are worth.
    """

    share: float
    possible: float
    low: float
    high: float
    own: float
    effective: float

    @property
    def verdict(self) -> Verdict:
        """Compare the interval with what is allowed."""
        if self.high < ALLOWED_SHARE:
            return Verdict.PASS
        return Verdict.FAIL if self.low > ALLOWED_SHARE else Verdict.INCONCLUSIVE


def share_over(streams: Sequence[Stream], limit_ns: int, *, error: float) -> ShareOver:
    """Return the share of samples over a limit, with its interval.

    Flushes that only caught up after a stall are no samples of their own: none of the
    exceedances is taken to be theirs, which is the careful reading. Where fewer than `CLUSTER_SAMPLES` are over the limit the blocks
    cannot show how they cluster; how that many of the slowest cluster then stands for it, as far
    as they are over half the limit: what clusters far below it says nothing about the limit.
    """
    blocks = [
        ranges.of_histogram(block.histogram, stream.edges_ns)
        for stream in streams
        for block in stream.blocks
    ]
    highest = [block.highest for block in blocks]
    merged = merge(highest)
    samples = np.array([histogram.count for histogram in highest], dtype=np.float64)
    slowest = merged.quantile_ns(max(1 - CLUSTER_SAMPLES / max(merged.count, 1), 0.5)) or 0.0
    level = min(float(limit_ns), max(slowest, limit_ns / 2))
    effect = stats.design_effect(above(highest, level), samples)
    caught_up = sum(stream.catch_up_count for stream in streams)
    independent = max(1 - caught_up / max(merged.count, 1), 0.0)
    own = samples * independent
    certain = np.minimum(above([block.lowest for block in blocks], limit_ns), own)
    possible = np.minimum(above(highest, limit_ns), own)
    low, _ = stats.share_interval(exceedances=certain, samples=own, effect=effect, error=error)
    _, high = stats.share_interval(exceedances=possible, samples=own, effect=effect, error=error)
    total = float(own.sum())
    return ShareOver(
        share=float(certain.sum()) / total if total else 0.0,
        possible=float(possible.sum()) / total if total else 0.0,
        low=low,
        high=high,
        own=total,
        effective=merged.count * independent / effect,
    )


def above(histograms: Sequence[Histogram], edge_ns: float) -> "NDArray[np.float64]":
    """Return how many samples of each histogram are above an edge; shape (histograms,)."""
    return np.array([histogram.above(edge_ns) for histogram in histograms], dtype=np.float64)


def judge_p99(known: Evidence, criterion: Criterion) -> Finding:
    """Hold a stream's 99th percentile against its limit."""
    streams = known.result.streams(criterion.stream, known.phase)
    known_as = ranges.seen(streams)
    count = known_as.highest.count
    if not count:
        return Finding(
            id=criterion.check,
            phase=known.phase,
            verdict=Verdict.INCONCLUSIVE,
            limit_seconds=criterion.limit_ns / 1e9,
            because=f"no {criterion.what} were measured",
            advice="run it again and let it come to its end",
            reference=criterion.reference,
        )
    over = share_over(streams, criterion.limit_ns, error=known.error)
    (p99_low, _), (_, p99_high) = (
        stats.quantile_interval(
            quantile=end.quantile_ns,
            level=1 - ALLOWED_SHARE,
            samples=over.effective,
            error=known.error,
        )
        for end in (known_as.lowest, known_as.highest)
    )
    high_seconds = seconds_of(p99_high)
    return Finding(
        id=criterion.check,
        phase=known.phase,
        verdict=over.verdict,
        measured_seconds=seconds_of(known_as.agreed(lambda end: end.percentile_ns(99))),
        low_seconds=seconds_of(p99_low) if p99_low or high_seconds else None,
        high_seconds=high_seconds,
        limit_seconds=criterion.limit_ns / 1e9,
        etcd_would_report_seconds=seconds_of(
            known_as.agreed(lambda end: end.etcd_quantile_ns(0.99))
        ),
        samples=count,
        because=_because(over, criterion),
        advice=_advice(over.verdict, known.result),
        reference=criterion.reference,
    )


def _because(over: ShareOver, criterion: Criterion) -> str:
    limit = format_seconds(criterion.limit_ns / 1e9)
    shares = [format_share(share) for share in (over.share, over.possible)]
    measured = f"{' to '.join(dict.fromkeys(shares))} of {criterion.what} took over {limit}"
    if over.verdict is Verdict.PASS:
        return f"{measured}, at most {format_share(over.high)} for certain; 1 % is allowed"
    if over.verdict is Verdict.FAIL:
        return f"{measured}, at least {format_share(over.low)} for certain; 1 % is allowed"
    return (
        f"{measured}, for certain between {format_share(over.low)} and {format_share(over.high)}: "
        "that does not decide whether it is over the allowed 1 %"
    )


def _advice(verdict: Verdict, result: Result) -> str:
    if verdict is Verdict.FAIL:
        return advice.for_slow_flushes(result.target)
    if verdict is Verdict.PASS:
        return ""
    if result.origin == "metrics":
        return f"take the page again when more was written, or {advice.MEASURE_IT}"
    if result.is_foreign:
        return advice.MEASURE_IT
    if result.settings.mode != "full":
        return "measure longer with --full, or several times"
    return "it is close to the limit: measure again at another time, and count on it being tight"


def seconds_of(latency_ns: float | None) -> float | None:
    """Return seconds; None for what is not known, or has no end."""
    return None if latency_ns is None or latency_ns >= ranges.ENDLESS_NS else latency_ns / 1e9
