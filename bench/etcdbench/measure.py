"""The one place where a measurement is put together: calibrate, measure in rounds, climb.

It writes through fio only, hands the result over for saving after every run, and leaves the
decision when enough is known to the function that it is given.
"""

import datetime
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from etcdbench import etcd_model, parse, system
from etcdbench.errors import FioError, Interrupted
from etcdbench.fio import Engine, FioOutput, RunInterrupted
from etcdbench.jobfile import (
    FioJob,
    etcd_job,
    recipe_job,
    wal_segments,
)
from etcdbench.learned import Learned, moved
from etcdbench.model import Result, Run, Stream
from etcdbench.plan import (
    BESIDE_CALIBRATE_RATE,
    BESIDE_SHARE,
    CAP_SECONDS,
    RECIPE_SECONDS_MAX,
    START_SECONDS,
    Plan,
    at_rate,
)
from etcdbench.schedule import schedule
from etcdbench.watching import Observer, watcher
from etcdbench.workload import (
    CALIBRATE,
    RUNG_PREFIX,
    Phase,
    Recipe,
    Requests,
)
from etcdbench.workspace import Workspace

GRACE_SECONDS = 20.0
"""A run may take this much longer than planned before it is stopped: stalls take their time."""


class _Stopped(Exception):  # noqa: N818 - it ends a measurement, and is no error
    """A run was stopped before its end; what it showed is kept, and nothing follows it."""


