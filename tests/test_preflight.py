"""Before a byte is written: what is refused, and that nothing was touched."""

import os
from pathlib import Path

import pytest

from etcdbench import preflight
from etcdbench.errors import PreflightError
from etcdbench.machine import LiveEtcd
from fakes import target


def test_a_directory_on_a_disk_is_described(disk_path: Path) -> None:
    """Path, filesystem, mount and room; nothing is written."""
    found = preflight.find_target(disk_path)

    assert found.path == found.measured_path == str(disk_path.resolve())
    assert 0 < found.free_bytes < found.size_bytes
    assert list(disk_path.iterdir()) == []


def test_a_missing_last_component_measures_its_parent(disk_path: Path) -> None:
    """/var/lib/etcd does not exist before `kubeadm init`; and it is not made."""
    found = preflight.find_target(disk_path / "etcd")

    assert (found.path, found.measured_path) == (str(disk_path / "etcd"), str(disk_path.resolve()))
    assert list(disk_path.iterdir()) == []


def test_a_mistyped_path_is_refused_and_not_made(tmp_path: Path) -> None:
    """As root, fio would create all of it on the root disk."""
    with pytest.raises(PreflightError, match="does not exist"):
        preflight.find_target(tmp_path / "var" / "lib" / "etdc")
    assert list(tmp_path.iterdir()) == []


def test_a_dangling_link_is_refused(tmp_path: Path) -> None:
    """A link to nowhere is not a directory that is still to come."""
    (tmp_path / "link").symlink_to(tmp_path / "nowhere" / "at" / "all")

    with pytest.raises(PreflightError, match="does not exist"):
        preflight.find_target(tmp_path / "link")


def test_a_file_is_refused(tmp_path: Path) -> None:
    """A file is not a directory."""
    (tmp_path / "file").write_text("")

    with pytest.raises(PreflightError, match="is a file"):
        preflight.find_target(tmp_path / "file")


@pytest.mark.parametrize("path", ["/dev/shm", "/proc", "/sys"])
def test_what_is_no_disk_is_refused(path: str) -> None:
    """Memory and kernel filesystems have no flush."""
    with pytest.raises(PreflightError, match="no disk"):
        preflight.find_target(Path(path))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_directory_of_somebody_else_is_refused() -> None:
    """An unprivileged user is told to become root or to choose another directory."""
    with pytest.raises(PreflightError, match="not writable"):
        preflight.find_target(Path("/root"))


def test_too_little_room_is_refused(tmp_path: Path) -> None:
    """The room is looked at when it is needed, not remembered."""
    with pytest.raises(PreflightError, match="free, and the measurement needs"):
        preflight.demand_room(target(measured_path=str(tmp_path)), room_bytes=10**18)
    preflight.demand_room(target(measured_path=str(tmp_path)), room_bytes=1)


def test_a_live_etcd_is_refused_unless_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """The reason names the process; with --beside-etcd it is handed on."""
    live = (LiveEtcd(name="etcd", pid=42, because="it has /var/lib/etcd/x open"),)

    def found(**_options: object) -> tuple[LiveEtcd, ...]:
        return live

    monkeypatch.setattr(preflight, "live_etcd", found)
    here = target(measured_path="/tmp")

    with pytest.raises(PreflightError, match=r"etcd \(process 42\) is live"):
        preflight.demand_no_live_etcd(here, beside_etcd=False)
    assert preflight.demand_no_live_etcd(here, beside_etcd=True) == live


def test_the_probe_finds_fallocate_and_leaves_nothing(tmp_path: Path) -> None:
    """The usual filesystems preallocate; the probe's file is gone."""
    assert preflight.probe_fallocate(target(), tmp_path).fallocate
    assert list(tmp_path.iterdir()) == []
