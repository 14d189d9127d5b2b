"""What helps against slow flushes on this kind of device, the cheapest first."""

from collections.abc import Sequence
from typing import Protocol

from etcdbench.machine import Device

NETWORK_FILESYSTEMS = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "ceph", "9p", "virtiofs", "lustre"}
    | {"fuse.glusterfs", "fuse.sshfs"}
)

DEFAULT = (
    "move etcd to an SSD with power-loss protection; until then keep images, logs and virtual "
    "machines off its disk"
)

MEASURE_IT = "measure the disk itself: etcdbench run PATH"


def spins(device: Device) -> bool:
    """Say whether a device is a spinning disk; virtual ones only claim to be."""
    return (
        device.kind == "disk"
        and bool(device.rotational)
        and device.bus in {"sata", "sas", "scsi", "usb"}
    )


class OnDevices(Protocol):
    """What lies on a filesystem and devices: a target, or a place of the host."""

    @property
    def filesystem(self) -> str:
        """Return its type as the kernel names it."""
        ...

    @property
    def devices(self) -> Sequence[Device]:
        """Return the chain from the mounted device down to the disks."""
        ...


def for_slow_flushes(target: OnDevices) -> str:
    """Say what helps; the first line of the table that fits, as the cause nearest to the disk."""
    kinds = {device.kind for device in target.devices}
    buses = {device.bus for device in target.devices}
    table = (
        (
            any(spins(device) for device in target.devices),
            "a spinning disk cannot flush fast enough for etcd: give etcd an SSD of its own",
        ),
        (
            bool(buses & {"sd", "usb"}),
            "USB adapters and sticks, SD cards and eMMC often flush slowly: attach an SSD by SATA or NVMe",
        ),
        (
            "network" in buses or target.filesystem in NETWORK_FILESYSTEMS,
            "a network volume pays the network for every flush: use a local disk for etcd",
        ),
        (
            target.filesystem in {"btrfs", "zfs", "overlay"},
            f"{target.filesystem} adds work to every flush: try ext4 or XFS on this disk first",
        ),
        (
            "dm-crypt" in kinds,
            "measure once without encryption to see its share of the flush time",
        ),
        (
            "loop" in kinds,
            "this is a file on another filesystem: measure the disk that etcd will really use",
        ),
        (
            "virtio" in buses,
            "use cache=none on the host (never cache=unsafe), or in a cloud a faster volume type",
        ),
    )
    return next((text for fits, text in table if fits), DEFAULT)
