"""Which disk holds what: etcd, container images, the kubelet, the journal, the root filesystem."""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath

import msgspec

from etcdbench.devices import device_chain, disk_names, number_chain
from etcdbench.diagnosis import Unseen
from etcdbench.disk_model import ROLE_WORDS, Place, Role
from etcdbench.machine import Device
from etcdbench.mounts import Mount, holding_mount, read_mounts
from etcdbench.probes import Programs

ETCD_DIRECTORIES = {
    "/var/lib/etcd": ROLE_WORDS["etcd"],
    "/var/lib/rancher/k3s/server/db/etcd": ROLE_WORDS["etcd"],
    "/var/lib/rancher/rke2/server/db/etcd": ROLE_WORDS["etcd"],
    "/var/lib/k0s/etcd": ROLE_WORDS["etcd"],
    "/var/lib/rancher/k3s/server/db": "k3s's database",
}
"""Where kubeadm, k3s, rke2 and k0s keep it unless told otherwise, and k3s without etcd; what it is
called."""

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


def places_unasked(path: Path, *, root: Path = Path("/")) -> tuple[Place, ...]:
    """Return etcd's directory and the root filesystem without a question to any disk.

    For a disk that hangs: links are not followed, and free space is not known.
    """
    mounts = read_mounts(root=root)
    wanted: tuple[tuple[Role, str, str], ...] = (
        ("etcd", str(path), ETCD_DIRECTORIES.get(str(path), str(path))),
        ("root", "/", ROLE_WORDS["root"]),
    )
    found = (
        _place(role, name, called, mounts, root, ask=False)
        for role, name, called in wanted
        if role == "root" or name != "/"
    )
    return tuple(place for place in found if place is not None)


def with_pools(found: Iterable[Place], programs: Programs, *, root: Path) -> tuple[Place, ...]:
    """Complete the places that are on ZFS, whose mounts name a pool instead of a device.

    Args:
        found: Places.
        programs: Who asks `zpool`, which only shows its list.
        root: Where /dev and /sys are.
    """
    pools: dict[str, tuple[Device, ...]] = {}
    complete: list[Place] = []
    for place in found:
        if place.filesystem != "zfs" or place.devices:
            complete.append(place)
            continue
        if place.pool not in pools:
            pools[place.pool] = _pool_devices(place.pool, programs, root)
        devices = pools[place.pool]
        disks = tuple(sorted(disk_names(devices)))
        complete.append(
            msgspec.structs.replace(
                place, devices=devices, disks=disks, log_names=_log_names(devices, disks, root)
            )
        )
    return tuple(complete)


def _pool_devices(pool: str, programs: Programs, root: Path) -> tuple[Device, ...]:
    """Return the devices of a pool and the disks below them; none where nobody says."""
    listed = programs.answer("zpool", "list", "-vHP", pool) or ""
    devices: dict[str, Device] = {}
    for name in re.findall(r"^\s+(/dev/\S+)", listed, re.MULTILINE):
        try:
            number = (root / name.lstrip("/")).stat().st_rdev
        except OSError:
            continue
        devices |= {device.name: device for device in number_chain(number, root=root)}
    return tuple(devices.values())


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


def _wanted(path: Path, root: Path) -> Iterator[tuple[Role, str, str]]:
    """Give role, directory and what it is called."""
    if path != Path("/"):
        member = root / str(path).lstrip("/") / "member"
        called = ROLE_WORDS["etcd"] if os.path.isdir(member) else str(path)  # noqa: PTH112 - Path.is_dir raises where we may not look
        yield "etcd", str(path), ETCD_DIRECTORIES.get(str(path), called)
    for role, names in _DIRECTORIES:
        for name in names:
            if os.path.isdir(root / name.lstrip("/")):  # noqa: PTH112 - Path.is_dir raises where we may not look
                yield role, name, ROLE_WORDS[role]
                break
    if _journal_is_on_disk(root):
        yield "journal", "/var/log/journal", ROLE_WORDS["journal"]
    yield "root", "/", ROLE_WORDS["root"]


def _journal_is_on_disk(root: Path) -> bool:
    """Say whether journald keeps its log on a disk now.

    It begins in /run, and moves to /var when that is there and `Storage=` of journald.conf(5)
    allows it; nothing is left in /run then.
    """
    in_memory = any(root.glob("run/log/journal/*/system.journal"))
    return not in_memory and any(root.glob("var/log/journal/*/system.journal"))


def _place(
    role: Role, name: str, called: str, mounts: Sequence[Mount], root: Path, *, ask: bool = True
) -> Place | None:
    """Look at one directory; None where no mount is known to hold it.

    Args:
        role: Who keeps its data there.
        name: The directory.
        called: What a sentence calls it.
        mounts: All mounts.
        root: Of the tree.
        ask: Whether to follow links and ask for free space, which may have to wait for a disk.
    """
    real = (root / name.lstrip("/")).resolve() if ask else root / name.lstrip("/")
    top = root.resolve() if ask else root
    inside = real.relative_to(top) if real.is_relative_to(top) else real
    mount = holding_mount(PurePosixPath("/") / inside, mounts)
    if mount is None:
        return None
    devices = device_chain(mount, root=root)
    disks = tuple(sorted(disk_names(devices)))
    room = _room(real) if ask else None
    return Place(
        role=role,
        path=name,
        called=called,
        filesystem=mount.filesystem,
        mount_point=mount.mount_point,
        pool=mount.source.partition("/")[0] if mount.filesystem == "zfs" else "",
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
