"""What our load did to the live etcd beside us, by its own metrics."""

from etcdbench.histogram import MIN_SAMPLES_BEYOND, Histogram, merge
from etcdbench.limits import FAQ, WAL_LIMIT_NS
from etcdbench.model import Finding, Result, Stream, Verdict
from etcdbench.units import format_seconds

PHASE = "beside-etcd"

SLOWED_RATIO_MAX = 2.0
"""An etcd whose p99 more than doubled was disturbed (our own limit)."""

_LEVEL = 0.99
_ENOUGH = round(MIN_SAMPLES_BEYOND / (1 - _LEVEL))


def live_etcd_wal(result: Result) -> Finding | None:
    """Hold etcd's own WAL flushes beside our load against those before it."""
    seen = result.live_metrics
    if seen is None:
        return None
    before, beside = wal_of(seen.before), wal_of(seen.beside)
    p99_ns = beside.etcd_quantile_ns(_LEVEL)
    verdict = _verdict(before, beside)
    return Finding(
        id="live_etcd_wal",
        phase=PHASE,
        verdict=verdict,
        etcd_would_report_seconds=None if p99_ns is None else p99_ns / 1e9,
        samples=beside.count,
        because=f"etcd's own WAL flushes: {_in_words(before)} before, {_in_words(beside)} beside "
        "our load",
        advice="do not measure beside it again: this disk has no room for that"
        if verdict is Verdict.WARN
        else "",
        reference=FAQ,
    )


def wal_of(streams: tuple[Stream, ...]) -> Histogram:
    """Return etcd's WAL flushes, each at the upper edge of its bucket."""
    return merge(stream.histogram() for stream in streams if stream.name == "wal")


def _verdict(before: Histogram, beside: Histogram) -> Verdict:
    """Warn where it was disturbed; too few flushes tell nothing."""
    if min(before.count, beside.count) < _ENOUGH:
        return Verdict.INCONCLUSIVE
    quiet_ns, loaded_ns = (one.etcd_quantile_ns(_LEVEL) or 0.0 for one in (before, beside))
    slowed = loaded_ns > SLOWED_RATIO_MAX * quiet_ns
    return Verdict.WARN if slowed or loaded_ns > WAL_LIMIT_NS else Verdict.PASS


def _in_words(flushes: Histogram) -> str:
    """Give the p99 as etcd's buckets show it, or what can be said of too few flushes."""
    if not flushes.count:
        return "none"
    if flushes.count < _ENOUGH:
        slowest = format_seconds((flushes.max_ns or 0) / 1e9)
        return f"{flushes.count:,}, none over {slowest},"
    p99_ns = flushes.etcd_quantile_ns(_LEVEL) or 0.0
    return f"p99 {format_seconds(p99_ns / 1e9)} of {flushes.count:,}"
