"""Join bursts -> findings: does this disk stay fit for etcd while nodes join?

A check is a function from `Evidence` to a `Finding` (or None where it does not apply) with its
name in `CHECKS`.
"""

from collections.abc import Callable
from dataclasses import replace

import msgspec
import numpy as np

from etcdbench import judge, recovery, stalls, stats, timeline
from etcdbench.judge import ALLOWED_SHARE, Criterion, Evidence
from etcdbench.limits import (
    BYSTANDER_FAIL_SECONDS,
    BYSTANDER_WARN_SECONDS,
    ELECTION_NS,
    HEARTBEAT_NS,
    JOURNAL_THREAD,
    PROMOTION_RATIO_MAX,
    QUIET_RATIO_MAX,
    SNAPSHOT_SOURCE,
    TUNING_GUIDE,
)
from etcdbench.model import Finding, Result, Verdict
from etcdbench.neighbours import NETWORK_BYTES_PER_SECOND
from etcdbench.units import format_bytes, format_seconds, format_share
from etcdbench.workload import JOIN, JOIN_QUIET, PROMOTED

Check = Callable[[Evidence], Finding | None]


def assess(result: Result) -> tuple[Finding, ...]:
    """Run every check on the join bursts of a result; nothing where there was none."""
    if not result.runs_of(JOIN):
        return ()
    return run(result, error=_evidence(result, len(result.bursts) - 1).error)


def run(result: Result, *, error: float) -> tuple[Finding, ...]:
    """Run every check on all join bursts of a result, with that chance of error on each side."""
    known = Evidence(result=result, phase=JOIN, error=error)
    return tuple(finding for check in CHECKS if (finding := check(known)) is not None)


def decided(result: Result, look: int) -> bool:
    """Say whether the bursts so far, `look` being the last one's number, leave no percentile open."""
    known = _evidence(result, look)
    findings = (join_wal_fsync_p99(known), join_backend_commit_p99(known))
    return all(f is None or f.verdict in (Verdict.PASS, Verdict.FAIL) for f in findings)


def _evidence(result: Result, look: int) -> Evidence:
    errors = stats.spending(max(result.settings.bursts_max, 1))
    return Evidence(result=result, phase=JOIN, error=errors[max(0, min(look, len(errors) - 1))])


# --- the checks ---------------------------------------------------------------------------------


def join_wal_fsync_p99(known: Evidence) -> Finding | None:
    """99 % of WAL flushes under 10 ms, also while nodes join."""
    return _p99(known, replace(judge.WAL_FSYNC, check="join_wal_fsync_p99"))


def join_backend_commit_p99(known: Evidence) -> Finding | None:
    """99 % of backend commits under 25 ms, also while nodes join."""
    return _p99(known, replace(judge.BACKEND_COMMIT, check="join_backend_commit_p99"))


def join_stall_heartbeat(known: Evidence) -> Finding | None:
    """A flush over the heartbeat interval delays heartbeats."""
    return stalls.judge_longest(
        known,
        check="join_stall_heartbeat",
        limit_ns=HEARTBEAT_NS,
        verdict=Verdict.WARN,
        reference=TUNING_GUIDE,
    )


def join_stall_election(known: Evidence) -> Finding | None:
    """A flush over the election timeout loses the leader."""
    return stalls.judge_longest(
        known,
        check="join_stall_election",
        limit_ns=ELECTION_NS,
        verdict=Verdict.FAIL,
        reference=TUNING_GUIDE,
    )


def join_against_quiet(known: Evidence) -> Finding | None:
    """How much slower a typical second's flushes are than in the quiet just before."""
    found = quiet_ratio(known.result)
    if found is None:
        return None
    ratio, low, high = found
    slower = low > QUIET_RATIO_MAX
    return Finding(
        id="join_against_quiet",
        phase=JOIN,
        verdict=Verdict.WARN if slower else Verdict.PASS,
        samples=sum(len(_block_means(known.result, phase)) for phase in (JOIN_QUIET, JOIN)),
        because=f"while nodes joined a flush took {ratio:.2f} times as long as just before "
        f"({low:.2f}..{high:.2f}, typical second)"
        + (f"; more than {QUIET_RATIO_MAX:.0f} times is much" if slower else ""),
        advice=_slower_advice(known.result) if slower else "",
    )


def quiet_ratio(result: Result) -> tuple[float, float, float] | None:
    """Return how many times as long a flush takes while nodes join, with its interval."""
    before, during = (_block_means(result, phase) for phase in (JOIN_QUIET, JOIN))
    return stats.log_ratio_interval(before, during, error=stats.ERROR_TOTAL)


