"""Kinds of disks."""

import pytest

from etcdbench import device_class
from etcdbench.device_class import classify
from etcdbench.machine import Device
from fakes import device, target

CASES = [
    (device(), device_class.SATA),
    (device("nvme0n1", bus="nvme"), device_class.NVME),
    (device("nvme0n1", bus="nvme", write_cache="write through"), device_class.PROTECTED),
    (device(rotational=True), device_class.HDD),
    (device(rotational=True, write_cache="write through"), device_class.HDD),
    (device("mmcblk0", bus="sd"), device_class.FLASH_CARD),
    (device("vda", bus="virtio", rotational=True), device_class.VIRTUAL),
    (device("nbd0", bus="network"), device_class.NETWORK),
    (device(bus="usb"), device_class.USB),
    (device(kind="loop"), device_class.UNKNOWN),
]


@pytest.mark.parametrize(("disk", "kind"), CASES)
def test_the_kernel_tells_the_kind(disk: Device, kind: str) -> None:
    """By bus, rotation and cache; a model's name is not believed."""
    assert classify(target(disk)).name == kind


def test_what_a_hypervisor_shows_is_not_believed() -> None:
    """A SATA SSD in a virtual machine may be anything."""
    assert classify(target(device()), virtualization="kvm").name == device_class.VIRTUAL


def test_a_network_filesystem_has_no_disk() -> None:
    """NFS."""
    assert classify(target(filesystem="nfs4")).name == device_class.NETWORK
