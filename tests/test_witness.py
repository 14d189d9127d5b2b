"""Looking on: probes, pressure, what is made before and removed after."""

import json
import time
from pathlib import Path

import psutil
import pytest

from etcdbench import burst as bursts
from etcdbench import neighbours, profile, witness
from etcdbench.burst import Burst, Compiled
from etcdbench.errors import EtcdbenchError, Interrupted
from etcdbench.histogram import Histogram
from etcdbench.join_profile import Join
from etcdbench.join_result import Topology
from etcdbench.schedule import Position
from etcdbench.witness import Seen
from etcdbench.workspace import Workspace, workspace


def nobody() -> None:
    """Nobody wants us to stop."""


def join() -> Join:
    """Return the model of a join with Flannel."""
    found = profile.load("node-join-flannel").profile.join
    assert found is not None
    return found


def burst(topology: Topology) -> Burst:
    """Ask for one node, with few bytes of images."""
    return Burst(nodes=1, jitter_seconds=0.0, topology=topology, scale=0.02)


def compiled(topology: Topology) -> Compiled:
    """Compile a burst."""
    return bursts.compile_burst(
        join(),
        burst(topology),
        flushes=Histogram.from_bins({1_000_000: 1}),
        commits=Histogram.from_bins({4_000_000: 1}),
        position=Position(),
        rng=bursts.rng_of(1, 0),
    )


def line(at: float, flush: float | None = None) -> str:
    """Print what the bystander prints when a probe begins, or has ended."""
    begun: dict[str, float] = {"at_epoch_seconds": at}
    ended = {"flush_seconds": flush, "rename_seconds": 0.1, "read_seconds": 0.2}
    return json.dumps(begun if flush is None else {**begun, **ended})


def test_probes_are_put_on_fios_clock() -> None:
    """What was before fio's start, and a line that was cut off, are left out."""
    text = "\n".join([line(99.0), line(99.0, 0.5), line(101.0), line(101.0, 0.3), '{"at_ep'])
    (probe,) = witness.read_probes(text, origin_epoch_seconds=100.0, stopped_epoch_seconds=110.0)

    assert (probe.at_seconds, probe.flush_seconds) == (1.0, 0.3)
    assert probe.wait_seconds == pytest.approx(0.6)


def test_a_probe_that_had_not_ended_took_at_least_until_the_stop() -> None:
    """A login that never came is the longest wait of all."""
    text = "\n".join([line(101.0), line(101.0, 0.3), line(102.0)])
    probes = witness.read_probes(text, origin_epoch_seconds=100.0, stopped_epoch_seconds=110.0)

    assert [probe.wait_seconds for probe in probes] == pytest.approx([0.6, 8.0])


def test_a_moment_is_noted_once_a_second_with_the_largest_bytes() -> None:
    """fio's status may be older than the one before it."""
    seen = Seen()
    for at, written in ((0.25, 0), (0.5, 10), (1.3, 30), (1.4, 99), (2.4, 20)):
        seen.look(at, written)

    assert [(one.at_seconds, one.bytes_written) for one in seen.seconds] == [
        (0.25, 0),
        (1.3, 30),
        (2.4, 99),
    ]
    assert seen.seconds[0].io_some_share is None
    assert seen.origin_epoch_seconds > 1_000_000_000


def test_what_agents_read_is_made_before(tmp_path: Path) -> None:
    """To the byte."""
    beside = compiled("shared-filesystem").neighbours
    size_bytes = sum(neighbour.size_read_bytes for neighbour in beside)

    witness.make_cold(tmp_path, beside, check_stop=nobody)

    assert (tmp_path / neighbours.COLD_NAME).stat().st_size == size_bytes > 0


def test_a_place_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    """The disk refuses it."""
    with pytest.raises(EtcdbenchError, match="cannot be written to"):
        witness.make_cold(
            tmp_path / "none", compiled("shared-filesystem").neighbours, check_stop=nobody
        )


def test_images_are_cleared_away_also_behind_a_link(tmp_path: Path) -> None:
    """Their folder stays for the next burst, and a member's database goes, too."""
    real = tmp_path / "real"
    real.mkdir()
    (tmp_path / neighbours.FOLDER).symlink_to(real)
    (real / "file.0").write_text("x")
    (tmp_path / "snapshot").write_text("x")

    witness.clear(tmp_path)
    witness.clear(tmp_path / "none")

    assert list(real.iterdir()) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == [neighbours.FOLDER, "real"]


