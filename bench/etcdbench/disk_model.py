"""What `doctor` can see of the disks, as types. Pure data; see `disk_facts` for where it is from."""

from collections.abc import Iterable
from typing import Literal

from etcdbench.diagnosis import Unseen
from etcdbench.machine import Device
from etcdbench.records import Struct
from etcdbench.units import listed

Role = Literal["etcd", "containerd", "kubelet", "journal", "root"]

ROLE_WORDS: dict[Role, str] = {
    "etcd": "etcd",
    "containerd": "container images",
    "kubelet": "the kubelet's files",
    "journal": "the journal",
    "root": "the root filesystem",
}


class Place(Struct, frozen=True, kw_only=True):
    """One of the directories whose disk can make a node hang.

    Attributes:
        role: Who keeps its data there.
        path: The directory.
        called: What a sentence calls it (`etcd`, `the journal`).
        filesystem: Type as the kernel names it.
        mount_point: Where that is mounted.
        pool: The pool, on ZFS.
        mount_options: Options of mount and superblock.
        devices: The chain from the mounted device down to the disks; empty where unknown.
        disks: Kernel names of the disks at the bottom.
        log_names: What the kernel's log calls these devices, and what they hang on (`ata1`).
        size_bytes: Size of the filesystem, None where it cannot be asked.
        free_bytes: What others than root may still fill.
        inodes: Number of files that it can hold; None where it has no such limit.
        inodes_free: Number of files that may still be made.
    """

    role: Role
    path: str
    called: str
    filesystem: str
    mount_point: str
    pool: str = ""
    mount_options: tuple[str, ...] = ()
    devices: tuple[Device, ...] = ()
    disks: tuple[str, ...] = ()
    log_names: tuple[str, ...] = ()
    size_bytes: int | None = None
    free_bytes: int | None = None
    inodes: int | None = None
    inodes_free: int | None = None


class DiskActivity(Struct, frozen=True, kw_only=True):
    """What one disk did between the two readings.

    Attributes:
        name: Kernel name.
        busy_share: Share of the time in which it had something to do.
        bytes_written_per_second: What was written to it.
        reads: Reads that ended.
        read_mean_seconds: How long one took, with its wait in the queue; None without any.
        writes: Writes that ended.
        write_mean_seconds: The same.
        flushes: Flushes that ended; None where the kernel does not count them.
        flush_mean_seconds: The same.
        unanswered: Requests that waited all the time, while not a single one ended.
    """

    name: str
    busy_share: float
    bytes_written_per_second: float
    reads: int = 0
    read_mean_seconds: float | None = None
    writes: int = 0
    write_mean_seconds: float | None = None
    flushes: int | None = None
    flush_mean_seconds: float | None = None
    unanswered: int = 0

    @property
    def ended(self) -> int:
        """Return how many requests ended."""
        return self.reads + self.writes + (self.flushes or 0)

    @property
    def flush_total_seconds(self) -> float:
        """Return how much of the time went into flushes; one runs at a time."""
        return (self.flushes or 0) * (self.flush_mean_seconds or 0.0)

    @property
    def slowest_mean_seconds(self) -> float:
        """Return the larger mean of reads and writes, 0 without any."""
        return max(self.read_mean_seconds or 0.0, self.write_mean_seconds or 0.0)


class Stalls(Struct, frozen=True, kw_only=True):
    """How much tasks waited for one resource, as shares of time; None where not kept (PSI).

    Attributes:
        some: Some task waited: the larger of the share between the two readings and the kernel's
            average of the last ten seconds.
        full: All tasks that had something to do waited, the same way.
    """

    some: float | None = None
    full: float | None = None


class WaitingTask(Struct, frozen=True, kw_only=True):
    """A task in uninterruptible sleep (state D).

    Attributes:
        thread_id: Its id.
        name: As the kernel knows it, of 15 characters at most.
        wchan: Kernel function that it waits in; None where we may not see it.
    """

    thread_id: int
    name: str
    wchan: str | None = None


class SwapArea(Struct, frozen=True, kw_only=True):
    """One line of /proc/swaps."""

    name: str
    used_bytes: int


class LogLine(Struct, frozen=True, kw_only=True):
    """A line of a log that tells of trouble, and its age in seconds."""

    age_seconds: float
    text: str


class Wear(Struct, frozen=True, kw_only=True):
    """What a disk says about its own health; None for what it does not say.

    Attributes:
        disk: Kernel name.
        passed: Its own overall judgement.
        used_percent: Share of its rated endurance that is used up; may be over 100.
        spare_percent: Spare cells that are left (NVMe).
        spare_threshold_percent: Below this the maker takes it for worn out (NVMe).
        media_errors: Reads and writes that failed for good (NVMe).
        reallocated_sectors: Sectors that were replaced (ATA).
        pending_sectors: Sectors that could not be read and wait for a replacement (ATA).
    """

    disk: str
    passed: bool | None = None
    used_percent: int | None = None
    spare_percent: int | None = None
    spare_threshold_percent: int | None = None
    media_errors: int | None = None
    reallocated_sectors: int | None = None
    pending_sectors: int | None = None


class DiskFacts(Struct, frozen=True, kw_only=True):
    """Everything that was seen of the disks.

    Attributes:
        seconds: Time between the two readings.
        places: Directories that matter, etcd's first.
        activity: What each disk did, busiest first.
        io: Waits for I/O.
        memory: Waits for memory.
        swaps: Swap areas.
        swapped_pages: Pages that went to swap or came from it between the readings.
        waiting: Tasks that were in uninterruptible sleep at both readings.
        kernel_lines: Lines of the kernel's log that tell of trouble.
        etcd_lines: Lines of etcd's log that tell of trouble.
        wear: What disks say of themselves.
        unseen: What could not be looked at.
    """

    seconds: float
    places: tuple[Place, ...] = ()
    activity: tuple[DiskActivity, ...] = ()
    io: Stalls = Stalls()
    memory: Stalls = Stalls()
    swaps: tuple[SwapArea, ...] = ()
    swapped_pages: int = 0
    waiting: tuple[WaitingTask, ...] = ()
    kernel_lines: tuple[LogLine, ...] = ()
    etcd_lines: tuple[LogLine, ...] = ()
    wear: tuple[Wear, ...] = ()
    unseen: tuple[Unseen, ...] = ()

    def held_by(self, disk: str) -> tuple[Place, ...]:
        """Return the places that a disk holds."""
        return tuple(place for place in self.places if disk in place.disks)


def holding(disk: str, places: Iterable[Place]) -> str:
    """Say what a disk holds: `sda, which holds etcd and the journal`."""
    called = listed(place.called for place in places)
    return f"{disk}, which holds {called}" if called else disk
