"""Mounts: which filesystem holds a path."""

import os
from pathlib import Path

import pytest

from etcdbench.errors import PreflightError
from etcdbench.mounts import Mount, find_mount, memory_scratch
from trees import mount_line, write_mounts

ROOT_LINE = mount_line("/", "ext4", "/dev/sda1", "8:1")


def test_a_line_of_mountinfo_is_parsed(tmp_path: Path) -> None:
    """A line gives mount point, type, source, device, subtree, and both sets of options."""
    line = "36 35 98:0 /pods /mnt2 rw,noatime master:1 shared:7 - ext3 /dev/root rw,errors=continue"
    write_mounts(tmp_path, line)
    expected = Mount(
        mount_point="/mnt2",
        filesystem="ext3",
        source="/dev/root",
        options=("errors=continue", "noatime", "rw"),
        device="98:0",
        subtree="/pods",
    )
    assert expected == find_mount(Path("/mnt2/x"), root=tmp_path)
    assert os.makedev(98, 0) == expected.device_number


def test_a_line_without_optional_fields_is_parsed(tmp_path: Path) -> None:
    """A mount that is shared with nobody has no optional fields, and some have no source."""
    write_mounts(tmp_path, "22 27 0:21 / /proc rw,relatime - proc  rw\n")
    found = find_mount(Path("/proc"), root=tmp_path)
    assert (found.filesystem, found.source) == ("proc", "")


def test_the_longest_mount_point_holds_the_path(tmp_path: Path) -> None:
    """Mount points are compared by component: /data does not hold /database."""
    data = mount_line("/data", "xfs", "/dev/sdb1", "8:17")
    etcd = mount_line("/data/etcd", "xfs", "/dev/sdc1", "8:33")
    write_mounts(tmp_path, etcd, ROOT_LINE, data)
    paths = ("/database/x", "/data/x", "/data/etcd/member/wal", "/data")
    found = [find_mount(Path(path), root=tmp_path).source for path in paths]
    assert found == ["/dev/sda1", "/dev/sdb1", "/dev/sdc1", "/dev/sdb1"]


def test_the_last_of_equal_mount_points_holds_the_path(tmp_path: Path) -> None:
    """What is mounted later covers what was mounted at the same place before."""
    below = mount_line("/data", "xfs", "/dev/sdb1", "8:17")
    above = mount_line("/data", "tmpfs", "tmpfs")
    write_mounts(tmp_path, ROOT_LINE, below, above)
    assert find_mount(Path("/data/x"), root=tmp_path).filesystem == "tmpfs"


def test_escaped_mount_points_are_read(tmp_path: Path) -> None:
    """The kernel writes space, tab, line feed and backslash as octal numbers."""
    line = mount_line(r"/mnt/my\040disk\134s\011\012", "ext4", r"/dev/mapper/a\040b", "8:2")
    write_mounts(tmp_path, ROOT_LINE, line)
    found = find_mount(Path("/mnt/my disk\\s\t\n/etcd"), root=tmp_path)
    assert found.source == "/dev/mapper/a b"


def test_a_mount_point_may_hold_what_python_takes_for_the_end_of_a_line(tmp_path: Path) -> None:
    """Only a line feed ends a line of mountinfo."""
    write_mounts(tmp_path, ROOT_LINE, mount_line("/mnt/a\u2028b", "ext4", "/dev/sdb1", "8:17"))
    assert find_mount(Path("/mnt/a\u2028b"), root=tmp_path).source == "/dev/sdb1"


def test_symbolic_links_are_followed(tmp_path: Path) -> None:
    """A link to another filesystem leads there."""
    target = tmp_path / "disk"
    target.mkdir()
    (tmp_path / "link").symlink_to(target)
    write_mounts(tmp_path, ROOT_LINE, mount_line(str(target.resolve()), "xfs", "/dev/sdb1"))
    assert find_mount(tmp_path / "link" / "etcd", root=tmp_path).filesystem == "xfs"


def test_without_mountinfo_there_is_an_error(tmp_path: Path) -> None:
    """Nothing can be said about a path when /proc is not mounted."""
    with pytest.raises(PreflightError, match="which filesystem holds /data"):
        find_mount(Path("/data"), root=tmp_path)


def test_this_machine_has_a_mount_for_the_root() -> None:
    """The real mountinfo can be read."""
    assert find_mount(Path("/")).mount_point == "/"


@pytest.fixture
def memory_tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a tree with three directories in memory, and nothing else mounted but the root."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/run/user/1000")
    for name in ("dev/shm", "run/user/1000"):
        (tmp_path / name).mkdir(parents=True)
    memory = ("/dev/shm", "/run", "/run/user/1000")
    lines = [mount_line(at, "tmpfs", "tmpfs") for at in memory]
    write_mounts(tmp_path, ROOT_LINE, *lines)
    return tmp_path


def test_scratch_is_in_shared_memory_first(memory_tree: Path) -> None:
    """Shared memory comes before the user's runtime directory and /run."""
    assert memory_tree / "dev/shm" == memory_scratch(root=memory_tree)


def test_scratch_passes_over_what_is_missing_or_on_a_disk(memory_tree: Path) -> None:
    """Without shared memory it is the user's runtime directory, and only if that is in memory."""
    (memory_tree / "dev/shm").rmdir()
    assert memory_tree / "run/user/1000" == memory_scratch(root=memory_tree)
    on_disk = mount_line("/run/user/1000", "ext4", "/dev/sdb1", "8:17")
    write_mounts(memory_tree, ROOT_LINE, mount_line("/run", "tmpfs", "tmpfs"), on_disk)
    assert memory_tree / "run" == memory_scratch(root=memory_tree)


def test_scratch_must_be_writable(memory_tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing in memory is writable there is no scratch directory."""

    def refuse(path: Path, mode: int) -> bool:
        return not (path.is_dir() and mode & os.W_OK)

    monkeypatch.setattr(os, "access", refuse)
    assert memory_scratch(root=memory_tree) is None


def test_scratch_ignores_a_runtime_directory_that_is_not_set(
    memory_tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without XDG_RUNTIME_DIR, /run is next."""
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    (memory_tree / "dev/shm").rmdir()
    assert memory_tree / "run" == memory_scratch(root=memory_tree)
