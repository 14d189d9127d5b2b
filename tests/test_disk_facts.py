"""Two readings and the logs of a tree become facts."""

import threading
from pathlib import Path

import pytest

from doctors import Installed
from etcdbench import disk_facts, patience, places, system
from etcdbench.disk_facts import gather, read, stalls, still_waiting
from etcdbench.disk_model import SwapArea, WaitingTask
from trees import add_block, add_nvme_disk, mount_line, write_files, write_mounts

PSI = "some avg10={avg} avg60=0 avg300=0 total={total}\nfull avg10=0.00 avg60=0 total=0\n"
ROW = "259 0 nvme0n1 0 0 0 0 {writes} 0 0 {ms} 0 {ms} 0 0 0 0 0 {flushes} {flush_ms}\n"


def host(root: Path) -> None:
    """Build a node with one NVMe drive."""
    add_nvme_disk(root)
    add_block(root, "virtual/block/zram0", "253:0")
    write_mounts(root, mount_line("/", "ext4", "/dev/nvme0n1", "259:0"))
    (root / "var/lib/etcd").mkdir(parents=True)
    write_files(
        root,
        {
            "proc/uptime": "1000.0 1.0\n",
            "dev/kmsg": "",
            "proc/swaps": "Filename Type Size Used Priority\n/swap\\040file file 4096 1024 -2\n",
        },
    )
    count(root, 0)


def count(root: Path, steps: int) -> None:
    """Let the counters of a slow disk advance: each step is ten flushes of 85 ms."""
    own = ROW.format(writes=10 * steps, ms=20 * steps, flushes=10 * steps, flush_ms=850 * steps)
    other = f"8 0 sdb {steps} 0 0 5 0 0 0 0 0 5 0 0 0 0 0 0 0\n"
    part = "259 1 nvme0n1p1 1 0 0 0 1 0 0 0 0 0 0 0 0 0 0 0 0\n"
    zram = f"253 0 zram0 {steps} 0 0 5 0 0 0 0 0 5 0 0 0 0 0 0 0\n"
    write_files(
        root,
        {
            "proc/diskstats": own + part + other + zram,
            "proc/vmstat": f"pgpgin 7\npswpin {steps}\npswpout {2 * steps}\n",
            "proc/pressure/io": PSI.format(avg="12.00", total=500_000 * steps),
            "proc/pressure/memory": PSI.format(avg="0.00", total=0),
        },
    )


def test_two_readings_become_figures(tmp_path: Path) -> None:
    """Means, shares, pages, and who was stuck at both."""
    host(tmp_path)
    write_files(tmp_path, {"proc/7/task/7/stat": "7 (etcd) D 1\n", "proc/7/task/7/wchan": "jbd2_x"})
    before = read(root=tmp_path)
    count(tmp_path, 1)
    found = gather(
        Path("/var/lib/etcd"), before, programs=Installed(tmp_path / "bin"), root=tmp_path
    )
    own, other = found.activity

    assert (own.name, own.flushes) == ("nvme0n1", 10)
    assert own.flush_mean_seconds == pytest.approx(0.085)
    assert other.name == "sdb"
    assert found.io.some is not None
    assert found.io.some >= 0.12
    assert found.swapped_pages == 3
    assert found.swaps == (SwapArea(name="/swap\\040file", used_bytes=1_048_576),)
    assert [task.name for task in found.waiting] == ["etcd"]
    assert [place.role for place in found.places] == ["etcd", "root"]


def test_logs_are_read(tmp_path: Path) -> None:
    """The kernel's, and etcd's from the journal."""
    host(tmp_path)
    write_files(
        tmp_path,
        {
            "dev/kmsg": "3,1,990000000,-;I/O error, dev nvme0n1, sector 7\n",
            "run/log/journal/1/system.journal": "x",
        },
    )
    programs = Installed(tmp_path / "bin")
    programs.install(
        "journalctl", '{"MESSAGE": "slow fdatasync", "__REALTIME_TIMESTAMP": "9999999999999999"}\n'
    )
    found = gather(Path("/"), read(root=tmp_path), programs=programs, root=tmp_path)

    assert [line.age_seconds for line in found.kernel_lines] == [10]
    assert [line.text for line in found.etcd_lines] == ["slow fdatasync"]


def test_what_cannot_be_seen_is_said(tmp_path: Path) -> None:
    """On a bare tree: nothing, and each with its reason."""
    write_files(tmp_path, {"var/log/journal/1/system.journal": "x"})
    write_files(tmp_path, {"proc/7/task/7/stat": "7 (etcd) D 1\n"})
    found = gather(
        Path("/"), read(root=tmp_path), programs=Installed(tmp_path / "bin"), root=tmp_path
    )
    said = " ".join(f"{one.what}: {one.because}." for one in found.unseen)

    assert "psi=1" in said
    assert "/proc/diskstats is empty" in said
    assert "what waiting tasks wait for" in said
    assert "the kernel's log" in said
    assert "journalctl gave no answer" in said
    assert (found.places, found.activity, found.io.some) == ((), (), None)


def test_a_disk_that_hangs_is_known_from_the_mounts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even a question for free space may wait for it."""
    host(tmp_path)
    hang = threading.Event()
    monkeypatch.setattr(patience, "READ_SECONDS_MAX", 0.05)

    def wait(_path: Path, *, root: Path) -> tuple[()]:
        del root
        hang.wait()
        return ()

    monkeypatch.setattr(places, "places", wait)
    found = gather(
        Path("/var/lib/etcd"),
        read(root=tmp_path),
        programs=Installed(tmp_path / "bin"),
        root=tmp_path,
    )
    hang.set()

    assert [(place.role, place.disks) for place in found.places] == [
        ("etcd", ("nvme0n1",)),
        ("root", ("nvme0n1",)),
    ]
    assert any("did not answer in time" in one.because for one in found.unseen)


@pytest.mark.parametrize(
    ("filesystem", "because"), [("overlay", "in a container"), ("nfs4", "nfs4 does not say")]
)
def test_a_place_without_a_disk_is_said(tmp_path: Path, filesystem: str, because: str) -> None:
    """A slow disk below it cannot be blamed."""
    host(tmp_path)
    write_mounts(tmp_path, mount_line("/", filesystem, "x"))
    found = gather(
        Path("/"), read(root=tmp_path), programs=Installed(tmp_path / "bin"), root=tmp_path
    )

    assert any(because in one.because for one in found.unseen)


def test_the_larger_of_both_pressures_counts() -> None:
    """The window shows what is now, the average what was just before."""
    before = system.Stall(some_us=0, full_us=0)

    def after(some_us: float, avg10: float) -> system.Stall:
        return system.Stall(some_us=some_us, full_us=0, some_avg10=avg10, full_avg10=1.0)

    assert stalls(before, after(1_000_000, 10.0), seconds=2.0).some == 0.5
    assert stalls(before, after(0, 40.0), seconds=2.0).some == 0.4
    assert stalls(before, after(9_000_000, 0.0), seconds=2.0).some == 1.0
    assert stalls(before, after(0, 0.0), seconds=2.0).full == 0.01
    assert stalls(system.Stall(), system.Stall(), seconds=2.0).some is None


def test_only_who_waits_at_both_looks_is_stuck() -> None:
    """Everybody waits for a disk now and then."""
    first, second = (WaitingTask(thread_id=number, name="x") for number in (1, 2))

    assert still_waiting((first,), (first, second)) == (first,)


def test_this_machine_can_be_read() -> None:
    """The real /proc gives counters, without a wait."""
    found = disk_facts.read()

    assert found.disks
    assert found.monotonic_seconds > 0