@dataclass(kw_only=True)
class Measurement:
    """One measurement under way.

    Attributes:
        plan: What to do.
        result: What is known so far.
        engine: What runs jobs.
        target: Our directory on the target.
        scratch: Our memory-backed directory.
        decided: Called after each round with the result so far, the phase and the round (from 0);
            True ends the rounds.
        failed: Called after each rung of the ladder with its phase; True ends the ladder.
        save: Called with the result after every run.
        observer: Who watches.
    """

    plan: Plan
    result: Result
    engine: Engine
    target: Workspace
    scratch: Workspace
    decided: Callable[[Result, str, int], bool]
    failed: Callable[[Result, str], bool]
    save: Callable[[Result], None]
    observer: Observer
    _learned: Learned = field(default_factory=Learned)
    _wal_files: set[str] = field(default_factory=set[str])
    _began: float = field(default_factory=time.monotonic)

    def run(self) -> Result:
        """Do all of it.

        Raises:
            FioError: fio failed; what was measured before has been saved.
            Interrupted: The user wants us to stop; what was measured has been saved.
        """
        try:
            if self.plan.recipe:
                self._recipe(self.plan.recipe)
            elif self.plan.requests:
                self._etcd(self.plan.requests)
        except Interrupted:
            self._keep(interrupted="interrupted by the user or the system")
            raise
        except FioError as error:
            self._keep(interrupted=error.message)
            raise
        except _Stopped:
            return self.result
        self._keep(complete=True)
        return self.result

    def _etcd(self, requests: Requests) -> None:
        self._calibrate(requests)
        for phase in self.plan.phases:
            times = self.plan.rounds_max if phase.repeat == "until-decided" else 1
            for number in range(times):
                stream = self._gently(at_rate(requests, phase))
                self._stretch(phase.name, stream, phase.runtime_seconds)
                if self._enough(phase.name, number) or self._late(phase):
                    break
        self._climb(self.plan.ladder_requests or requests, requests)

    def _gently(self, requests: Requests) -> Requests:
        """Return the requests, slowed down where a live etcd must not be disturbed."""
        rate = min(requests.rate_per_second, self._learned.rate_per_second_max)
        return msgspec.structs.replace(requests, rate_per_second=rate)

    def _enough(self, phase: str, look: int) -> bool:
        """Say whether the rounds of a phase may end; --full always goes on to the cap."""
        return self.plan.settings.mode != "full" and self.decided(self.result, phase, look)

    def _late(self, phase: Phase) -> bool:
        """Say whether another round, and the ladder after it, would end after the cap."""
        ladder = sum(rung.runtime_seconds + START_SECONDS for rung in self.plan.ladder)
        used = time.monotonic() - self._began
        return used + phase.runtime_seconds + START_SECONDS + ladder > CAP_SECONDS

    def _calibrate(self, requests: Requests) -> None:
        """Learn the flush time, and beside a live etcd the rate that is gentle."""
        gentle = self.plan.settings.beside_etcd
        if gentle:
            self._learned.rate_per_second_max = BESIDE_CALIBRATE_RATE
        seen: list[float] = []
        for seconds in (*self.plan.calibrate_seconds, self.plan.calibrate_seconds[-1]):
            if len(seen) == len(self.plan.calibrate_seconds) and not moved(seen, requests):
                break
            self._stretch(CALIBRATE, self._gently(requests), seconds)
            seen.append(self._learned.flushes.mean_ns or 0.0)
        if gentle:
            possible = 1e9 / max(seen[-1], 1.0)
            self._learned.rate_per_second_max = max(1.0, BESIDE_SHARE * possible)

    def _climb(self, requests: Requests, measured: Requests) -> None:
        """Try each cluster class in turn; one that was measured already is not tried again."""
        for phase in self.plan.ladder:
            self.result = msgspec.structs.replace(self.result, climbed=True)
            if at_rate(requests, phase) != measured:
                try:
                    self._stretch(phase.name, at_rate(requests, phase), phase.runtime_seconds)
                except _Stopped:
                    return  # a rung that outlasts its time is one too many, and no more than that
            if self.failed(self.result, phase.name):
                return

    def _stretch(self, phase: str, requests: Requests, seconds: float) -> None:
        """Run one stretch of etcd's load and note what it showed."""
        known = self._learned
        wal, backend = schedule(
            requests,
            seconds=seconds,
            flushes=known.flushes,
            commits=known.commits,
            position=known.position,
            rng=random.Random(f"{self.plan.settings.seed}/{len(self.result.runs)}"),  # noqa: S311 - a load, not a secret
        )
        job = etcd_job(
            wal=wal,
            backend=backend,
            cpu_share=etcd_model.cpu_share(requests.rate_per_second),
            fallocate=self.result.target.fallocate,
            scratch=self.scratch.path,
        )

        def understand(output: FioOutput) -> tuple[tuple[Stream, ...], int]:
            return parse.parse_etcd(output, job, wal=wal, backend=backend)

        blank = Run(
            phase=phase,
            rate_per_second=requests.rate_per_second,
            started_at=_now(),
            wall_seconds=0.0,
            job_file=job.job_file,
            wal=wal,
            backend=backend,
            streams=(),
            bytes_written=0,
        )
        run = self._invoke(job, blank, understand, seconds_max=job.runtime_seconds + GRACE_SECONDS)
        self._learned.learn(run.streams, wal, backend)
        self._drop_old_segments(set(wal_segments(wal)))

    def _recipe(self, recipe: Recipe) -> None:
        job = recipe_job(recipe)
        blank = Run(
            phase="recipe",
            started_at=_now(),
            wall_seconds=0.0,
            job_file=job.job_file,
            streams=(),
            bytes_written=0,
        )
        self._invoke(
            job,
            blank,
            lambda output: parse.parse_recipe(output, job),
            seconds_max=RECIPE_SECONDS_MAX,
        )

    def _invoke(
        self,
        job: FioJob,
        blank: Run,
        understand: Callable[[FioOutput], tuple[tuple[Stream, ...], int]],
        *,
        seconds_max: float,
    ) -> Run:
        """Run one job and put its outcome into the result, whether it came to its end or not."""
        self.observer.begin(blank.phase, job.runtime_seconds or seconds_max)
        before = system.load_sample()
        interrupt: RunInterrupted | None = None
        try:
            output = self.engine.run(
                job,
                directory=self.target.path,
                scratch=self.scratch.path,
                keep_open=(self.target.lock_fd, self.scratch.lock_fd),
                seconds_max=seconds_max,
                watch=watcher(job, self.observer, gentle=self.plan.settings.beside_etcd),
            )
        except RunInterrupted as stopped:
            interrupt, output = stopped, stopped.output
            if not output.documents:
                raise
        try:
            streams, bytes_written = understand(output)
        except FioError:
            if interrupt:
                raise interrupt from None
            raise
        run = msgspec.structs.replace(
            blank,
            streams=streams,
            bytes_written=bytes_written,
            wall_seconds=round(output.wall_seconds, 3),
            machine=system.machine_load(before, system.load_sample()),
            stopped=output.stopped,
            silent_seconds=round(output.silent_seconds, 3),
        )
        on_ladder = interrupt is None and blank.phase.startswith(RUNG_PREFIX)
        self._keep(run=run, interrupted=None if on_ladder else output.stopped)
        self.observer.end(run)
        if interrupt:
            raise interrupt
        if output.stopped:
            raise _Stopped
        return run

    def _drop_old_segments(self, segments: set[str]) -> None:
        """Remove WAL files that are behind us; etcd keeps few, too."""
        for old in self._wal_files - segments:
            (self.target.path / old).unlink(missing_ok=True)
        self._wal_files = segments

    def _keep(
        self,
        *,
        run: Run | None = None,
        interrupted: str | None = None,
        complete: bool = False,
    ) -> None:
        """Put news into the result and have it saved."""
        runs = (*self.result.runs, run) if run else self.result.runs
        self.result = msgspec.structs.replace(
            self.result,
            runs=runs,
            interrupted=interrupted or self.result.interrupted,
            complete=complete,
            wall_seconds=round(time.monotonic() - self._began, 3),
        )
        if runs:
            self.save(self.result)


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
