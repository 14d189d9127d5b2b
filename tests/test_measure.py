"""A measurement from beginning to end, on a disk that takes exactly as long as the test says."""

import itertools
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from etcdbench import checks, ladder, profile
from etcdbench.burst import Burst, Bursts
from etcdbench.errors import EtcdbenchError, FioError
from etcdbench.fio import FioOutput, RunInterrupted
from etcdbench.guard import Guard
from etcdbench.invocation import Invoker
from etcdbench.judge import Evidence
from etcdbench.measure import Measurement
from etcdbench.model import Result, Run, Settings, Verdict
from etcdbench.plan import Plan
from etcdbench.planning import make_plan
from etcdbench.watching import CountFlushes
from etcdbench.workspace import Workspace
from fakes import SimulatedEngine, constant, result_of

MS = 1_000_000


class Silent:
    """An observer that counts."""

    def __init__(self) -> None:
        """Nothing has happened yet."""
        self.begun: list[str] = []
        self.ended: list[Run] = []

    def begin(self, phase: str, seconds: float) -> None:
        """Note a run's begin."""
        del seconds
        self.begun.append(phase)

    def tick(self, seconds: float, wal: CountFlushes | None, bytes_written: int) -> None:
        """Hear of time passing."""

    def end(self, run: Run) -> None:
        """Note a run's end."""
        self.ended.append(run)


def plan(
    mode: str = "default",
    *,
    name: str = "steady",
    beside_etcd: bool = False,
    joins: Bursts | None = None,
) -> Plan:
    """Plan a measurement at load s."""
    return make_plan(
        main=profile.load(name),
        ladder=profile.load("ladder"),
        settings=Settings(profile=name, load="s", mode=mode, beside_etcd=beside_etcd),  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        joins=joins,
    )


def joins(*, times: int = 1, pull_seconds_max: float | None = 4.0) -> Bursts:
    """Return bursts of two nodes with Flannel, images on another disk, cut after four seconds."""
    join = profile.load("node-join-flannel").profile.join
    assert join is not None
    burst = Burst(nodes=2, jitter_seconds=1.0, quiet_seconds=3.0, pull_seconds_max=pull_seconds_max)
    return Bursts(join=join, burst=burst, times=times)


def never(_result: Result, _number: int) -> bool:
    """Let nodes join as often as was planned."""
    return False


def measurement(
    engine: SimulatedEngine,
    todo: Plan,
    tmp_path: Path,
    saved: list[Result] | None = None,
    joined: Callable[[Result, int], bool] = never,
) -> Measurement:
    """Put a measurement together as the session does."""
    folder = Workspace(tmp_path, -1)
    return Measurement(
        plan=todo,
        result=result_of(settings=todo.settings, requests=todo.requests, complete=False),
        invoker=Invoker(
            engine=engine,
            target=folder,
            scratch=folder,
            observer=Silent(),
            guard=Guard() if todo.settings.beside_etcd else None,
        ),
        decided=lambda known, phase, look: checks.decided(
            Evidence(
                result=known,
                phase=phase,
                error=todo.errors[min(look, len(todo.errors) - 1)],
                judge_commits=todo.judge_commits,
            )
        ),
        failed=lambda known, phase: ladder.why_rung_fails(known, phase) is not None,
        save=(saved if saved is not None else []).append,
        joined=joined,
    )


def phases(result: Result) -> list[str]:
    """Return the phases of all runs, in order."""
    return [run.phase for run in result.runs]


def test_a_good_disk_is_calibrated_twice_measured_until_sure_and_climbs_to_the_top(
    tmp_path: Path,
) -> None:
    """Flushes of 1 ms: three rounds prove the commits, and every cluster class holds."""
    result = measurement(SimulatedEngine(constant(MS)), plan(), tmp_path).run()

    assert phases(result) == [
        "calibrate",
        "calibrate",
        "steady",
        "steady",
        "steady",
        "ladder-m",
        "ladder-l",
        "ladder-xl",
    ]
    assert result.complete


def test_a_bad_disk_is_found_out_in_the_first_round(tmp_path: Path) -> None:
    """Flushes of 20 ms: one round is enough, and no rung beyond the smallest is tried."""
    result = measurement(SimulatedEngine(constant(20 * MS)), plan(), tmp_path).run()

    assert phases(result)[-1] == "steady"
    assert phases(result).count("steady") == 1


