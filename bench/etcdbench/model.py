"""The words of this project as types: what is asked, what was measured, what it means.

All are frozen. Names carry their units. Nothing derived is stored: a percentile, a share or a
verdict is computed from a `Result` whenever it is asked for.
"""

import enum
from typing import Annotated, Literal

import msgspec

from etcdbench.histogram import Histogram, merge

# --- what is asked ------------------------------------------------------------------------------

Arrivals = Literal["regular", "poisson"]
PhaseName = Annotated[str, msgspec.Meta(pattern="^[a-z][a-z0-9-]{0,39}$")]
RatePerSecond = Annotated[float, msgspec.Meta(gt=0, le=100_000)]


class Struct(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What all of our types have in common (msgspec does not inherit `kw_only`)."""


class Requests(Struct, kw_only=True):
    """The stream of write requests that reaches etcd.

    Attributes:
        rate_per_second: Mean arrivals per second.
        arrivals: At equal distances (as `etcdctl check perf` sends) or as a Poisson process.
        key_size_bytes: Bytes of one key.
        value_size_bytes: Bytes of one value.
        key_copies: How often a WAL record holds the key: 1 for a plain put, 3 for the
            compare-and-put transaction of kube-apiserver.
    """

    rate_per_second: RatePerSecond
    arrivals: Arrivals = "regular"
    key_size_bytes: Annotated[int, msgspec.Meta(ge=1, le=1_500_000)] = 276
    value_size_bytes: Annotated[int, msgspec.Meta(ge=0, le=1_500_000)] = 1024
    key_copies: Literal[1, 3] = 1


class Phase(Struct, kw_only=True):
    """One stretch of a profile: one fio invocation.

    Attributes:
        name: Its name in results and checks.
        runtime_seconds: How long the load lasts.
        rate_per_second: Requests per second where they differ from the profile's.
        repeat: Once, or in rounds until every check is decided or the time is up.
    """

    name: PhaseName
    runtime_seconds: Annotated[float, msgspec.Meta(ge=1, le=3600)]
    rate_per_second: RatePerSecond | None = None
    repeat: Literal["once", "until-decided"] = "once"


class Recipe(Struct, kw_only=True):
    """A closed-loop fdatasync job with fio's own option names, for what people publish."""

    rw: Literal["write"]
    ioengine: Literal["sync", "psync"]
    fdatasync: Annotated[int, msgspec.Meta(ge=1, le=1000)]
    size_bytes: Annotated[int, msgspec.Meta(ge=4096, le=1_000_000_000)]
    bs_bytes: Annotated[int, msgspec.Meta(ge=1, le=1_048_576)]


class Profile(Struct, kw_only=True):
    """What is written to the disk.

    Attributes:
        title: One line for lists.
        description: What it stands for, with its sources.
        requests: The request stream; None for a recipe.
        recipe: The recipe; None for a workload of etcd's.
        phases: In order; empty for a recipe.
        stop: Whether phases after one that fails are left out.
    """

    format: Literal["etcdbench-profile"]
    version: Literal[1]
    title: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    description: Annotated[str, msgspec.Meta(max_length=4000)] = ""
    requests: Requests | None = None
    recipe: Recipe | None = None
    phases: Annotated[tuple[Phase, ...], msgspec.Meta(max_length=32)] = ()
    stop: Literal["at-the-end", "at-first-failure"] = "at-the-end"


# --- where it is measured -----------------------------------------------------------------------


class Device(Struct, kw_only=True):
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
    size_bytes: int | None = None
    rotational: bool | None = None
    scheduler: str | None = None
    write_cache: str | None = None
    fua: bool | None = None
    backing_file: str | None = None


class Target(Struct, kw_only=True):
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
    size_bytes: int
    free_bytes: int
    fallocate: bool = True


class CgroupLimits(Struct, kw_only=True):
    """What our own control group may use; None where there is no limit.

    Attributes:
        io_max: Lines of `io.max` (or the blkio throttle files), as the kernel gives them.
        io_weight: `io.weight` where it is not the default of 100.
        memory_max_bytes: `memory.max`.
        cpu_max: `cpu.max` as quota and period, where there is a quota.
    """

    io_max: tuple[str, ...] = ()
    io_weight: str | None = None
    memory_max_bytes: int | None = None
    cpu_max: str | None = None


class Pressure(Struct, kw_only=True):
    """Pressure stall information, percent of the last ten seconds; None where not kept."""

    io_some_avg10: float | None = None
    io_full_avg10: float | None = None
    cpu_some_avg10: float | None = None
    memory_some_avg10: float | None = None


class Environment(Struct, kw_only=True):
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
    cpu_count: int
    memory_bytes: int
    virtualization: str | None = None
    pressure: Pressure = Pressure()
    device_busy_share: float | None = None
    device_write_bytes_per_second: float | None = None
    cgroup: CgroupLimits = CgroupLimits()
    fio_version: str = ""
    scratch_filesystem: str = "tmpfs"


class LiveEtcd(Struct, kw_only=True):
    """A process of a live control plane that has files on the device.

    Attributes:
        name: Name of the program.
        pid: Its process id.
        because: How we know that it uses this device.
    """

    name: str
    pid: int
    because: str


# --- what was measured --------------------------------------------------------------------------

StreamName = Literal["wal", "backend", "commit"]


class Block(Struct, kw_only=True):
    """What one stretch of a stream, about a second, saw.

    Attributes:
        start_seconds: Since the load began.
        length_seconds: Its length: fio is silent in a stall, so blocks differ.
        histogram: Latencies of the operations that ended in it.
    """

    start_seconds: float
    length_seconds: float
    histogram: Histogram


class Stream(Struct, kw_only=True):
    """One kind of latency in one run.

    Attributes:
        name: `wal` (fdatasyncs of the WAL), `backend` (fdatasyncs of the database) or `commit`
            (first write of a backend commit to the end of its second fdatasync).
        blocks: In order of time.
        catch_up_count: Flushes that were issued back to back to catch up after a stall, which
            etcd would have merged into one: they are not samples of their own.
    """

    name: StreamName
    blocks: tuple[Block, ...]
    catch_up_count: int = 0

    def histogram(self) -> Histogram:
        """Return all blocks merged."""
        return merge(block.histogram for block in self.blocks)


class WalSchedule(Struct, kw_only=True):
    """When the WAL is flushed and how much each flush writes.

    Attributes:
        due_ms: Milliseconds since fio's start; shape (n,).
        sizes_bytes: Bytes of each batch; shape (n,).
        start_offset_bytes: Where in the run's WAL the first batch goes, counted over segments.
    """

    due_ms: tuple[int, ...]
    sizes_bytes: tuple[int, ...]
    start_offset_bytes: int = 0


class BackendSchedule(Struct, kw_only=True):
    """When the database commits and how many pages each commit writes.

    Attributes:
        due_ms: Milliseconds since fio's start; shape (n,).
        new_pages: Pages that each commit adds at the end of the file; shape (n,).
        start_page: Pages that the file holds before the first commit.
    """

    due_ms: tuple[int, ...]
    new_pages: tuple[int, ...]
    start_page: int = 0


class MachineLoad(Struct, kw_only=True):
    """How busy the machine was during a run; None where the kernel does not say.

    Attributes:
        cpu_busy_share: Share of all CPU time that was not idle or waiting for I/O.
        cpu_steal_share: Share that the hypervisor gave to others.
        cpu_stall_share: Share of time in which some task waited for a CPU (PSI).
        io_stall_share: Share of time in which all tasks waited for I/O (PSI).
    """

    cpu_busy_share: float | None = None
    cpu_steal_share: float | None = None
    cpu_stall_share: float | None = None
    io_stall_share: float | None = None


class Run(Struct, kw_only=True):
    """One fio invocation and what it returned.

    Attributes:
        phase: Name of the phase (`calibrate`, `steady`, `ladder-m`, `recipe`).
        rate_per_second: Requests per second that it stands for; None for a recipe.
        started_at: UTC, ISO 8601.
        wall_seconds: From fio's start to its end.
        job_file: The job file exactly as fio read it.
        wal: The WAL's schedule; the iolog follows from it.
        backend: The backend's schedule.
        streams: What was measured.
        bytes_written: By fio, to the filesystem.
        machine: How busy the machine was.
        stopped: Why it ended early; None when it did not.
    """

    phase: str
    rate_per_second: float | None = None
    started_at: str
    wall_seconds: float
    job_file: str
    wal: WalSchedule | None = None
    backend: BackendSchedule | None = None
    streams: tuple[Stream, ...]
    bytes_written: int
    machine: MachineLoad = MachineLoad()
    stopped: str | None = None


class Settings(Struct, kw_only=True):
    """How the measurement was asked for.

    Attributes:
        profile: Name or path of the profile.
        load: Cluster class (`s`), or None with a rate of one's own.
        mode: Default, `quick` (WAL only) or `full` (to the cap).
        beside_etcd: Whether a live etcd was to be spared.
        rounds_max: Rounds after which the measurement ends, decided or not.
        seed: Seed of the random draws.
    """

    profile: str
    load: str | None = None
    mode: Literal["default", "quick", "full"] = "default"
    beside_etcd: bool = False
    rounds_max: int = 1
    seed: int = 1


class Result(Struct, kw_only=True):
    """A measurement: what was asked, where, and what fio returned.

    Attributes:
        created_at: UTC, ISO 8601.
        etcdbench_version: Version that measured.
        settings: How it was asked for.
        requests: The request stream of the main phase; None for a recipe.
        profile_text: The profile file exactly as read.
        target: What was measured.
        environment: On which machine.
        live_etcd: Processes that were spared.
        runs: In order of time.
        complete: Whether it came to its own end.
        interrupted: Why it did not; None when it did.
        wall_seconds: From the first run's start to the last one's end.
    """

    created_at: str
    etcdbench_version: str
    settings: Settings
    requests: Requests | None
    profile_text: str
    target: Target
    environment: Environment
    live_etcd: tuple[LiveEtcd, ...] = ()
    runs: tuple[Run, ...] = ()
    complete: bool = False
    interrupted: str | None = None
    wall_seconds: float = 0.0

    def streams(self, name: StreamName, phase: str) -> tuple[Stream, ...]:
        """Return one stream of each run of a phase, in order of time."""
        return tuple(
            stream
            for run in self.runs
            if run.phase == phase
            for stream in run.streams
            if stream.name == name
        )

    @property
    def bytes_written(self) -> int:
        """Return what fio wrote in all runs."""
        return sum(run.bytes_written for run in self.runs)


# --- what it means ------------------------------------------------------------------------------


class Verdict(enum.StrEnum):
    """What a check, or all of them, says; ordered from good to bad by `severity`."""

    PASS = "pass"
    WARN = "warn"
    INCONCLUSIVE = "inconclusive"
    FAIL = "fail"

    @property
    def severity(self) -> int:
        """Return 0 for a pass up to 3 for a fail."""
        return list(Verdict).index(self)


class Finding(Struct, kw_only=True):
    """What one check says; the names are an interface (see docs/json.md).

    Attributes:
        id: Name of the check.
        phase: Phase it speaks of.
        measured_seconds, low_seconds, high_seconds: The figure and its interval; None where the
            samples cannot say.
        limit_seconds: What it is held against.
        etcd_would_report_seconds: The figure as etcd's buckets would show it.
        samples: How many operations it rests on.
        because: The reason in a sentence.
        advice: What to do, fitting this device; empty for a pass.
        reference: Where the limit comes from.
    """

    id: str
    phase: str
    verdict: Verdict
    measured_seconds: float | None = None
    low_seconds: float | None = None
    high_seconds: float | None = None
    limit_seconds: float | None = None
    etcd_would_report_seconds: float | None = None
    samples: int = 0
    because: str
    advice: str = ""
    reference: str = ""


class Caveat(Struct, kw_only=True):
    """Something that limits what the figures can tell; never a verdict.

    Attributes:
        code: Stable name.
        message: What was seen and why it matters.
        advice: What to do about it.
    """

    code: str
    message: str
    advice: str
