"""The one place where a measurement is put together: calibrate, measure in rounds, climb.

It writes through fio only, hands the result over for saving after every run, and leaves the
decision when enough is known to the function that it is given.
"""

import contextlib
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import msgspec

from etcdbench import etcd_model, parse
from etcdbench.burst import Burst, Bursts
from etcdbench.errors import EtcdbenchError, Interrupted
from etcdbench.fio import FioOutput
from etcdbench.invocation import Invoker, Understand, blank
from etcdbench.iolog import wal_segments
from etcdbench.jobfile import FioJob, Part, etcd_job, recipe_job
from etcdbench.join_profile import Join
from etcdbench.learned import Learned, moved
from etcdbench.model import Result, Run, Stream
from etcdbench.plan import (
    BESIDE_CALIBRATE_RATE,
    RECIPE_SECONDS_MAX,
    START_SECONDS,
    Plan,
    at_rate,
    beside_rate,
)
from etcdbench.prepared import prepare
from etcdbench.schedule import even_load, position_after, schedule
from etcdbench.search import Answer
from etcdbench.seeking import seek
from etcdbench.witness import Seen, clear, looking_on, record
from etcdbench.workload import (
    CALIBRATE,
    RUNG_PREFIX,
    Phase,
    Recipe,
    Requests,
)

