"""When flushes were back at the level of before, after a node's images had come onto this disk."""

from etcdbench import timeline
from etcdbench.join_result import JoinBurst
from etcdbench.judge import Evidence
from etcdbench.limits import LEADER_ELECTION, RECOVERY_SECONDS_MAX, WAL_LIMIT_NS
from etcdbench.model import Finding, Result, Verdict
from etcdbench.units import format_seconds
from etcdbench.workload import JOIN, JOIN_QUIET


def join_recovery(known: Evidence) -> Finding | None:
    """How long after the pull a flush still took twice the longest without a join, and the limit."""
    level_ns = _recovered_ns(known.result)
    found = [
        seconds
        for burst in known.result.bursts
        if (seconds := _recovery_seconds(known.result, burst, level_ns)) is not None
    ]
    if not found:
        return None
    longest = max(found)
    slow = longest > RECOVERY_SECONDS_MAX
    level = format_seconds(level_ns / 1e9)
    return Finding(
        id="join_recovery",
        phase=JOIN,
        verdict=Verdict.WARN if slow else Verdict.PASS,
        measured_seconds=longest,
        limit_seconds=RECOVERY_SECONDS_MAX,
        samples=len(found),
        because=f"after the pull phase no flush took over {level}"
        if not longest
        else f"{format_seconds(longest)} after the pull phase's planned end a flush still took "
        f"over {level}",
        advice="leave that long between two joins; where images are pulled onto this disk, it goes "
        "on writing what was unpacked"
        if slow
        else "",
        reference=LEADER_ELECTION,
    )


def _recovered_ns(result: Result) -> float:
    """Return what a flush may take on a disk that has recovered.

    Twice the longest of all flushes without a join, so that chance hardly ever exceeds it, and
    never less than the limit: what is under that is healthy.
    """
    phases = (*result.main_phases(), JOIN_QUIET)
    calm = [
        stream.histogram().max_ns or 0 for one in phases for stream in result.streams("wal", one)
    ]
    return max(2.0 * max(calm, default=0), WAL_LIMIT_NS)


def _recovery_seconds(result: Result, burst: JoinBurst, level_ns: float) -> float | None:
    """Return when the last second with a flush over the level ended, counted from the pull's end.

    The last one, not the end of a first stretch: what was unpacked stays in memory until the kernel
    writes it back half a minute later (`vm.dirty_expire_centisecs`), and then flushes stall anew.

    None where the burst was cut or stopped, and where no images were written: what is slow later
    on is chance, which the percentile judges.
    """
    pull, settle = (timeline.span_of(burst, name) for name in ("pull", "settle"))
    stopped = any(run.stopped for run in timeline.runs_of(result, burst))
    if pull is None or settle is None or stopped or burst.topology == "dedicated":
        return None
    ends = [
        one.at_seconds + one.length_seconds - pull.end_seconds
        for one in timeline.seconds(result, burst)
        if one.at_seconds >= pull.end_seconds and (one.wal_longest_seconds or 0.0) * 1e9 > level_ns
    ]
    return max(ends, default=0.0)
