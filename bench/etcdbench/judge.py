"""How a check judges: the interval of a share against what is allowed, in words.

Wholly under is a pass, wholly over a fail, anything else inconclusive.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from etcdbench import advice, stats
from etcdbench.histogram import merge
from etcdbench.limits import COMMIT_LIMIT_NS, FAQ, TUNING_GUIDE, WAL_LIMIT_NS
from etcdbench.model import Block, Finding, Result, Stream, StreamName, Verdict
from etcdbench.units import format_seconds, format_share
from etcdbench.workload import JOIN, JOIN_PREFIX

ALLOWED_SHARE = 0.01
"""A 99th percentile under the limit: at most 1 % of samples over it."""

SILENCE_NS = 2_500_000_000
"""fio speaks once a second; only a longer silence tells of a flush that does not end."""

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
        share: The measured share.
        low, high: Its interval.
        own: How many samples did not only catch up after a stall.
        effective: How many independent samples these are worth.
    """

    share: float
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
    blocks: list[Block] = [block for stream in streams for block in stream.blocks]
    merged = merge(block.histogram for block in blocks)
    samples = np.array([block.histogram.count for block in blocks], dtype=np.float64)
    over = np.array([block.histogram.above(limit_ns) for block in blocks], dtype=np.float64)
    slowest = merged.quantile_ns(max(1 - CLUSTER_SAMPLES / max(merged.count, 1), 0.5)) or 0.0
    level = min(float(limit_ns), max(slowest, limit_ns / 2))
    slow = np.array([block.histogram.above(level) for block in blocks], dtype=np.float64)
    effect = stats.design_effect(slow, samples)
    caught_up = sum(stream.catch_up_count for stream in streams)
    independent = max(1 - caught_up / max(merged.count, 1), 0.0)
    own = samples * independent
    over = np.minimum(over, own)
    low, high = stats.share_interval(exceedances=over, samples=own, effect=effect, error=error)
    return ShareOver(
        share=float(over.sum() / own.sum()) if own.sum() else 0.0,
        low=low,
        high=high,
        own=float(own.sum()),
        effective=merged.count * independent / effect,
    )


def judge_p99(known: Evidence, criterion: Criterion) -> Finding:
    """Hold a stream's 99th percentile against its limit."""
    streams = known.result.streams(criterion.stream, known.phase)
    merged = merge(stream.histogram() for stream in streams)
    if not merged.count:
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
    p99_low, p99_high = stats.quantile_interval(
        quantile=merged.quantile_ns,
        level=1 - ALLOWED_SHARE,
        samples=over.effective,
        error=known.error,
    )
    return Finding(
        id=criterion.check,
        phase=known.phase,
        verdict=over.verdict,
        measured_seconds=_seconds(merged.percentile_ns(99)),
        low_seconds=_seconds(p99_low),
        high_seconds=_seconds(p99_high),
        limit_seconds=criterion.limit_ns / 1e9,
        etcd_would_report_seconds=_seconds(merged.etcd_quantile_ns(0.99)),
        samples=merged.count,
        because=_because(over, criterion),
        advice=_advice(over.verdict, known.result),
        reference=criterion.reference,
    )


def judge_longest(
    known: Evidence, *, check: str, limit_ns: int, verdict: Verdict, reference: str
) -> Finding | None:
    """Let any WAL flush over a limit count, and name the longest with its moment."""
    streams = known.result.streams("wal", known.phase)
    merged = merge(stream.histogram() for stream in streams)
    if not merged.count:
        return None
    silent_ns = _silent_ns(known)
    if silent_ns > max(limit_ns, SILENCE_NS):
        return _never_ended(known, silent_ns, check=check, limit_ns=limit_ns, verdict=verdict)
    over = merged.above(limit_ns)
    longest = merged.max_ns or 0
    helps = advice.for_slow_flushes(known.result.target)
    return Finding(
        id=check,
        phase=known.phase,
        verdict=verdict if over else Verdict.PASS,
        measured_seconds=longest / 1e9,
        limit_seconds=limit_ns / 1e9,
        samples=merged.count,
        because=f"{f'{over:,}' if over else 'none'} of {merged.count:,} WAL flushes took over "
        f"{format_seconds(limit_ns / 1e9)}; the longest, {format_seconds(longest / 1e9)}, "
        f"ended {_moment_of(known, longest)}",
        advice=f"find what stalls the disk; {helps}" if over else "",
        reference=reference,
    )


def _silent_ns(known: Evidence) -> float:
    """Return for how long fio was silent before it was stopped.

    Beside images it is silent for their flushes, too, so that silence tells nothing of the WAL.
    """
    if known.phase == JOIN and any(burst.neighbour_bytes for burst in known.result.bursts):
        return 0.0
    runs = known.result.runs_of(known.phase)
    return max((1e9 * run.silent_seconds for run in runs), default=0.0)


def _never_ended(
    known: Evidence, silent_ns: float, *, check: str, limit_ns: int, verdict: Verdict
) -> Finding:
    """Count a flush that had not ended when fio was stopped: it is in no histogram."""
    helps = advice.for_slow_flushes(known.result.target)
    return Finding(
        id=check,
        phase=known.phase,
        verdict=verdict,
        measured_seconds=silent_ns / 1e9,
        limit_seconds=limit_ns / 1e9,
        samples=1,
        because=f"a flush had not ended after {format_seconds(silent_ns / 1e9)}, when fio was "
        "stopped",
        advice=f"look at dmesg and at the disk's SMART data; {helps}",
        reference=TUNING_GUIDE,
    )


def _moment_of(known: Evidence, latency_ns: int) -> str:
    for number, run in enumerate(known.result.runs_of(known.phase), start=1):
        for block in (block for one in run.streams if one.name == "wal" for block in one.blocks):
            if block.histogram.max_ns == latency_ns:
                end = f"in second {max(block.start_seconds + block.length_seconds, 1):.0f}"
                if run.phase.startswith(JOIN_PREFIX):
                    return f"{end} of a burst ({run.phase.removeprefix(JOIN_PREFIX)})"
                return f"{end} of round {number}"
    return "at an unknown moment"


def _because(over: ShareOver, criterion: Criterion) -> str:
    limit = format_seconds(criterion.limit_ns / 1e9)
    measured = f"{format_share(over.share)} of {criterion.what} took over {limit}"
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
    if result.settings.mode != "full":
        return "measure longer with --full, or several times"
    return "it is close to the limit: measure again at another time, and count on it being tight"


def _seconds(latency_ns: float | None) -> float | None:
    return None if latency_ns is None else latency_ns / 1e9
