"""What a watch means: etcd's own times against its limits, and the stalls that were seen."""

from typing import Final

import msgspec

from etcdbench import advice, judge
from etcdbench.judge import Criterion, Evidence
from etcdbench.limits import ELECTION_NS, TUNING_GUIDE
from etcdbench.model import Finding, Result, Verdict
from etcdbench.units import format_bytes, format_seconds
from etcdbench.watch_model import LIVE, SeenIn, Stall, Watched
from etcdbench.watch_stalls import LIMIT_SECONDS

LOSES_LEADER: Final[tuple[SeenIn, ...]] = ("flush", "write", "probe", "wal")
"""Where a wait is one that etcd's log has to wait for, too."""

IN_WORDS: Final[dict[SeenIn, str]] = {
    "flush": "flushes of the disk took {wait} in the mean",
    "write": "writes to the disk took {wait} in the mean",
    "probe": "a flush of ours took {wait}",
    "wal": "a WAL flush of etcd's took over {wait}",
    "commit": "a backend commit of etcd's took over {wait}",
    "pressure": "all tasks of the machine waited for I/O for {wait}",
}


def assess(result: Result) -> tuple[Finding, ...]:
    """Judge what was watched; nothing where nothing was."""
    watched = result.watched
    if watched is None:
        return ()
    return (
        _p99(result, watched, judge.WAL_FSYNC),
        _p99(result, watched, judge.BACKEND_COMMIT),
        _stalls(result, watched),
    )


def _p99(result: Result, watched: Watched, criterion: Criterion) -> Finding:
    """Hold etcd's own histogram against its limit, at whatever load it had."""
    if result.streams(criterion.stream, LIVE):
        finding = judge.judge_p99(Evidence(result=result, phase=LIVE), criterion)
        if finding.verdict is Verdict.INCONCLUSIVE:
            return msgspec.structs.replace(finding, advice="watch longer, or when etcd is busier")
        return finding
    # The reason is the same for both, and long.
    failure = watched.scrape_failure if criterion is judge.WAL_FSYNC else None
    why = f": {failure}" if failure else ""
    return Finding(
        id=criterion.check,
        phase=LIVE,
        verdict=Verdict.INCONCLUSIVE,
        limit_seconds=criterion.limit_ns / 1e9,
        because=f"etcd did not tell how long its {criterion.what} took{why}",
        advice="give the address of etcd's metrics with --metrics URL",
        reference=criterion.reference,
    )


def _stalls(result: Result, watched: Watched) -> Finding:
    """Let any stall count: one over the election timeout loses the leader."""
    worst = next(iter(watched.stalls), None)
    helps = advice.for_slow_flushes(result.target)
    help_with_it = f"see what writes at these times; {helps}" if worst else ""
    if watched.probe_failure:
        verdict, because = Verdict.FAIL, f"a flush of ours failed: {watched.probe_failure}"
        help_with_it = "look at dmesg and at the disk's SMART data"
    elif worst:
        verdict = Verdict.FAIL if _loses_leader(worst) else Verdict.WARN
        because = f"{counted(watched.stall_count)}; the worst: {told(worst)}"
    elif watched.disks or watched.scrapes or watched.probed:
        verdict, because = Verdict.PASS, f"no stall over {format_seconds(LIMIT_SECONDS)} was seen"
    else:
        verdict = Verdict.INCONCLUSIVE
        because = "no stall was seen, but nothing that would show one could be read"
    return Finding(
        id="watch_stalls",
        phase=LIVE,
        verdict=verdict,
        measured_seconds=worst.wait_seconds if worst else None,
        limit_seconds=LIMIT_SECONDS,
        samples=watched.stall_count,
        because=because,
        advice=help_with_it,
        reference=TUNING_GUIDE,
    )


def _loses_leader(stall: Stall) -> bool:
    return stall.seen_in in LOSES_LEADER and stall.wait_seconds >= ELECTION_NS / 1e9


def counted(stalls: int) -> str:
    """Return `3 stalls`."""
    return "1 stall" if stalls == 1 else f"{stalls:,} stalls"


def told(stall: Stall) -> str:
    """Return a stall in words: when since the begin, what waited, and who wrote most."""
    waited = IN_WORDS[stall.seen_in].format(wait=format_seconds(stall.wait_seconds))
    when = f"after {format_seconds(stall.at_seconds)}" if stall.at_seconds else "at the begin"
    return f"{when} {waited}{writers_in_words(stall)}"


def writers_in_words(stall: Stall) -> str:
    """Say who wrote most; nothing where it could not be seen."""
    names = ", ".join(
        f"{one.name} ({one.pid}) {format_bytes(one.bytes_written)}" for one in stall.writers
    )
    return f"; wrote most in {format_seconds(stall.writers_seconds)}: {names}" if names else ""
