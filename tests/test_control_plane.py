"""Live control planes: which processes have files on the disk that is to be measured."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from etcdbench.control_plane import _Disk, live_etcd
from etcdbench.machine import LiveEtcd
from trees import add_process, add_sata_disk, link, mount_line, write_files, write_mounts

HOLDER = """#!{python}
import sys
with open(sys.argv[1], "a") as kept:
    print("ready", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Make a file on the disk that is to be measured."""
    path = tmp_path / "data" / "db"
    path.parent.mkdir()
    path.touch()
    return path


def found_in(root: Path, *, on_disk: bool = True) -> list[tuple[str, int]]:
    """Return names and ids of what is found when the tree's own disk, or none, is the target."""
    numbers = frozenset({root.stat().st_dev}) if on_disk else frozenset[int]()
    live = live_etcd(device_numbers=numbers, disks=frozenset(), root=root)
    return [(process.name, process.pid) for process in live]


def reason_in(root: Path) -> str:
    """Return why the only process that is found was found."""
    numbers = frozenset({root.stat().st_dev})
    (process,) = live_etcd(device_numbers=numbers, disks=frozenset(), root=root)
    return process.because


def hide(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """Let these entries of a process's directory be another user's, even if we are root."""

    def is_hidden(path: Path) -> bool:
        return "proc" in path.parts and not set(names).isdisjoint(path.parts)

    def guard(name: str) -> None:
        real = getattr(Path, name)

        def refuse(path: Path, *rest: object, **options: object) -> object:
            if is_hidden(path):
                raise PermissionError(str(path))
            return real(path, *rest, **options)

        monkeypatch.setattr(Path, name, refuse)

    for name in ("iterdir", "stat", "readlink", "read_bytes"):
        guard(name)


@pytest.mark.parametrize(
    ("command", "name", "expected"),
    [
        ("etcd", "", "etcd"),
        ("/usr/bin/etcd --name a", "", "etcd"),
        ("python3 /opt/etcd", "etcd", "etcd"),
        ("/var/lib/rancher/k3s/data/1f/bin/k3s-server", "", "k3s-server"),
        ("/usr/local/bin/k3s server --cluster-init", "", "k3s"),
        ("/usr/local/bin/k3s agent", "", None),
        ("/usr/local/bin/k3s agent", "k3s-agent", None),
        ("/usr/local/bin/k3s agent", "k3s-server", "k3s-server"),
        ("k3s kubectl get nodes", "", None),
        ("rke2 server", "", "rke2"),
        ("rke2 agent", "", None),
        ("k0s controller --single", "", "k0s"),
        ("k0s worker", "", None),
        ("kubelite", "", "kubelite"),
        ("kube-apiserver --etcd-servers=x", "", "kube-apiserver"),
        ("etcdctl endpoint status", "", None),
        ("vim etcd", "", None),
    ],
)
def test_programs_are_known_by_name_and_subcommand(
    tmp_path: Path, file: Path, command: str, name: str, expected: str | None
) -> None:
    """Only what runs a control plane counts, by its own name first."""
    add_process(tmp_path, 7, command, name=name, open_files={"3w": file})
    assert found_in(tmp_path) == ([(expected, 7)] if expected else [])


def test_a_process_may_write_its_own_title(tmp_path: Path, file: Path) -> None:
    """k3s overwrites its arguments with one string and zero bytes after it."""
    process = add_process(tmp_path, 7, "k3s", name="main", open_files={"3w": file})
    (process / "cmdline").write_bytes(b"/usr/local/bin/k3s server\0\0\0\0\0")
    assert found_in(tmp_path) == [("k3s", 7)]


def test_an_open_file_on_the_disk_is_the_reason(tmp_path: Path, file: Path) -> None:
    """The first regular file that is open there is named."""
    open_files = {"3r": file.parent, "4r": file}
    add_process(tmp_path, 7, "etcd --data-dir /nowhere", open_files=open_files)
    assert f"it has {file} open on this disk" == reason_in(tmp_path)


def test_messages_that_go_to_the_disk_are_no_reason(tmp_path: Path, file: Path) -> None:
    """A log that standard output was redirected to says nothing about where the data is."""
    open_files = {"0r": file, "1w": file, "2w": file}
    add_process(tmp_path, 7, "etcd --data-dir /nowhere", open_files=open_files)
    assert found_in(tmp_path) == []


def test_a_process_on_another_disk_is_left_out(tmp_path: Path, file: Path) -> None:
    """An etcd whose files and data directory are elsewhere does not count."""
    add_process(tmp_path, 7, f"etcd --data-dir {file.parent}", open_files={"3w": file, "4w": file})
    assert found_in(tmp_path, on_disk=False) == []


def test_an_api_server_counts_only_for_what_it_writes(tmp_path: Path, file: Path) -> None:
    """An audit log counts; a certificate that is open for reading, or flags unread, do not."""
    add_process(tmp_path, 7, "kube-apiserver", open_files={"3w": file})
    add_process(tmp_path, 8, "kube-apiserver", open_files={"3r": file})
    unknown = add_process(tmp_path, 9, "kube-apiserver", open_files={"3w": file})
    (unknown / "fdinfo/3").unlink()
    assert found_in(tmp_path) == [("kube-apiserver", 7)]


@pytest.mark.parametrize(
    "arguments",
    [
        "etcd --data-dir {at}",
        "etcd --data-dir={at}",
        "etcd -data-dir={at}",
        "etcd --data-dir /nowhere --wal-dir {at}",
        "k3s server -d {at}",
        "k0s controller --data-dir={at}",
    ],
)
def test_a_data_directory_on_the_disk_is_a_reason(tmp_path: Path, arguments: str) -> None:
    """Options are read as Go does, below the root directory of the process."""
    (tmp_path / "container/store").mkdir(parents=True)
    process = add_process(tmp_path, 7, arguments.format(at="/store"))
    link(process, "root", "../../container")
    assert reason_in(tmp_path) == "its data directory /store is on this disk"


@pytest.mark.parametrize("command", ["etcd", "etcd --data-dir", "etcd -d /store"])
def test_what_is_not_an_option_is_not_read(tmp_path: Path, command: str) -> None:
    """An option without a value, or another program's, names no directory."""
    (tmp_path / "container/store").mkdir(parents=True)
    link(add_process(tmp_path, 7, command), "root", "../../container")
    assert found_in(tmp_path) == []


def test_the_environment_names_a_data_directory(tmp_path: Path) -> None:
    """Etcd takes its options from variables, too."""
    (tmp_path / "container/store").mkdir(parents=True)
    process = add_process(tmp_path, 7, "etcd")
    link(process, "root", "../../container")
    write_files(process, {"environ": "PATH=/bin\0ETCD_DATA_DIR=/store\0"})
    assert reason_in(tmp_path) == "its data directory /store is on this disk"


def test_the_default_directory_counts_where_none_is_told(tmp_path: Path) -> None:
    """Without an option etcd uses a directory in its working directory, k3s one in /var/lib."""
    (tmp_path / "container/srv/default.etcd").mkdir(parents=True)
    (tmp_path / "container/var/lib/rancher/k3s").mkdir(parents=True)
    for pid, command in ((7, "etcd"), (8, "k3s server"), (9, "etcd --data-dir /elsewhere")):
        process = add_process(tmp_path, pid, command)
        link(process, "root", "../../container")
        (process / "cwd").symlink_to("/srv")
    assert found_in(tmp_path) == [("etcd", 7), ("k3s", 8)]


def test_with_a_configuration_file_options_do_not_count(tmp_path: Path) -> None:
    """An etcd with a configuration file ignores --data-dir, and so do we."""
    (tmp_path / "container/store").mkdir(parents=True)
    process = add_process(tmp_path, 7, "etcd --config-file=/etc/etcd.yaml --data-dir=/store")
    link(process, "root", "../../container")
    assert found_in(tmp_path) == []


def test_what_cannot_be_seen_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without rights and without a known data directory a live etcd is assumed to be here."""
    add_process(tmp_path, 7, "etcd --config-file=/etc/etcd.yaml")
    hide(monkeypatch, "fd", "root", "cwd", "environ")
    assert reason_in(tmp_path).startswith("its files cannot be seen")


def test_a_data_directory_is_looked_up_in_our_own_filesystem_without_rights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A static pod's data directory is the same outside, and tells where etcd is, or is not."""
    (tmp_path / "var/lib/etcd").mkdir(parents=True)
    add_process(tmp_path, 7, "etcd --data-dir=/var/lib/etcd")
    hide(monkeypatch, "fd", "root", "cwd", "environ")
    assert reason_in(tmp_path) == "its data directory /var/lib/etcd is on this disk"
    assert found_in(tmp_path, on_disk=False) == []


def test_a_relative_directory_without_rights_is_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is relative to a working directory that is hidden could be anywhere."""
    add_process(tmp_path, 7, "etcd --data-dir=store")
    hide(monkeypatch, "fd", "root", "cwd", "environ")
    assert reason_in(tmp_path).startswith("its files cannot be seen")


def test_a_hidden_api_server_is_not_counted(
    tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The etcd beside it is counted; an API server as such writes no database."""
    add_process(tmp_path, 7, "kube-apiserver", open_files={"3w": file})
    hide(monkeypatch, "fd")
    assert found_in(tmp_path) == []


def test_processes_and_files_may_vanish(tmp_path: Path, file: Path) -> None:
    """A process that is gone, a kernel thread, and a closed file are passed over."""
    (tmp_path / "proc/5").mkdir(parents=True)
    write_files(tmp_path, {"proc/6/cmdline": "", "proc/6/comm": "etcd\n"})
    gone = add_process(tmp_path, 7, "etcd")
    (gone / "fd").rmdir()
    open_files = {"3w": tmp_path / "closed", "4w": file}
    add_process(tmp_path, 10, "etcd", open_files=open_files)
    assert found_in(tmp_path) == [("etcd", 10)]


def test_another_partition_of_the_same_disk_counts(tmp_path: Path, file: Path) -> None:
    """A file's own device number leads to its disks, and sharing one of them is enough."""
    number = tmp_path.stat().st_dev
    add_sata_disk(tmp_path, "sda", f"{os.major(number)}:{os.minor(number)}")
    add_process(tmp_path, 7, "etcd", open_files={"3w": file})
    # Where the tests run on a filesystem with an anonymous number, the path leads there instead.
    write_mounts(tmp_path, mount_line("/", "btrfs", "/dev/sda", "0:30"), process="7")
    shared = live_etcd(device_numbers=frozenset(), disks=frozenset({"sda"}), root=tmp_path)
    assert [process.pid for process in shared] == [7]
    assert live_etcd(device_numbers=frozenset(), disks=frozenset({"sdb"}), root=tmp_path) == ()


def test_an_anonymous_number_is_looked_up_by_path(tmp_path: Path) -> None:
    """A btrfs subvolume is found by the mounts of the process, as the process sees them."""
    add_sata_disk(tmp_path, "sda", "8:0")
    lines = (mount_line("/", "overlay", "overlay"), mount_line("/db", "btrfs", "/dev/sda", "0:30"))
    write_mounts(tmp_path, *lines, process="7")
    disk = _Disk(device_numbers=frozenset(), disks=frozenset({"sda"}), root=tmp_path)
    process = tmp_path / "proc/7"
    anonymous = os.makedev(0, 77)
    assert disk.holds(anonymous, "/db/member/wal/0.wal", process)
    assert not disk.holds(anonymous, "/tmp/x", process)
    assert not disk.holds(anonymous, "/db/x", tmp_path / "proc/8")
    assert disk.holds(os.makedev(8, 0), "/x", process)


@pytest.fixture
def real_etcd(tmp_path: Path, file: Path) -> Iterator[int]:
    """Start a program called etcd that holds the file open; end it afterwards."""
    program = tmp_path / "etcd"
    program.write_text(HOLDER.format(python=sys.executable), encoding="utf-8")
    program.chmod(0o700)
    command = [str(program), str(file)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        yield process.pid  # leaving the context closes its input, and it ends


def test_a_real_process_is_found(file: Path, real_etcd: int) -> None:
    """The real /proc shows a live etcd on this disk."""
    numbers = frozenset({file.stat().st_dev})
    live = live_etcd(device_numbers=numbers, disks=frozenset())
    because = f"it has {file} open on this disk"
    assert LiveEtcd(name="etcd", pid=real_etcd, because=because) in live
