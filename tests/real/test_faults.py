"""Faults of real disks and machines, caused on purpose: survived, recognised, and told.

The long ones (200 SIGKILLs, a hang of 30 s) are in tests/benchmarks/soak.py; docs/safety.md says what
each test holds.
"""

import json
import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

import lab
from cli import call, complaint, left_behind, start, wait_for_fio
from etcdbench import caveats, etcd, etcd_programs, store
from etcdbench.stopping import StopRequest
from etcdbench.workspace import workspace
from faults import (
    Opened,
    busy_cpus,
    demand_nothing_left,
    end_somewhere,
    fio_with,
    measured_until,
    suspend,
)
from mounting import filesystem, shell

pytestmark = pytest.mark.fio

CALIBRATED_SECONDS = 4.8
"""When the first calibration has been kept, counted from fio's start: 3.7 s, 3.9 on a busy machine."""

NOBODY = 65534

CLOCK_STEPS_BACK = """awk '/"timestamp_ms"/ && ++count > 1 {
match($0, /[0-9]+/); printf "\\"timestamp_ms\\" : %.0f,\\n", substr($0, RSTART, RLENGTH) - 3600000; next }
{ print; fflush() }'"""
"""After its first second fio's wall clock is an hour behind."""


# --- ended at a random moment -------------------------------------------------------------------


def test_whatever_is_killed_whenever_the_next_start_leaves_nothing(
    tmp_path: Path, disk_path: Path
) -> None:
    """SIGKILL of the parent, of fio, of both; the soak does it two hundred times."""
    rng = random.Random(7)
    for victims in ("parent", "both", "fio", "parent"):
        said = end_somewhere(
            disk_path,
            tmp_path / "r.json",
            rng,
            victims=victims,
            number=signal.SIGKILL,
            seconds_max=1.5,
        )
        assert "Traceback" not in said
    demand_nothing_left(disk_path, tmp_path / "r.json")


# --- suspended, starved, cut off ----------------------------------------------------------------


def test_a_suspended_fio_is_ended_and_that_we_were_suspended_ourselves_is_told(
    tmp_path: Path, disk_path: Path
) -> None:
    """A flush of three seconds that no disk took would fail any disk. Two runs, at the same time."""
    places = [disk_path / "fio", disk_path / "parent"]
    outputs = [tmp_path / f"{place.name}.json" for place in places]
    for place in places:
        place.mkdir()
    with (
        start("run", places[0], "--quick", "-o", outputs[0]) as first,
        start("run", places[1], "--quick", "-o", outputs[1]) as second,
    ):
        fio, _ = (wait_for_fio(place)[0] for place in places)
        time.sleep(1.8)
        suspend(fio, second.pid, seconds=2.7)
        for process in (first, second):
            process.communicate(timeout=30)
    reasons = [store.read(output).interrupted or "" for output in outputs]

    assert (first.returncode, second.returncode) == (4, 4)
    assert reasons[0] == "fio was suspended by a signal"
    assert "etcdbench did not run for" in reasons[1]
    assert [left_behind(place) for place in places] == [[], []]


def test_waiting_for_a_cpu_is_recognised(tmp_path: Path, disk_path: Path) -> None:
    """Latencies that include it are told as such."""
    output = tmp_path / "r.json"
    with start("run", disk_path, "--quick", "-o", output) as process:
        wait_for_fio(disk_path)
        with busy_cpus():
            time.sleep(CALIBRATED_SECONDS)
            process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)

    assert "cpu_starved" in {caveat.code for caveat in caveats.of(store.read(output))}
    assert left_behind(disk_path) == []


def test_cut_off_output_is_one_line_and_a_clock_that_steps_back_changes_nothing(
    tmp_path: Path, disk_path: Path
) -> None:
    """Half a document is no result; blocks follow one another. Two runs, at the same time."""
    cut, stepping, output = disk_path / "cut", disk_path / "stepping", tmp_path / "r.json"
    cut.mkdir()
    stepping.mkdir()
    short = fio_with(tmp_path / "cut", "head -c 30000; cat >/dev/null")
    behind = fio_with(tmp_path / "stepping", CLOCK_STEPS_BACK)
    with (
        start("run", cut, "--quick", "-o", tmp_path / "cut.json", path=short) as first,
        start("run", stepping, "--quick", "-o", output, path=behind) as second,
    ):
        wait_for_fio(stepping)
        time.sleep(CALIBRATED_SECONDS)
        second.send_signal(signal.SIGINT)
        _, said = second.communicate(timeout=30)
        _, err = first.communicate(timeout=30)
    assert second.returncode == 130, said
    blocks = store.read(output).runs[0].streams[0].blocks
    starts = [block.start_seconds for block in blocks]

    assert "cut off" in complaint(subprocess.CompletedProcess((), 1, "", err))[0]
    assert len(blocks) >= 3
    assert starts == sorted(starts)
    assert 0 <= starts[0] <= starts[-1] < 10
    assert all(0.5 < block.length_seconds < 3 for block in blocks)
    assert left_behind(cut) == left_behind(stepping) == []


