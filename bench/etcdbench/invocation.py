"""One fio invocation, watched from its start to its end, as the runs that a result keeps."""

import datetime
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec

from etcdbench import system
from etcdbench.errors import FioError
from etcdbench.fio import Engine, FioOutput, RunInterrupted, Watch
from etcdbench.guard import Guard
from etcdbench.jobfile import FioJob, Part
from etcdbench.model import Run, Stream
from etcdbench.watching import Observer, watcher
from etcdbench.workspace import Workspace

Understand = Callable[[FioOutput], tuple[list[tuple[Stream, ...]], int]]
"""Turns what fio returned into the streams of each part, and the bytes that it wrote in all."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of an invocation.

    Attributes:
        runs: One for each part of the job.
        stopped: Why it was stopped before its end; None if it was not.
        interrupt: The user's wish to stop, to be raised when the runs have been kept.
    """

    runs: tuple[Run, ...]
    stopped: str | None
    interrupt: RunInterrupted | None


@dataclass(frozen=True, kw_only=True)
class Invoker:
    """Runs jobs.

    Attributes:
        engine: What runs them.
        target: Our directory on the target.
        scratch: Our memory-backed directory.
        observer: Who watches.
        guard: Who watches over a live etcd that must be spared; None where there is none.
        alone: Says whether no other etcdbench measures on the same disk just now.
    """

    engine: Engine
    target: Workspace
    scratch: Workspace
    observer: Observer
    guard: Guard | None = None
    alone: Callable[[], bool] = lambda: True

    def run(
        self,
        job: FioJob,
        blanks: Sequence[Run],
        understand: Understand,
        *,
        seconds_max: float,
        also: Callable[[float, int], None] | None = None,
    ) -> Outcome:
        """Run a job.

        Args:
            job: What to run.
            blanks: A run for each of its parts, of which nothing is known yet.
            understand: Reads what fio returns.
            seconds_max: When to stop it.
            also: Called about ten times a second with the seconds since the start and the bytes
                written.

        Raises:
            FioError: fio failed, or returned what cannot be understood.
            RunInterrupted: The user wants us to stop, and nothing was measured.
        """
        self.observer.begin(blanks[0].phase, job.runtime_seconds or seconds_max)
        if self.guard:
            self.guard.begin()
        alone = self.alone()
        before = system.load_sample()
        watch = watcher(job, self.observer, guard=self.guard, also=also)
        output, interrupt = self._measure(job, watch, seconds_max=seconds_max)
        try:
            streams, bytes_written = understand(output)
        except FioError:
            if interrupt:
                raise interrupt from None
            raise
        load = system.machine_load(before, system.load_sample())
        alone = alone and self.alone()
        runs = tuple(
            msgspec.structs.replace(
                blank,
                streams=own,
                bytes_written=0 if number else bytes_written,
                wall_seconds=0.0 if number else round(output.wall_seconds, 3),
                machine=load,
                stopped=output.stopped,
                silent_seconds=round(output.silent_seconds, 3),
                alone=alone,
            )
            for number, (blank, own) in enumerate(zip(blanks, streams, strict=True))
        )
        return Outcome(runs=runs, stopped=output.stopped, interrupt=interrupt)

    def _measure(
        self, job: FioJob, watch: Watch, *, seconds_max: float
    ) -> tuple[FioOutput, RunInterrupted | None]:
        """Return what fio measured, and the user's wish to stop if that ended it.

        Raises:
            FioError: fio failed.
            RunInterrupted: The user wants us to stop, and nothing was measured.
        """
        try:
            output = self.engine.run(
                job,
                directory=self.target.path,
                scratch=self.scratch.path,
                keep_open=(self.target.lock_fd, self.scratch.lock_fd),
                seconds_max=seconds_max,
                watch=watch,
            )
        except RunInterrupted as stopped:
            if not stopped.output.documents:
                raise
            return stopped.output, stopped
        return output, None


def blank(
    phase: str, job: FioJob, *, part: Part | None = None, rate_per_second: float | None = None
) -> Run:
    """Return a run of which nothing is known but how it was asked for."""
    return Run(
        phase=phase,
        rate_per_second=rate_per_second,
        started_at=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        wall_seconds=0.0,
        job_file=job.job_file,
        wal=part.wal if part else None,
        backend=part.backend if part else None,
        streams=(),
        bytes_written=0,
    )
