"""What kind of disk a result speaks of: as far as the kernel tells, and no further.

A label for groups and ranges, never a reason for a verdict: drives of one kind differ more than
kinds do.
"""

from collections.abc import Sequence

from etcdbench import advice
from etcdbench.machine import Device, Target
from etcdbench.records import Struct

HDD = "hard disk"
FLASH_CARD = "SD card or eMMC"
NETWORK = "network or cloud volume"
VIRTUAL = "virtual disk"
PROTECTED = "SSD without a volatile cache"
NVME, SATA, USB = "NVMe SSD", "SATA SSD", "USB SSD"
UNKNOWN = "unknown"

_SOLID_STATE = {"nvme": NVME, "sata": SATA, "sas": SATA, "scsi": SATA, "usb": USB}


class DeviceClass(Struct, frozen=True, kw_only=True):
    """A kind of disk.

    Attributes:
        name: The kind.
        bus: How the disk is attached, as the kernel says.
        because: What tells so.
    """

    name: str
    bus: str
    because: str


def classify(target: Target, *, virtualization: str | None = None) -> DeviceClass:
    """Say what kind of disk is below a target.

    An SSD that reports no volatile write cache is what drives with power-loss protection, mostly
    sold for data centres, look like; a model's name is not believed.
    """
    disks = [device for device in target.devices if device.kind == "disk"]
    buses = {disk.bus for disk in disks}
    unbuffered = all(disk.write_cache == "write through" for disk in disks)
    table = (
        (
            "network" in buses or target.filesystem in advice.NETWORK_FILESYSTEMS,
            NETWORK,
            "the kernel reaches it over the network",
        ),
        (not disks, UNKNOWN, "no disk was found below it"),
        (
            virtualization or buses & {"virtio", "xen"},
            VIRTUAL,
            "a hypervisor stands between it and the disk",
        ),
        (any(map(advice.spins, disks)), HDD, "the kernel says that it spins"),
        ("sd" in buses, FLASH_CARD, "it is attached as a memory card"),
        (
            unbuffered,
            PROTECTED,
            "it reports no volatile write cache, as drives with power-loss protection do",
        ),
    )
    for fits, name, because in table:
        if fits:
            return DeviceClass(name=name, bus=_bus(disks), because=because)
    return DeviceClass(
        name=_SOLID_STATE.get(disks[0].bus, UNKNOWN),
        bus=_bus(disks),
        because="it reports a volatile write cache, as consumer drives do",
    )


def _bus(disks: Sequence[Device]) -> str:
    return "+".join(sorted({disk.bus for disk in disks})) or "unknown"