def test_a_disk_at_the_limit_is_measured_to_the_cap(tmp_path: Path) -> None:
    """With 1 % of flushes over 10 ms nothing is ever sure."""

    def at_the_limit(number: int) -> int:
        return 11 * MS if number % 100 == 50 else MS

    todo = plan()
    result = measurement(SimulatedEngine(at_the_limit), todo, tmp_path).run()

    assert phases(result).count("steady") == todo.rounds_max


def test_no_more_is_written_than_was_announced(tmp_path: Path) -> None:
    """Every job of a measurement that goes to its cap and up to the highest rung, added up."""
    todo, engine = plan("full"), SimulatedEngine(constant(MS))
    measurement(engine, todo, tmp_path).run()

    assert len(engine.jobs) == 2 + todo.rounds_max + 3
    assert todo.bytes_max() / 2 < sum(job.size_bytes for job in engine.jobs) <= todo.bytes_max()


def test_etcd_s_cpu_work_is_in_every_job_of_its_load(tmp_path: Path) -> None:
    """0.5 ms for each of 150 requests a second are 7.5 % of a core, and Go's poll, on a fast disk too."""
    engine = SimulatedEngine(constant(MS))
    measurement(engine, plan("quick"), tmp_path).run()

    assert len(engine.jobs) > 1
    work = ("etcd_cpu", "0.075")
    assert all(job.beside == (("polling",), ("warm_pages",), work) for job in engine.jobs)


def test_a_slow_disk_gets_no_round_that_would_end_after_the_cap(tmp_path: Path) -> None:
    """170 s have gone: this round is the last, decided or not."""

    def at_the_limit(number: int) -> int:
        return 11 * MS if number % 100 == 50 else MS

    slow = measurement(SimulatedEngine(at_the_limit), plan(), tmp_path)
    slow._began -= 170

    assert phases(slow.run()).count("steady") == 1


def test_a_full_measurement_goes_to_the_cap(tmp_path: Path) -> None:
    """--full does not stop when it is sure."""
    todo = plan("full")
    result = measurement(SimulatedEngine(constant(MS)), todo, tmp_path).run()

    assert phases(result).count("steady") == todo.rounds_max


def test_a_flush_time_that_moved_is_calibrated_once_more(tmp_path: Path) -> None:
    """The guess of the first run does not count; a disk that slows down does."""
    counter = itertools.count()

    class Slowing(SimulatedEngine):
        def run(self, *args: object, **kwargs: object) -> FioOutput:
            slow = 9 if next(counter) else 1
            self._latency_of = constant(slow * MS)
            return super().run(*args, **kwargs)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]

    result = measurement(Slowing(constant(MS)), plan(), tmp_path).run()

    assert phases(result)[:4] == ["calibrate", "calibrate", "calibrate", "steady"]


def test_a_fast_disk_that_moved_is_not_calibrated_again(tmp_path: Path) -> None:
    """0.2 ms or 0.3 ms: at 150 requests a second each gets a flush of its own either way."""
    counter = itertools.count()

    class Moving(SimulatedEngine):
        def run(self, *args: object, **kwargs: object) -> FioOutput:
            self._latency_of = constant(300_000 if next(counter) else 200_000)
            return super().run(*args, **kwargs)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]

    result = measurement(Moving(constant(MS)), plan("quick"), tmp_path).run()

    assert phases(result) == ["calibrate", "calibrate", "steady"]


def test_wal_and_database_grow_on_from_run_to_run(tmp_path: Path) -> None:
    """Nothing is ever overwritten: an overwrite needs no journal commit and is too easy."""
    result = measurement(SimulatedEngine(constant(MS)), plan(), tmp_path).run()

    for before, after in itertools.pairwise(result.runs):
        assert before.wal is not None
        assert before.backend is not None
        assert after.wal is not None
        assert after.backend is not None
        assert after.wal.start_offset_bytes == before.wal.start_offset_bytes + sum(
            before.wal.sizes_bytes
        )
        assert after.backend.start_page == (before.backend.start_page or 16) + sum(
            before.backend.new_pages
        )


def test_every_run_is_saved_when_it_has_ended(tmp_path: Path) -> None:
    """An interrupted measurement keeps what it measured."""
    saved: list[Result] = []
    measurement(SimulatedEngine(constant(MS)), plan("quick"), tmp_path, saved).run()

    assert [len(result.runs) for result in saved] == [1, 2, 3, 3]
    assert [result.complete for result in saved] == [False, False, False, True]


