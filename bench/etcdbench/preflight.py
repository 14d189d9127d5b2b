"""Before a byte is written: is PATH a place that can be measured, and may it be, now?

Refusals are errors with a hint; what only limits the figures is a caveat (see `caveats`).
"""

import ctypes
import errno
import os
from pathlib import Path

import msgspec

from etcdbench.control_plane import live_etcd
from etcdbench.devices import device_chain, disk_names, target_device_numbers
from etcdbench.errors import PreflightError
from etcdbench.machine import LiveEtcd, Target
from etcdbench.mounts import Mount, find_mount
from etcdbench.units import format_bytes

NOT_DISKS = frozenset(
    {"tmpfs", "ramfs", "devtmpfs", "proc", "sysfs", "cgroup", "cgroup2", "devpts", "squashfs"}
)
"""Filesystems that keep nothing on a disk, or cannot be written."""

PROBE_BYTES = 1_000_000

_LIBC = ctypes.CDLL(None, use_errno=True)


def find_target(path: Path, *, write: bool = True) -> Target:
    """Say what a path is and what lies below it; nothing is written.

    `/var/lib/etcd` does not exist before `kubeadm init`: where only the last component is
    missing, its parent is measured.

    Args:
        path: The path.
        write: Whether it will have to be written to.

    Raises:
        PreflightError: It cannot be measured.
    """
    wanted = Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would follow links in the name
    measured = _existing_directory(wanted)
    mount = find_mount(measured)
    if mount.filesystem in NOT_DISKS:
        raise PreflightError(
            f"{measured} is on {mount.filesystem}, which is no disk",
            hint="give the directory that etcd will use, such as /var/lib/etcd",
        )
    if write and not os.access(measured, os.W_OK | os.X_OK):
        read_only = os.statvfs(measured).f_flag & os.ST_RDONLY
        raise PreflightError(
            f"{measured} is on a read-only filesystem"
            if read_only
            else f"{measured} is not writable by you",
            hint="remount it, or look at dmesg for the reason"
            if read_only
            else "run it as root, or give a directory of your own on the same disk",
        )
    return _describe(wanted, measured, mount)


def demand_room(target: Target, *, room_bytes: int) -> None:
    """Refuse to fill a filesystem up.

    Raises:
        PreflightError: There is less room than the measurement needs.
    """
    room = os.statvfs(target.measured_path)
    free_bytes = room.f_bavail * room.f_frsize
    if free_bytes < room_bytes:
        raise PreflightError(
            f"{target.mount_point} has {format_bytes(free_bytes)} free, and the "
            f"measurement needs {format_bytes(room_bytes)}",
            hint="free some room, or measure another directory on the same disk type",
        )


def demand_no_live_etcd(target: Target, *, beside_etcd: bool) -> tuple[LiveEtcd, ...]:
    """Refuse to slow down a live control plane that has its files on this disk.

    Raises:
        PreflightError: There is one, and nobody asked to measure beside it.
    """
    measured = Path(target.measured_path)
    found = live_etcd(
        device_numbers=target_device_numbers(measured), disks=disk_names(target.devices)
    )
    if found and not beside_etcd:
        first = found[0]
        raise PreflightError(
            f"{first.name} (process {first.pid}) is live on this disk: {first.because}",
            hint="stop it first, or measure gently with --beside-etcd, which can never end in a pass",
        )
    return found


def probe_fallocate(target: Target, directory: Path) -> Target:
    """Find out whether the filesystem preallocates as etcd asks it to (fallocate, mode 0).

    glibc's `posix_fallocate` would write zeros where it cannot, which etcd never does.

    Args:
        target: What is known so far.
        directory: Our own directory on it.
    """
    probe = directory / "probe"
    descriptor = os.open(probe, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
    try:
        _LIBC.fallocate.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64]
        failed = _LIBC.fallocate(descriptor, 0, 0, PROBE_BYTES) != 0
        code = ctypes.get_errno()
    finally:
        os.close(descriptor)
        probe.unlink()
    if failed and code == errno.ENOSPC:
        raise PreflightError(
            f"{target.mount_point} is full", hint="free some room, or measure another directory"
        )
    return msgspec.structs.replace(target, fallocate=not failed)


def _existing_directory(wanted: Path) -> Path:
    """Return the directory to measure: the path itself, or its parent while it is missing."""
    try:
        if wanted.is_dir():
            return wanted.resolve()
        if wanted.exists():
            raise PreflightError(
                f"{wanted} is a file",
                hint="give a directory on the disk that etcd will use, such as /var/lib/etcd",
            )
        if wanted.is_symlink() or not wanted.parent.is_dir():
            raise PreflightError(
                f"{wanted} does not exist",
                hint="check the spelling; before etcd's first start give an existing directory on the same "
                "disk, such as /var/lib",
            )
    except OSError as error:
        raise PreflightError(
            f"{wanted} cannot be looked at: {error.strerror}", hint="run it as root"
        ) from error
    return wanted.parent.resolve()


def _describe(wanted: Path, measured: Path, mount: Mount) -> Target:
    room = os.statvfs(measured)
    return Target(
        path=str(wanted),
        measured_path=str(measured),
        mount_point=mount.mount_point,
        filesystem=mount.filesystem,
        mount_source=mount.source,
        mount_options=mount.options,
        devices=device_chain(mount),
        size_bytes=room.f_blocks * room.f_frsize,
        free_bytes=room.f_bavail * room.f_frsize,
    )
