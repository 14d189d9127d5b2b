"""Results -> findings: is this disk fit for etcd, and how sure is that?

A check is a function from `Evidence` to a `Finding` (or None where it does not apply) with its
name in `CHECKS`. Each judges an interval, not a figure: wholly under the limit is a pass, wholly
over it a fail, anything else inconclusive.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from etcdbench import stats
from etcdbench.histogram import Histogram, merge
from etcdbench.model import Block, Finding, Result, Stream, StreamName, Verdict
from etcdbench.units import format_seconds, format_share

WAL_LIMIT_NS = 10_000_000
COMMIT_LIMIT_NS = 25_000_000
FAQ = "https://etcd.io/docs/v3.6/faq/"
"""etcd's FAQ: WAL fsync p99 under 10 ms ("failed to send out heartbeat on time"), backend commit
p99 under 25 ms ("apply entries took too long")."""

HEARTBEAT_NS = 100_000_000
ELECTION_NS = 1_000_000_000
TUNING = "https://etcd.io/docs/v3.6/tuning/"
"""etcd's defaults: heartbeat interval 100 ms, election timeout 1,000 ms. A WAL flush over one
second is also what etcd logs as "slow fdatasync" (server/storage/wal/wal.go)."""

HARDWARE = "https://etcd.io/docs/v3.6/op-guide/hardware/"
RECIPE = "https://github.com/etcd-io/etcd/issues/10577"

ALLOWED_SHARE = 0.01
"""A 99th percentile under the limit: at most 1 % of samples over it."""

SPREAD_MAX = 3.0
"""Rounds whose worst and best mean flush time differ by more than this factor are not alike."""

QUIET_ERROR = 0.05
"""Error on each side where only one look is taken."""


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """A result and how sure the checks must be.

    Attributes:
        result: What was measured.
        phase: The main phase.
        error: Chance of error on each side that this look may spend.
        judge_commits: Whether commits were meant to be judged.
    """

    result: Result
    phase: str
    error: float = QUIET_ERROR
    judge_commits: bool = True


Check = Callable[[Evidence], Finding | None]


def main_phases(result: Result) -> tuple[str, ...]:
    """Return the phases that the main profile measured, in order."""
    ordinary = (
        run.phase
        for run in result.runs
        if run.phase != "calibrate" and not run.phase.startswith("ladder-")
    )
    return tuple(dict.fromkeys(ordinary)) or ("steady",)


def assess(result: Result) -> tuple[Finding, ...]:
    """Run every check on each main phase of a result that has come to its end."""
    findings: list[Finding] = []
    for phase in main_phases(result):
        known = _last_look(result, phase)
        findings += [finding for check in CHECKS if (finding := check(known)) is not None]
    reached = cluster_class_reached(result)
    return (*findings, reached) if reached else tuple(findings)


def _last_look(result: Result, phase: str) -> Evidence:
    """Return the evidence for the look at which the rounds of a phase ended."""
    rounds = sum(1 for run in result.runs if run.phase == phase)
    errors = stats.spending(1 if result.settings.mode == "full" else result.settings.rounds_max)
    return Evidence(
        result=result,
        phase=phase,
        error=errors[max(0, min(rounds, len(errors)) - 1)],
        judge_commits=result.settings.mode != "quick" and result.requests is not None,
    )


def overall(findings: Sequence[Finding], result: Result) -> Verdict:
    """Return the worst verdict; what was not measured, or only gently, is never a pass."""
    if not findings:
        return Verdict.INCONCLUSIVE
    worst = max((finding.verdict for finding in findings), key=lambda verdict: verdict.severity)
    bound = Verdict.INCONCLUSIVE if result.settings.beside_etcd or result.interrupted else worst
    return max((worst, bound), key=lambda verdict: verdict.severity)


def decided(
    result: Result, phase: str, look: int, errors: Sequence[float], *, judge_commits: bool
) -> bool:
    """Say whether a look at growing data leaves no check of a phase open."""
    known = Evidence(
        result=result,
        phase=phase,
        error=errors[min(look, len(errors) - 1)],
        judge_commits=judge_commits,
    )
    findings = [check(known) for check in (wal_fsync_p99, backend_commit_p99)]
    return all(f is None or f.verdict is not Verdict.INCONCLUSIVE for f in findings)


def rung_fails(result: Result, phase: str) -> bool:
    """Say whether a rung of the ladder was too much; the main phase may stand for it."""
    verdict, _ = _rung(result, phase)
    return verdict is not Verdict.PASS


def cluster_class(result: Result) -> str | None:
    """Return the largest class carried, `none` if not even the smallest, None if not tried."""
    rungs = ladder_rates(result)
    if not any(name.startswith("ladder-") for name in rungs):
        return None
    reached = "none"
    for name in rungs:
        if rung_fails(result, name):
            break
        reached = name.removeprefix("ladder-")
    return reached


def ladder_rates(result: Result) -> dict[str, float]:
    """Return the rungs that are known, by rising rate; the main phase where it is a class."""
    rates = {
        run.phase: run.rate_per_second
        for run in result.runs
        if run.phase.startswith("ladder-") and run.rate_per_second
    }
    if result.settings.load and result.requests and rates:
        rates[f"ladder-{result.settings.load}"] = result.requests.rate_per_second
    return dict(sorted(rates.items(), key=lambda item: item[1]))


# --- the checks ---------------------------------------------------------------------------------


def wal_fsync_p99(known: Evidence) -> Finding | None:
    """Etcd's FAQ asks for 99 % of WAL flushes under 10 ms."""
    finding = _judge_p99(
        known,
        stream="wal",
        check="wal_fsync_p99",
        what="WAL flushes",
        limit_ns=WAL_LIMIT_NS,
        reference=FAQ,
    )
    if known.result.requests is None and finding.verdict is Verdict.PASS:
        return msgspec.structs.replace(
            finding,
            verdict=Verdict.INCONCLUSIVE,
            because=f"{finding.because}; but the recipe has nothing beside it and its batches "
            "never grow, so a pass of it proves nothing about etcd",
            advice="run without --profile recipe for a verdict",
            reference=RECIPE,
        )
    return finding