def test_a_failing_fio_leaves_the_runs_before_it_saved(tmp_path: Path) -> None:
    """The error comes through, and the last saved result holds the earlier runs."""
    saved: list[Result] = []
    counter = itertools.count()

    class Failing(SimulatedEngine):
        def run(self, *args: object, **kwargs: object) -> FioOutput:
            if next(counter) == 2:
                raise FioError("fio failed", hint="look")
            return super().run(*args, **kwargs)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]

    with pytest.raises(FioError):
        measurement(Failing(constant(MS)), plan(), tmp_path, saved).run()

    assert phases(saved[-1]) == ["calibrate", "calibrate"]
    assert not saved[-1].complete


def test_an_interrupted_run_is_kept_as_far_as_it_came(tmp_path: Path) -> None:
    """Partial documents become a partial run, and the result says why."""
    saved: list[Result] = []
    counter = itertools.count()

    class Interrupting(SimulatedEngine):
        def run(self, *args: object, **kwargs: object) -> FioOutput:
            output = super().run(*args, **kwargs)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
            if next(counter) < 2:
                return output
            raise RunInterrupted(
                FioOutput(documents=output.documents[:3], stopped="interrupted", wall_seconds=3.0)
            )

    with pytest.raises(RunInterrupted):
        measurement(Interrupting(constant(MS)), plan(), tmp_path, saved).run()

    assert phases(saved[-1]) == ["calibrate", "calibrate", "steady"]
    assert saved[-1].runs[-1].stopped == "interrupted"
    assert saved[-1].interrupted
    assert 0 < saved[-1].runs[-1].streams[0].histogram().count < 500


def test_beside_a_live_etcd_the_rate_is_a_gentle_share(tmp_path: Path) -> None:
    """First ten requests a second, then at most a tenth of what the disk could do."""
    result = measurement(SimulatedEngine(constant(MS)), plan(beside_etcd=True), tmp_path).run()
    rates = [run.rate_per_second or 0 for run in result.runs]

    assert rates[0] == 10
    assert max(rates) == pytest.approx(0.1 * 1000 - 2 * 10)
    assert "ladder-m" not in phases(result)


def test_beside_a_live_etcd_a_phases_own_rate_is_slowed_down_too(tmp_path: Path) -> None:
    """A profile cannot talk its way past the gentle share."""
    todo = plan(beside_etcd=True)
    fast = (msgspec.structs.replace(todo.phases[0], rate_per_second=50_000.0),)
    result = measurement(
        SimulatedEngine(constant(MS)), msgspec.structs.replace(todo, phases=fast), tmp_path
    ).run()

    assert max(run.rate_per_second or 0 for run in result.runs) == pytest.approx(80)


def test_beside_a_live_etcd_a_flush_over_its_heartbeat_ends_everything(tmp_path: Path) -> None:
    """We let go at once, keep what was measured, and say why."""
    saved: list[Result] = []

    result = measurement(
        SimulatedEngine(constant(150 * MS)), plan(beside_etcd=True), tmp_path, saved
    ).run()

    assert phases(result) == ["calibrate"]
    assert "heartbeat" in (result.interrupted or "")
    assert not result.complete


def test_a_rung_that_outlasts_its_time_is_one_too_many_and_no_interruption(tmp_path: Path) -> None:
    """A proven pass stays one; the class is the one before."""
    counter = itertools.count()

    class Exhausted(SimulatedEngine):
        def run(self, *args: object, **kwargs: object) -> FioOutput:
            output = super().run(*args, **kwargs)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
            if next(counter) < 6:
                return output
            return FioOutput(documents=output.documents[:1], stopped="fio did not end within 24 s")

    result = measurement(Exhausted(constant(MS)), plan(), tmp_path).run()

    assert phases(result)[-2:] == ["ladder-m", "ladder-l"]
    assert result.complete
    assert result.interrupted is None
    assert ladder.cluster_class(result) == "m"
    assert checks.overall(checks.assess(result), result) is Verdict.PASS


def test_the_recipe_is_one_run(tmp_path: Path) -> None:
    """No calibration, no ladder, one stream."""
    result = measurement(SimulatedEngine(constant(MS)), plan(name="recipe"), tmp_path).run()

    assert phases(result) == ["recipe"]
    assert [stream.name for stream in result.runs[0].streams] == ["wal"]


