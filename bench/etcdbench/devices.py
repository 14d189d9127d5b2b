"""From a mount to the disks below it: block devices as /sys describes them.

Everything is read under a root directory, so that a recorded tree can stand in for a machine; a
file that cannot be read is a fact that is not known, never an error. The files are those of the
kernel's Documentation/ABI/stable/sysfs-block and ABI/testing/sysfs-block-{dm,loop}.
"""

import os
import re
from collections import deque
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from etcdbench.machine import Device
from etcdbench.mounts import Mount, device_number, find_mount, read_mounts, read_text

MAX_DEVICES = 16
"""More devices than any sensible chain has: a limit, should sysfs ever show a loop."""

SECTOR_BYTES = 512
"""What sysfs and diskstats call a sector, whatever the disk's own sectors are."""

# Filesystems of many devices and subvolumes, each of which has an anonymous device number.
_POOLED_FILESYSTEMS = ("btrfs", "zfs", "bcachefs")

Bus = Literal["nvme", "sata", "sas", "scsi", "usb", "sd", "virtio", "network", "xen", "unknown"]

# The first that is found in what follows /sys/devices/ counts: a SATA disk in a USB box is `usb`,
# and every SCSI-like disk also has a `host`.
_BUS_PATTERNS: tuple[tuple[Bus, re.Pattern[str]], ...] = (
    ("network", re.compile(r"(?:^|/)(?:session\d+|rport-[^/]+|nvme-fabrics)/|/(?:nbd|d?rbd)\d+")),
    ("usb", re.compile(r"/usb\d+/")),
    ("sata", re.compile(r"/ata\d+/")),
    ("nvme", re.compile(r"/nvme")),
    ("sd", re.compile(r"/mmc_host/")),
    ("virtio", re.compile(r"/virtio\d+/")),
    ("xen", re.compile(r"(?:^|/)vbd-")),
    ("sas", re.compile(r"/end_device-")),
    ("scsi", re.compile(r"/host\d+/")),
)


def device_chain(mount: Mount, *, root: Path = Path("/")) -> tuple[Device, ...]:
    """Return the block devices from the mounted one down to the disks, top first.

    A loop device ends its branch. Empty for what has no block device that we know of: ZFS,
    overlay, network and memory filesystems.
    """
    return _chain(_mounted_directories(mount, root), root)


def number_chain(number: int, *, root: Path = Path("/")) -> tuple[Device, ...]:
    """Return the same for the `st_dev` of a file; empty where that number is anonymous."""
    directory = root / f"sys/dev/block/{os.major(number)}:{os.minor(number)}"
    return _chain([directory.resolve()] if directory.exists() else [], root)


def disk_names(chain: Iterable[Device]) -> frozenset[str]:
    """Return the kernel names of the disks at the bottom of a chain.

    Two files share a disk when these sets meet: partitions and logical volumes do not separate.
    """
    return frozenset(device.name for device in chain if device.kind in {"disk", "loop", "other"})


def target_device_numbers(path: Path, *, root: Path = Path("/")) -> frozenset[int]:
    """Return every `st_dev` that files on the filesystem of an existing path may have.

    One for most. Subvolumes of btrfs and datasets of a ZFS pool have anonymous numbers of their
    own: there, all that are mounted from the same source or pool, and the block devices.

    Raises:
        OSError: The path does not exist.
        PreflightError: As `find_mount`.
    """
    own = find_mount(path, root=root)
    numbers = {path.stat().st_dev, own.device_number}
    for directory in _mounted_directories(own, root):
        numbers.add(device_number(read_text(directory / "dev") or own.device))
    if own.filesystem not in _POOLED_FILESYSTEMS:
        return frozenset(numbers)
    for mount in read_mounts(root=root):
        if _pool(mount) == _pool(own):
            numbers.add(mount.device_number)
            numbers.update(_number_of(root / mount.mount_point.lstrip("/")))
    return frozenset(numbers)


def _number_of(path: Path) -> tuple[int, ...]:
    """Return the `st_dev` of a path; nothing where it cannot be seen."""
    try:
        return (path.stat().st_dev,)
    except OSError:
        return ()


