"""How a check judges the longest WAL flushes: any over a limit counts, and the longest is named."""

from etcdbench import advice, ranges
from etcdbench.judge import Evidence, seconds_of
from etcdbench.limits import TUNING_GUIDE
from etcdbench.model import Finding, Verdict
from etcdbench.ranges import Seen
from etcdbench.units import format_interval, format_seconds
from etcdbench.workload import JOIN, JOIN_PREFIX

SILENCE_NS = 2_500_000_000
"""fio speaks once a second; only a longer silence tells of a flush that does not end."""


def judge_longest(
    known: Evidence,
    *,
    check: str,
    limit_ns: int,
    verdict: Verdict,
    reference: str,
    rare_share: float = 0.0,
) -> Finding | None:
    """Let any WAL flush over a limit count, and name the longest with its moment.

    A flush that only may be over it leaves the check undecided at most, and where up to
    `rare_share` of the flushes are over it, it warns at most.
    """
    flushes = ranges.seen(known.result.streams("wal", known.phase))
    count = flushes.highest.count
    if not count:
        return None
    silent_ns = _silent_ns(known)
    if silent_ns > max(limit_ns, SILENCE_NS):
        return _never_ended(known, silent_ns, check=check, limit_ns=limit_ns, verdict=verdict)
    certain, possible = (end.above(limit_ns) for end in (flushes.lowest, flushes.highest))
    if certain > rare_share * count:
        judged = verdict
    elif possible > rare_share * count:
        judged = _milder(verdict, Verdict.INCONCLUSIVE)
    else:
        judged = _milder(verdict, Verdict.WARN) if possible else Verdict.PASS
    rare = (verdict, judged) == (Verdict.FAIL, Verdict.WARN)
    helps = advice.for_slow_flushes(known.result.target)
    longest_ns = flushes.agreed(lambda end: end.max_ns)
    return Finding(
        id=check,
        phase=known.phase,
        verdict=judged,
        measured_seconds=seconds_of(longest_ns),
        low_seconds=seconds_of(flushes.lowest.max_ns) if longest_ns is None else None,
        high_seconds=seconds_of(flushes.highest.max_ns) if longest_ns is None else None,
        limit_seconds=limit_ns / 1e9,
        samples=count,
        because=f"{_counted(certain, possible)} of {count:,} WAL flushes took over "
        f"{format_seconds(limit_ns / 1e9)}; {_longest(known, flushes)}"
        + ("; so few of so many are a warning only" if rare else ""),
        advice=f"find what stalls the disk; {helps}" if possible else "",
        reference=reference,
    )


def _milder(one: Verdict, other: Verdict) -> Verdict:
    return min(one, other, key=lambda verdict: verdict.severity)


def _counted(certain: int, possible: int) -> str:
    """Say how many, which may be known only as a range."""
    if certain == possible:
        return f"{certain:,}" if certain else "none"
    return f"{certain:,} to {possible:,}" if certain else f"up to {possible:,}"


def _longest(known: Evidence, flushes: Seen) -> str:
    """Name the longest flush, with its moment where it is known."""
    low, high = (seconds_of(end.max_ns) for end in (flushes.lowest, flushes.highest))
    if low != high:
        return f"the longest took {format_interval(low, high)}"
    moment = _moment_of(known, flushes.highest.max_ns or 0)
    longest = format_seconds(high)
    return f"the longest, {longest}, ended {moment}" if moment else f"the longest took {longest}"


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


def _moment_of(known: Evidence, latency_ns: int) -> str | None:
    """Say when the longest flush ended; None where nobody noted times."""
    for number, run in enumerate(known.result.runs_of(known.phase), start=1):
        wal = [block for one in run.streams if one.name == "wal" for block in one.blocks]
        if known.result.is_foreign and len(wal) == 1:
            return None
        for block in wal:
            if block.histogram.max_ns == latency_ns:
                end = f"in second {max(block.start_seconds + block.length_seconds, 1):.0f}"
                if run.phase.startswith(JOIN_PREFIX):
                    return f"{end} of a burst ({run.phase.removeprefix(JOIN_PREFIX)})"
                return end if known.result.is_foreign else f"{end} of round {number}"
    return None
