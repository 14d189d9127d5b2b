"""Predict, then run a real etcd on the same disk, in turn: what `etcdbench validate` does."""

import contextlib
import random
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from etcdbench import etcd, metrics, plan, planning, profile, system
from etcdbench.background import beside
from etcdbench.burst import Bursts, requests_of, rng_of
from etcdbench.errors import EtcdError, FioError
from etcdbench.etcd_model import PAGE_BYTES
from etcdbench.etcd_programs import Programs
from etcdbench.fio import Engine
from etcdbench.histogram import Histogram, merge
from etcdbench.invocation import Invoker
from etcdbench.machine import MachineLoad
from etcdbench.measure import Measurement
from etcdbench.model import Result, Run, Settings, Stream, StreamName
from etcdbench.records import Struct
from etcdbench.schedule import Load, even_load
from etcdbench.stopping import StopRequest
from etcdbench.validation import Observation
from etcdbench.watching import Observer
from etcdbench.workload import JOIN_PREFIX, Arrivals, Phase, Requests
from etcdbench.workspace import Workspace, workspace

LOAD_SECONDS = 60.0
"""As long as `etcdctl check perf` loads, so that both sides have about equally many samples."""

ROUNDS = 4
"""The prediction is measured in rounds of 15 s, as `etcdbench run` measures: the flush times of one
round make the batches of the next."""

PHASE = "validate"


Kind = Arrivals | Literal["join"]


class Round(Struct, frozen=True, kw_only=True):
    """What one repeat gave for one kind of arrivals.

    Attributes:
        arrivals: `regular` (etcd loaded by check perf), `poisson` or `join` (by our own client).
        predicted: fio's rounds.
        observed: What etcd's metrics gained.
    """

    arrivals: Kind
    predicted: tuple[Run, ...]
    observed: Observation

    def streams(self, name: StreamName) -> list[Stream]:
        """Return one of the predicted streams, of every round."""
        return [stream for run in self.predicted for stream in run.streams if stream.name == name]

    @property
    def wal_bytes(self) -> int:
        """Return the bytes of the predicted WAL."""
        return sum(sum(run.wal.sizes_bytes) for run in self.predicted if run.wal)

    @property
    def growth_bytes(self) -> int:
        """Return by how much the predicted database grew."""
        backends = [run.backend for run in self.predicted if run.backend]
        return sum(sum(backend.new_pages) for backend in backends) * PAGE_BYTES


