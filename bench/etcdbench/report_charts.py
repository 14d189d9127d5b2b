"""The charts of one result: distributions, the timeline, the ladder."""

import math
from collections.abc import Iterator, Sequence

from etcdbench import figures, ladder, timeline
from etcdbench.figures import Band, Curve
from etcdbench.histogram import Histogram, merge
from etcdbench.join_result import JoinBurst
from etcdbench.limits import COMMIT_LIMIT_NS, HEARTBEAT_NS, WAL_LIMIT_NS
from etcdbench.model import Result, Run, Stream, StreamName
from etcdbench.page import Chart
from etcdbench.units import format_seconds
from etcdbench.workload import CALIBRATE, JOIN, JOIN_PREFIX, RUNG_PREFIX, is_main_phase

STREAMS: tuple[tuple[StreamName, str, int], ...] = (
    ("wal", "WAL flushes", WAL_LIMIT_NS),
    ("commit", "backend commits", COMMIT_LIMIT_NS),
)
"""Stream, what its operations are called, their limit."""


def distributions(result: Result, key: str) -> list[Chart]:
    """Draw how WAL flushes and backend commits are distributed, one chart each."""
    charts = (
        _distribution(result, name, what=what, limit_seconds=limit_ns / 1e9, key=key)
        for name, what, limit_ns in STREAMS
    )
    return [chart for chart in charts if chart]


def _distribution(
    result: Result, name: StreamName, *, what: str, limit_seconds: float, key: str
) -> Chart | None:
    """Draw one stream, a curve for each phase; None where nothing was seen of it."""
    found = {
        _phase_name(phase): result.streams(name, phase)
        for phase in phases_of(result)
        if histogram_of(result, name, phase).count
    }
    if not found:
        return None
    curves = [
        Curve(name=phase, points=staircase(merge(stream.histogram() for stream in streams)))
        for phase, streams in found.items()
    ]
    said = "; ".join(f"{phase}: {in_words(streams)}" for phase, streams in found.items())
    return Chart(
        svg=figures.exceedance(curves, key=f"{key}-{name}", limit_seconds=limit_seconds),
        alt=f"Share of {what} above each latency, against the limit of "
        f"{format_seconds(limit_seconds)}. {said}.",
        caption=f"{what[0].upper()}{what[1:]}. {said}. Where a curve crosses the line "
        "p99, one in a hundred takes longer; left of the limit is well.",
    )


def seconds(result: Result, key: str) -> Chart | None:
    """Draw the longest flush and commit of each second, from the first round to the last join."""
    segments = _segments(result)
    if not segments:
        return None
    series: list[Curve] = []
    for name, what, _ in STREAMS:
        points = [
            (begin + block.start_seconds + block.length_seconds, longest / 1e9)
            for begin, run in segments
            for stream in run.streams
            if stream.name == name and not stream.edges_ns  # the longest is not known then
            for block in stream.blocks
            if (longest := block.histogram.max_ns)
        ]
        if points:
            series.append(Curve(name=what, points=points))
    if not series:
        return None
    logins = _logins(result)
    if logins:
        series.append(Curve(name="a login's wait", points=logins))
    svg = figures.timeline(
        series,
        _bands(result),
        key=f"{key}-seconds",
        limit_seconds=WAL_LIMIT_NS / 1e9,
        stall_seconds=HEARTBEAT_NS / 1e9,
    )
    moment, slowest = max(series[0].points, key=lambda point: point[1])
    said = f"the longest WAL flush took {format_seconds(slowest)}, in second {moment:.0f}"
    return Chart(
        svg=svg,
        alt=f"Longest operation of each second of the measurement: {said}.",
        caption=f"Second by second: {said}. The line is the limit for a WAL flush; what took over "
        f"{format_seconds(HEARTBEAT_NS / 1e9)}, etcd's heartbeat interval, is ringed.",
    )


def climb(result: Result, key: str) -> Chart | None:
    """Draw flush latency against the rate of requests, from the ladder."""
    tried = ladder.rung_rates(result)
    points: dict[str, list[tuple[float, float]]] = {"median": [], "p99": []}
    for phase, rate in tried.items():
        own = histogram_of(result, "wal", phase)
        histogram = own if own.count else histogram_of(result, "wal", result.main_phases()[0])
        for name, percent in (("median", 50), ("p99", 99)):
            latency = histogram.percentile_ns(percent)
            if latency is not None:
                points[name].append((rate, latency / 1e9))
    series = [Curve(name=name, points=found) for name, found in points.items() if found]
    if max((len(curve.points) for curve in series), default=0) < 2:  # noqa: PLR2004 - a point is no line
        return None
    classes = [(phase.removeprefix(RUNG_PREFIX), rate) for phase, rate in tried.items()]
    reached = ladder.cluster_class(result)
    said = f"the largest cluster class carried is {reached}"
    return Chart(
        svg=figures.rates(series, classes, key=f"{key}-rates", limit_seconds=WAL_LIMIT_NS / 1e9),
        alt=f"Latency of WAL flushes at rising rates of requests: {said}.",
        caption=f"WAL flushes at rising rates: {said}. Each further class was tried for seconds "
        "only; the classes are those of etcdctl check perf.",
    )


