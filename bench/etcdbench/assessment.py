"""Findings, caveats and histograms of a result as the one JSON object that scripts rely on.

The names are an interface (docs/json.md): fields are added, never renamed.
"""

from functools import partial

import msgspec

from etcdbench import capacity, caveats, checks, ladder, ranges, timeline
from etcdbench.capacity import Capacity
from etcdbench.histogram import ETCD_BUCKET_EDGES_NS, Histogram
from etcdbench.join_result import JoinBurst, Probe
from etcdbench.model import Caveat, Finding, Result, Stream, Verdict
from etcdbench.ranges import Seen
from etcdbench.records import Struct
from etcdbench.timeline import Moment
from etcdbench.workload import CALIBRATE, JOIN, belongs


class Shares(Struct, frozen=True, kw_only=True):
    """A latency distribution as etcd's own buckets see it.

    Attributes:
        count: Number of samples.
        mean_seconds: Their mean.
        share_above: Bucket edge in seconds -> share of samples above it.
    """

    count: int
    mean_seconds: float | None
    share_above: dict[str, float]


class Joined(Struct, frozen=True, kw_only=True):
    """One join burst: how it was asked for, phase by phase, second by second."""

    cni: str
    nodes: int
    jitter_seconds: float
    topology: str
    scale: float
    cut: bool
    neighbour_bytes: int
    phases: tuple[Moment, ...]
    timeline: tuple[Moment, ...]
    probes: tuple[Probe, ...]
    assumptions: tuple[str, ...]


class Assessment(Struct, frozen=True, kw_only=True):
    """What a result means. `class_` is written as `class`."""

    format: str = "etcdbench-assessment"
    version: int = 1
    verdict: Verdict
    result_file: str | None
    class_: str | None = msgspec.field(name="class")
    wall_seconds: float
    bytes_written: int
    checks: tuple[Finding, ...]
    histograms: dict[str, Shares]
    joins: tuple[Joined, ...] = ()
    capacities: tuple[Capacity, ...] = ()
    caveats: tuple[Caveat, ...]


def assess(result: Result, *, result_file: str | None) -> Assessment:
    """Judge a result."""
    findings = checks.assess(result)
    return Assessment(
        verdict=checks.overall(findings, result),
        result_file=result_file,
        class_=ladder.cluster_class(result),
        wall_seconds=result.wall_seconds,
        bytes_written=result.bytes_written,
        checks=findings,
        histograms=_shares_of_ours(result) | _shares_of_live_etcd(result),
        joins=tuple(_joined(result, burst) for burst in result.bursts),
        capacities=capacity.of(result),
        caveats=caveats.of(result),
    )


def _joined(result: Result, burst: JoinBurst) -> Joined:
    return Joined(
        cni=burst.cni,
        nodes=burst.nodes,
        jitter_seconds=burst.jitter_seconds,
        topology=burst.topology,
        scale=burst.scale,
        cut=burst.cut,
        neighbour_bytes=burst.neighbour_bytes,
        phases=timeline.phases(result, burst),
        timeline=timeline.seconds(result, burst),
        probes=burst.probes,
        assumptions=burst.assumptions,
    )


def _shares_of_ours(result: Result) -> dict[str, Shares]:
    return {name: shares_of(ranges.seen(streams)) for name, streams in all_streams(result).items()}


def _shares_of_live_etcd(result: Result) -> dict[str, Shares]:
    """Return what a live etcd said of itself."""
    seen = result.live_metrics
    times = {"etcd-before": seen.before, "etcd-beside": seen.beside} if seen else {}
    return {
        f"{stream.name}.{when}": shares_of(ranges.seen([stream]))
        for when, streams in times.items()
        for stream in streams
    }


def shares(histogram: Histogram) -> Shares:
    """Put a histogram through etcd's buckets."""
    return shares_of(Seen(lowest=histogram, highest=histogram))


def shares_of(samples: Seen) -> Shares:
    """Put samples through etcd's buckets; what their ranges cannot tell is left out."""
    mean_ns = samples.agreed(lambda end: end.mean_ns)
    above = {
        f"{edge_ns / 1e9:g}": samples.agreed(partial(Histogram.share_above, edge_ns=edge_ns))
        for edge_ns in ETCD_BUCKET_EDGES_NS
    }
    return Shares(
        count=samples.highest.count,
        mean_seconds=None if mean_ns is None else mean_ns / 1e9,
        share_above={edge: share for edge, share in above.items() if share is not None},
    )


def all_streams(result: Result) -> dict[str, tuple[Stream, ...]]:
    """Return the streams of every phase but calibration, as `stream.phase`.

    `stream.join` holds a burst's phases together, without the quiet one.
    """
    found: dict[str, tuple[Stream, ...]] = {}
    for run in result.runs:
        for stream in run.streams:
            for phase in (run.phase, JOIN):
                if run.phase != CALIBRATE and belongs(run.phase, phase):
                    key = f"{stream.name}.{phase}"
                    found[key] = (*found.get(key, ()), stream)
    return found


def to_json(assessment: Assessment) -> str:
    """Return the object as one line of JSON."""
    return msgspec.json.encode(assessment).decode()
