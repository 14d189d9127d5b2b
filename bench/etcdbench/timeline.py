"""A join burst second by second and phase by phase: derived from what a result keeps."""

import math
from collections.abc import Iterable, Sequence

from etcdbench.histogram import merge
from etcdbench.join_result import JoinBurst, PhaseSpan, Probe, Second
from etcdbench.model import Block, Result, Run, Stream, StreamName
from etcdbench.records import Struct
from etcdbench.workload import JOIN_PREFIX

READING_SECONDS = 0.5
"""A reading tells of the second before it: its middle is the moment that it stands for."""

SECONDS_MAX = 7200
"""No burst lasts longer than twenty minutes, and a stall at its end; what does is a damaged file."""


class Moment(Struct, frozen=True, kw_only=True):
    """One second, or one phase, of a burst.

    Attributes:
        phase: `quiet`, `register`, `pull` or `settle`.
        at_seconds: Where it begins, since fio's start.
        length_seconds: Its length.
        flushes, commits: WAL flushes and backend commits that ended in it.
        wal_p50_seconds, wal_p99_seconds, wal_longest_seconds: Flush times; a percentile is None
            with too few samples beyond it.
        commit_longest_seconds: The longest commit.
        bystander_longest_seconds: The longest of the bystander's waits that began in it; None
            where there was no bystander.
        bytes_written: By all of fio's sections meanwhile.
        io_some_share, io_full_share: Share of the time in which some, or all, tasks waited for
            I/O; None where the kernel does not tell.
    """

    phase: str
    at_seconds: float
    length_seconds: float
    flushes: int = 0
    commits: int = 0
    wal_p50_seconds: float | None = None
    wal_p99_seconds: float | None = None
    wal_longest_seconds: float | None = None
    commit_longest_seconds: float | None = None
    bystander_longest_seconds: float | None = None
    bytes_written: int = 0
    io_some_share: float | None = None
    io_full_share: float | None = None


def seconds(result: Result, burst: JoinBurst) -> tuple[Moment, ...]:
    """Return the burst second by second."""
    runs = runs_of(result, burst)
    end = max(
        [span.end_seconds for span in burst.spans]
        + [block.start_seconds + block.length_seconds for block in _blocks(runs, "wal")]
    )
    return tuple(
        _moment(burst, runs, phase_at(burst, float(number)), float(number), float(number + 1))
        for number in range(min(math.ceil(end), SECONDS_MAX))
    )


def phases(result: Result, burst: JoinBurst) -> tuple[Moment, ...]:
    """Return the burst phase by phase; its flushes are those that were due in the phase."""
    runs = runs_of(result, burst)
    return tuple(
        _moment(
            burst,
            [run for run in runs if run.phase == f"{JOIN_PREFIX}{span.name}"],
            span.name,
            span.begin_seconds,
            span.end_seconds,
            whole=True,
        )
        for span in burst.spans
    )


def runs_of(result: Result, burst: JoinBurst) -> tuple[Run, ...]:
    """Return the runs of one burst, one for each phase."""
    return result.runs[burst.first_run : burst.first_run + len(burst.spans)]


def phase_at(burst: JoinBurst, at_seconds: float) -> str:
    """Return the phase of a moment; before the first one it is the first, after the last the last."""
    begun = [span for span in burst.spans if span.begin_seconds <= at_seconds]
    return (begun or burst.spans)[-1 if begun else 0].name


def span_of(burst: JoinBurst, name: str) -> PhaseSpan | None:
    """Return a phase of a burst; None where the burst was cut before it."""
    return next((span for span in burst.spans if span.name == name), None)


def waits(probes: Sequence[Probe], *, over_seconds: float) -> float:
    """Return the share of arrival times that would have waited longer than that.

    Somebody who arrives while a probe of L seconds goes on waits for the rest of it: of its L
    seconds, the first L - over are too early. One long stall is so not one sample among many.
    """
    if not probes:
        return 0.0
    end = max(probe.at_seconds + probe.wait_seconds for probe in probes)
    length = max(end - probes[0].at_seconds, 1.0)
    return sum(max(probe.wait_seconds - over_seconds, 0.0) for probe in probes) / length


def _moment(
    burst: JoinBurst,
    runs: Sequence[Run],
    phase: str,
    begin: float,
    end: float,
    *,
    whole: bool = False,
) -> Moment:
    """Put one stretch together; with `whole` from all that its runs hold, whenever it ended."""
    wal, commit = (
        merge(
            block.histogram
            for block in _blocks(runs, name)
            if whole or begin <= _end_of(block.start_seconds, block.length_seconds) < end
        )
        for name in ("wal", "commit")
    )
    inside = [one for one in burst.seconds if begin < one.at_seconds - READING_SECONDS <= end]
    probes = [one.wait_seconds for one in burst.probes if begin <= one.at_seconds < end]
    return Moment(
        phase=phase,
        at_seconds=begin,
        length_seconds=end - begin,
        flushes=wal.count,
        commits=commit.count,
        wal_p50_seconds=_seconds(wal.percentile_ns(50)),
        wal_p99_seconds=_seconds(wal.percentile_ns(99)),
        wal_longest_seconds=_seconds(wal.max_ns),
        commit_longest_seconds=_seconds(commit.max_ns),
        bystander_longest_seconds=max(probes, default=None),
        bytes_written=_written(burst.seconds, begin, end),
        io_some_share=_mean(one.io_some_share for one in inside),
        io_full_share=_mean(one.io_full_share for one in inside),
    )


def _blocks(runs: Iterable[Run], name: StreamName) -> Iterable[Block]:
    streams: Iterable[Stream] = (one for run in runs for one in run.streams if one.name == name)
    return (block for stream in streams for block in stream.blocks)


def _end_of(start_seconds: float, length_seconds: float) -> float:
    """Return the moment that stands for a block: just before its end."""
    return start_seconds + max(length_seconds - 0.5, 0.0)


def _written(seen: Sequence[Second], begin: float, end: float) -> int:
    """Return what was written between two moments: the difference of two readings."""

    def until(moment: float) -> int:
        reached = moment + READING_SECONDS
        return max((one.bytes_written for one in seen if one.at_seconds <= reached), default=0)

    return until(end) - until(begin)


def _mean(shares: Iterable[float | None]) -> float | None:
    known = [share for share in shares if share is not None]
    return round(sum(known) / len(known), 4) if known else None


def _seconds(latency_ns: float | None) -> float | None:
    return None if latency_ns is None else latency_ns / 1e9
