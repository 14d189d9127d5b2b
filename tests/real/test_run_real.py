"""`etcdbench run` with a real fio on a real filesystem."""

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli import call, complaint, fio_processes, left_behind, start, wait_for_fio
from etcdbench import store
from mounting import filesystem, shell

pytestmark = pytest.mark.fio


def wait_for_no_fio(directory: Path) -> bool:
    """Wait until no fio works below a directory any more."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and fio_processes(directory):
        time.sleep(0.02)
    return not fio_processes(directory)


def wait_for_leftover(directory: Path) -> list[str]:
    """Wait until no program of ours holds the lock of what a killed run left on disk and in memory."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and len(left_behind(directory)) < 2:
        time.sleep(0.02)
    return left_behind(directory)


def test_a_quick_run_measures_judges_keeps_and_cleans_up(tmp_path: Path, disk_path: Path) -> None:
    """The JSON object on standard output, the result in its file, its page, nothing on the disk."""
    page = tmp_path / "r.html"
    done = call("run", disk_path, "--quick", "--json", "-o", tmp_path / "r.json", "--html", page)
    answer = json.loads(done.stdout)
    result = store.read(tmp_path / "r.json")

    assert (
        done.returncode == {"pass": 0, "warn": 0, "fail": 3, "inconclusive": 4}[answer["verdict"]]
    )
    assert answer["histograms"]["wal.steady"]["count"] > 1000
    assert answer["result_file"] == str(tmp_path / "r.json")
    assert result.complete
    assert result.bytes_written == answer["bytes_written"] > 0
    assert answer["verdict"].upper() in page.read_text()
    assert left_behind(disk_path) == []


def test_the_recipe_gives_the_ten_thousand_flushes_that_everybody_publishes(
    tmp_path: Path, disk_path: Path
) -> None:
    """22 MiB in blocks of 2,300 bytes; a good figure of it is still no pass."""
    done = call("run", disk_path, "--profile", "recipe", "--json", "-o", tmp_path / "r.json")
    answer = json.loads(done.stdout)

    assert answer["histograms"]["wal.recipe"]["count"] == 23068672 // 2300
    assert answer["verdict"] != "pass"
    assert left_behind(disk_path) == []


def test_an_exported_job_runs_under_plain_fio(tmp_path: Path, disk_path: Path) -> None:
    """By hand, in a directory of one's own: every flush of the iolog is measured."""
    path = call("profiles", "show", "ladder", "--export", tmp_path / "jobs").stdout.splitlines()[0]
    done = subprocess.run(
        ["fio", "--output-format=json+", path], cwd=disk_path, capture_output=True, check=True
    )
    document = done.stdout[done.stdout.index(b"{") :]
    jobs = {job["jobname"]: job for job in json.loads(document)["jobs"]}
    iolog = (Path(path).parent / "wal.iolog").read_text()

    assert jobs["wal"]["sync"]["lat_ns"]["N"] == iolog.count(" datasync ")
    assert (disk_path / "wal-0").stat().st_size == 64_000_000


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("after_seconds", [0.0, 2.5])
def test_a_stop_signal_keeps_what_was_measured_and_leaves_nothing(
    tmp_path: Path, disk_path: Path, number: signal.Signals, after_seconds: float
) -> None:
    """Status 130, one line, fio gone, our files gone."""
    output = tmp_path / "r.json"
    with start("run", disk_path, "--quick", "-o", output) as process:
        wait_for_fio(disk_path)
        time.sleep(after_seconds)
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
    done = subprocess.CompletedProcess((), process.returncode, out, err)

    assert done.returncode == 130
    assert "interrupted" in complaint(done)[0]
    assert left_behind(disk_path) == []
    assert fio_processes(disk_path) == []
    if output.exists():
        assert not store.read(output).complete
    if after_seconds:
        assert store.read(output).runs[-1].stopped == "interrupted"
    assert list(tmp_path.glob(".*partial")) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_before_fio_starts_leaves_nothing(
    tmp_path: Path, disk_path: Path, number: signal.Signals
) -> None:
    """While Python is still loading, too."""
    for delay in (0.02, 0.1, 0.2, 0.4, 0.6):
        with start("run", disk_path, "--quick", "-o", tmp_path / "r.json", "--force") as process:
            time.sleep(delay)
            process.send_signal(number)
            _, err = process.communicate(timeout=30)

        if "etcdbench: interrupted" in err:
            assert process.returncode == 130, err
        before_our_code = "Fatal Python error: init" in err
        assert process.returncode in {130, -number} or before_our_code, err
        assert left_behind(disk_path) == []


