"""Join bursts on a real fio: short ones, of every kind."""

import json
from pathlib import Path

import msgspec
import pytest

from cli import call, complaint, left_behind
from etcdbench import profile, promotion, replay, timeline
from etcdbench.burst import Burst, Bursts
from etcdbench.images import Joining, images_beside
from etcdbench.invocation import Invoker
from etcdbench.measure import Measurement
from etcdbench.model import Result, Settings
from etcdbench.plan import Plan
from etcdbench.site import survey
from etcdbench.stopping import StopRequest
from etcdbench.workload import Requests
from etcdbench.workspace import workspace
from fakes import Silent

pytestmark = pytest.mark.fio

SHORT = Burst(nodes=2, jitter_seconds=1.0, quiet_seconds=2.0, pull_seconds_max=6.0)
"""Two seconds of quiet, four of registering, six of pulling."""


def measured(directory: Path, burst: Burst) -> Result:
    """Run one burst of Flannel nodes and nothing else; nothing of it may be left."""
    join = profile.load("node-join-flannel").profile.join
    assert join is not None
    bursts = Bursts(join=join, burst=burst, times=1)
    todo = Plan(
        settings=Settings(profile="steady", bursts_max=1),
        profile_text="",
        requests=Requests(rate_per_second=20.0),
        recipe=None,
        calibrate_seconds=(2.0,),
        phases=(),
        rounds_max=1,
        errors=(0.05,),
        joins=bursts,
    )
    left: list[Path] = []
    with StopRequest().listen() as stop:
        here = survey(directory, beside_etcd=False, stop=stop)
        shared = burst.topology != "dedicated"
        images = Joining(bursts=bursts, images=here.target if shared else None)
        with (
            workspace(here.directory, alone=True, on_leftover=left.append) as target,
            workspace(here.scratch_parent, alone=False, on_leftover=left.append) as scratch,
            images_beside(target, images, on_leftover=left.append),
        ):
            result = Measurement(
                plan=todo,
                result=here.result(todo, here.target),
                invoker=Invoker(engine=here.fio, target=target, scratch=scratch, observer=Silent()),
                decided=lambda _result, _phase, _look: True,
                failed=lambda _result, _phase: True,
                save=lambda _: None,
            ).run()
            assert {path.name for path in target.path.iterdir()} <= {
                "etcdbench-marker",
                "db",
                "wal-0",
                "images",
                "bystander",
            }
    assert left == []
    assert left_behind(directory) == []
    return result


def test_a_dedicated_burst_measures_every_phase_in_one_invocation(disk_path: Path) -> None:
    """As many flushes as were scheduled, each in the phase that it was due in."""
    result = measured(disk_path, SHORT)
    (burst,) = result.bursts
    runs = timeline.runs_of(result, burst)

    assert [run.phase for run in runs] == ["join-quiet", "join-register", "join-pull"]
    assert result.complete
    for run in runs:
        assert run.wal is not None
        counted = sum(one.histogram().count for one in run.streams if one.name == "wal")
        assert counted == len(run.wal.due_ms)
    moments = timeline.seconds(result, burst)
    assert {moment.phase for moment in moments if moment.flushes} == {"quiet", "register", "pull"}
    assert sum(moment.flushes for moment in moments) == len(
        [due for run in runs if run.wal for due in run.wal.due_ms]
    )


def test_a_shared_burst_writes_images_and_lets_somebody_log_in(disk_path: Path) -> None:
    """All neighbours write what they announced, the bystander probes once a second."""
    shared = msgspec.structs.replace(SHORT, topology="shared-filesystem", scale=0.1)
    result = measured(disk_path, shared)
    (burst,) = result.bursts
    pull = timeline.phases(result, burst)[-1]

    assert 30_000_000 < burst.neighbour_bytes < 70_000_000
    assert pull.bytes_written > 0.9 * burst.neighbour_bytes
    assert 8 <= len(burst.probes) <= 16
    assert all(0 < probe.flush_seconds < 30 for probe in burst.probes)


def test_a_capture_with_a_long_pause_is_replayed(disk_path: Path) -> None:
    """fio would give up a section that waits for its status for over five seconds."""
    rows = [f"{second},48,{size}" for second, size in ((0, 350), (0.1, 5500), (8, 350), (8.2, 900))]
    capture = replay.burst_of(replay.parse_capture("\n".join(rows), name="c"))
    result = measured(disk_path, capture)
    (stream,) = result.streams("wal", "join")

    assert stream.histogram().count == 4


def test_a_promoted_member_receives_its_database(
    disk_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """50 MB are written whole, flushed, timed and removed."""
    monkeypatch.setattr(promotion, "SNAPSHOT_SECONDS_MIN", 5.0)
    monkeypatch.setattr(promotion, "FOLLOW_SECONDS", 3.0)
    burst = promotion.burst_of(Requests(rate_per_second=20.0), size_bytes=50_000_000)
    result = measured(disk_path, burst)
    (found,) = result.bursts

    assert found.snapshot_seconds is not None
    assert 0.4 < found.snapshot_seconds < 60
    assert [run.phase for run in result.runs[1:]] == ["join-quiet", "join-snapshot", "join-follow"]


def test_a_whole_run_with_its_short_burst_tells_of_it(tmp_path: Path, disk_path: Path) -> None:
    """The interface of --json."""
    mine = tmp_path / "mine.toml"
    steady = profile.load("steady").text
    once = steady.replace('repeat = "until-decided"', 'repeat = "once"')
    mine.write_text(once.replace("runtime_seconds = 16", "runtime_seconds = 4"))
    done = call("run", disk_path, "--profile", mine, "--json", "-o", tmp_path / "r.json")
    answer = json.loads(done.stdout)
    (joined,) = answer["joins"]

    assert done.returncode in {0, 3, 4}
    assert joined["cut"] is True
    assert [moment["phase"] for moment in joined["phases"]] == ["quiet", "register", "pull"]
    assert answer["histograms"]["wal.join"]["count"] > 250
    assert {"join_wal_fsync_p99", "join_backend_commit_p99"} <= {
        check["id"] for check in answer["checks"]
    }
    assert left_behind(disk_path) == []


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (["--join", "0"], "--join 0 is out of range"),
        (["--join", "10000"], "--join 10000 is out of range"),
        (["--join", "2", "--jitter", "9999"], "--jitter 9999 is out of range"),
        (["--join", "2", "--quick"], "--quick leaves out the join burst"),
        (["--join-capacity", "--full"], "--full and --join-capacity exclude each other"),
        (["--replay", "/dev/null"], "/dev/null holds no writes"),
        (["--control-plane-join", "--db-size", "9TB"], "--db-size 9TB is out of range"),
    ],
)
def test_bad_input_is_one_line_and_nothing_is_written(
    disk_path: Path, options: list[str], word: str
) -> None:
    """With a hint and status 2."""
    done = call("run", disk_path, *options)

    assert done.returncode == 2
    assert word in complaint(done)[0]
    assert left_behind(disk_path) == []
