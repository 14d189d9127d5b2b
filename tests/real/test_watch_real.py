"""`etcdbench watch` on disks of known behaviour, and beside a real etcd."""

import contextlib
import os
import signal
import threading
import time
from collections.abc import Generator
from pathlib import Path

import pytest

import lab
from cli import call, complaint, left_behind, start
from etcdbench import etcd, store
from etcdbench.etcd_programs import find_etcd
from etcdbench.histogram import ETCD_BUCKET_EDGES_NS
from etcdbench.schedule import Load
from etcdbench.stopping import StopRequest
from etcdbench.workspace import workspace


@contextlib.contextmanager
def flushing(directory: Path, *, pause_seconds: float) -> Generator[None, None, None]:
    """Append and flush beside the block, from a thread."""
    over = threading.Event()

    def work() -> None:
        with (directory / "load").open("wb", buffering=0) as stream:
            while not over.wait(pause_seconds):
                stream.write(b"x" * 4096)
                os.fdatasync(stream.fileno())

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@pytest.mark.lab
def test_a_slow_disk_shows_its_flush_time(tmp_path: Path) -> None:
    """A disk that needs 20 ms for each flush shows that in the kernel's own counters."""
    result = tmp_path / "r.json"
    with (
        lab.simulated_disk(tmp_path, "disk", "flush_us=20000 write_us=50 sigma=0") as mounted,
        flushing(mounted, pause_seconds=0.02),
    ):
        done = call("watch", mounted, "--for", "6s", "-o", result)
    watched = store.read(result).watched

    assert watched is not None
    assert len(done.stdout.split("\n\n")[0].splitlines()) == 6
    seen = watched.stretches[2:]
    flushes = sum(one.flushes for one in seen)
    assert flushes > 20
    assert 0.015 < sum(one.flush_seconds for one in seen) / flushes < 0.040
    assert watched.stall_count == 0


@pytest.mark.lab
def test_a_stall_is_found_with_who_wrote(tmp_path: Path) -> None:
    """Flushes of 150 ms are a stall, which ends in a warning, and somebody wrote."""
    result = tmp_path / "r.json"
    with (
        lab.simulated_disk(tmp_path, "disk", "flush_us=150000 write_us=50 sigma=0") as mounted,
        flushing(mounted, pause_seconds=0.02),
    ):
        done = call("watch", mounted, "--for", "6s", "-o", result)
    watched = store.read(result).watched

    assert watched is not None
    assert watched.stall_count >= 1
    worst = watched.stalls[0]
    assert worst.seen_in == "flush"
    assert 0.1 < worst.wait_seconds < 0.4
    assert worst.writers
    assert "STALL" in done.stdout


@pytest.mark.lab
def test_a_probe_shows_an_idle_disk_and_leaves_nothing(tmp_path: Path) -> None:
    """Nobody else flushes: our own flush takes what the disk says, and the file is removed."""
    result = tmp_path / "r.json"
    with lab.simulated_disk(tmp_path, "disk", "flush_us=20000 write_us=50 sigma=0") as mounted:
        call("watch", mounted, "--for", "4s", "--probe", "-o", result)
        left = left_behind(mounted)
    watched = store.read(result).watched

    assert watched is not None
    assert watched.probed
    assert all(0.015 < (one.probe_worst_seconds or 0) < 0.09 for one in watched.stretches)
    assert left == ["lost+found"]


@pytest.mark.etcd
def test_what_a_real_etcd_shows_is_kept(disk_path: Path, tmp_path: Path) -> None:
    """Its histograms arrive while it works; Ctrl-C ends the watch with a result."""
    result = tmp_path / "r.json"
    count = 800
    load = Load(
        due_seconds=tuple(number / 100 for number in range(count)),
        key_sizes_bytes=(100,) * count,
        value_sizes_bytes=(256,) * count,
        key_copies=1,
    )
    with (
        StopRequest().listen() as stop,
        workspace(disk_path, alone=True, on_leftover=print) as ours,
        workspace(tmp_path, alone=True, on_leftover=print) as scratch,
        etcd.serving(find_etcd(None), target=ours, scratch=scratch, stop=stop) as server,
        start("watch", disk_path, "--metrics", f"{server.url}/metrics", "-o", result) as process,
    ):
        time.sleep(2)
        etcd.send_requests(server, load, scratch=scratch, stop=stop)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    kept = store.read(result)
    wal, commit = (kept.streams(name, "live")[0] for name in ("wal", "commit"))

    assert process.returncode in {0, 3, 4}
    assert "is live on this disk" in err
    assert "etcd wal" in out
    assert wal.edges_ns == commit.edges_ns == ETCD_BUCKET_EDGES_NS
    assert count / 4 < wal.histogram().count <= count * 1.3
    assert commit.histogram().count > 10
    assert "etcd" in {one.name for one in kept.live_etcd}


@pytest.mark.etcd
def test_no_flush_of_ours_disturbs_a_live_etcd(disk_path: Path, tmp_path: Path) -> None:
    """Refused before a file is made."""
    with (
        StopRequest().listen() as stop,
        workspace(disk_path, alone=True, on_leftover=print) as ours,
        workspace(tmp_path, alone=True, on_leftover=print) as scratch,
        etcd.serving(find_etcd(None), target=ours, scratch=scratch, stop=stop),
    ):
        done = call("watch", disk_path, "--probe", "--for", "1s", "-o", tmp_path / "r.json")

    assert done.returncode == 1
    assert "--probe would disturb it" in complaint(done)[0]
    assert not (tmp_path / "r.json").exists()