def test_after_a_sigkill_fio_is_gone_and_the_next_run_cleans_up(
    tmp_path: Path, disk_path: Path
) -> None:
    """The parent cannot clean up, so the kernel ends fio and the next start removes the files."""
    with start("run", disk_path, "--quick", "-o", tmp_path / "r.json") as process:
        wait_for_fio(disk_path)
        process.kill()
    gone = wait_for_no_fio(disk_path)
    leftover = wait_for_leftover(disk_path)
    call("run", disk_path, "--quick", "--rate", "nan")
    refused = left_behind(disk_path)
    call("run", disk_path, "--profile", "recipe", "-o", tmp_path / "r.json")

    assert gone
    assert len(leftover) == 2
    assert refused == leftover, "a request that is refused touches nothing"
    assert left_behind(disk_path) == []


def test_a_fio_that_is_killed_is_one_line(tmp_path: Path, disk_path: Path) -> None:
    """The out-of-memory killer takes fio, not us."""
    with start("run", disk_path, "--quick", "-o", tmp_path / "r.json") as process:
        os.kill(wait_for_fio(disk_path)[0], signal.SIGKILL)
        out, err = process.communicate(timeout=30)
    done = subprocess.CompletedProcess((), process.returncode, out, err)

    assert done.returncode == 1
    assert "killed by signal 9" in complaint(done)[0]
    assert left_behind(disk_path) == []


# --- filesystems of our own ---------------------------------------------------------------------


def fill(point: Path) -> None:
    """Take all the room that is left on a filesystem."""
    with (point / "filler").open("wb") as filler, contextlib.suppress(OSError):
        while True:
            filler.write(b"x" * 1_000_000)
            filler.flush()


@pytest.fixture
def mounted(tmp_path: Path, disk_path: Path) -> Iterator[Path]:
    """Mount ext4."""
    with filesystem(disk_path, tmp_path / "mounted", "ext4") as point:
        yield point


def test_a_filesystem_that_cannot_preallocate_is_measured_as_etcd_uses_it(
    tmp_path: Path, disk_path: Path
) -> None:
    """ext3 has no unwritten extents: etcd falls back to ftruncate, and so do we."""
    output = tmp_path / "r.json"
    with (
        filesystem(disk_path, tmp_path / "mounted", "ext3") as point,
        start("run", point, "--quick", "-o", output) as process,
    ):
        wait_for_fio(point)
        time.sleep(2)
        (segment,) = point.glob(".etcdbench-*/wal-0")
        size, blocks = segment.stat().st_size, segment.stat().st_blocks
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)

    assert size == 64_000_000
    assert blocks * 512 < 10_000_000, "nothing was laid out"
    assert not store.read(output).target.fallocate


def test_a_read_only_filesystem_is_refused(tmp_path: Path, mounted: Path) -> None:
    """Before anything is tried."""
    shell("mount", "-o", "remount,ro", mounted)
    done = call("run", mounted, "--quick", "-o", tmp_path / "r.json")

    assert done.returncode == 1
    assert "read-only" in complaint(done)[0]


def test_too_little_room_is_refused(tmp_path: Path, mounted: Path) -> None:
    """With the two figures."""
    (mounted / "filler").write_bytes(b"x" * 400_000_000)
    done = call("run", mounted, "--quick", "-o", tmp_path / "r.json")

    assert done.returncode == 1
    assert "needs" in complaint(done)[0]
    assert sorted(path.name for path in mounted.iterdir()) == ["filler", "lost+found"]


def test_a_disk_that_fills_up_in_mid_run_is_one_line(tmp_path: Path, mounted: Path) -> None:
    """Somebody else takes the last room: fio fails, our files go, theirs stay."""
    with start("run", mounted, "--quick", "-o", tmp_path / "r.json") as process:
        wait_for_fio(mounted)
        fill(mounted)
        out, err = process.communicate(timeout=120)
    done = subprocess.CompletedProcess((), process.returncode, out, err)

    assert done.returncode == 1
    assert "No space left" in complaint(done)[0]
    assert "full" in complaint(done)[1]
    assert left_behind(mounted) == ["filler", "lost+found"]
