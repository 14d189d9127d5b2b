"""Devices: the chain from a mount down to its disks."""

import os
from pathlib import Path

import pytest

from etcdbench.devices import (
    MAX_DEVICES,
    device_chain,
    disk_names,
    number_chain,
    target_device_numbers,
)
from etcdbench.machine import Device
from etcdbench.mounts import Mount, find_mount
from trees import (
    add_block,
    add_nvme_disk,
    add_sata_disk,
    link,
    mount_line,
    write_files,
    write_mounts,
)


def mount(source: str, device: str = "0:50", filesystem: str = "ext4") -> Mount:
    """Return a mount of which only these matter."""
    return Mount(
        mount_point="/data", filesystem=filesystem, source=source, options=("rw",), device=device
    )


def kinds(chain: tuple[Device, ...]) -> list[tuple[str, str]]:
    """Return names and kinds."""
    return [(device.name, device.kind) for device in chain]


def test_an_nvme_disk_is_described(tmp_path: Path) -> None:
    """All that sysfs says about a disk is kept, without padding."""
    add_nvme_disk(tmp_path)
    expected = Device(
        name="nvme0n1",
        kind="disk",
        bus="nvme",
        model="WDC WDS100T2B0C-00PXH0",
        firmware="211210WD",
        size_bytes=1_048_576,
        rotational=False,
        scheduler="none",
        write_cache="write back",
        fua=True,
    )
    assert (expected,) == device_chain(mount("/dev/nvme0n1", "259:0"), root=tmp_path)


def test_a_sata_partition_leads_to_its_disk(tmp_path: Path) -> None:
    """A partition knows its size, its disk the model, vendor, firmware and scheduler."""
    add_sata_disk(tmp_path, "sda", "8:0")
    disk = (tmp_path / "sys/class/block/sda").resolve().relative_to(tmp_path / "sys/devices")
    add_block(tmp_path, f"{disk}/sda1", "8:1", {"partition": "1\n"})
    partition, parent = device_chain(mount("/dev/sda1", "8:1", "xfs"), root=tmp_path)
    assert Device(name="sda1", kind="partition", bus="sata", size_bytes=1_048_576) == partition
    assert (parent.name, parent.kind, parent.bus) == ("sda", "disk", "sata")
    assert (parent.vendor, parent.model, parent.firmware) == ("ATA", "Samsung SSD 870", "3B6Q")
    assert parent.scheduler == "mq-deadline"
    assert frozenset({"sda"}) == disk_names((partition, parent))


def test_encryption_on_lvm_leads_to_the_disk(tmp_path: Path) -> None:
    """Each layer of device-mapper is named by the prefix of its uuid."""
    add_nvme_disk(tmp_path)
    lvm = {"dm/uuid": "LVM-abc\n", "queue/scheduler": "none\n", "queue/rotational": "1\n"}
    add_block(tmp_path, "virtual/block/dm-0", "253:0", lvm, slaves=("nvme0n1",))
    crypt = {"dm/uuid": "CRYPT-LUKS2-abc-root\n"}
    add_block(tmp_path, "virtual/block/dm-1", "253:1", crypt, slaves=("dm-0",))
    chain = device_chain(mount("/dev/mapper/root", "253:1"), root=tmp_path)
    assert kinds(chain) == [("dm-1", "dm-crypt"), ("dm-0", "lvm"), ("nvme0n1", "disk")]
    assert (chain[0].scheduler, chain[1].scheduler) == (None, "none")
    assert (chain[0].rotational, chain[1].rotational) == (None, True)
    assert frozenset({"nvme0n1"}) == disk_names(chain)


