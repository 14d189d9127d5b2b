"""Which disk holds what: etcd, container images, the kubelet, the journal, the root filesystem."""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath

from etcdbench.devices import device_chain, disk_names
from etcdbench.diagnosis import Unseen
from etcdbench.disk_model import ROLE_WORDS, JournalStorage, Place, Role
from etcdbench.machine import Device
from etcdbench.mounts import Mount, holding_mount, read_mounts

ETCD_DIRECTORIES = (
    "/var/lib/etcd",
    "/var/lib/rancher/k3s/server/db/etcd",
    "/var/lib/rancher/rke2/server/db/etcd",
    "/var/lib/k0s/etcd",
)
"""Where kubeadm, k3s, rke2 and k0s keep it, unless told otherwise."""

_DIRECTORIES: tuple[tuple[Role, tuple[str, ...]], ...] = (
    (
        "containerd",
        (
            "/var/lib/containerd",
            "/var/lib/rancher/k3s/agent/containerd",
            "/var/lib/rancher/rke2/agent/containerd",
            "/var/lib/k0s/containerd",
            "/var/lib/containers",
            "/var/lib/docker",
        ),
    ),
    ("kubelet", ("/var/lib/kubelet", "/var/lib/k0s/kubelet")),
)

# What a disk hangs on, in its path below /sys/devices, and in the kernel's log.
_HANGS_ON = re.compile(r"ata\d+|nvme\d+|mmc\d+|\d+-[\d.]+")


def etcd_directory(*, root: Path = Path("/")) -> Path:
    """Return the first directory of etcd's that exists, else the root directory."""
    found = (Path(name) for name in ETCD_DIRECTORIES if os.path.isdir(root / name.lstrip("/")))  # noqa: PTH112 - Path.is_dir raises where we may not look
    return next(found, Path("/"))


def places(path: Path, *, root: Path = Path("/")) -> tuple[Place, ...]:
    """Return what matters on this host, etcd's directory first; what does not exist is left out.

    Args:
        path: The directory of etcd, or the one that was asked about.
        root: Where /proc, /sys and the directories are.
    """
    mounts = read_mounts(root=root)
    wanted = list(_wanted(path, root))
    found = (_place(role, name, called, mounts, root) for role, name, called in wanted)
    return tuple(place for place in found if place is not None)


def hidden_places(*, root: Path = Path("/")) -> tuple[Unseen, ...]:
    """Return the directories of etcd that may exist where we are not allowed to look."""
    hidden: list[Unseen] = []
    for name in ETCD_DIRECTORIES:
        try:
            (root / name.lstrip("/")).stat()
        except PermissionError:
            hidden.append(Unseen(what=name, because="only root may look there"))
        except OSError:
            continue
    return tuple(hidden)


def journal_storage(*, root: Path = Path("/")) -> JournalStorage | None:
    """Say where journald keeps its log now; None where there is none that we may see.

    It moves from /run to /var when the disk is there, and leaves nothing behind (journald.conf(5),
    `Storage=`).
    """
    if any(root.glob("run/log/journal/*/system.journal")):
        return "memory"
    return "disk" if any(root.glob("var/log/journal/*/system.journal")) else None


def _wanted(path: Path, root: Path) -> Iterator[tuple[Role, str, str]]:
    """Give role, directory and what it is called."""
    if path != Path("/"):
        known = str(path) in ETCD_DIRECTORIES or (root / str(path).lstrip("/") / "member").is_dir()
        yield "etcd", str(path), ROLE_WORDS["etcd"] if known else str(path)
    for role, names in _DIRECTORIES:
        for name in names:
            if os.path.isdir(root / name.lstrip("/")):  # noqa: PTH112 - Path.is_dir raises where we may not look
                yield role, name, ROLE_WORDS[role]
                break
    if journal_storage(root=root) == "disk":
        yield "journal", "/var/log/journal", ROLE_WORDS["journal"]
    yield "root", "/", ROLE_WORDS["root"]


def _place(role: Role, name: str, called: str, mounts: Sequence[Mount], root: Path) -> Place | None:
    """Look at one directory; None where no mount is known to hold it."""
    real = (root / name.lstrip("/")).resolve()
    inside = real.relative_to(root.resolve()) if real.is_relative_to(root.resolve()) else real
    mount = holding_mount(PurePosixPath("/") / inside, mounts)
    if mount is None:
        return None
    devices = device_chain(mount, root=root)
    disks = tuple(sorted(disk_names(devices)))
    room = _room(real)
    return Place(
        role=role,
        path=name,
        called=called,
        filesystem=mount.filesystem,
        mount_point=mount.mount_point,
        mount_options=mount.options,
        devices=devices,
        disks=disks,
        log_names=_log_names(devices, disks, root),
        size_bytes=None if room is None else room.f_blocks * room.f_frsize,
        free_bytes=None if room is None else room.f_bavail * room.f_frsize,
        inodes=None if room is None or not room.f_files else room.f_files,
        inodes_free=None if room is None or not room.f_files else room.f_favail,
    )


def _room(path: Path) -> os.statvfs_result | None:
    try:
        return os.statvfs(path)
    except OSError:
        return None


def _log_names(devices: Iterable[Device], disks: Iterable[str], root: Path) -> tuple[str, ...]:
    """Return what the kernel's log may call these devices and the ports they are on."""
    names = [device.name for device in devices]
    for disk in disks:
        parts = (root / "sys/class/block" / disk).resolve().parts
        names += [part for part in parts if _HANGS_ON.fullmatch(part)]
    return tuple(dict.fromkeys(names))
