"""One fio invocation as the runs that a result keeps: one for each part, and nothing twice."""

from pathlib import Path, PurePath

import pytest

from etcdbench import parse
from etcdbench.errors import FioError
from etcdbench.fio import FioOutput, RunInterrupted
from etcdbench.guard import Guard
from etcdbench.invocation import Invoker, Outcome, Understand, blank
from etcdbench.jobfile import Part, etcd_job
from etcdbench.model import Run, Stream
from etcdbench.watching import CountFlushes
from etcdbench.workload import BackendSchedule, WalSchedule
from etcdbench.workspace import Workspace
from fakes import SimulatedEngine, constant

MS = 1_000_000


def part(suffix: str, *, begin_ms: int, offset: int, page: int) -> Part:
    """Build two seconds of ten flushes and four commits each."""
    return Part(
        suffix=suffix,
        wal=WalSchedule(
            due_ms=tuple(range(begin_ms, begin_ms + 2000, 100)),
            sizes_bytes=(1000,) * 20,
            start_offset_bytes=offset,
        ),
        backend=BackendSchedule(
            due_ms=tuple(range(begin_ms, begin_ms + 2000, 250)), new_pages=(2,) * 8, start_page=page
        ),
    )


PARTS = (
    part(".quiet", begin_ms=500, offset=0, page=16),
    part(".pull", begin_ms=2500, offset=20_000, page=32),
)
JOB = etcd_job(PARTS, cpu_share=0.0, fallocate=True, scratch=PurePath("/dev/shm"))
PHASES = ("join-quiet", "join-pull")


