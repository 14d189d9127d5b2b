"""Where it is measured, as types: the target, the devices below it, the machine around it."""

from typing import Literal

from etcdbench.records import Real, Struct, Whole


class Device(Struct, frozen=True, kw_only=True):
    """One block device of the chain from the mount to the disk.

    Attributes:
        name: Kernel name (`nvme0n1`, `dm-0`).
        kind: What it is.
        bus: How a disk is attached; a label, never a reason for a verdict.
        size_bytes: Its size.
        write_cache: What the kernel believes: `write back` needs flushes, `write through` not.
        fua: Whether the device takes forced-unit-access writes.
        backing_file: The file behind a loop device.
    """

    name: str
    kind: Literal["disk", "partition", "dm-crypt", "lvm", "dm", "md", "loop", "other"]
    bus: Literal["nvme", "sata", "sas", "scsi", "usb", "sd", "virtio", "network", "xen", "unknown"]
    model: str | None = None
    vendor: str | None = None
    firmware: str | None = None
    size_bytes: Whole | None = None
    rotational: bool | None = None
    scheduler: str | None = None
    write_cache: str | None = None
    fua: bool | None = None
    backing_file: str | None = None


class Target(Struct, frozen=True, kw_only=True):
    """The directory that is measured and all that is below it.

    Attributes:
        path: As the user gave it, made absolute.
        measured_path: Where we write: `path`, or its parent while `path` does not exist.
        mount_point: Mount point that holds it.
        filesystem: Type as the kernel names it (`ext4`).
        mount_source: What is mounted (`/dev/sda2`, `tank/etcd`).
        mount_options: Options of mount and superblock, sorted.
        devices: The chain from the mounted device down to the disks; empty where unknown.
        size_bytes: Size of the filesystem.
        free_bytes: What an unprivileged user may still fill.
        fallocate: Whether the filesystem preallocates unwritten extents, as etcd asks it to.
    """

    path: str
    measured_path: str
    mount_point: str
    filesystem: str
    mount_source: str
    mount_options: tuple[str, ...] = ()
    devices: tuple[Device, ...] = ()
    size_bytes: Whole
    free_bytes: Whole
    fallocate: bool = True


class CgroupLimits(Struct, frozen=True, kw_only=True):
    """What our own control group may use; None where there is no limit.

    Attributes:
        io_max: Lines of `io.max` (or the blkio throttle files), as the kernel gives them.
        io_weight: `io.weight` where it is not the default of 100.
        memory_max_bytes: `memory.max`.
        cpu_max: `cpu.max` as quota and period, where there is a quota.
    """

    io_max: tuple[str, ...] = ()
    io_weight: str | None = None
    memory_max_bytes: Whole | None = None
    cpu_max: str | None = None


class Pressure(Struct, frozen=True, kw_only=True):
    """Pressure stall information, percent of the last ten seconds; None where not kept."""

    io_some_avg10: Real | None = None
    io_full_avg10: Real | None = None
    cpu_some_avg10: Real | None = None
    memory_some_avg10: Real | None = None


class Environment(Struct, frozen=True, kw_only=True):
    """The machine at the start of the measurement.

    Attributes:
        hostname: Its name.
        operating_system: `PRETTY_NAME` of os-release.
        kernel: Kernel release.
        cpu_count: CPUs that this process may use.
        memory_bytes: Physical memory.
        virtualization: Hypervisor or container kind; None on bare metal or where unknown.
        pressure: Stall information before we began.
        device_busy_share: Share of one second in which the disk was busy before we began.
        device_write_bytes_per_second: What others wrote to it in that second.
        cgroup: Limits of our own control group.
        fio_version: As fio prints it.
        scratch_filesystem: Filesystem that holds job files and logs.
    """

    hostname: str
    operating_system: str
    kernel: str
    cpu_count: Whole
    memory_bytes: Whole
    virtualization: str | None = None
    pressure: Pressure = Pressure()
    device_busy_share: Real | None = None
    device_write_bytes_per_second: Real | None = None
    cgroup: CgroupLimits = CgroupLimits()
    fio_version: str = ""
    scratch_filesystem: str = "tmpfs"


class LiveEtcd(Struct, frozen=True, kw_only=True):
    """A process of a live control plane that has files on the device.

    Attributes:
        name: Name of the program.
        pid: Its process id.
        because: How we know that it uses this device.
    """

    name: str
    pid: int
    because: str


class MachineLoad(Struct, frozen=True, kw_only=True):
    """How busy the machine was during a run; None where the kernel does not say.

    Attributes:
        cpu_busy_share: Share of all CPU time that was not idle or waiting for I/O.
        cpu_steal_share: Share that the hypervisor gave to others.
        cpu_stall_share: Share of time in which some task waited for a CPU (PSI).
        io_stall_share: Share of time in which all tasks waited for I/O (PSI).
    """

    cpu_busy_share: Real | None = None
    cpu_steal_share: Real | None = None
    cpu_stall_share: Real | None = None
    io_stall_share: Real | None = None