# --- two at once, and others' files --------------------------------------------------------------


def test_two_runs_at_once_on_one_disk_know_of_each_other(tmp_path: Path, disk_path: Path) -> None:
    """In different directories; and both say so."""
    first, second = disk_path / "first", disk_path / "second"
    first.mkdir()
    second.mkdir()
    with start("run", first, "--quick", "-o", tmp_path / "1.json") as process:
        wait_for_fio(first)
        found = measured_until(second, tmp_path / "2.json", 3.0)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)

    for result in (found, store.read(tmp_path / "1.json")):
        assert "two_runs" in {caveat.code for caveat in caveats.of(result)}
    assert left_behind(first) == left_behind(second) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_an_unprivileged_user_measures_and_nobody_elses_file_is_opened(disk_path: Path) -> None:
    """What is written is the owner's only; the directory's other files are left alone."""
    precious, output = disk_path / "precious.db", disk_path / "r.json"
    precious.write_text("data")
    os.chown(disk_path, NOBODY, NOBODY)
    for parent in disk_path.parents[:3]:
        parent.chmod(parent.stat().st_mode | 0o011)
    opened = Opened(precious)
    with start("run", disk_path, "--quick", "-o", output, user=NOBODY) as process:
        try:
            wait_for_fio(disk_path)
        except AssertionError:
            pytest.skip(f"nobody cannot run this checkout: {process.communicate()[1][-200:]}")
        time.sleep(1.5)
        (ours,) = disk_path.glob(".etcdbench-*")
        modes = {path.name: path.stat().st_mode & 0o777 for path in (ours, *ours.iterdir())}
        owners = {path.stat().st_uid for path in (ours, *ours.iterdir())}
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)

    assert process.returncode == 130
    assert {"wal-0", "db", "etcdbench-marker"} < modes.keys()
    assert all(mode & 0o077 == 0 for mode in (modes[ours.name],))
    assert owners == {NOBODY}
    assert opened.count() == 0
    assert left_behind(disk_path) == ["precious.db", "r.json"]


# --- disks that fail ----------------------------------------------------------------------------


def test_a_filesystem_that_turns_read_only_is_told_with_what_could_not_be_removed(
    tmp_path: Path, disk_path: Path
) -> None:
    """As ext4 does after an error: fio fails, and our files stay until the disk is well."""
    with (
        filesystem(disk_path, tmp_path / "mounted", "ext4") as point,
        start("run", point, "--quick", "-o", tmp_path / "r.json") as process,
    ):
        wait_for_fio(point)
        time.sleep(1)
        shell("mount", "-o", "remount,abort", point)
        out, err = process.communicate(timeout=60)
    wrong, hint = complaint(subprocess.CompletedProcess((), process.returncode, out, err))

    assert process.returncode == 1
    assert "Read-only file system" in wrong or "Input/output error" in wrong
    assert "dmesg" in hint
    assert "could not be removed" in err


@pytest.mark.lab
@pytest.mark.etcd
def test_beside_an_etcd_fio_is_stopped_within_a_second_of_a_stall(tmp_path: Path) -> None:
    """A disk that hangs: by our own clock, long before fio says a word; etcd was watched before."""
    hang, output = tmp_path / lab.HANG_NAME, tmp_path / "r.json"
    with (
        lab.simulated_disk(tmp_path, "disk", lab.GOOD_NVME) as mounted,
        StopRequest().listen() as stop,
    ):
        theirs, ours = mounted / "etcd", mounted / "ours"
        theirs.mkdir()
        ours.mkdir()
        with (
            workspace(theirs, alone=True, on_leftover=print) as target,
            etcd.serving(
                etcd_programs.find_etcd(None), target=target, scratch=target, stop=stop
            ) as server,
        ):
            refused = call("run", ours, "--quick", "-o", output)
            options = ("--beside-etcd", "--metrics", server.url, "--json", "-o", output)
            with start("run", ours, *options) as process:
                wait_for_fio(ours, seconds=40)
                fio_began = time.monotonic()
                time.sleep(0.9)
                hang.touch()
                stall_began = time.monotonic()
                time.sleep(1.5)
                hang.unlink()
                out, _ = process.communicate(timeout=60)
        left = left_behind(ours)
    result = store.read(output)

    assert refused.returncode == 1
    assert "is live on this disk" in complaint(refused)[0]
    assert json.loads(out)["verdict"] == "inconclusive"
    assert "had not ended after" in (result.interrupted or "")
    assert fio_began + result.runs[-1].wall_seconds - stall_began < 1.0
    assert result.live_metrics is not None
    assert result.live_metrics.url == f"{server.url}/metrics"
    assert left == []
