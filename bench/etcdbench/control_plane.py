"""Processes of a live control plane that use the disk that is to be measured.

Read from /proc alone: what a process has open, and otherwise where it was told to keep its data.
Processes come and go while we look, and most of what they do is hidden from other users.
"""

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

from etcdbench.devices import device_chain, disk_names, number_chain
from etcdbench.machine import LiveEtcd
from etcdbench.mounts import holding_mount, read_mounts
from etcdbench.records import Struct


class _Program(Struct, frozen=True, kw_only=True):
    """A program that is, holds, or writes for an etcd.

    Attributes:
        subcommand: The one that runs a control plane; None where there are no others.
        options: Options that name data directories, without dashes.
        variables: Environment variables that do the same.
        default: Data directory without any of these; relative to the working directory, or None
            where there is none.
        only_writing: Whether it counts only for files that it has open for writing.
    """

    subcommand: str | None = None
    options: tuple[str, ...] = ("data-dir",)
    variables: tuple[str, ...] = ()
    default: str | None = None
    only_writing: bool = False


# What a program was started with says where its messages go, not where its data is.
_STANDARD_STREAMS = ("0", "1", "2")

_K3S = _Program(
    subcommand="server",
    options=("data-dir", "d"),
    variables=("K3S_DATA_DIR",),
    default="/var/lib/rancher/k3s",
)

# k3s starts itself again under the name of its role, then overwrites its arguments with
# `k3s server`, which some releases of 2024 got wrong (k3s issue 10616): the name comes first.
_PROGRAMS: Final[dict[str, _Program]] = {
    "etcd": _Program(
        options=("data-dir", "wal-dir"),
        variables=("ETCD_DATA_DIR", "ETCD_WAL_DIR"),
        default="default.etcd",
    ),
    "k3s-server": _Program(options=_K3S.options, variables=_K3S.variables, default=_K3S.default),
    "k3s": _K3S,
    "rke2": _Program(
        subcommand="server",
        options=("data-dir", "d"),
        variables=("RKE2_DATA_DIR",),
        default="/var/lib/rancher/rke2",
    ),
    "k0s": _Program(subcommand="controller", default="/var/lib/k0s"),
    "kubelite": _Program(default="/var/snap/microk8s/current"),
    "kube-apiserver": _Program(options=(), only_writing=True),
}


class _Process(Struct, frozen=True, kw_only=True):
    """A running program of ours.

    Attributes:
        directory: Its directory below /proc.
        name: Key of `_PROGRAMS`.
        arguments: Its command line without the program.
    """

    directory: Path
    name: str
    arguments: tuple[str, ...]

    @property
    def program(self) -> _Program:
        """Return what we know about it."""
        return _PROGRAMS[self.name]


class _Disk(Struct, frozen=True, kw_only=True):
    """The disk that is to be measured, and the tree in which others are looked up."""

    device_numbers: frozenset[int]
    disks: frozenset[str]
    root: Path

    def holds(self, number: int, path: str, process: Path) -> bool:
        """Tell whether a file is on this disk.

        Args:
            number: Its `st_dev`.
            path: Its path as the process sees it, for filesystems with anonymous numbers.
            process: Directory of the process below /proc.
        """
        if number in self.device_numbers:
            return True
        if os.major(number):
            chain = number_chain(number, root=self.root)
        else:
            mounts = read_mounts(root=self.root, process=process.name)
            mount = holding_mount(PurePosixPath(path), mounts)
            chain = () if mount is None else device_chain(mount, root=self.root)
        return not self.disks.isdisjoint(disk_names(chain))


def live_etcd(
    *, device_numbers: frozenset[int], disks: frozenset[str], root: Path = Path("/")
) -> tuple[LiveEtcd, ...]:
    """Return the processes of a live control plane that have files on a disk, by process id.

    Args:
        device_numbers: Every `st_dev` of the target's filesystem (`target_device_numbers`).
        disks: Kernel names of the disks below it (`disk_names` of its chain), so that an etcd on
            another partition or logical volume of the same disk is found, too; empty for a
            filesystem whose disks are not known.
        root: Where /proc and /sys are.

    A process whose files cannot be seen and whose data directory is not known is counted: to
    disturb an etcd unknowingly is worse than to ask once too often.
    """
    disk = _Disk(device_numbers=device_numbers, disks=disks, root=root)
    found: list[LiveEtcd] = []
    for process in _processes(root):
        reason = _reason(process, disk)
        if reason is not None:
            pid = int(process.directory.name)
            found.append(LiveEtcd(name=process.name, pid=pid, because=reason))
    return tuple(found)


# --- which processes ----------------------------------------------------------------------------