def backend_commit_p99(known: Evidence) -> Finding | None:
    """Etcd's FAQ asks for 99 % of backend commits under 25 ms."""
    if not known.judge_commits:
        return None
    return _judge_p99(
        known,
        stream="commit",
        check="backend_commit_p99",
        what="backend commits",
        limit_ns=COMMIT_LIMIT_NS,
        reference=FAQ,
    )


def wal_stall_heartbeat(known: Evidence) -> Finding | None:
    """A flush over the heartbeat interval delays heartbeats: the first step to a lost leader."""
    return _judge_stalls(
        known, check="wal_stall_heartbeat", limit_ns=HEARTBEAT_NS, verdict=Verdict.WARN
    )


def wal_stall_election(known: Evidence) -> Finding | None:
    """A flush over the election timeout loses the leader; etcd logs "slow fdatasync"."""
    return _judge_stalls(
        known, check="wal_stall_election", limit_ns=ELECTION_NS, verdict=Verdict.FAIL
    )


def spread(known: Evidence) -> Finding | None:
    """Rounds that differ widely say that one measurement is not enough."""
    streams = known.result.streams("wal", known.phase)
    means = [mean for stream in streams if (mean := stream.histogram().mean_ns)]
    if len(means) < 2:  # noqa: PLR2004 - one round has nothing to differ from
        return None
    ratio = max(means) / min(means)
    wide = ratio > SPREAD_MAX
    return Finding(
        id="spread",
        phase=known.phase,
        verdict=Verdict.WARN if wide else Verdict.PASS,
        samples=len(means),
        because=f"the mean flush time of the rounds differs by a factor of {ratio:.2f}"
        + (f", more than {SPREAD_MAX:.0f}" if wide else ""),
        advice="something else uses this disk, or its cache fills up: run again at another time, "
        "with --full"
        if wide
        else "",
    )


def cluster_class_reached(result: Result) -> Finding | None:
    """The ladder's answer: the largest cluster class that the disk carries."""
    reached = cluster_class(result)
    rates = ladder_rates(result)
    if reached is None or result.requests is None:
        return None
    stopped_at = next((name for name in rates if rung_fails(result, name)), None)
    reason = f"; {_rung(result, stopped_at)[1]}" if stopped_at else ", the largest there is"
    asked = result.requests.rate_per_second
    if reached == "none":
        return Finding(
            id="cluster_class",
            phase="ladder",
            verdict=Verdict.WARN,
            because=f"it does not carry even the smallest cluster class{reason}",
            advice=advice_for(result),
            reference=HARDWARE,
        )
    rate = rates[f"ladder-{reached}"]
    enough = rate >= asked
    headroom = rate / asked
    return Finding(
        id="cluster_class",
        phase="ladder",
        verdict=Verdict.PASS if enough else Verdict.WARN,
        because=f"it carries class {reached} ({rate:,.0f} requests/s, "
        f"{headroom:.3g} times the rate asked for){reason}",
        advice="" if enough else advice_for(result),
        reference=HARDWARE,
    )


