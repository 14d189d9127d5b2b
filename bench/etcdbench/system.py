"""The machine as /proc and /sys describe it: before a measurement, and how busy it was meanwhile.

Everything is read under a root directory, so that a recorded tree can stand in for a machine.
"""

import os
import re
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from etcdbench.cgroups import cgroup_limits
from etcdbench.devices import disk_names
from etcdbench.diskstats import DiskCounters, disk_counters
from etcdbench.machine import Device, Environment, MachineLoad, Pressure
from etcdbench.mounts import read_text
from etcdbench.records import Struct

# Inode of the first pid namespace, PROC_PID_INIT_INO of the kernel's include/linux/proc_ns.h.
_FIRST_PID_NAMESPACE = "pid:[4026531836]"

# What firmware calls itself (sys_vendor and product_name of DMI) and whose hypervisor that is;
# after systemd's src/basic/virt.c.
_HYPERVISORS = (
    ("Amazon EC2", "amazon"),
    ("Google", "google"),
    ("Microsoft Corporation", "hyper-v"),
    ("VMware", "vmware"),
    ("VirtualBox", "virtualbox"),
    ("innotek", "virtualbox"),
    ("Xen", "xen"),
    ("Parallels", "parallels"),
    ("BHYVE", "bhyve"),
    ("Apple Virtualization", "apple"),
    ("OpenStack", "kvm"),
    ("KubeVirt", "kvm"),
    ("KVM", "kvm"),
    ("QEMU", "kvm"),
    ("Bochs", "kvm"),
)


class LoadSample(Struct, frozen=True, kw_only=True):
    """What the kernel has counted up to one moment; None where it does not count.

    Attributes:
        monotonic_seconds: The moment.
        cpu_ticks: Time of all CPUs together, in ticks.
        cpu_idle_ticks: Part of it that was idle or waiting for I/O.
        cpu_steal_ticks: Part of it that the hypervisor gave to others.
        cpu_stall_us: Microseconds in which some task waited for a CPU.
        io_stall_us: Microseconds in which all tasks waited for I/O.
    """

    monotonic_seconds: float
    cpu_ticks: int | None = None
    cpu_idle_ticks: int | None = None
    cpu_steal_ticks: int | None = None
    cpu_stall_us: int | None = None
    io_stall_us: int | None = None


# --- before the measurement ---------------------------------------------------------------------


def environment(
    *,
    chain: Iterable[Device],
    fio_version: str,
    scratch_filesystem: str,
    root: Path = Path("/"),
    sample_seconds: float = 0.5,
) -> Environment:
    """Describe the machine; takes `sample_seconds` to see what others do to the chain's disks.

    Of several disks the busiest counts, since the legs of a mirror get the same writes.
    """
    chain = tuple(chain)
    busy_share, write_bytes_per_second = _disk_activity(disk_names(chain), root, sample_seconds)
    kernel = read_text(root / "proc/sys/kernel/osrelease") or os.uname().release
    return Environment(
        hostname=read_text(root / "proc/sys/kernel/hostname") or os.uname().nodename,
        operating_system=_operating_system(root),
        kernel=kernel,
        cpu_count=len(os.sched_getaffinity(0)),
        memory_bytes=_memory_bytes(root),
        virtualization=_virtualization(kernel, root),
        pressure=pressure(root=root),
        device_busy_share=busy_share,
        device_write_bytes_per_second=write_bytes_per_second,
        cgroup=cgroup_limits(chain, root=root),
        fio_version=fio_version,
        scratch_filesystem=scratch_filesystem,
    )


def pressure(*, root: Path = Path("/")) -> Pressure:
    """Return the stall information of the last ten seconds; None where the kernel keeps none.

    See the kernel's Documentation/accounting/psi.rst.
    """
    io_full = _stall(root, "io", "full", "avg10")
    io_some = _stall(root, "io", "some", "avg10")
    return Pressure(
        io_some_avg10=io_some,
        io_full_avg10=io_full,
        cpu_some_avg10=_stall(root, "cpu", "some", "avg10"),
        memory_some_avg10=_stall(root, "memory", "some", "avg10"),
    )