def _processes(root: Path) -> Iterator[_Process]:
    """Go through all processes by id and yield those that belong to a control plane."""
    for directory in sorted(root.glob("proc/[0-9]*"), key=lambda directory: int(directory.name)):
        words = _strings(directory / "cmdline")
        if len(words) == 1:  # a process that wrote its own title: `/usr/local/bin/k3s server`
            words = tuple(words[0].split(" "))
        if not words:
            continue  # a kernel thread, a zombie, or gone
        own_name = next(iter(_strings(directory / "comm")), "").strip()
        for name in (own_name, PurePosixPath(words[0]).name):
            program = _PROGRAMS.get(name)
            if program is not None and program.subcommand in {None, *words[1:]}:
                yield _Process(directory=directory, name=name, arguments=words[1:])
                break


def _strings(path: Path) -> tuple[str, ...]:
    """Return the strings of a file that ends each with a zero byte; none where unreadable."""
    try:
        content = path.read_bytes()
    except OSError:
        return ()
    return tuple(os.fsdecode(part) for part in content.rstrip(b"\0").split(b"\0") if content)


# --- whether they use the disk ------------------------------------------------------------------


def _reason(process: _Process, disk: _Disk) -> str | None:
    """Say how we know that a process uses the disk; None if it does not."""
    path, all_seen = _open_file(process, disk)
    if path is not None:
        return f"it has {path} open on this disk"
    if process.program.only_writing:
        return None
    places = {name: _place(name, process, disk.root) for name in _data_directories(process)}
    for name, number in places.items():
        if number is not None and disk.holds(number, name, process.directory):
            return f"its data directory {name} is on this disk"
    if all_seen or any(number is not None for number in places.values()):
        return None
    return "its files cannot be seen by this user, so it may well use this disk"


def _open_file(process: _Process, disk: _Disk) -> tuple[str | None, bool]:
    """Return the first regular file that a process has open on the disk.

    Returns:
        Its path, None if there is no such file; whether we could see what is open.
    """
    try:
        opened = sorted((process.directory / "fd").iterdir())
    except PermissionError:
        return None, False
    except OSError:
        return None, True  # it has ended
    elsewhere: set[int] = set()
    for descriptor in opened:
        if descriptor.name in _STANDARD_STREAMS:
            continue
        try:
            status, path = descriptor.stat(), str(descriptor.readlink())
        except OSError:
            continue  # closed meanwhile
        if not stat.S_ISREG(status.st_mode) or status.st_dev in elsewhere:
            continue
        if process.program.only_writing and not _open_for_writing(descriptor):
            continue
        if disk.holds(status.st_dev, path, process.directory):
            return path, True
        elsewhere.add(status.st_dev)
    return None, True


def _open_for_writing(descriptor: Path) -> bool:
    """Read the access mode from the flags, in octal, of proc_pid_fdinfo(5)."""
    information = descriptor.parent.parent / "fdinfo" / descriptor.name
    try:
        found = re.search(r"^flags:\s*([0-7]+)", information.read_text("utf-8"), re.MULTILINE)
    except OSError:
        return False  # closed meanwhile
    return found is not None and int(found[1], 8) & os.O_ACCMODE != os.O_RDONLY


def _data_directories(process: _Process) -> tuple[str, ...]:
    """Return where a process keeps its data, as it sees it: options, variables, else the default.

    What is relative to a working directory that we cannot see is left out, and so is everything
    about an etcd with a configuration file, for it then ignores its other options.
    """
    program = process.program
    if process.name == "etcd" and _option("config-file", process.arguments) is not None:
        return ()
    lines = (line.partition("=") for line in _strings(process.directory / "environ"))
    environ = {key: value for key, _, value in lines}
    told = [_option(name, process.arguments) for name in program.options]
    told += [environ.get(name) for name in program.variables]
    names = tuple(filter(None, told)) or tuple(filter(None, [program.default]))
    try:
        working_directory = (process.directory / "cwd").readlink()
    except OSError:
        return tuple(name for name in names if name.startswith("/"))
    return tuple(str(working_directory / name) for name in names)


def _option(name: str, arguments: tuple[str, ...]) -> str | None:
    """Return the value of an option as Go reads it: one dash or two, `=` or a word of its own."""
    for index, argument in enumerate(arguments):
        key, equals, value = argument.partition("=")
        if key in {f"-{name}", f"--{name}"}:
            return value if equals else next(iter(arguments[index + 1 :]), None)
    return None


def _place(name: str, process: _Process, root: Path) -> int | None:
    """Return the `st_dev` of a directory that a process names; None where it cannot be seen.

    It is looked up in the filesystem of the process, which may be a container's, or in our own
    where only root may do that: for a static pod's data directory it is the same.
    """
    for path in (process.directory / "root" / name.lstrip("/"), root / name.lstrip("/")):
        try:
            return path.stat().st_dev
        except PermissionError:
            continue
        except OSError:
            return None
    return None