def test_a_bystander_that_died_waits_for_nothing() -> None:
    """Its last probe had begun, and tells nothing of the disk."""
    text = "\n".join([line(101.0), line(101.0, 0.3), line(102.0)])
    probes = witness.read_probes(
        text, origin_epoch_seconds=100.0, stopped_epoch_seconds=110.0, died=True
    )

    assert [probe.at_seconds for probe in probes] == [1.0]


def test_what_comes_after_fios_end_is_none_of_the_bursts() -> None:
    """Saving and cleaning up are ours."""
    text = "\n".join([line(101.0), line(101.0, 0.3), line(120.0), line(120.0, 9.0)])
    probes = witness.read_probes(text, origin_epoch_seconds=100.0, stopped_epoch_seconds=110.0)

    assert [probe.at_seconds for probe in probes] == [1.0]


def test_the_user_may_stop_while_a_burst_is_prepared(tmp_path: Path) -> None:
    """Gigabytes may have to be written before fio starts."""

    def stop() -> None:
        raise Interrupted

    with pytest.raises(Interrupted):
        witness.make_cold(tmp_path, compiled("shared-filesystem").neighbours, check_stop=stop)


def directories(tmp_path: Path) -> tuple[Path, Path]:
    """Make places for both of our directories."""
    for name in ("target", "scratch"):
        (tmp_path / name).mkdir()
    return tmp_path / "target", tmp_path / "scratch"


def look_on(tmp_path: Path, topology: Topology) -> tuple[Seen, list[str]]:
    """Look on while nothing happens; return what was seen, and what lay in our directory."""
    seen = Seen()
    target_parent, scratch_parent = directories(tmp_path)
    with (
        workspace(target_parent, alone=True, on_leftover=print) as target,
        workspace(scratch_parent, alone=False, on_leftover=print) as scratch,
    ):
        (target.path / neighbours.FOLDER).mkdir()
        with witness.looking_on(seen, compiled(topology), target, scratch, check_stop=nobody):
            seen.look(0.0, 0)
            names = _names(target)
    return seen, names


def _names(place: Workspace) -> list[str]:
    return sorted(path.name for path in place.path.iterdir())


def test_on_a_disk_of_etcds_own_nobody_logs_in(tmp_path: Path) -> None:
    """Nothing is written beside etcd's files."""
    seen, names = look_on(tmp_path, "dedicated")

    assert names == ["etcdbench-marker", "images"]
    assert seen.probes == ()


def test_on_a_shared_disk_a_bystander_has_begun_before_anything_runs(tmp_path: Path) -> None:
    """And is ended with the burst."""
    _, names = look_on(tmp_path, "shared-filesystem")

    assert names == ["bystander", "etcdbench-marker", "images"]


def test_the_bystanders_probes_are_kept_and_it_is_ended(tmp_path: Path) -> None:
    """Those since fio's start; no process of ours goes on."""
    seen = Seen(origin_epoch_seconds=time.time() - 1)
    target_parent, scratch_parent = directories(tmp_path)
    with (
        workspace(target_parent, alone=True, on_leftover=print) as target,
        workspace(scratch_parent, alone=False, on_leftover=print) as scratch,
    ):
        (target.path / neighbours.FOLDER).mkdir()
        with witness.looking_on(
            seen, compiled("shared-filesystem"), target, scratch, check_stop=nobody
        ):
            running = _bystanders()
            seen.look(time.time() - seen.origin_epoch_seconds, 0)

    assert len(running) == 1
    assert _bystanders() == []
    assert seen.probes
    assert all(probe.at_seconds >= 1 for probe in seen.probes)
    assert all(probe.flush_seconds >= 0 for probe in seen.probes)


def _bystanders() -> list[psutil.Process]:
    children = psutil.Process().children(recursive=True)
    return [child for child in children if "etcdbench.bystander" in child.cmdline()]


def test_what_is_kept_of_a_burst_tells_how_it_was_asked_for() -> None:
    """On fio's clock."""
    kept = witness.record(
        join(), burst("shared-filesystem"), compiled("shared-filesystem"), Seen(), first_run=7
    )

    assert (kept.cni, kept.nodes, kept.topology, kept.scale) == (
        "flannel",
        1,
        "shared-filesystem",
        0.02,
    )
    assert kept.first_run == 7
    assert [span.begin_seconds for span in kept.spans] == [0.5, 10.5, 13.5, 40.5]
    assert kept.neighbour_bytes > 5_000_000
    assert kept.assumptions
    assert not kept.cut