def join_bystander(known: Evidence) -> Finding | None:
    """What somebody who logs in meanwhile would meet."""
    probed = [burst for burst in known.result.bursts if burst.probes]
    probes = [probe for burst in probed for probe in burst.probes]
    if not probes:
        return None
    longest = max(probe.wait_seconds for probe in probes)
    shares = [
        sum(timeline.waits(burst.probes, over_seconds=limit) for burst in probed) / len(probed)
        for limit in (BYSTANDER_WARN_SECONDS, BYSTANDER_FAIL_SECONDS)
    ]
    verdict = Verdict.PASS
    if longest > BYSTANDER_WARN_SECONDS:
        verdict = Verdict.FAIL if longest > BYSTANDER_FAIL_SECONDS else Verdict.WARN
    return Finding(
        id="join_bystander",
        phase=JOIN,
        verdict=verdict,
        measured_seconds=longest,
        limit_seconds=BYSTANDER_WARN_SECONDS,
        samples=len(probes),
        because=f"somebody who logs in would wait up to {format_seconds(longest)} for the disk; "
        f"{format_share(shares[0])} of arrivals over 1 s, {format_share(shares[1])} over 5 s",
        advice=""
        if verdict is Verdict.PASS
        else "keep container images off the disk of etcd and of the system, or pull fewer at once "
        "(kubelet's serializeImagePulls and maxParallelImagePulls)",
        reference=JOURNAL_THREAD,
    )


def promotion_ready(known: Evidence) -> Finding | None:
    """How long until a promoted member has its database, held against what the network needs."""
    promoted = [burst for burst in known.result.bursts if burst.cni == PROMOTED]
    if not promoted:
        return None
    network = promoted[-1].neighbour_bytes / NETWORK_BYTES_PER_SECOND
    size, limit = format_bytes(promoted[-1].neighbour_bytes), PROMOTION_RATIO_MAX * network
    taken = [one.snapshot_seconds for one in promoted if one.snapshot_seconds is not None]
    verdict, because = Verdict.FAIL, f"a database of {size} was not on the disk in time"
    if len(taken) == len(promoted):
        verdict = Verdict.WARN if max(taken) > limit else Verdict.PASS
        because = (
            f"a database of {size} was received and flushed in {format_seconds(max(taken))}; the "
            f"network alone takes {format_seconds(network)} at 1 Gbit/s"
        )
    return Finding(
        id="promotion_ready",
        phase=JOIN,
        verdict=verdict,
        measured_seconds=max(taken, default=None),
        limit_seconds=limit,
        samples=len(promoted),
        because=because,
        advice=""
        if verdict is Verdict.PASS
        else "until then the member serves nothing: choose a node with a quicker disk, or defragment "
        "the database first",
        reference=SNAPSHOT_SOURCE,
    )


CHECKS: tuple[Check, ...] = (
    join_wal_fsync_p99,
    join_backend_commit_p99,
    join_stall_heartbeat,
    join_stall_election,
    join_against_quiet,
    join_bystander,
    recovery.join_recovery,
    promotion_ready,
)


def _shares_images(result: Result) -> bool:
    return any(burst.topology != "dedicated" for burst in result.bursts)


def _slower_advice(result: Result) -> str:
    if _shares_images(result):
        return (
            "what the join writes beside etcd slows its disk: keep images and logs on another one, "
            "or let nodes join one after the other"
        )
    return "let nodes join one after the other (a longer --jitter shows what that does)"


def _p99(known: Evidence, criterion: Criterion) -> Finding:
    """Judge a 99th percentile as in a steady phase, but say what few samples can prove.

    A join is short: not even a perfect disk could prove 1 % in it. So where there will be no further
    one, none over the limit passes, and the sentence says what that proves. Some over it, but not
    over 1 %, are a warning where there was to be one join only.
    """
    finding = judge.judge_p99(known, criterion)
    if finding.verdict is not Verdict.INCONCLUSIVE or not finding.samples:
        return finding
    streams = known.result.streams(criterion.stream, JOIN)
    over = judge.share_over(streams, criterion.limit_ns, error=known.error)
    last = len(known.result.bursts) >= known.result.settings.bursts_max
    limit = format_seconds(criterion.limit_ns / 1e9)
    if not over.share and last:
        return msgspec.structs.replace(
            finding,
            verdict=Verdict.PASS,
            because=f"none of {over.own:,.0f} {criterion.what} took over {limit}; so few prove "
            f"no more than at most {format_share(over.high)}",
            advice="",
        )
    if over.share <= ALLOWED_SHARE and known.result.settings.bursts_max <= 1:
        return msgspec.structs.replace(
            finding,
            verdict=Verdict.WARN,
            because=f"{format_share(over.share)} of {finding.samples:,} {criterion.what} took over "
            f"{limit}; 1 % is allowed, and one join has too few to be sure "
            f"({format_share(over.low)}..{format_share(over.high)})",
            advice="let nodes join again and again with --full",
        )
    return finding


def _block_means(result: Result, phase: str) -> "stats.Floats":
    """Return the mean flush time of each second of a phase."""
    means = [
        mean
        for stream in result.streams("wal", phase)
        for block in stream.blocks
        if (mean := block.histogram.mean_ns)
    ]
    return np.array(means, dtype=np.float64)
