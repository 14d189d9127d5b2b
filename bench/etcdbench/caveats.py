"""What limits the figures of a result: never a verdict, always with advice.

A caveat is a function from `Result` to caveats, with its name in `CAVEATS`. All look at what was
recorded, so an old result gains new caveats, and the same list serves before measuring, when no
run is there yet.
"""

from collections.abc import Callable, Iterable

from etcdbench import foreign_caveats
from etcdbench.advice import MEASURE_IT, NETWORK_FILESYSTEMS
from etcdbench.histogram import merge
from etcdbench.machine import Device
from etcdbench.model import Caveat, Result
from etcdbench.timeline import span_of
from etcdbench.units import format_bytes, format_seconds, format_share
from etcdbench.workload import RUNG_PREFIX, is_main_phase

TOO_FAST_NS = 30_000
"""A flush that reaches flash or a platter takes longer than this; Optane needs about 30 µs
(https://gist.github.com/pklaus/36fb8c45fa786d45b85025bbae3f4ab2)."""

BUSY_SHARE = 0.1
"""A disk that others keep busy for more than this is not at rest."""

CPU_BUSY_SHARE = 0.9
CPU_STEAL_SHARE = 0.05
CPU_STALL_SHARE = 0.25
CATCH_UP_SHARE = 0.02


def of(result: Result) -> tuple[Caveat, ...]:
    """Return every caveat of a result."""
    return tuple(caveat for find in CAVEATS for caveat in find(result))


def _parent_measured(result: Result) -> Iterable[Caveat]:
    target = result.target
    if target.path != target.measured_path:
        yield Caveat(
            code="parent_measured",
            message=f"{target.path} does not exist yet, so {target.measured_path} was measured",
            advice="if a disk of its own is still to be mounted there, mount it first",
        )


def _filesystem(result: Result) -> Iterable[Caveat]:
    kind = result.target.filesystem
    meanings = {
        "overlay": "is a container's layered filesystem: its flushes go to the layer below",
        "btrfs": "copies on write: every flush also writes its log tree",
        "zfs": "writes flushes to its intent log: a separate log device decides the latency",
    }
    if kind in NETWORK_FILESYSTEMS:
        yield Caveat(
            code="network_filesystem",
            message=f"{kind} is a network filesystem: every flush pays the network",
            advice="etcd's guide asks for a local disk; use one",
        )
    elif kind in meanings:
        yield Caveat(
            code="filesystem",
            message=f"{kind} {meanings[kind]}",
            advice="measure the directory that etcd will really use; ext4 and XFS are the usual choice",
        )
    if not result.target.fallocate:
        yield Caveat(
            code="no_fallocate",
            message=f"{kind} cannot preallocate; etcd falls back to ftruncate, and so did we",
            advice="nothing to do: etcd behaves alike",
        )


def _devices(result: Result) -> Iterable[Caveat]:
    for device in result.target.devices:
        meaning = _meaning_of(device)
        if meaning:
            yield Caveat(code=f"device_{meaning[0]}", message=meaning[1], advice=meaning[2])


def _meaning_of(device: Device) -> tuple[str, str, str] | None:
    if device.kind == "loop":
        return (
            "loop",
            f"{device.name} is a file ({device.backing_file or 'unknown'}) on another filesystem",
            "measure the disk that etcd will really use",
        )
    if device.kind == "dm-crypt":
        return (
            "dm_crypt",
            f"{device.name} encrypts: its work queues add to every flush",
            "see cryptsetup's --perf-no_write_workqueue, and compare",
        )
    if device.kind == "md":
        return (
            "md",
            f"{device.name} is a software RAID: a flush waits for the slowest member",
            "check the members one by one if the tail is long",
        )
    if device.kind == "lvm":
        return (
            "lvm",
            f"{device.name} is a logical volume: others may share its disk",
            "keep container images and logs off the same disk",
        )
    if device.bus in ("sd", "usb") and device.kind == "disk":
        return (
            f"{device.bus}_bus",
            f"{device.name} is an SD card, eMMC or USB device; they often flush slowly, and more so when full",
            "measure with --full; better, give etcd an SSD",
        )
    return None


def _volatile_cache(result: Result) -> Iterable[Caveat]:
    streams = [stream for run in result.runs for stream in run.streams if stream.name == "wal"]
    merged = merge(stream.histogram() for stream in streams)
    median = merged.quantile_ns(0.5)
    if median is not None and median < TOO_FAST_NS:
        yield Caveat(
            code="flush_too_fast",
            message=f"half of the flushes took under {format_seconds(TOO_FAST_NS / 1e9)}: either "
            "the drive has power-loss protection, or flushes do not reach it (a volatile cache, "
            "a hypervisor's cache=unsafe, a mount with nobarrier)",
            advice="make sure that a power cut loses nothing: look at the drive's data sheet and "
            "the host's cache mode",
        )


def _cgroup(result: Result) -> Iterable[Caveat]:
    limits = result.environment.cgroup
    found = [*limits.io_max]
    if limits.io_weight:
        found.append(f"io.weight {limits.io_weight}")
    if limits.cpu_max:
        found.append(f"cpu.max {limits.cpu_max}")
    if limits.memory_max_bytes:
        found.append(f"memory.max {format_bytes(limits.memory_max_bytes)}")
    if found:
        yield Caveat(
            code="cgroup_limits",
            message=f"our own control group is limited ({'; '.join(found)}): etcd may not be",
            advice="run it outside the container or slice, or with the limits that etcd will have",
        )