def _operating_system(root: Path) -> str:
    """Return PRETTY_NAME of os-release(5), `Linux` where there is none."""
    for name in ("etc/os-release", "usr/lib/os-release"):
        found = re.search(r"^PRETTY_NAME=(.*)$", read_text(root / name) or "", re.MULTILINE)
        if found:
            return found[1].strip("\"'")
    return "Linux"


def _memory_bytes(root: Path) -> int:
    """Return the physical memory from /proc/meminfo, 0 where it is not said."""
    found = re.search(
        r"^MemTotal:\s+(\d+) kB$", read_text(root / "proc/meminfo") or "", re.MULTILINE
    )
    return int(found[1]) * 1024 if found else 0


def _virtualization(kernel: str, root: Path) -> str | None:
    """Name the container and the hypervisor that we run in (`docker on kvm`), None for neither."""
    if "microsoft" in kernel.lower():
        return "wsl"
    around = (_container(root), _hypervisor(root))
    return " on ".join(name for name in around if name) or None


def _container(root: Path) -> str | None:
    """Name the kind of container from the marks that its manager leaves."""
    init = read_text(root / "proc/1/environ") or ""
    found = re.search(r"(?:^|\0)container=([^\0]+)", init)
    told = found[1] if found else read_text(root / "run/systemd/container")
    if told:
        return told
    groups = read_text(root / "proc/self/cgroup") or ""
    for mark in ("kubepods", "lxc", "docker"):
        if f"/{mark}" in groups:
            return mark
    if _link(root / "proc/self/ns/pid") == _FIRST_PID_NAMESPACE:
        return None  # a machine may have been made from an image: the files below are leftovers
    files = (("run/.containerenv", "podman"), (".dockerenv", "docker"))
    return next((kind for name, kind in files if (root / name).exists()), None)


def _hypervisor(root: Path) -> str | None:
    """Name the hypervisor from the CPU's flag and the firmware's name; None on bare metal.

    Clouds also rent out bare metal with their name in the firmware. On x86 the CPU's flag tells
    them apart; ARM has no such flag, but there they end the product's name with `.metal`.
    """
    if (read_text(root / "sys/hypervisor/type") or "") == "xen":
        return "xen"
    vendor = read_text(root / "sys/class/dmi/id/sys_vendor") or ""
    product = read_text(root / "sys/class/dmi/id/product_name") or ""
    named = next((name for mark, name in _HYPERVISORS if mark in f"{vendor} {product}"), None)
    flags = re.search(r"^flags\s*:(.*)$", read_text(root / "proc/cpuinfo") or "", re.MULTILINE)
    if flags is None:
        return None if product.endswith(".metal") else named
    if "hypervisor" not in flags[1].split():
        return None
    return named or vendor or "unknown hypervisor"


def _link(path: Path) -> str | None:
    """Return where a symbolic link points, None where there is none."""
    try:
        return str(path.readlink())
    except OSError:
        return None


# --- what others do to the disk -----------------------------------------------------------------


def _disk_activity(
    disks: frozenset[str], root: Path, sample_seconds: float
) -> tuple[float | None, float | None]:
    """Watch some disks for a while: share of time busy, bytes written per second."""
    before = disk_counters(disks=disks, root=root)
    if not before:
        return None, None
    began = time.monotonic()
    time.sleep(sample_seconds)
    after = disk_counters(disks=disks, root=root)
    return _busiest(before, after, time.monotonic() - began)


def _busiest(
    before: dict[str, DiskCounters], after: dict[str, DiskCounters], seconds: float
) -> tuple[float | None, float | None]:
    """Return the busy share of the busiest disk, and the bytes per second of the most written."""
    both = [(before[name], after[name]) for name in before.keys() & after.keys()]
    if not both or seconds <= 0:
        return None, None
    busy_ms = max(late.busy_ms - early.busy_ms for early, late in both)
    written = max(late.bytes_written - early.bytes_written for early, late in both)
    return _share(busy_ms / 1000, seconds), max(written, 0) / seconds


