"""What was measured and what it means, as types.

All are frozen. Names carry their units. Nothing derived is stored: a percentile, a share or a
verdict is computed from a `Result` whenever it is asked for.
"""

import enum
from typing import Literal

from etcdbench.histogram import Histogram, merge
from etcdbench.join_result import JoinBurst
from etcdbench.machine import Environment, LiveEtcd, MachineLoad, Target
from etcdbench.records import Count, Looks, Real, Seconds, Struct, Whole
from etcdbench.watch_model import Watched
from etcdbench.workload import BackendSchedule, Requests, WalSchedule, belongs, is_main_phase

# --- what was measured --------------------------------------------------------------------------

StreamName = Literal["wal", "backend", "commit"]

Origin = Literal["run", "fio", "metrics", "watch"]
"""Where a result comes from: our own measurement, somebody's fio output, the metrics of an etcd,
or watching."""


class Block(Struct, frozen=True, kw_only=True):
    """What one stretch of a stream, about a second, saw.

    Attributes:
        start_seconds: Since the load began.
        length_seconds: Its length: fio is silent in a stall, so blocks differ.
        histogram: Latencies of the operations that ended in it.
    """

    start_seconds: Seconds
    length_seconds: Seconds
    histogram: Histogram


class Stream(Struct, frozen=True, kw_only=True):
    """One kind of latency in one run.

    Attributes:
        name: `wal` (fdatasyncs of the WAL), `backend` (fdatasyncs of the database) or `commit`
            (what etcd would show for a backend commit, see `commits`).
        blocks: In order of time.
        catch_up_count: Flushes that were issued back to back to catch up after a stall, which
            etcd would have merged into one: they are not samples of their own.
        edges_ns: Where samples are known only as ranges (etcd's buckets, a list of percentiles):
            the ranges' upper edges, ascending. Each sample then stands at the upper edge of its
            range; those beyond the last edge stand anywhere above it. Empty where each is known.
    """

    name: StreamName
    blocks: tuple[Block, ...]
    catch_up_count: Count = 0
    edges_ns: tuple[Whole, ...] = ()

    def histogram(self) -> Histogram:
        """Return all blocks merged."""
        return merge(block.histogram for block in self.blocks)


class Run(Struct, frozen=True, kw_only=True):
    """One phase of one fio invocation, and what it returned.

    Attributes:
        phase: Name of the phase (`calibrate`, `steady`, `join-pull`, `ladder-m`, `recipe`).
        rate_per_second: Requests per second that it stands for; None for a recipe and for joins.
        started_at: UTC, ISO 8601.
        wall_seconds: From fio's start to its end; 0 for a join's later phases, as are their bytes.
        job_file: The job file exactly as fio read it.
        wal: The WAL's schedule; the iolog follows from it.
        backend: The backend's schedule.
        streams: What was measured.
        bytes_written: By fio, to the filesystem.
        machine: How busy the machine was.
        stopped: Why it ended early; None when it did not.
        silent_seconds: How long fio had been silent when it was stopped: a flush that never ended.
        alone: Whether no other etcdbench was seen to measure on the same disk.
    """

    phase: str
    rate_per_second: Real | None = None
    started_at: str
    wall_seconds: Seconds
    job_file: str
    wal: WalSchedule | None = None
    backend: BackendSchedule | None = None
    streams: tuple[Stream, ...]
    bytes_written: Whole
    machine: MachineLoad = MachineLoad()
    stopped: str | None = None
    silent_seconds: Seconds = 0.0
    alone: bool = True


class LiveMetrics(Struct, frozen=True, kw_only=True):
    """What the metrics of a spared etcd (at `url`) told of its WAL and its commits."""

    url: str
    before: tuple[Stream, ...]
    beside: tuple[Stream, ...]


class Settings(Struct, frozen=True, kw_only=True):
    """How the measurement was asked for.

    Attributes:
        profile: Name or path of the profile.
        load: Cluster class (`s`), or None with a rate of one's own.
        mode: Default, `quick` (WAL only) or `full` (to the cap).
        beside_etcd: Whether a live etcd was to be spared.
        rounds_max: Rounds after which the measurement ends, decided or not.
        bursts_max: Join bursts after which they end, decided or not; 0 for none.
        capacity: Whether it was looked for how many nodes may join at once, and nothing else.
        seed: Seed of the random draws.
    """

    profile: str
    load: str | None = None
    mode: Literal["default", "quick", "full"] = "default"
    beside_etcd: bool = False
    rounds_max: Looks = 1
    bursts_max: Looks = 0
    capacity: bool = False
    seed: int = 1