def test_other_device_mappers_are_just_that(tmp_path: Path) -> None:
    """Multipath, or a device-mapper without any uuid, is `dm`."""
    add_sata_disk(tmp_path, "sda", "8:0")
    add_sata_disk(tmp_path, "sdb", "8:16")
    mpath = {"dm/uuid": "mpath-3600\n"}
    add_block(tmp_path, "virtual/block/dm-0", "253:0", mpath, slaves=("sda", "sdb"))
    add_block(tmp_path, "virtual/block/dm-1", "253:1", {"dm/uuid": ""})
    chain = device_chain(mount("/dev/mapper/a", "253:0"), root=tmp_path)
    assert kinds(chain) == [("dm-0", "dm"), ("sda", "disk"), ("sdb", "disk")]
    assert kinds(device_chain(mount("/dev/dm-1", "253:1"), root=tmp_path)) == [("dm-1", "dm")]


def test_a_mirror_leads_to_both_disks(tmp_path: Path) -> None:
    """Both legs of an md mirror are disks of the chain."""
    add_sata_disk(tmp_path, "sda", "8:0")
    add_sata_disk(tmp_path, "sdb", "8:16")
    md = {"md/level": "raid1\n"}
    add_block(tmp_path, "virtual/block/md0", "9:0", md, slaves=("sda", "sdb"))
    chain = device_chain(mount("/dev/md0", "9:0"), root=tmp_path)
    assert kinds(chain) == [("md0", "md"), ("sda", "disk"), ("sdb", "disk")]
    assert frozenset({"sda", "sdb"}) == disk_names(chain)


def test_a_loop_device_ends_the_chain(tmp_path: Path) -> None:
    """A loop device names its backing file, which is not followed."""
    add_block(tmp_path, "virtual/block/loop0", "7:0", {"loop/backing_file": "/var/disk.img\n"})
    (loop,) = device_chain(mount("/dev/loop0", "7:0"), root=tmp_path)
    assert (loop.kind, loop.bus, loop.backing_file) == ("loop", "unknown", "/var/disk.img")
    assert frozenset({"loop0"}) == disk_names((loop,))


def test_memory_and_bcache_are_something_else(tmp_path: Path) -> None:
    """A device of no kind that we know is `other`, and is followed where it has slaves."""
    add_sata_disk(tmp_path, "sda", "8:0")
    add_block(tmp_path, "virtual/block/bcache0", "251:0", slaves=("sda",))
    chain = device_chain(mount("/dev/bcache0", "251:0"), root=tmp_path)
    assert kinds(chain) == [("bcache0", "other"), ("sda", "disk")]


@pytest.mark.parametrize(
    ("place", "bus"),
    [
        ("pci0/0000:00:14.0/usb2/2-1/2-1:1.0/host6/target6:0:0/6:0:0:0/block/sdb", "usb"),
        ("platform/soc/fe340000.mmc/mmc_host/mmc0/mmc0:aaaa/block/mmcblk0", "sd"),
        ("pci0000:00/0000:00:02.0/virtio1/block/vda", "virtio"),
        ("pci0000:00/0000:00:02.0/virtio2/host2/target2:0:0/2:0:0:0/block/sda", "virtio"),
        ("vbd-51712/block/xvda", "xen"),
        ("pci0/0000:01:00.0/host0/port-0:0/end_device-0:0/target0:0:0/0:0:0:0/block/sda", "sas"),
        ("pci0/0000:01:00.0/host0/target0:2:0/0:2:0:0/block/sda", "scsi"),
        ("platform/host3/session1/target3:0:0/3:0:0:1/block/sdc", "network"),
        ("pci0/0000:05:00.0/host1/rport-1:0-2/target1:0:0/1:0:0:0/block/sdd", "network"),
        ("virtual/nvme-fabrics/ctl/nvme1/nvme1n1", "network"),
        ("virtual/nvme-subsystem/nvme-subsys0/nvme0n1", "nvme"),
        ("virtual/block/nbd0", "network"),
        ("virtual/block/drbd0", "network"),
        ("rbd/0/block/rbd0", "network"),
        ("virtual/block/zram0", "unknown"),
    ],
)
def test_the_bus_follows_from_the_path_in_sysfs(tmp_path: Path, place: str, bus: str) -> None:
    """The bus is what sysfs hangs the disk on, whatever the test's own directory is called."""
    root = tmp_path / "usb1" / "nvme"
    add_block(root, place, "8:0")
    (device,) = device_chain(mount("/dev/x", "8:0"), root=root)
    assert bus == device.bus