CHECKS: tuple[Check, ...] = (
    wal_fsync_p99,
    backend_commit_p99,
    wal_stall_heartbeat,
    wal_stall_election,
    spread,
)

# --- how they judge -----------------------------------------------------------------------------


def advice_for(result: Result) -> str:
    """Say what helps on this kind of device, the cheapest first."""
    devices = result.target.devices
    kinds = {device.kind for device in devices}
    buses = {device.bus for device in devices}
    if any(device.rotational for device in devices if device.kind == "disk"):
        return "a spinning disk cannot flush fast enough for etcd: give etcd an SSD of its own"
    if buses & {"sd", "usb"}:
        return "SD cards, eMMC and USB sticks are not made for flushes: move etcd to an SSD"
    if "network" in buses:
        return "a network volume pays the network for every flush: use a local disk for etcd"
    if result.target.filesystem in ("btrfs", "zfs", "overlay"):
        return (
            f"{result.target.filesystem} adds work to every flush: try ext4 or XFS on this disk "
            "first, then an SSD with power-loss protection"
        )
    if "dm-crypt" in kinds:
        return "measure once without encryption to see its share; else an SSD with power-loss protection"
    if "loop" in kinds:
        return "this is a file on another filesystem: measure the disk that etcd will really use"
    if "virtio" in buses:
        return "this is a virtual disk: look at the host's cache mode and at the disk below it"
    return "give etcd an SSD with power-loss protection, or one of its own with nothing beside it"


def _judge_p99(
    known: Evidence,
    *,
    stream: StreamName,
    check: str,
    what: str,
    limit_ns: int,
    reference: str,
) -> Finding:
    streams = known.result.streams(stream, known.phase)
    blocks = [block for one in streams for block in one.blocks]
    merged = merge(block.histogram for block in blocks)
    if not merged.count:
        return Finding(
            id=check,
            phase=known.phase,
            verdict=Verdict.INCONCLUSIVE,
            limit_seconds=limit_ns / 1e9,
            because=f"no {what} were measured",
            advice="run it again and let it come to its end",
            reference=reference,
        )
    independent = 1 - sum(one.catch_up_count for one in streams) / max(merged.count, 1)
    low, high, effect = _share_interval(blocks, limit_ns, known.error, max(independent, 0.0))
    share = merged.share_above(limit_ns) or 0.0
    verdict = _verdict(low, high)
    p99 = merged.percentile_ns(99)
    p99_low, p99_high = stats.quantile_interval(
        quantile=merged.quantile_ns,
        level=1 - ALLOWED_SHARE,
        samples=merged.count * max(independent, 0.0) / effect,
        error=known.error,
    )
    return Finding(
        id=check,
        phase=known.phase,
        verdict=verdict,
        measured_seconds=_seconds(p99),
        low_seconds=_seconds(p99_low),
        high_seconds=_seconds(p99_high),
        limit_seconds=limit_ns / 1e9,
        etcd_would_report_seconds=_seconds(merged.etcd_quantile_ns(0.99)),
        samples=merged.count,
        because=_because(share, low, high, what=what, limit_ns=limit_ns, verdict=verdict),
        advice={
            Verdict.FAIL: advice_for(known.result),
            Verdict.INCONCLUSIVE: _advice_to_measure_more(known),
        }.get(verdict, ""),
        reference=reference,
    )


def _judge_stalls(
    known: Evidence, *, check: str, limit_ns: int, verdict: Verdict
) -> Finding | None:
    """Any flush over one of etcd's timers counts; the longest is named with its moment."""
    streams = known.result.streams("wal", known.phase)
    merged = merge(stream.histogram() for stream in streams)
    if not merged.count:
        return None
    over = round(merged.above(limit_ns))
    longest = merged.max_ns or 0
    where = _moment_of(streams, longest)
    return Finding(
        id=check,
        phase=known.phase,
        verdict=verdict if over else Verdict.PASS,
        measured_seconds=longest / 1e9,
        limit_seconds=limit_ns / 1e9,
        samples=merged.count,
        because=f"{over or 'no'} of {merged.count:,} flushes took over "
        f"{format_seconds(limit_ns / 1e9)}; the longest, {format_seconds(longest / 1e9)}, "
        f"came {where}",
        advice=f"find what stalls the disk; {advice_for(known.result)}" if over else "",
        reference=TUNING,
    )