@dataclass(kw_only=True)
class Validation:
    """One validation under way.

    Attributes:
        blank: A result without runs: target and environment.
        load: Cluster class, for check perf.
        requests: Its request stream.
        programs: The real etcd.
        engine: fio.
        directory: Where to make our directories on the target.
        scratch_parent: Where to make the memory-backed ones.
        observer: Who watches.
        stop: The user's wish to stop.
        on_leftover: Told of what cannot be removed.
    """

    blank: Result
    load: Literal["s", "m"]
    requests: Requests
    programs: Programs
    engine: Engine
    directory: Path
    scratch_parent: Path
    observer: Observer
    stop: StopRequest
    on_leftover: Callable[[Path], None]

    def round(self, arrivals: Arrivals) -> Round:
        """Predict, then observe, with one kind of arrivals.

        Raises:
            FioError: fio failed.
            EtcdError: etcd failed.
            Interrupted: The user wants us to stop.
        """
        predicted = self.predict(arrivals)
        return Round(arrivals=arrivals, predicted=predicted, observed=self.observe(arrivals))

    def predict(self, arrivals: Arrivals) -> tuple[Run, ...]:
        """Measure with fio for a minute.

        Raises:
            FioError: It failed.
            Interrupted: The user wants us to stop.
        """
        return self._measure(self._rounds(self._requests(arrivals)), PHASE)

    def observe(self, arrivals: Arrivals) -> Observation:
        """Run a real etcd under the same load for a minute; return what its metrics gained.

        Raises:
            EtcdError: It failed.
            Interrupted: The user wants us to stop.
        """
        if arrivals == "regular":
            return self._loaded(None, seconds=etcd.CHECK_PERF_SECONDS)
        rng = random.Random(1)  # noqa: S311 - a load, not a secret
        load = even_load(self._requests(arrivals), seconds=LOAD_SECONDS, rng=rng)
        return self._loaded(load, seconds=LOAD_SECONDS)

    def recipe(self) -> Histogram:
        """Run the popular recipe once."""
        loaded = profile.load("recipe")
        todo = planning.make_plan(
            main=loaded, ladder=profile.load("ladder"), settings=Settings(profile=loaded.name)
        )
        # A slow disk does not get to its end in time; what it did is enough to compare with.
        runs = self._measure(todo, "recipe", whole=False)
        return merge(stream.histogram() for run in runs for stream in run.streams)

    def _requests(self, arrivals: Arrivals) -> Requests:
        return msgspec.structs.replace(self.requests, arrivals=arrivals)

    def _rounds(self, requests: Requests) -> plan.Plan:
        """Plan calibration, and rounds that last as long as etcd's load."""
        return plan.Plan(
            settings=Settings(profile="validate", load=self.load),
            profile_text="",
            requests=requests,
            recipe=None,
            calibrate_seconds=plan.CALIBRATE_SECONDS,
            phases=(
                Phase(name=PHASE, runtime_seconds=LOAD_SECONDS / ROUNDS, repeat="until-decided"),
            ),
            rounds_max=ROUNDS,
            errors=(0.05,) * ROUNDS,
        )

    def _measure(self, todo: plan.Plan, phase: str, *, whole: bool = True) -> tuple[Run, ...]:
        """Run a plan in directories of its own; return the runs whose phase begins so.

        Raises:
            FioError: It failed, or did not come to its end and has to be whole.
        """
        with self._directories() as (target, scratch):
            result = Measurement(
                plan=todo,
                result=msgspec.structs.replace(
                    self.blank, settings=todo.settings, requests=todo.requests
                ),
                invoker=Invoker(
                    engine=self.engine, target=target, scratch=scratch, observer=self.observer
                ),
                decided=_never_decided,
                failed=_never_climb,
                save=_keep_nothing,
            ).run()
        if whole and result.interrupted:
            raise FioError(
                f"the prediction did not come to its end: {result.interrupted}",
                hint="the disk is too slow for this load; try --load s",
            )
        return tuple(run for run in result.runs if run.phase.startswith(phase))

    def _loaded(self, load: Load | None, *, seconds: float) -> Observation:
        """Run a real etcd under our client's load, or under `check perf` where there is none."""
        self.observer.begin(f"etcd {self.programs.version}", seconds)
        with (
            self._directories() as (target, scratch),
            etcd.serving(self.programs, target=target, scratch=scratch, stop=self.stop) as server,
            # fio has it beside it, too: what the host's memory costs is not what is compared.
            beside(
                (("warm_pages",),),
                "etcd",
                cwd=scratch.path,
                keep_open=(target.lock_fd, scratch.lock_fd),
                stop=self.stop,
                error=EtcdError,
            ),
        ):
            before, begun = server.scrape(), system.load_sample()
            if load is None:
                after = etcd.check_perf(
                    self.programs, server, load=self.load, scratch=scratch, stop=self.stop
                )
            else:
                after = etcd.send_requests(server, load, scratch=scratch, stop=self.stop)
            machine, flags = system.machine_load(begun, system.load_sample()), server.flags
        return _difference(before, after, flags=flags, seconds=seconds, machine=machine)

    def join_round(self, wanted: Bursts, *, number: int) -> Round:
        """Predict one join burst, then let a real etcd meet the same requests at the same times.

        Args:
            wanted: The burst.
            number: Which one of several this is: its requests are drawn from it.

        Raises:
            FioError: fio failed.
            EtcdError: etcd failed.
            Interrupted: The user wants us to stop.
        """
        todo = msgspec.structs.replace(
            self._rounds(self.requests),
            settings=Settings(profile="validate", bursts_max=1, seed=number),
            phases=(),
            joins=wanted,
        )
        runs = self._measure(todo, JOIN_PREFIX)
        load = requests_of(wanted.join, wanted.burst, rng=rng_of(number, 0))
        observed = self._loaded(load, seconds=load.due_seconds[-1])
        return Round(arrivals="join", predicted=runs, observed=observed)

    @contextlib.contextmanager
    def _directories(self) -> Generator[tuple[Workspace, Workspace], None, None]:
        """Make both directories, and remove them."""
        with (
            workspace(self.directory, alone=True, on_leftover=self.on_leftover) as target,
            workspace(self.scratch_parent, alone=False, on_leftover=self.on_leftover) as scratch,
        ):
            yield target, scratch


def _never_decided(_known: Result, _phase: str, _look: int) -> bool:
    """Go on to the last round: together they are as long as etcd's load."""
    return False


def _never_climb(_known: Result, _phase: str) -> bool:
    """Leave the ladder out."""
    return True


def _keep_nothing(_known: Result) -> None:
    """Keep no result file: the comparison is the outcome."""


def _difference(
    before: metrics.Samples,
    after: metrics.Samples,
    *,
    flags: tuple[str, ...],
    seconds: float,
    machine: MachineLoad,
) -> Observation:
    sizes = [metrics.counter(page, metrics.DATABASE_BYTES) for page in (before, after)]
    written = [metrics.counter(page, (metrics.WAL_BYTES,)) for page in (before, after)]
    return Observation(
        flags=flags,
        seconds=seconds,
        wal_fsync=metrics.gained(before, after, metrics.WAL_FSYNC),
        backend_commit=metrics.gained(before, after, metrics.BACKEND_COMMIT),
        wal_metric_bytes=_gain(written),
        database_growth_bytes=_gain(sizes),
        machine=machine,
    )


def _gain(pair: list[float | None]) -> float | None:
    low, high = pair
    return None if low is None or high is None else high - low
