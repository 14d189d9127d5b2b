"""`etcdbench watch` as it is called: lines, a result, and one sentence for what is wrong."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from cli import call, complaint, left_behind, start
from etcdbench import store
from etcdbench.workspace import workspace
from servers import serving, text
from watches import page

LINE = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ, flush .+, write .+, busy .+, io some .+ full .+, etcd wal .+"
)


def readings(stdout: str) -> list[str]:
    """Return the lines that are readings."""
    return [row for row in stdout.splitlines() if LINE.match(row)]


def test_three_seconds_are_three_lines_a_summary_and_a_result(
    tmp_path: Path, disk_path: Path
) -> None:
    """Nothing is written where etcd's data is; without etcd nothing is decided."""
    result = tmp_path / "r.json"
    done = call("watch", disk_path, "--for", "3s", "-o", result)
    kept = store.read(result)

    assert done.returncode in {0, 3, 4}
    assert len(readings(done.stdout)) == 3
    assert "a reading each 1.00 s" in done.stdout
    assert kept.origin == "watch"
    assert kept.complete
    assert kept.watched is not None
    assert [round(one.length_seconds) for one in kept.watched.stretches] == [1, 1, 1]
    assert left_behind(disk_path) == []


def test_a_report_shows_the_same_verdict(tmp_path: Path, disk_path: Path) -> None:
    """What the watch says is computed from what it keeps."""
    result = tmp_path / "r.json"
    with serving(text(page(wal={8: 1}))) as url:
        done = call("watch", disk_path, "--for", "1s", "--metrics", url, "-o", result)
    kept = store.read(result)

    assert done.returncode == 4
    assert "INCONCLUSIVE" in done.stdout
    assert kept.watched is not None
    assert (kept.watched.scrapes, kept.watched.metrics_url) == (2, url)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_to_be_stopped_is_how_it_ends(
    tmp_path: Path, disk_path: Path, number: signal.Signals
) -> None:
    """With a summary, a result, and the status of its verdict."""
    result = tmp_path / "r.json"
    with start("watch", disk_path, "-o", result, "--interval", "0.5s") as process:
        time.sleep(2.5)
        process.send_signal(number)
        out, err = process.communicate(timeout=20)

    assert process.returncode in {0, 3, 4}
    assert "Traceback" not in err
    assert "next: " in out
    assert store.read(result).complete


def test_a_result_that_cannot_be_kept_is_an_error_after_the_summary(
    tmp_path: Path, disk_path: Path
) -> None:
    """What was seen is shown all the same."""
    folder = tmp_path / "gone"
    folder.mkdir()
    with start("watch", disk_path, "-o", folder / "r.json", "--interval", "0.5s") as process:
        assert process.stdout is not None
        process.stdout.readline()
        folder.rmdir()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    done = subprocess.CompletedProcess((), process.returncode, out, err)

    assert done.returncode == 1
    assert "cannot be written" in complaint(done)[0]
    assert "kept in -" in done.stdout


def test_it_ends_when_nobody_reads_its_lines(tmp_path: Path, disk_path: Path) -> None:
    """`etcdbench watch | head -2` does not go on unseen."""
    process = start("watch", disk_path, "-o", tmp_path / "r.json", "--interval", "0.5s")
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()

    assert process.wait(timeout=20) in {0, 3, 4}
    process.stderr.close()  # type: ignore[union-attr]
    assert store.read(tmp_path / "r.json").complete


@pytest.mark.parametrize(
    ("arguments", "status", "word"),
    [
        (["--for", "soon"], 2, "not a duration"),
        (["--for", "10"], 2, "not a duration"),
        (["--for", "0s"], 2, "out of range"),
        (["--for", "9999999d"], 2, "out of range"),
        (["--interval", "0.1s"], 2, "out of range"),
        (["--interval", "2h"], 2, "out of range"),
        (["--metrics", "file:///etc/passwd"], 2, "no address"),
        (["--metrics", "http://127.0.0.1:1/metrics"], 1, "does not answer"),
        (["--cacert", "/etc/hostname"], 2, "needs no certificates"),
        (["--metrics", "https://127.0.0.1:1", "--cert", "x"], 2, "go together"),
        (["--metrics", "https://127.0.0.1:1", "--cacert", "/no/such"], 1, "cannot be used"),
        (["-o", "{disk}"], 1, "is a directory"),
        (["-o", "/no/such/r.json"], 1, "cannot be written"),
    ],
)
def test_what_cannot_be_watched_is_said_at_once(
    tmp_path: Path, disk_path: Path, arguments: list[str], status: int, word: str
) -> None:
    """One line, a hint, and no file left behind."""
    filled = [argument.format(disk=disk_path) for argument in arguments]
    output = [] if "-o" in filled else ["-o", str(tmp_path / "r.json")]
    done = call("watch", disk_path, *filled, *output)

    assert done.returncode == status
    assert word in complaint(done)[0]
    assert done.stdout == ""
    assert list(tmp_path.glob("*.json")) == []
    assert left_behind(disk_path) == []


@pytest.mark.parametrize(
    ("path", "word"), [("/dev/shm", "no disk"), ("/no/such/place", "does not exist")]
)
def test_what_is_no_disk_is_refused(tmp_path: Path, path: str, word: str) -> None:
    """There is nothing to watch."""
    done = call("watch", path, "-o", tmp_path / "r.json")

    assert done.returncode == 1
    assert word in complaint(done)[0]


def test_a_page_that_is_not_etcds_is_refused(tmp_path: Path, disk_path: Path) -> None:
    """The address was given, so it must be right."""
    with serving(text("go_goroutines 5\n")) as url:
        done = call("watch", disk_path, "--metrics", url, "-o", tmp_path / "r.json")

    assert done.returncode == 1
    assert "have no etcd_disk_wal_fsync" in complaint(done)[0]


def test_a_probe_is_announced_and_removed(tmp_path: Path, disk_path: Path) -> None:
    """It is ours, and it is gone."""
    result = tmp_path / "r.json"
    done = call("watch", disk_path, "--for", "2s", "--probe", "-o", result)
    watched = store.read(result).watched

    assert "appends 4 KiB" in " ".join(done.stderr.split())
    assert watched is not None
    assert all((one.probe_worst_seconds or 0) > 0 for one in watched.stretches)
    assert left_behind(disk_path) == []


def test_a_probe_does_not_disturb_a_measurement(tmp_path: Path, disk_path: Path) -> None:
    """Nor is it disturbed by one."""
    with workspace(disk_path, alone=True, on_leftover=print):
        done = call("watch", disk_path, "--for", "1s", "--probe", "-o", tmp_path / "r.json")

    assert done.returncode == 1
    assert "another etcdbench" in complaint(done)[0]


def test_others_may_watch_as_well() -> None:
    """Without root the kernel's counters are read all the same."""
    if os.geteuid() != 0:
        pytest.skip("the other tests have shown that already: this is not root")
    try:
        subprocess.run([sys.executable, "-c", "import etcdbench"], user=65534, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this Python cannot be run by other users")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)
        done = subprocess.run(
            [sys.executable, "-m", "etcdbench", "watch", "/usr", "--for", "1s"],
            cwd=folder,
            user=65534,
            check=False,
            capture_output=True,
            text=True,
        )
        kept = [store.read(path) for path in Path(folder).iterdir()]

    assert done.returncode in {0, 3, 4}, done.stderr
    assert len(readings(done.stdout)) == 1
    assert [one.origin for one in kept] == ["watch"]