class Result(Struct, frozen=True, kw_only=True):
    """A measurement: what was asked, where, and what fio returned.

    Attributes:
        created_at: UTC, ISO 8601.
        etcdbench_version: Version that measured.
        settings: How it was asked for.
        requests: The request stream of the main phase; None for a recipe.
        profile_text: The profile file exactly as read.
        target: What was measured.
        environment: On which machine.
        live_etcd: Processes that were spared.
        live_metrics: What the spared etcd said of itself; None where it could not be asked.
        runs: In order of time.
        bursts: The join bursts among them, in order.
        watched: What a watch saw; None for all else.
        climbed: Whether the ladder was tried.
        origin: Where it comes from; what is not ours lacks most of the rest.
        complete: Whether it came to its own end.
        interrupted: Why it did not; None when it did.
        wall_seconds: From the first run's start to the last one's end.
    """

    created_at: str
    etcdbench_version: str
    settings: Settings
    requests: Requests | None
    profile_text: str
    target: Target
    environment: Environment
    live_etcd: tuple[LiveEtcd, ...] = ()
    live_metrics: LiveMetrics | None = None
    runs: tuple[Run, ...] = ()
    bursts: tuple[JoinBurst, ...] = ()
    watched: Watched | None = None
    climbed: bool = False
    origin: Origin = "run"
    complete: bool = False
    interrupted: str | None = None
    wall_seconds: Seconds = 0.0

    def runs_of(self, phase: str) -> tuple[Run, ...]:
        """Return the runs of a phase, in order of time; `join` is all of a burst's but the quiet."""
        return tuple(run for run in self.runs if belongs(run.phase, phase))

    def streams(self, name: StreamName, phase: str) -> tuple[Stream, ...]:
        """Return one stream of each run of a phase, in order of time."""
        return tuple(
            stream for run in self.runs_of(phase) for stream in run.streams if stream.name == name
        )

    def main_phases(self) -> tuple[str, ...]:
        """Return the phases that the main profile measured, in order; `steady` if none was."""
        ordinary = (run.phase for run in self.runs if is_main_phase(run.phase))
        return tuple(dict.fromkeys(ordinary)) or ("steady",)

    @property
    def is_foreign(self) -> bool:
        """Say whether others measured it: nothing is known of the disk and the machine then."""
        return self.origin in ("fio", "metrics")

    @property
    def is_recipe(self) -> bool:
        """Say whether fio flushed alone and as fast as it could, without a load of etcd's."""
        return self.requests is None and self.origin in ("run", "fio")

    @property
    def bytes_written(self) -> int:
        """Return what fio wrote in all runs."""
        return sum(run.bytes_written for run in self.runs)


# --- what it means ------------------------------------------------------------------------------


class Verdict(enum.StrEnum):
    """What a check, or all of them, says; ordered from good to bad by `severity`."""

    PASS = "pass"  # noqa: S105 - a verdict, no password
    WARN = "warn"
    INCONCLUSIVE = "inconclusive"
    FAIL = "fail"

    @property
    def severity(self) -> int:
        """Return 0 for a pass up to 3 for a fail."""
        return list(Verdict).index(self)


class Finding(Struct, frozen=True, kw_only=True):
    """What one check says; the names are an interface (see docs/json.md).

    Attributes:
        id: Name of the check.
        phase: Phase it speaks of.
        measured_seconds, low_seconds, high_seconds: The figure and its interval; None where the
            samples cannot say.
        limit_seconds: What it is held against.
        etcd_would_report_seconds: The figure as etcd's buckets would show it.
        samples: How many operations it rests on.
        because: The reason in a sentence.
        advice: What to do, fitting this device; empty for a pass.
        reference: Where the limit comes from.
    """

    id: str
    phase: str
    verdict: Verdict
    measured_seconds: float | None = None
    low_seconds: float | None = None
    high_seconds: float | None = None
    limit_seconds: float | None = None
    etcd_would_report_seconds: float | None = None
    samples: int = 0
    because: str
    advice: str = ""
    reference: str = ""


class Caveat(Struct, frozen=True, kw_only=True):
    """Something that limits what the figures can tell; never a verdict.

    Attributes:
        code: Stable name.
        message: What was seen and why it matters.
        advice: What to do about it.
    """

    code: str
    message: str
    advice: str