class Listener:
    """An observer that remembers."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.begun: list[tuple[str, float]] = []
        self.ticks: list[tuple[float, int]] = []

    def begin(self, phase: str, seconds: float) -> None:
        """Remember a begin."""
        self.begun.append((phase, seconds))

    def tick(self, seconds: float, wal: CountFlushes | None, bytes_written: int) -> None:
        """Remember a tick."""
        del wal
        self.ticks.append((seconds, bytes_written))

    def end(self, run: Run) -> None:
        """Hear of an end."""


class Interrupting(SimulatedEngine):
    """An engine whose user wants to stop after so many documents."""

    def __init__(self, *, documents: int) -> None:
        """Take 1 ms for each flush until then."""
        super().__init__(constant(MS))
        self._documents_max = documents

    def run(self, *args: object, **kwargs: object) -> FioOutput:
        """Run, and be interrupted."""
        output = super().run(*args, **kwargs)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        raise RunInterrupted(
            FioOutput(
                documents=output.documents[: self._documents_max],
                logs=output.logs,
                stopped="interrupted",
                wall_seconds=float(self._documents_max),
            )
        )


def understand(output: FioOutput) -> tuple[list[tuple[Stream, ...]], int]:
    """Read what fio returned."""
    return parse.parse_etcd(output, JOB, PARTS)


def refuse(_output: FioOutput) -> tuple[list[tuple[Stream, ...]], int]:
    """Understand nothing."""
    raise FioError("fio returned no result", hint="look")


def invoker(
    engine: SimulatedEngine, tmp_path: Path, *, observer: Listener | None = None, gentle: bool
) -> Invoker:
    """Put an invoker together."""
    folder = Workspace(tmp_path, -1)
    return Invoker(
        engine=engine,
        target=folder,
        scratch=folder,
        observer=observer or Listener(),
        guard=Guard() if gentle else None,
    )


def blanks() -> list[Run]:
    """Return a run for each part."""
    return [blank(phase, JOB, part=one) for phase, one in zip(PHASES, PARTS, strict=True)]


def outcome(
    engine: SimulatedEngine,
    tmp_path: Path,
    *,
    gentle: bool = False,
    how: Understand = understand,
) -> Outcome:
    """Run the job."""
    return invoker(engine, tmp_path, gentle=gentle).run(JOB, blanks(), how, seconds_max=60)


def flushes(run: Run) -> int:
    """Return how many WAL flushes a run has."""
    return next(one for one in run.streams if one.name == "wal").histogram().count


def test_a_blank_says_how_it_was_asked_for_and_nothing_else() -> None:
    """Schedules and rate of its part, no stream and no byte."""
    first = blank("steady", JOB, part=PARTS[1], rate_per_second=150.0)

    assert (first.phase, first.rate_per_second) == ("steady", 150.0)
    assert (first.wal, first.backend) == (PARTS[1].wal, PARTS[1].backend)
    assert first.job_file == JOB.job_file
    assert first.started_at.endswith("+00:00")
    assert (first.streams, first.bytes_written, first.wall_seconds) == ((), 0, 0.0)
    assert first.stopped is None


def test_a_blank_of_a_recipe_has_no_schedule() -> None:
    """Nor a rate."""
    found = blank("recipe", JOB)

    assert (found.wal, found.backend, found.rate_per_second) == (None, None, None)


def test_each_part_becomes_a_run_of_its_own(tmp_path: Path) -> None:
    """In order, with its own flushes and commits, of one and the same fio."""
    engine = SimulatedEngine(constant(MS))
    found = outcome(engine, tmp_path)

    assert len(engine.jobs) == 1
    assert [run.phase for run in found.runs] == list(PHASES)
    assert [flushes(run) for run in found.runs] == [20, 20]
    assert [[one.name for one in run.streams] for run in found.runs] == [
        ["wal", "backend", "commit"]
    ] * 2
    assert found.runs[1].wal == PARTS[1].wal
    assert (found.stopped, found.interrupt) == (None, None)


def test_bytes_and_time_are_those_of_the_whole_and_stand_in_the_first_run_only(
    tmp_path: Path,
) -> None:
    """So that a sum over all runs is right."""
    first, second = outcome(SimulatedEngine(constant(MS)), tmp_path).runs

    assert (first.bytes_written, second.bytes_written) == (JOB.size_bytes, 0)
    assert first.wall_seconds == 5.0
    assert second.wall_seconds == 0.0
    assert first.machine == second.machine


def test_why_it_was_stopped_is_kept_in_every_run(tmp_path: Path) -> None:
    """Beside a live etcd a flush of 150 ms ends it in the first second."""
    found = outcome(SimulatedEngine(constant(150 * MS)), tmp_path, gentle=True)

    assert "heartbeat" in (found.stopped or "")
    assert [run.stopped for run in found.runs] == [found.stopped] * 2
    assert flushes(found.runs[0]) > 0
    assert flushes(found.runs[1]) == 0
    assert found.interrupt is None


def test_how_long_fio_had_been_silent_is_kept(tmp_path: Path) -> None:
    """A flush that never ended is in no histogram."""

    class Stuck(SimulatedEngine):
        def run(self, *args: object, **kwargs: object) -> FioOutput:
            output = super().run(*args, **kwargs)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
            return FioOutput(
                documents=output.documents[:2],
                stopped="fio did not end within 60 s",
                wall_seconds=60.1234,
                silent_seconds=58.1234,
            )

    found = outcome(Stuck(constant(MS)), tmp_path)

    assert [run.silent_seconds for run in found.runs] == [58.123] * 2
    assert found.runs[0].wall_seconds == 60.123


def test_the_observer_hears_of_the_phase_and_how_long_it_will_take(tmp_path: Path) -> None:
    """Of the first one: there is one invocation. Whoever else asks hears the time and the bytes."""
    listener, seen = Listener(), list[tuple[float, int]]()

    def also(seconds: float, bytes_written: int) -> None:
        seen.append((seconds, bytes_written))

    invoker(SimulatedEngine(constant(MS)), tmp_path, observer=listener, gentle=False).run(
        JOB, blanks(), understand, seconds_max=60, also=also
    )

    assert listener.begun == [("join-quiet", JOB.runtime_seconds)]
    assert seen == listener.ticks
    assert [seconds for seconds, _ in seen] == [1.0, 2.0, 3.0, 4.0, 5.0]
    assert [size for _, size in seen] == sorted(size for _, size in seen)
    assert seen[-1][1] == JOB.size_bytes


def test_an_interrupted_run_is_kept_and_the_wish_handed_on(tmp_path: Path) -> None:
    """What two seconds showed is not lost."""
    found = outcome(Interrupting(documents=2), tmp_path)

    assert isinstance(found.interrupt, RunInterrupted)
    assert [run.stopped for run in found.runs] == ["interrupted"] * 2
    assert 0 < flushes(found.runs[0]) < 20
    assert flushes(found.runs[1]) == 0
    assert found.runs[0].wall_seconds == 2.0


def test_an_interruption_before_anything_was_measured_is_one(tmp_path: Path) -> None:
    """There is no run to keep, and no error of fio's."""
    with pytest.raises(RunInterrupted):
        outcome(Interrupting(documents=0), tmp_path)


def test_what_cannot_be_understood_is_an_error_but_not_when_the_user_stops(tmp_path: Path) -> None:
    """An interruption explains a half result."""
    with pytest.raises(FioError):
        outcome(SimulatedEngine(constant(MS)), tmp_path, how=refuse)
    with pytest.raises(RunInterrupted):
        outcome(Interrupting(documents=2), tmp_path, how=refuse)