def test_disks_name_themselves_in_their_own_ways(tmp_path: Path) -> None:
    """An SD card calls its model a name, and virtio's vendor is a number that says nothing."""
    card = {"device/name": "SD64G\n", "device/fwrev": "0x0\n", "device/rev": "0x8\n"}
    add_block(tmp_path, "platform/mmc_host/mmc0/mmc0:1/block/mmcblk0", "179:0", card)
    add_block(tmp_path, "pci0/virtio1/block/vda", "254:0", {"device/vendor": "0x1af4\n"})
    (sd,) = device_chain(mount("/dev/mmcblk0", "179:0"), root=tmp_path)
    (virtio,) = device_chain(mount("/dev/vda", "254:0"), root=tmp_path)
    assert (sd.kind, sd.model, sd.firmware) == ("disk", "SD64G", "0x0")
    assert (virtio.kind, virtio.model, virtio.vendor) == ("disk", None, None)


def test_a_network_disk_is_a_disk(tmp_path: Path) -> None:
    """A network block device has no `device` directory and is a disk all the same."""
    add_block(tmp_path, "virtual/block/nbd0", "43:0")
    assert kinds(device_chain(mount("/dev/nbd0", "43:0"), root=tmp_path)) == [("nbd0", "disk")]


def test_files_that_are_missing_are_facts_not_known(tmp_path: Path) -> None:
    """A device about which sysfs says nothing has a name, a kind and a bus."""
    add_block(tmp_path, "virtual/block/zram0", "252:0")
    (tmp_path / "sys/devices/virtual/block/zram0/size").unlink()
    chain = device_chain(mount("/dev/zram0", "252:0"), root=tmp_path)
    assert (Device(name="zram0", kind="other", bus="unknown"),) == chain


def test_btrfs_is_found_by_its_source(tmp_path: Path) -> None:
    """The number of a btrfs is anonymous; its source leads through /dev/mapper to the device."""
    add_block(tmp_path, "virtual/block/dm-0", "253:0", {"dm/uuid": "CRYPT-LUKS2-x\n"})
    link(tmp_path, "dev/mapper/root", "dev/dm-0")
    chain = device_chain(mount("/dev/mapper/root", "0:30", "btrfs"), root=tmp_path)
    assert kinds(chain) == [("dm-0", "dm-crypt")]


def test_btrfs_over_two_disks_has_both(tmp_path: Path) -> None:
    """The source is only one of the devices; /sys/fs/btrfs lists them all."""
    add_sata_disk(tmp_path, "sda", "8:0")
    add_sata_disk(tmp_path, "sdb", "8:16")
    for name in ("sda", "sdb"):
        link(tmp_path, f"sys/fs/btrfs/0f1e/devices/{name}", f"sys/class/block/{name}")
    chain = device_chain(mount("/dev/sdb", "0:30", "btrfs"), root=tmp_path)
    assert frozenset({"sda", "sdb"}) == disk_names(chain)


@pytest.mark.parametrize(
    ("filesystem", "source"),
    [
        ("zfs", "tank/etcd"),
        ("overlay", "overlay"),
        ("nfs4", "server:/export"),
        ("tmpfs", "tmpfs"),
        ("btrfs", "/dev/gone"),
    ],
)
def test_what_has_no_block_device_has_no_chain(
    tmp_path: Path, filesystem: str, source: str
) -> None:
    """ZFS, overlay, network and memory filesystems, and devices that are hidden, give nothing."""
    chain = device_chain(mount(source, filesystem=filesystem), root=tmp_path)
    assert ((), frozenset()) == (chain, disk_names(chain))