def _pool(mount: Mount) -> tuple[str, str]:
    """Return what mounts of one pool have in common: of `tank/etcd` on ZFS, `tank`."""
    source = mount.source.partition("/")[0] if mount.filesystem == "zfs" else mount.source
    return mount.filesystem, source


def _mounted_directories(mount: Mount, root: Path) -> list[Path]:
    """Return the sysfs directories of the devices that a filesystem lies on."""
    numbered = root / "sys/dev/block" / mount.device
    if numbered.exists():
        return [numbered.resolve()]
    if not mount.source.startswith("/dev/"):
        return []
    # btrfs names one of its devices as the source, bcachefs all of them with colons between.
    names = [(root / part.lstrip("/")).resolve().name for part in mount.source.split(":")]
    for members in root.glob("sys/fs/btrfs/*/devices"):
        if (members / names[0]).exists():
            names = sorted(member.name for member in members.iterdir())
    directories = [root / "sys/class/block" / name for name in names]
    return [directory.resolve() for directory in directories if directory.exists()]


def _chain(tops: list[Path], root: Path) -> tuple[Device, ...]:
    """Walk from sysfs directories downwards, each device once and no more than MAX_DEVICES."""
    waiting = deque(tops)
    found: dict[str, Device] = {}
    while waiting and len(found) < MAX_DEVICES:
        directory = waiting.popleft()
        if directory.name not in found:
            found[directory.name] = _device(directory, root)
            waiting.extend(_below(directory))
    return tuple(found.values())


def _below(directory: Path) -> list[Path]:
    """Return what a device lies on: the disk of a partition, the slaves of dm, md and bcache."""
    if (directory / "partition").exists():
        return [directory.parent]
    return sorted(slave.resolve() for slave in directory.glob("slaves/*"))


def _device(directory: Path, root: Path) -> Device:
    """Read one block device."""
    place = directory.relative_to((root / "sys").resolve()).as_posix().removeprefix("devices/")
    bus = _bus(place)
    sectors = read_text(directory / "size")
    rotational = read_text(directory / "queue/rotational")
    fua = read_text(directory / "queue/fua")
    vendor = read_text(directory / "device/vendor")
    return Device(
        name=directory.name,
        kind=_kind(directory, bus),
        bus=bus,
        # MMC calls its model a name; virtio's vendor is a number that says nothing.
        model=_first_text(directory / "device", "model", "name"),
        vendor=None if vendor is None or vendor.startswith("0x") else vendor,
        firmware=_first_text(directory / "device", "firmware_rev", "fwrev", "rev"),
        size_bytes=None if sectors is None else int(sectors) * SECTOR_BYTES,
        rotational=None if rotational is None else rotational == "1",
        scheduler=_scheduler(read_text(directory / "queue/scheduler")),
        write_cache=read_text(directory / "queue/write_cache"),
        fua=None if fua is None else fua == "1",
        backing_file=read_text(directory / "loop/backing_file"),
    )


def _bus(place: str) -> Bus:
    """Tell how a disk is attached from its path below /sys/devices."""
    for bus, pattern in _BUS_PATTERNS:
        if pattern.search(place):
            return bus
    return "unknown"


def _kind(
    directory: Path, bus: Bus
) -> Literal["disk", "partition", "dm-crypt", "lvm", "dm", "md", "loop", "other"]:
    """Tell what a block device is from the directories that only its kind has."""
    if (directory / "partition").exists():
        return "partition"
    if (directory / "dm").is_dir():
        # Each user of device-mapper marks its devices with a prefix of its own.
        uuid = read_text(directory / "dm/uuid") or ""
        return (
            "dm-crypt" if uuid.startswith("CRYPT-") else "lvm" if uuid.startswith("LVM-") else "dm"
        )
    if (directory / "md").is_dir():
        return "md"
    if (directory / "loop").is_dir():
        return "loop"
    return "disk" if (directory / "device").exists() or bus == "network" else "other"


def _first_text(directory: Path, *names: str) -> str | None:
    """Return the first of some files that says anything."""
    return next(filter(None, (read_text(directory / name) for name in names)), None)


def _scheduler(text: str | None) -> str | None:
    """Return the one in brackets of `none [mq-deadline] kyber`; dm and md show a bare `none`."""
    found = re.search(r"\[([^\]]+)\]", text or "")
    return found[1] if found else text
