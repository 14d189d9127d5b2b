"""What our own control group may use, from cgroup v2, v1, or both at once.

A limit holds for everything below the group that has it, so the tightest one on the way from our
own group up to the root of what is mounted counts. Files: the kernel's
Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/{memory,blkio-controller}.rst.
"""

from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from etcdbench.machine import CgroupLimits, Device
from etcdbench.mounts import read_mounts, read_text

# Without a limit, v1 shows the largest multiple of the page size below 2^63.
_NO_MEMORY_LIMIT_BYTES = 1 << 60

_DEFAULT_WEIGHT = "100"

# The blkio throttle files of v1, and what io.max of v2 calls the same.
_THROTTLES = (
    ("blkio.throttle.read_bps_device", "rbps"),
    ("blkio.throttle.write_bps_device", "wbps"),
    ("blkio.throttle.read_iops_device", "riops"),
    ("blkio.throttle.write_iops_device", "wiops"),
)


def cgroup_limits(chain: Iterable[Device], *, root: Path = Path("/")) -> CgroupLimits:
    """Return the limits of our control group: on memory, CPU, and I/O to the chain's devices.

    Throttles of v1 are given as v2 would write them (`8:0 wbps=1048576`).
    """
    numbers = {read_text(root / "sys/class/block" / device.name / "dev") or "" for device in chain}
    unified = _levels("", root)
    return CgroupLimits(
        io_max=(
            *_lines_about(numbers, unified, "io.max"),
            *_throttles(numbers, _levels("blkio", root)),
        ),
        io_weight=_io_weight(numbers, unified),
        memory_max_bytes=_memory_max_bytes(unified, _levels("memory", root)),
        cpu_max=_cpu_max(unified, _levels("cpu", root)),
    )


def _levels(controller: str, root: Path) -> tuple[Path, ...]:
    """Return the directories of our own group and those above it, own first.

    Args:
        controller: One of v1 (`memory`), or empty for the unified hierarchy of v2.
        root: Where /proc and /sys are.

    Returns:
        Nothing where that hierarchy is not mounted or we have no group in it.
    """
    group = _own_group(controller, root)
    for mount in read_mounts(root=root):
        if mount.filesystem != ("cgroup" if controller else "cgroup2"):
            continue
        if group is not None and (not controller or controller in mount.options):
            base = root / mount.mount_point.lstrip("/")
            names = _names_below(group, mount.subtree)
            return tuple(base.joinpath(*names[:depth]) for depth in range(len(names), -1, -1))
    return ()


def _own_group(controller: str, root: Path) -> PurePosixPath | None:
    """Return our path in one hierarchy from /proc/self/cgroup (`id:controllers:path`)."""
    for line in (read_text(root / "proc/self/cgroup") or "").splitlines():
        _, controllers, path = line.split(":", 2)
        if controller in controllers.split(","):
            return PurePosixPath(path)
    return None


def _names_below(group: PurePosixPath, subtree: str) -> tuple[str, ...]:
    """Return the directories between a cgroup mount and a group.

    A container may see its group by its full name while only its own subtree is mounted; `..`
    stands for what is outside of our cgroup namespace and cannot be seen.
    """
    if group.is_relative_to(subtree):
        group = group.relative_to(subtree)
    return tuple(name for name in group.parts if name not in {"/", ".."})


def _lines_about(numbers: set[str], levels: Iterable[Path], name: str) -> tuple[str, ...]:
    """Return the lines of a file that begin with one of our devices' numbers, each once."""
    lines = [
        line
        for level in levels
        for line in (read_text(level / name) or "").splitlines()
        if line.partition(" ")[0] in numbers
    ]
    return tuple(dict.fromkeys(lines))


def _throttles(numbers: set[str], levels: tuple[Path, ...]) -> tuple[str, ...]:
    """Return the throttles of v1 in the words of v2."""
    return tuple(
        f"{line.partition(' ')[0]} {key}={line.partition(' ')[2]}"
        for name, key in _THROTTLES
        for line in _lines_about(numbers, levels, name)
    )


def _io_weight(numbers: set[str], levels: Iterable[Path]) -> str | None:
    """Return the weight of the nearest group that has another than the default.

    Each line is `default 100` or `8:0 200`; one for our device overrides the default. BFQ keeps
    a file of its own.
    """
    for level in levels:
        for name in ("io.weight", "io.bfq.weight"):
            rows = [line.split() for line in (read_text(level / name) or "").splitlines()]
            weights = {row[0]: row[-1] for row in rows if row}
            ours = [weights[number] for number in sorted(numbers & weights.keys())]
            weight = [*ours, weights.get("default", _DEFAULT_WEIGHT)][0]
            if weight != _DEFAULT_WEIGHT:
                return weight
    return None


def _memory_max_bytes(unified: Iterable[Path], legacy: Iterable[Path]) -> int | None:
    """Return the tightest memory limit in bytes."""
    texts = [read_text(level / "memory.max") for level in unified]
    texts += [read_text(level / "memory.limit_in_bytes") for level in legacy]
    limits = [int(text) for text in texts if text is not None and text != "max"]
    return min((limit for limit in limits if limit < _NO_MEMORY_LIMIT_BYTES), default=None)


def _cpu_max(unified: Iterable[Path], legacy: Iterable[Path]) -> str | None:
    """Return the tightest CPU quota as `quota period`, both in microseconds."""
    pairs = [(read_text(level / "cpu.max") or "max").split() for level in unified]
    for level in legacy:
        quota = read_text(level / "cpu.cfs_quota_us")
        period = read_text(level / "cpu.cfs_period_us")
        pairs.append([quota or "-1", period or "100000"])
    limited = [pair for pair in pairs if pair[0] not in {"max", "-1"}]
    tightest = min(limited, key=lambda pair: int(pair[0]) / int(pair[1]), default=None)
    return None if tightest is None else " ".join(tightest)