# --- joins --------------------------------------------------------------------------------------

CUT = ["join-quiet", "join-register", "join-pull"]


def test_all_phases_of_a_join_are_one_invocation_after_rounds_and_ladder(tmp_path: Path) -> None:
    """A run for each phase, and the burst that knows where they are."""
    engine = SimulatedEngine(constant(MS))
    result = measurement(engine, plan(joins=joins()), tmp_path).run()
    before = phases(result).index("join-quiet")
    (burst,) = result.bursts

    assert phases(result)[before - 1 :] == ["ladder-xl", *CUT]
    assert len(engine.jobs) == len(result.runs) - 2
    assert burst.first_run == before
    assert [span.name for span in burst.spans] == ["quiet", "register", "pull"]
    assert (burst.cni, burst.nodes, burst.topology, burst.cut) == ("flannel", 2, "dedicated", True)
    assert result.complete


def test_a_whole_join_settles(tmp_path: Path) -> None:
    """Four phases, and the timeline goes on to the last one's end."""
    todo = plan("quick", joins=joins(pull_seconds_max=None))
    result = measurement(SimulatedEngine(constant(MS)), todo, tmp_path).run()
    (burst,) = result.bursts

    assert phases(result)[-4:] == [*CUT, "join-settle"]
    assert not burst.cut
    assert burst.spans[-1].end_seconds == pytest.approx(3 + 1 + 120 + 0.5)
    assert burst.seconds[-1].at_seconds == pytest.approx(burst.spans[-1].end_seconds, abs=3)


def test_what_was_seen_of_a_join_is_kept(tmp_path: Path) -> None:
    """Bytes grow second by second; each phase has flushes, and nobody probed another disk."""
    todo = plan("quick", joins=joins())
    result = measurement(SimulatedEngine(constant(MS)), todo, tmp_path).run()
    (burst,) = result.bursts
    sizes = [one.bytes_written for one in burst.seconds]

    assert len(sizes) > 6
    assert sizes == sorted(sizes)
    assert sizes[-1] == result.runs[burst.first_run].bytes_written
    assert all(run.streams[0].histogram().count for run in result.runs[-3:])
    assert burst.probes == ()
    assert burst.neighbour_bytes == 0


def test_a_joins_files_grow_on_from_those_before_and_the_ladder_from_its_own(
    tmp_path: Path,
) -> None:
    """Nothing is ever overwritten, whichever phase writes it."""
    result = measurement(SimulatedEngine(constant(MS)), plan(joins=joins()), tmp_path).run()

    for before, after in itertools.pairwise(result.runs):
        assert before.wal is not None
        assert before.backend is not None
        assert after.wal is not None
        assert after.backend is not None
        assert after.wal.start_offset_bytes == before.wal.start_offset_bytes + sum(
            before.wal.sizes_bytes
        )
        assert after.backend.start_page == (before.backend.start_page or 16) + sum(
            before.backend.new_pages
        )


def test_joins_are_repeated_as_often_as_was_planned(tmp_path: Path) -> None:
    """Each is a burst of its own, with its own draws."""
    result = measurement(
        SimulatedEngine(constant(MS)), plan("quick", joins=joins(times=3)), tmp_path
    ).run()

    assert phases(result)[-9:] == CUT * 3
    assert [burst.first_run for burst in result.bursts] == [
        len(result.runs) - 9,
        len(result.runs) - 6,
        len(result.runs) - 3,
    ]
    assert result.runs[-7].wal != result.runs[-4].wal


def test_joins_are_not_repeated_when_enough_is_known(tmp_path: Path) -> None:
    """Whoever decides is asked after each burst, with all of them so far."""
    asked: list[tuple[int, int]] = []

    def joined(result: Result, number: int) -> bool:
        asked.append((number, len(result.bursts)))
        return number == 1

    todo = plan("quick", joins=joins(times=5))
    result = measurement(SimulatedEngine(constant(MS)), todo, tmp_path, joined=joined).run()

    assert asked == [(0, 1), (1, 2)]
    assert len(result.bursts) == 2
    assert result.complete


def test_a_burst_is_saved_with_its_runs(tmp_path: Path) -> None:
    """Whatever comes after it."""
    saved: list[Result] = []
    measurement(
        SimulatedEngine(constant(MS)), plan("quick", joins=joins(times=2)), tmp_path, saved
    ).run()

    assert [len(result.bursts) for result in saved if len(result.runs) == 6][-1] == 1
    assert len(saved[-1].bursts) == 2


