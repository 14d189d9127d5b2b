"""The largest cluster class that a disk carries: which rungs hold, and which is too much."""

from etcdbench import advice, stats
from etcdbench.judge import ALLOWED_SHARE, share_over
from etcdbench.limits import COMMIT_LIMIT_NS, ELECTION_NS, HARDWARE_GUIDE, WAL_LIMIT_NS
from etcdbench.model import Finding, Result, Stream, StreamName, Verdict
from etcdbench.units import format_seconds, format_share
from etcdbench.workload import RUNG_PREFIX


def cluster_class(result: Result) -> str | None:
    """Return the largest class carried, `none` if not even the smallest, None if not tried."""
    rates = rung_rates(result)
    if not rates:
        return None
    reached = "none"
    for name in rates:
        if why_rung_fails(result, name) is not None:
            break
        reached = name.removeprefix(RUNG_PREFIX)
    return reached


def rung_rates(result: Result) -> dict[str, float]:
    """Return the rungs that were tried, by rising rate; the main phase where it is a class."""
    rates = {
        run.phase: run.rate_per_second
        for run in result.runs
        if run.phase.startswith(RUNG_PREFIX) and run.rate_per_second
    }
    if result.settings.load and result.requests and (rates or result.climbed):
        rates[f"{RUNG_PREFIX}{result.settings.load}"] = result.requests.rate_per_second
    return dict(sorted(rates.items(), key=lambda item: item[1]))


def why_rung_fails(result: Result, phase: str) -> str | None:
    """Say why a rung is too much for the disk; None if it is not.

    A rung lasts seconds, so its WAL is judged by the share itself, and its few commits only where
    their interval leaves no doubt.
    """
    name = phase.removeprefix(RUNG_PREFIX)
    stopped = next((run.stopped for run in result.runs if run.phase == phase and run.stopped), None)
    if stopped:
        return f"class {name} was too much: {stopped}"
    wal, commits = _streams(result, phase, "wal"), _streams(result, phase, "commit")
    for streams, limit_ns, what in (
        (wal, WAL_LIMIT_NS, "WAL flushes"),
        (commits, COMMIT_LIMIT_NS, "backend commits"),
    ):
        if not any(stream.blocks for stream in streams):
            return f"class {name} was not measured"
        over = share_over(streams, limit_ns, error=stats.ERROR_TOTAL)
        if over.low > ALLOWED_SHARE or (streams is wal and over.share > ALLOWED_SHARE):
            return (
                f"at class {name} {format_share(over.share)} of {what} took over "
                f"{format_seconds(limit_ns / 1e9)}"
            )
    if any((stream.histogram().max_ns or 0) > ELECTION_NS for stream in wal):
        return f"at class {name} a WAL flush took over {format_seconds(ELECTION_NS / 1e9)}"
    return None


def cluster_class_reached(result: Result) -> Finding | None:
    """The ladder's answer as a finding: class and headroom, and what was too much."""
    reached, rates = cluster_class(result), rung_rates(result)
    if reached is None or result.requests is None:
        return None
    reasons = (why_rung_fails(result, name) for name in rates)
    reason = next((reason for reason in reasons if reason), None)
    beyond = f"; {reason}" if reason else ", the largest that was tried"
    rate = rates.get(f"{RUNG_PREFIX}{reached}", 0.0)
    asked = result.requests.rate_per_second
    # A rate between two classes may hold although the next class does not.
    enough = rate >= asked or why_rung_fails(result, result.main_phases()[0]) is None
    if reached == "none":
        because = f"it does not carry even the smallest cluster class{beyond}"
    else:
        because = (
            f"as far as the disk goes, class {reached} ({rate:,.0f} requests/s for seconds, "
            f"{rate / asked:.3g} times the rate asked for){beyond}"
        )
    return Finding(
        id="cluster_class",
        phase="ladder",
        verdict=Verdict.PASS if enough else Verdict.WARN,
        because=because,
        advice="" if enough else advice.for_slow_flushes(result.target),
        reference=HARDWARE_GUIDE,
    )


def _streams(result: Result, phase: str, name: StreamName) -> tuple[Stream, ...]:
    """Return a rung's streams; where the main phase ran at its rate it was not run again."""
    own = result.streams(name, phase)
    if own or phase != f"{RUNG_PREFIX}{result.settings.load}":
        return own
    return result.streams(name, result.main_phases()[0])