# --- how busy the machine was -------------------------------------------------------------------


class Stall(Struct, frozen=True, kw_only=True):
    """How much some, or all, tasks have waited for a resource; None where the kernel has no count.

    Attributes:
        some_us, full_us: Microseconds since the machine started.
        some_avg10, full_avg10: Percent of the last ten seconds.
    """

    some_us: float | None = None
    full_us: float | None = None
    some_avg10: float | None = None
    full_avg10: float | None = None


def stall(resource: Literal["io", "memory"], *, root: Path = Path("/")) -> Stall:
    """Read /proc/pressure/RESOURCE."""
    return Stall(
        some_us=_stall(root, resource, "some", "total"),
        full_us=_stall(root, resource, "full", "total"),
        some_avg10=_stall(root, resource, "some", "avg10"),
        full_avg10=_stall(root, resource, "full", "avg10"),
    )


def load_sample(*, root: Path = Path("/")) -> LoadSample:
    """Read what /proc/stat and /proc/pressure have counted until now."""
    first_line = (read_text(root / "proc/stat") or "").partition("\n")[0]
    # user nice system idle iowait irq softirq steal; the guests after them are part of user.
    ticks = [int(field) for field in first_line.split()[1:9]]
    counted = len(ticks) == 8  # noqa: PLR2004 - cpu has eight fields since Linux 2.6.11; see proc_stat(5)
    cpu_stall_us = _stall(root, "cpu", "some", "total")
    io_stall_us = _stall(root, "io", "full", "total")
    return LoadSample(
        monotonic_seconds=time.monotonic(),
        cpu_ticks=sum(ticks) if counted else None,
        cpu_idle_ticks=ticks[3] + ticks[4] if counted else None,
        cpu_steal_ticks=ticks[7] if counted else None,
        cpu_stall_us=None if cpu_stall_us is None else round(cpu_stall_us),
        io_stall_us=None if io_stall_us is None else round(io_stall_us),
    )


def machine_load(before: LoadSample, after: LoadSample) -> MachineLoad:
    """Return how busy the machine was between two samples.

    Stolen time counts as busy, too: it is time in which a CPU was wanted.
    """
    seconds = after.monotonic_seconds - before.monotonic_seconds
    ticks = _growth(before.cpu_ticks, after.cpu_ticks)
    idle_share = _share(_growth(before.cpu_idle_ticks, after.cpu_idle_ticks), ticks)
    cpu_stall_us = _growth(before.cpu_stall_us, after.cpu_stall_us)
    io_stall_us = _growth(before.io_stall_us, after.io_stall_us)
    return MachineLoad(
        cpu_busy_share=None if idle_share is None else 1 - idle_share,
        cpu_steal_share=_share(_growth(before.cpu_steal_ticks, after.cpu_steal_ticks), ticks),
        cpu_stall_share=_share(cpu_stall_us, seconds * 1e6),
        io_stall_share=_share(io_stall_us, seconds * 1e6),
    )


def _growth(before: int | None, after: int | None) -> int | None:
    """Return how much a counter grew, None where it is not kept."""
    return None if before is None or after is None else after - before


def _share(part: float | None, whole: float | None) -> float | None:
    """Return part / whole between 0 and 1, None where either is unknown or the whole is nothing.

    Counters are read one after the other, and iowait may even go backwards (proc_stat(5)).
    """
    if part is None or whole is None or whole <= 0:
        return None
    return min(max(part / whole, 0.0), 1.0)


def _stall(root: Path, resource: str, tasks: str, field: str) -> float | None:
    """Return one number of /proc/pressure: `some avg10=0.00 avg60=0.00 avg300=0.00 total=0`."""
    for line in (read_text(root / "proc/pressure" / resource) or "").splitlines():
        kind, *pairs = line.split()
        if kind == tasks:
            return float(dict(pair.split("=", 1) for pair in pairs)[field])
    return None