def interrupting(number: int, *, documents: int) -> SimulatedEngine:
    """Return an engine whose user wants to stop during the run of that number, from 0."""
    counter = itertools.count()

    class Interrupting(SimulatedEngine):
        def run(self, *args: object, **kwargs: object) -> FioOutput:
            output = super().run(*args, **kwargs)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
            if next(counter) < number:
                return output
            raise RunInterrupted(
                FioOutput(
                    documents=output.documents[:documents],
                    stopped="interrupted",
                    wall_seconds=float(documents),
                )
            )

    return Interrupting(constant(MS))


def test_an_interrupted_burst_is_kept_as_far_as_it_came(tmp_path: Path) -> None:
    """After five seconds of it: quiet and a little more, and why there is no more."""
    saved: list[Result] = []

    with pytest.raises(RunInterrupted):
        measurement(
            interrupting(3, documents=5), plan("quick", joins=joins(times=3)), tmp_path, saved
        ).run()

    last = saved[-1]
    assert phases(last) == ["calibrate", "calibrate", "steady", *CUT]
    assert [burst.first_run for burst in last.bursts] == [3]
    assert [run.stopped for run in last.runs[3:]] == ["interrupted"] * 3
    assert last.runs[3].streams[0].histogram().count > 0
    assert last.interrupted
    assert not last.complete


def test_a_burst_that_was_interrupted_before_it_showed_anything_is_not_kept(
    tmp_path: Path,
) -> None:
    """It has no runs."""
    saved: list[Result] = []

    with pytest.raises(RunInterrupted):
        measurement(
            interrupting(3, documents=0), plan("quick", joins=joins()), tmp_path, saved
        ).run()

    assert phases(saved[-1]) == ["calibrate", "calibrate", "steady"]
    assert saved[-1].bursts == ()


def test_a_burst_that_does_not_end_ends_the_measurement_and_is_kept(tmp_path: Path) -> None:
    """Nothing follows it, no other burst and no ladder."""
    counter = itertools.count()

    class Exhausted(SimulatedEngine):
        def run(self, *args: object, **kwargs: object) -> FioOutput:
            output = super().run(*args, **kwargs)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
            if next(counter) < 3:
                return output
            return FioOutput(documents=output.documents[:4], stopped="fio did not end within 71 s")

    result = measurement(
        Exhausted(constant(MS)), plan("quick", joins=joins(times=3)), tmp_path
    ).run()

    assert len(result.bursts) == 1
    assert phases(result)[-3:] == CUT
    assert result.interrupted == "fio did not end within 71 s"
    assert not result.complete


def test_with_joins_no_more_is_written_than_was_announced(tmp_path: Path) -> None:
    """Every job added up, at the cap of everything."""
    todo = plan("full", joins=joins(times=3, pull_seconds_max=None))
    engine = SimulatedEngine(constant(MS))
    measurement(engine, todo, tmp_path).run()

    assert len(engine.jobs) == 2 + todo.rounds_max + 3 + 3
    assert todo.bytes_max() / 2 < sum(job.size_bytes for job in engine.jobs) <= todo.bytes_max()


def test_the_files_of_a_burst_are_removed(tmp_path: Path) -> None:
    """What it left where images go does not wait for the end."""
    place = tmp_path / "images"
    place.mkdir()
    (place / "blob.0").write_text("data")
    measurement(SimulatedEngine(constant(MS)), plan("quick", joins=joins()), tmp_path).run()

    assert list(place.iterdir()) == []


def test_a_burst_that_cannot_be_prepared_keeps_what_was_measured_and_says_why(
    tmp_path: Path,
) -> None:
    """Not only fio can fail: there is no place for what agents read."""
    shared = msgspec.structs.replace(joins().burst, topology="shared-filesystem")
    todo = plan(joins=msgspec.structs.replace(joins(), burst=shared))
    saved: list[Result] = []

    with pytest.raises(EtcdbenchError, match="cannot be written to"):
        measurement(SimulatedEngine(constant(MS)), todo, tmp_path, saved).run()

    assert "cannot be written to" in (saved[-1].interrupted or "")
    assert saved[-1].runs
    assert not saved[-1].complete