def test_a_loop_in_sysfs_ends(tmp_path: Path) -> None:
    """Devices that lie on each other are each listed once."""
    add_block(tmp_path, "virtual/block/dm-0", "253:0", {"dm/uuid": ""})
    add_block(tmp_path, "virtual/block/dm-1", "253:1", {"dm/uuid": ""}, slaves=("dm-0",))
    link(tmp_path, "sys/devices/virtual/block/dm-0/slaves/dm-1", "sys/devices/virtual/block/dm-1")
    chain = device_chain(mount("/dev/dm-1", "253:1"), root=tmp_path)
    assert kinds(chain) == [("dm-1", "dm"), ("dm-0", "dm")]


def test_a_chain_has_a_limit(tmp_path: Path) -> None:
    """No more than MAX_DEVICES are listed."""
    for minor in range(MAX_DEVICES + 2):
        slaves = (f"dm-{minor - 1}",) if minor else ()
        add_block(tmp_path, f"virtual/block/dm-{minor}", f"253:{minor}", slaves=slaves)
    top = mount("/dev/dm", f"253:{MAX_DEVICES + 1}")
    assert len(device_chain(top, root=tmp_path)) == MAX_DEVICES


def test_a_device_number_has_a_chain(tmp_path: Path) -> None:
    """The chain of a file's `st_dev` is found by number, and an anonymous number has none."""
    add_nvme_disk(tmp_path)
    assert kinds(number_chain(os.makedev(259, 0), root=tmp_path)) == [("nvme0n1", "disk")]
    assert number_chain(os.makedev(0, 30), root=tmp_path) == ()


def test_a_plain_filesystem_has_one_device_number(tmp_path: Path) -> None:
    """The path's own number counts beside the mount's and that of the block device."""
    add_nvme_disk(tmp_path)
    write_mounts(tmp_path, mount_line("/", "ext4", "/dev/nvme0n1", "259:0"))
    numbers = {tmp_path.stat().st_dev, os.makedev(259, 0)}
    assert numbers == target_device_numbers(tmp_path, root=tmp_path)


def test_btrfs_has_the_numbers_of_all_mounts_of_its_source(tmp_path: Path) -> None:
    """Subvolumes have numbers of their own: those of one source and its device belong together."""
    add_nvme_disk(tmp_path)
    write_files(tmp_path, {"data/file": ""})
    write_mounts(
        tmp_path,
        mount_line("/", "btrfs", "/dev/nvme0n1", "0:30"),
        mount_line("/data", "btrfs", "/dev/nvme0n1", "0:31"),
        mount_line("/gone", "btrfs", "/dev/nvme0n1", "0:30"),
        mount_line("/other", "btrfs", "/dev/sdb", "0:32"),
    )
    anonymous = {os.makedev(0, 30), os.makedev(0, 31)}
    numbers = {tmp_path.stat().st_dev, os.makedev(259, 0)} | anonymous
    assert numbers == target_device_numbers(tmp_path, root=tmp_path)


def test_zfs_has_the_numbers_of_its_pool(tmp_path: Path) -> None:
    """Datasets of one pool share its disks; those of another do not."""
    write_mounts(
        tmp_path,
        mount_line("/", "zfs", "tank/root", "0:30"),
        mount_line("/var/lib/etcd", "zfs", "tank/etcd", "0:31"),
        mount_line("/backup", "zfs", "backup", "0:32"),
    )
    numbers = {tmp_path.stat().st_dev, os.makedev(0, 30), os.makedev(0, 31)}
    assert numbers == target_device_numbers(tmp_path, root=tmp_path)


def test_the_target_must_exist(tmp_path: Path) -> None:
    """A path that does not exist has no device number."""
    write_mounts(tmp_path, mount_line("/", "ext4", "/dev/sda", "8:0"))
    with pytest.raises(FileNotFoundError):
        target_device_numbers(tmp_path / "missing", root=tmp_path)


def test_this_machine_can_be_read() -> None:
    """The real /sys gives a chain, maybe an empty one, without an error."""
    chain = device_chain(find_mount(Path("/")))
    assert disk_names(chain) <= {device.name for device in chain}