def _not_at_rest(result: Result) -> Iterable[Caveat]:
    machine = result.environment
    busy = machine.device_busy_share
    if busy is not None and busy > BUSY_SHARE:
        written = format_bytes(machine.device_write_bytes_per_second or 0)
        yield Caveat(
            code="device_busy",
            message=f"others kept the disk busy for {format_share(busy)} of the time before we "
            f"began ({written}/s written)",
            advice="if etcd will share the disk with them this is right; else run it at rest",
        )


def _cpu(result: Result) -> Iterable[Caveat]:
    loads = [run.machine for run in result.runs if not run.phase.startswith(RUNG_PREFIX)]
    limits = (
        ("busy", CPU_BUSY_SHARE, [load.cpu_busy_share for load in loads]),
        ("stolen by the hypervisor", CPU_STEAL_SHARE, [load.cpu_steal_share for load in loads]),
        ("short for some task", CPU_STALL_SHARE, [load.cpu_stall_share for load in loads]),
    )
    for what, limit, shares in limits:
        worst = max((share for share in shares if share is not None), default=0.0)
        if worst > limit:
            yield Caveat(
                code="cpu_starved",
                message=f"the CPU was {what} for {format_share(worst)} of a run: the latencies "
                "include waiting for it",
                advice="run it again when the machine is quieter",
            )
            return


def _rivals(result: Result) -> Iterable[Caveat]:
    if not all(run.alone for run in result.runs):
        yield Caveat(
            code="two_runs",
            message="another etcdbench measured on this disk at the same time: each measured the "
            "other's load, too",
            advice="run them one after the other",
        )


def _catch_ups(result: Result) -> Iterable[Caveat]:
    streams = [
        stream
        for run in result.runs
        if is_main_phase(run.phase)
        for stream in run.streams
        if stream.name == "wal"
    ]
    late = sum(stream.catch_up_count for stream in streams)
    total = sum(stream.histogram().count for stream in streams)
    if total and late / total > CATCH_UP_SHARE:
        yield Caveat(
            code="catch_up",
            message=f"{late:,} of {total:,} flushes were issued back to back to catch up with the "
            "load; etcd would have merged them, so they are no samples of their own",
            advice="nothing to do if the verdict is a fail; else run it again",
        )


def _scratch(result: Result) -> Iterable[Caveat]:
    kind = result.environment.scratch_filesystem
    if kind not in ("tmpfs", "ramfs"):
        yield Caveat(
            code="scratch_on_disk",
            message=f"no memory-backed directory was found; fio's logs went to {kind}",
            advice="make /dev/shm available, or set TMPDIR to a directory on another disk",
        )


def _settings(result: Result) -> Iterable[Caveat]:
    if result.settings.mode == "quick":
        yield Caveat(
            code="wal_only",
            message="--quick judges the WAL only: 20 s hold too few backend commits to prove "
            "anything about them",
            advice="run without --quick before you rely on it",
        )
    if result.is_recipe:
        yield Caveat(
            code="recipe",
            message="the popular recipe runs alone and closed-loop; on the same disk etcd had up to "
            "ten times as many slow flushes",
            advice=MEASURE_IT
            if result.is_foreign
            else "run without --profile recipe for a verdict about etcd",
        )
    if result.settings.beside_etcd:
        names = ", ".join(f"{one.name} ({one.pid})" for one in result.live_etcd) or "none found"
        yield Caveat(
            code="beside_etcd",
            message=f"measured gently beside a live control plane ({names}): this can show that "
            "the disk is bad, never that it is good",
            advice="for a verdict measure when etcd is stopped, or another disk of the same kind",
        )
    if result.settings.beside_etcd and result.live_etcd and result.live_metrics is None:
        yield Caveat(
            code="etcd_unwatched",
            message="the live etcd's own metrics could not be watched: what our load did to it is "
            "not known",
            advice="say where it serves them over plain HTTP: --metrics URL",
        )
    if result.interrupted:
        yield Caveat(
            code="incomplete",
            message=f"the measurement did not come to its end: {result.interrupted}",
            advice="do not repeat this beside the live etcd: what stopped it is the finding"
            if result.settings.beside_etcd
            else "run it again",
        )


def _joins(result: Result) -> Iterable[Caveat]:
    if not result.bursts or result.settings.capacity:
        return
    burst = result.bursts[-1]
    name = f"node-join-{burst.cni}"
    pull = span_of(burst, "pull")
    if burst.cut and pull is not None:
        yield Caveat(
            code="join_cut",
            message=f"the join burst was cut after {format_seconds(pull.end_seconds - pull.begin_seconds)} "
            "of pulling, and images were not pulled onto this disk",
            advice=f"for a whole one give --join {burst.nodes}; where images share etcd's disk add "
            "--topology auto",
        )
    if burst.scale < 1:
        yield Caveat(
            code="join_scaled",
            message=f"only {format_share(burst.scale)} of the images' bytes were written: there is no "
            "room for more, or more than 40 GB would only wear the disk",
            advice="free some room, or let fewer nodes join",
        )
    if burst.assumptions:
        yield Caveat(
            code="join_assumed",
            message=f"{len(burst.assumptions)} parts of the join's model rest at least partly on "
            "assumptions, the number of some writes among them",
            advice=f"see what is assumed with `etcdbench profiles show {name}`",
        )


CAVEATS: tuple[Callable[[Result], Iterable[Caveat]], ...] = (
    _settings,
    _parent_measured,
    _filesystem,
    _devices,
    _volatile_cache,
    _cgroup,
    _not_at_rest,
    _cpu,
    _rivals,
    _catch_ups,
    _joins,
    _scratch,
    foreign_caveats.of,
)