def phases_of(result: Result) -> tuple[str, ...]:
    """Return the phases that are judged: the main ones, then the joins."""
    return (*result.main_phases(), *((JOIN,) if result.runs_of(JOIN) else ()))


def histogram_of(result: Result, name: StreamName, phase: str) -> Histogram:
    """Return a stream of a phase, merged."""
    return merge(stream.histogram() for stream in result.streams(name, phase))


def staircase(histogram: Histogram) -> list[tuple[float, float]]:
    """Return (latency in seconds, share of samples above it), before and after each step down."""
    total = left = histogram.count
    points: list[tuple[float, float]] = []
    for latency, count in zip(histogram.latencies_ns, histogram.counts, strict=True):
        points += [(latency / 1e9, left / total), (latency / 1e9, (left - count) / total)]
        left -= count
    return points


def in_words(streams: Sequence[Stream]) -> str:
    """Say median, p99, p99.9 and longest, as far as there are enough samples.

    Of what is known only as ranges, what etcd itself would show: each stands at its upper edge.
    """
    histogram = merge(stream.histogram() for stream in streams)
    if any(stream.edges_ns for stream in streams):
        shown = histogram.etcd_quantile_ns(0.99) or 0.0
        return f"known as ranges only; etcd would show a p99 of {format_seconds(shown / 1e9)}"
    figures_of = [
        f"{name} {format_seconds(found / 1e9)}"
        for name, percent in (("median", 50.0), ("p99", 99.0), ("p99.9", 99.9))
        if (found := histogram.percentile_ns(percent)) is not None
    ]
    longest = histogram.max_ns
    return ", ".join([*figures_of, f"longest {format_seconds((longest or 0) / 1e9)}"])


def _phase_name(phase: str) -> str:
    return "while nodes join" if phase == JOIN else phase


def _shown(run: Run) -> bool:
    """Say whether a run is in the timeline: of the main phases, or of a join."""
    return is_main_phase(run.phase) or run.phase.startswith(JOIN_PREFIX)


def _segments(result: Result) -> list[tuple[float, Run]]:
    """Return each run of the timeline with the moment at which its clock begins.

    A join's phases are one fio invocation and have one clock.
    """
    found: list[tuple[float, Run]] = []
    end, begin, in_burst = 0.0, 0.0, 0
    firsts = {burst.first_run: len(burst.spans) for burst in result.bursts}
    for number, run in enumerate(result.runs):
        if run.phase == CALIBRATE or not _shown(run):
            continue
        in_burst = firsts.get(number, in_burst)
        if number in firsts or not run.phase.startswith(JOIN_PREFIX):
            begin = end
        found.append((begin, run))
        ends = (
            block.start_seconds + block.length_seconds for s in run.streams for block in s.blocks
        )
        end = max(end, begin + math.ceil(max(ends, default=0.0)))
    return found


def _bands(result: Result) -> list[Band]:
    """Return the rounds and the joins' phases as stretches of the timeline."""
    bands: list[Band] = []
    segments = _segments(result)
    for number, (begin, run) in enumerate(segments):
        if not run.phase.startswith(JOIN_PREFIX):
            later = [one for one, _ in segments[number + 1 :] if one > begin]
            ends = (b.start_seconds + b.length_seconds for s in run.streams for b in s.blocks)
            end = min(later, default=begin + math.ceil(max(ends, default=1.0)))
            bands.append(Band(name=run.phase, begin_seconds=begin, end_seconds=end))
    for begin, burst in _bursts(result):
        bands += [
            Band(
                name=span.name,
                begin_seconds=begin + span.begin_seconds,
                end_seconds=begin + span.end_seconds,
            )
            for span in burst.spans
        ]
    lasting = (band for band in bands if band.end_seconds > band.begin_seconds)
    return sorted(lasting, key=lambda band: band.begin_seconds)


def _bursts(result: Result) -> Iterator[tuple[float, JoinBurst]]:
    """Give each join with the moment at which its clock begins."""
    begins = {id(run): begin for begin, run in _segments(result)}
    for burst in result.bursts:
        runs = timeline.runs_of(result, burst)
        if runs and id(runs[0]) in begins:
            yield begins[id(runs[0])], burst


def _logins(result: Result) -> Sequence[tuple[float, float]]:
    """Return when somebody would have logged in, and how long he would have waited."""
    return [
        (begin + probe.at_seconds, probe.wait_seconds)
        for begin, burst in _bursts(result)
        for probe in burst.probes
        if probe.wait_seconds > 0
    ]