def _moment_of(streams: Sequence[Stream], latency_ns: int) -> str:
    for number, stream in enumerate(streams, start=1):
        for block in stream.blocks:
            if block.histogram.max_ns == latency_ns:
                return f"in second {block.start_seconds + 1:.0f} of round {number}"
    return "at an unknown moment"


def _share_interval(
    blocks: Sequence[Block], limit_ns: int, error: float, independent: float
) -> tuple[float, float, float]:
    """Return the interval of the share over the limit, and the design effect behind it.

    Where hardly anything is over the limit the blocks cannot show how it clusters; how the
    slowest twentieth clusters then stands for it.
    """
    merged = merge(block.histogram for block in blocks)
    samples = np.array([block.histogram.count for block in blocks], dtype=np.float64)
    over = np.array([block.histogram.above(limit_ns) for block in blocks], dtype=np.float64)
    usual = merged.quantile_ns(0.95) or 0.0
    slow = np.array([block.histogram.above(usual) for block in blocks], dtype=np.float64)
    effect = max(stats.design_effect(over, samples), stats.design_effect(slow, samples))
    low, high = stats.share_interval(
        exceedances=over * independent,
        samples=samples * independent,
        effect=effect,
        error=error,
    )
    return low, high, effect


def _verdict(low: float, high: float) -> Verdict:
    if high < ALLOWED_SHARE:
        return Verdict.PASS
    return Verdict.FAIL if low > ALLOWED_SHARE else Verdict.INCONCLUSIVE


def _because(
    share: float, low: float, high: float, *, what: str, limit_ns: int, verdict: Verdict
) -> str:
    limit = format_seconds(limit_ns / 1e9)
    measured = f"{format_share(share)} of {what} took over {limit}"
    interval = f"certainly between {format_share(low)} and {format_share(high)}"
    if verdict is Verdict.PASS:
        return f"{measured}, certainly under {format_share(high)}; 1 % is allowed"
    if verdict is Verdict.FAIL:
        return f"{measured}, certainly over {format_share(low)}; 1 % is allowed"
    return f"{measured}, {interval}: that does not decide whether it is over the allowed 1 %"


def _advice_to_measure_more(known: Evidence) -> str:
    if known.result.settings.mode != "full":
        return "measure longer with --full, or several times"
    return "it is close to the limit: measure again at another time, and count on it being tight"


def _rung(result: Result, phase: str) -> tuple[Verdict, str]:
    """Judge one rung by its WAL and by its commits; seconds are few, so by the figure itself.

    Returns:
        PASS, or FAIL with the reason in words.
    """
    streams = result.streams("wal", phase) or _main_instead(result, phase, "wal")
    commits = result.streams("commit", phase) or _main_instead(result, phase, "commit")
    name = phase.removeprefix("ladder-")
    for stream, limit_ns, what in (
        (streams, WAL_LIMIT_NS, "WAL flushes"),
        (commits, COMMIT_LIMIT_NS, "backend commits"),
    ):
        merged = merge(one.histogram() for one in stream)
        if not merged.count:
            return Verdict.INCONCLUSIVE, f"class {name} was not measured"
        low, _, _ = _share_interval(
            [block for one in stream for block in one.blocks], limit_ns, QUIET_ERROR, 1.0
        )
        share = merged.share_above(limit_ns) or 0.0
        if low > ALLOWED_SHARE or (stream is streams and share > ALLOWED_SHARE):
            return (
                Verdict.FAIL,
                f"at class {name} {format_share(share)} of {what} took over "
                f"{format_seconds(limit_ns / 1e9)}",
            )
    return Verdict.PASS, ""


def _main_instead(result: Result, phase: str, name: StreamName) -> tuple[Stream, ...]:
    """Return the main phase's streams where it ran at this rung's rate."""
    if phase == f"ladder-{result.settings.load}":
        return result.streams(name, main_phases(result)[0])
    return ()


def _seconds(latency_ns: float | None) -> float | None:
    return None if latency_ns is None else latency_ns / 1e9


def all_histograms(result: Result) -> dict[str, Histogram]:
    """Return every stream of every phase but calibration, merged, as `stream.phase`."""
    found: dict[str, Histogram] = {}
    for run in result.runs:
        if run.phase == "calibrate":
            continue
        for stream in run.streams:
            key = f"{stream.name}.{run.phase}"
            found[key] = found.get(key, Histogram()) + stream.histogram()
    return found
