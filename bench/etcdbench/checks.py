"""Results -> findings: is this disk fit for etcd, and how sure is that?

A check is a function from `Evidence` to a `Finding` (or None where it does not apply) with its
name in `CHECKS`, the one place that a new check touches.
"""

from collections.abc import Callable, Sequence

import msgspec

from etcdbench import (
    advice,
    beside_check,
    capacity,
    join_checks,
    judge,
    ladder,
    stalls,
    stats,
    watch_checks,
)
from etcdbench.judge import Evidence
from etcdbench.limits import (
    ELECTION_NS,
    HEARTBEAT_NS,
    LIVE_STALL_SHARE,
    RECIPE_THREAD,
    ROUNDS_RATIO_MAX,
    TUNING_GUIDE,
)
from etcdbench.model import Finding, Result, Verdict

Check = Callable[[Evidence], Finding | None]


def assess(result: Result) -> tuple[Finding, ...]:
    """Run every check on each main phase of a result, then look at joins and the ladder."""
    if result.settings.capacity:
        return capacity.findings(result)
    if result.watched is not None:
        return watch_checks.assess(result)
    findings: list[Finding] = []
    for phase in result.main_phases():
        known = _last_look(result, phase)
        findings += [finding for check in CHECKS if (finding := check(known)) is not None]
    findings += join_checks.assess(result)
    rest = (beside_check.live_etcd_wal(result), ladder.cluster_class_reached(result))
    return (*findings, *(finding for finding in rest if finding is not None))


def overall(findings: Sequence[Finding], result: Result) -> Verdict:
    """Return the worst verdict; what was not measured, or only gently, is never a pass."""
    if not findings:
        return Verdict.INCONCLUSIVE
    worst = max((finding.verdict for finding in findings), key=lambda verdict: verdict.severity)
    unfinished = result.interrupted is not None or not result.complete
    bound = Verdict.INCONCLUSIVE if result.settings.beside_etcd or unfinished else worst
    return max((worst, bound), key=lambda verdict: verdict.severity)


def decided(known: Evidence) -> bool:
    """Say whether this look leaves neither percentile open; the other checks never are."""
    findings = (wal_fsync_p99(known), backend_commit_p99(known))
    return all(f is None or f.verdict is not Verdict.INCONCLUSIVE for f in findings)


def _last_look(result: Result, phase: str) -> Evidence:
    """Return the evidence for the look at which the rounds of a phase ended."""
    rounds = sum(1 for run in result.runs if run.phase == phase)
    errors = stats.spending(1 if result.settings.mode == "full" else result.settings.rounds_max)
    return Evidence(
        result=result,
        phase=phase,
        error=errors[max(0, min(rounds, len(errors)) - 1)],
        judge_commits=result.settings.mode != "quick" and not result.is_recipe,
    )


# --- the checks ---------------------------------------------------------------------------------


def wal_fsync_p99(known: Evidence) -> Finding | None:
    """Etcd's FAQ asks for 99 % of WAL flushes under 10 ms."""
    finding = judge.judge_p99(known, judge.WAL_FSYNC)
    if known.result.is_recipe and finding.verdict is Verdict.PASS:
        foreign = known.result.is_foreign
        return msgspec.structs.replace(
            finding,
            verdict=Verdict.INCONCLUSIVE,
            because=f"{finding.because}; but the recipe has nothing beside it and its batches "
            "never grow, so a pass of it proves nothing about etcd",
            advice=advice.MEASURE_IT if foreign else "run without --profile recipe for a verdict",
            reference=RECIPE_THREAD,
        )
    return finding


def backend_commit_p99(known: Evidence) -> Finding | None:
    """Etcd's FAQ asks for 99 % of backend commits under 25 ms."""
    if not known.judge_commits:
        return None
    return judge.judge_p99(known, judge.BACKEND_COMMIT)


def wal_stall_heartbeat(known: Evidence) -> Finding | None:
    """A flush over the heartbeat interval delays heartbeats: the first step to a lost leader."""
    return stalls.judge_longest(
        known,
        check="wal_stall_heartbeat",
        limit_ns=HEARTBEAT_NS,
        verdict=Verdict.WARN,
        reference=TUNING_GUIDE,
    )


def wal_stall_election(known: Evidence) -> Finding | None:
    """A flush over the election timeout loses the leader; etcd logs "slow fdatasync"."""
    return stalls.judge_longest(
        known,
        check="wal_stall_election",
        limit_ns=ELECTION_NS,
        verdict=Verdict.FAIL,
        reference=TUNING_GUIDE,
        rare_share=LIVE_STALL_SHARE if known.result.origin == "metrics" else 0.0,
    )


def spread(known: Evidence) -> Finding | None:
    """Rounds that differ widely say that one measurement is not enough."""
    if known.result.is_foreign:
        return None  # its streams are no rounds
    streams = known.result.streams("wal", known.phase)
    means = [mean for stream in streams if (mean := stream.histogram().mean_ns)]
    if len(means) < 2:  # noqa: PLR2004 - one round has nothing to differ from
        return None
    ratio = max(means) / min(means)
    wide = ratio > ROUNDS_RATIO_MAX
    return Finding(
        id="spread",
        phase=known.phase,
        verdict=Verdict.WARN if wide else Verdict.PASS,
        samples=len(means),
        because=f"the mean flush time of the rounds differs by a factor of {ratio:.2f}"
        + (f", more than {ROUNDS_RATIO_MAX:.0f}" if wide else ""),
        advice="something else uses this disk, or its cache fills up: run again at another time, "
        "with --full"
        if wide
        else "",
    )


CHECKS: tuple[Check, ...] = (
    wal_fsync_p99,
    backend_commit_p99,
    wal_stall_heartbeat,
    wal_stall_election,
    spread,
)