BURST_GRACE_SECONDS = 60.0
"""What shares the disk in a burst may take this much longer."""

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
        invoker: What runs jobs, in which directories, and tells whom.
        decided: Called after each round with the result so far, the phase and the round (from 0);
            True ends the rounds.
        failed: Called after each rung of the ladder with its phase; True ends the ladder.
        save: Called with the result after every run.
        joined: Called after each join burst with the result so far and its number (from 0); True
            ends the bursts.
        answer: Called after each burst of a search; says what all that were like it show.
        check_stop: Raises `Interrupted` if the user wants us to stop; asked where fio is not running.
    """

    plan: Plan
    result: Result
    invoker: Invoker
    decided: Callable[[Result, str, int], bool]
    failed: Callable[[Result, str], bool]
    save: Callable[[Result], None]
    joined: Callable[[Result, int], bool] = lambda _result, _number: False
    answer: Callable[[Result], Answer] = lambda _result: "unsure"
    _learned: Learned = field(default_factory=Learned)
    _wal_files: set[str] = field(default_factory=set[str])
    check_stop: Callable[[], None] = lambda: None
    _cold_bytes: int = 0
    _began: float = field(default_factory=time.monotonic)

    def run(self) -> Result:
        """Do all of it.

        Raises:
            EtcdbenchError: fio or what runs beside it failed; what was measured has been saved.
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
        except EtcdbenchError as error:
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
        # Before the joins: after gigabytes of images a disk is not what it was.
        self._climb(self.plan.ladder_requests or requests, requests)
        if self.plan.joins:
            self._join(self.plan.joins)
        for largest in self.plan.capacities:
            self._seek(largest)

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
        ahead = phase.runtime_seconds + START_SECONDS + self.plan.bursts_seconds() + ladder
        return time.monotonic() - self._began + ahead > self.plan.cap_seconds

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
            self._learned.rate_per_second_max = beside_rate(seen[-1])

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
        rng = self._rng()
        wal, backend = schedule(
            even_load(requests, seconds=seconds, rng=rng),
            flushes=known.flushes,
            commits=known.commits,
            position=known.position,
            rng=rng,
        )
        part = Part(wal=wal, backend=backend)
        job = etcd_job(
            [part],
            cpu_share=etcd_model.cpu_share(requests.rate_per_second),
            fallocate=self.result.target.fallocate,
            scratch=self.invoker.scratch.path,
            sparing=self.plan.settings.beside_etcd,
        )
        (run,) = self._invoke(
            job,
            [blank(phase, job, part=part, rate_per_second=requests.rate_per_second)],
            lambda output: parse.parse_etcd(output, job, [part]),
            seconds_max=job.runtime_seconds + GRACE_SECONDS,
        )
        self._learned.learn(run.streams, wal, backend)
        self._drop_old_segments(set(wal_segments(wal)))

    def _join(self, wanted: Bursts) -> None:
        """Let nodes join, again and again until enough is known or it was often enough."""
        for number in range(wanted.times):
            self._burst(wanted.join, wanted.burst)
            if self.joined(self.result, number):
                break

    def _seek(self, wanted: Bursts) -> None:
        """Find out how many nodes may join at once."""

        def run(burst: Burst) -> None:
            with contextlib.suppress(_Stopped):  # it was too much, and that is an answer
                self._burst(wanted.join, burst, trial=True)

        seek(
            wanted.burst,
            run=run,
            answer=lambda: self.answer(self.result),
            bytes_written=lambda: self.result.bytes_written + self._cold_bytes,
        )

    def _burst(self, join: Join, wanted: Burst, *, trial: bool = False) -> None:
        """Run one join burst: all its phases, and what shares the disk, in one invocation."""
        known, first_run = self._learned, len(self.result.runs)
        target, scratch = self.invoker.target, self.invoker.scratch
        ready = prepare(join, wanted, known=known, result=self.result, scratch=scratch)
        compiled, seen = ready.compiled, Seen()
        self._cold_bytes += sum(one.size_read_bytes for one in compiled.neighbours)
        last = compiled.parts[-1]
        known.position = position_after(last.wal, last.backend)
        self._wal_files |= {name for part in compiled.parts for name in wal_segments(part.wal)}

        def understand(output: FioOutput) -> tuple[list[tuple[Stream, ...]], int]:
            seen.snapshot_seconds = parse.snapshot_seconds(output)
            return parse.parse_etcd(output, ready.job, compiled.parts)

        try:
            with looking_on(seen, compiled, target, scratch, check_stop=self.check_stop):
                self._invoke(
                    ready.job,
                    ready.blanks,
                    understand,
                    seconds_max=compiled.seconds_max + BURST_GRACE_SECONDS,
                    also=seen.look,
                    trial=trial,
                )
        finally:
            if len(self.result.runs) > first_run:
                burst = record(join, wanted, compiled, seen, first_run=first_run)
                bursts = (*self.result.bursts, burst)
                self.result = msgspec.structs.replace(self.result, bursts=bursts)
                self._keep(interrupted=self.result.interrupted)
            clear(target.path)
        self._drop_old_segments(set(wal_segments(last.wal)))

    def _recipe(self, recipe: Recipe) -> None:
        job = recipe_job(recipe)
        self._invoke(
            job,
            [blank("recipe", job)],
            lambda output: parse.parse_recipe(output, job),
            seconds_max=RECIPE_SECONDS_MAX,
        )

    def _invoke(
        self,
        job: FioJob,
        blanks: Sequence[Run],
        understand: Understand,
        *,
        seconds_max: float,
        also: Callable[[float, int], None] | None = None,
        trial: bool = False,
    ) -> tuple[Run, ...]:
        """Run one job and put its outcome into the result, whether it came to its end or not.

        A trial that is stopped (a rung, a burst of a search) was too much, and no interruption.
        """
        outcome = self.invoker.run(job, blanks, understand, seconds_max=seconds_max, also=also)
        trial = outcome.interrupt is None and (trial or blanks[0].phase.startswith(RUNG_PREFIX))
        self._keep(runs=outcome.runs, interrupted=None if trial else outcome.stopped)
        for run in outcome.runs:
            self.invoker.observer.end(run)
        if outcome.interrupt:
            raise outcome.interrupt
        if outcome.stopped:
            raise _Stopped
        return outcome.runs

    def _rng(self) -> random.Random:
        """Return a source of draws: the same seed and the same run give the same load."""
        return random.Random(f"{self.plan.settings.seed}/{len(self.result.runs)}")  # noqa: S311 - a load, not a secret

    def _drop_old_segments(self, segments: set[str]) -> None:
        """Remove WAL files that are behind us; etcd keeps few, too."""
        for old in self._wal_files - segments:
            (self.invoker.target.path / old).unlink(missing_ok=True)
        self._wal_files = segments

    def _keep(
        self,
        *,
        runs: tuple[Run, ...] = (),
        interrupted: str | None = None,
        complete: bool = False,
    ) -> None:
        """Put news into the result and have it saved."""
        runs = (*self.result.runs, *runs)
        self.result = msgspec.structs.replace(
            self.result,
            runs=runs,
            interrupted=interrupted or self.result.interrupted,
            complete=complete,
            wall_seconds=round(time.monotonic() - self._began, 3),
        )
        if runs:
            self.save(self.result)
