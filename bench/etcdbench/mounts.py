"""Which filesystem holds a path, from /proc/PID/mountinfo.

Everything is read under a root directory, so that a recorded tree can stand in for a machine; a
file that cannot be read is a fact that is not known. The format is that of
proc_pid_mountinfo(5).
"""

import os
import re
from collections.abc import Iterable
from pathlib import Path, PurePath, PurePosixPath

from etcdbench.errors import PreflightError
from etcdbench.records import Struct

_MEMORY_FILESYSTEMS = ("tmpfs", "ramfs")


class Mount(Struct, frozen=True, kw_only=True):
    """One line of /proc/self/mountinfo.

    Attributes:
        mount_point: Where it is mounted.
        filesystem: Type as the kernel names it (`ext4`).
        source: What is mounted (`/dev/sda2`, `tank/etcd`).
        options: Options of mount and superblock, sorted, each once.
        device: `major:minor` of the filesystem; major 0 means that it has no single device.
        subtree: Which directory of the filesystem is mounted: `/`, or another for a bind mount.
    """

    mount_point: str
    filesystem: str
    source: str
    options: tuple[str, ...]
    device: str
    subtree: str = "/"

    @property
    def device_number(self) -> int:
        """Return `device` as `st_dev` has it."""
        return device_number(self.device)


def read_text(path: Path) -> str | None:
    """Return a file without the white space around it; None where it is empty or unreadable."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip() or None
    except OSError:
        return None


def device_number(device: str) -> int:
    """Turn the kernel's `major:minor` into what `st_dev` holds."""
    major, minor = device.split(":")
    return os.makedev(int(major), int(minor))


def read_mounts(*, root: Path = Path("/"), process: str = "self") -> tuple[Mount, ...]:
    """Return all mounts that a process (a pid, or `self`) sees, in mountinfo's order."""
    text = read_text(root / "proc" / process / "mountinfo")
    # Not splitlines(): a mount point may hold what Python takes for the end of a line.
    return () if text is None else tuple(_mount(line) for line in text.split("\n"))


def holding_mount(path: PurePath, mounts: Iterable[Mount]) -> Mount | None:
    """Return the mount that holds an absolute path; None if none does.

    The longest mount point counts, and of equally long ones the last: it covers the others.
    """
    found = None
    longest = 0
    for mount in mounts:
        parts = PurePosixPath(mount.mount_point).parts
        if len(parts) >= longest and path.parts[: len(parts)] == parts:
            found, longest = mount, len(parts)
    return found


def find_mount(path: Path, *, root: Path = Path("/")) -> Mount:
    """Return the mount that holds a path, which need not exist, after following symbolic links.

    Raises:
        PreflightError: /proc is not mounted, or we are in a chroot that is no mount point.
    """
    mount = holding_mount(path.resolve(), read_mounts(root=root))
    if mount is None:
        raise PreflightError(
            f"/proc/self/mountinfo does not say which filesystem holds {path}",
            hint="mount /proc, or run outside the chroot",
        )
    return mount


def memory_scratch(*, root: Path = Path("/")) -> Path | None:
    """Return the first writable directory that is kept in memory; None if there is none."""
    for candidate in ("/dev/shm", os.environ.get("XDG_RUNTIME_DIR", ""), "/run"):  # noqa: S108 - only looked at; whoever writes there makes a private directory
        mount = holding_mount(PurePosixPath(candidate), read_mounts(root=root))
        directory = root / candidate.lstrip("/")
        if mount is None or mount.filesystem not in _MEMORY_FILESYSTEMS:
            continue
        if directory.is_dir() and os.access(directory, os.W_OK | os.X_OK):
            return directory
    return None


def _mount(line: str) -> Mount:
    """Parse one line of mountinfo: 6 fields, optional ones, `-`, type, source, super options."""
    fields = line.split(" ")
    dash = fields.index("-", 6)
    options = {*fields[5].split(","), *fields[dash + 3].split(",")}
    return Mount(
        mount_point=_unescape(fields[4]),
        filesystem=fields[dash + 1],
        source=_unescape(fields[dash + 2]),
        options=tuple(sorted(_unescape(option) for option in options)),
        device=fields[2],
        subtree=_unescape(fields[3]),
    )


def _unescape(field: str) -> str:
    r"""Undo the kernel's octal escapes of space, tab, line feed and backslash (`\040`)."""
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), field)
