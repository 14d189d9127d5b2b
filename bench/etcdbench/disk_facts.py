"""Everything that can be seen of the disks without writing: two readings, then the logs.

Files are read under a root directory, so that a recorded tree can stand in for a machine.
"""

import os
import re
import time
from collections.abc import Sequence
from pathlib import Path

from etcdbench import log_lines, places, system, wear
from etcdbench.diagnosis import Unseen
from etcdbench.disk_model import (
    DiskActivity,
    DiskFacts,
    LogLine,
    Place,
    Stalls,
    SwapArea,
    WaitingTask,
)
from etcdbench.diskstats import DiskCounters, activity, disk_counters
from etcdbench.mounts import read_text
from etcdbench.patience import Patience
from etcdbench.probes import Programs
from etcdbench.records import Struct
from etcdbench.units import listed
from etcdbench.waiting import waiting_tasks

READS_SECONDS = 1.0
"""What all reads from disks may take together."""

_NO_ANSWER = "the disk did not answer in time, which is a sign itself"

_NOT_OUR_JOURNAL = "only root and the group systemd-journal may read it"

# In memory, or without a disk in it most of the time.
_NO_DISKS = ("ram", "zram", "sr", "fd")


class Reading(Struct, frozen=True, kw_only=True):
    """What is counted up to one moment; see `read`."""

    monotonic_seconds: float
    disks: dict[str, DiskCounters]
    io: system.Stall
    memory: system.Stall
    swapped_pages: int
    waiting: tuple[WaitingTask, ...]


def read(*, root: Path = Path("/")) -> Reading:
    """Read the counters; two of these, some time apart, are what `gather` compares."""
    return Reading(
        monotonic_seconds=time.monotonic(),
        disks=disk_counters(root=root),
        io=system.stall("io", root=root),
        memory=system.stall("memory", root=root),
        swapped_pages=_swapped_pages(root),
        waiting=waiting_tasks(root=root),
    )


def gather(path: Path, before: Reading, *, programs: Programs, root: Path = Path("/")) -> DiskFacts:
    """Take the second reading and look at everything else once.

    Args:
        path: The directory of etcd, or the one that was asked about.
        before: The first reading.
        programs: Who asks other programs.
        root: Where /proc, /sys, /dev, /var and the others are.
    """
    after = read(root=root)
    seconds = max(after.monotonic_seconds - before.monotonic_seconds, 0.001)
    unseen = _unseen_counters(after)
    patience = Patience(seconds=READS_SECONDS)
    here = places.with_pools(_places(path, patience, root, unseen), programs, root=root)
    unseen += _without_disks(here)
    kernel, etcd = _logs(programs, patience, root, unseen)
    health, not_asked = wear.wear(programs, [one for place in here for one in place.devices])
    return DiskFacts(
        seconds=seconds,
        places=here,
        activity=_activity(before, after, seconds, here, root),
        io=stalls(before.io, after.io, seconds=seconds),
        memory=stalls(before.memory, after.memory, seconds=seconds),
        swaps=_swaps(root),
        swapped_pages=after.swapped_pages - before.swapped_pages,
        waiting=still_waiting(before.waiting, after.waiting),
        kernel_lines=kernel,
        etcd_lines=etcd,
        wear=health,
        unseen=(*unseen, *not_asked),
    )


def _places(path: Path, patience: Patience, root: Path, unseen: list[Unseen]) -> tuple[Place, ...]:
    """Return which disk holds what; where a disk hangs, as far as the kernel tells without it."""
    found = patience.in_time(lambda: places.places(path, root=root))
    if found is None:
        unseen.append(Unseen(what="free space, and which disk holds images", because=_NO_ANSWER))
        return places.places_unasked(path, root=root)
    unseen += patience.in_time(lambda: places.hidden_places(root=root)) or ()
    return found


def _without_disks(here: Sequence[Place]) -> list[Unseen]:
    """Return the places of which nobody says on which disk they are, by filesystem."""
    called: dict[str, list[str]] = {}
    for place in here:
        if not place.disks:
            called.setdefault(place.filesystem, []).append(place.called)
    return [
        Unseen(
            what=f"the disk below {listed(names)}",
            because="we are in a container: run it on the host itself"
            if filesystem == "overlay"
            else f"{filesystem} does not say where it is",
        )
        for filesystem, names in called.items()
    ]


# --- counters -----------------------------------------------------------------------------------


def stalls(before: system.Stall, after: system.Stall, *, seconds: float) -> Stalls:
    """Return the larger of the share between two readings and the average of ten seconds."""
    return Stalls(
        some=_larger(before.some_us, after.some_us, after.some_avg10, seconds),
        full=_larger(before.full_us, after.full_us, after.full_avg10, seconds),
    )


def _larger(
    before_us: float | None, after_us: float | None, avg10: float | None, seconds: float
) -> float | None:
    if before_us is None or after_us is None:
        return None if avg10 is None else avg10 / 100
    return max(min((after_us - before_us) / 1e6 / seconds, 1.0), (avg10 or 0.0) / 100)


def still_waiting(
    before: Sequence[WaitingTask], after: Sequence[WaitingTask]
) -> tuple[WaitingTask, ...]:
    """Return the tasks that waited at both readings."""
    then = {task.thread_id for task in before}
    return tuple(task for task in after if task.thread_id in then)


def _activity(
    before: Reading, after: Reading, seconds: float, here: Sequence[Place], root: Path
) -> tuple[DiskActivity, ...]:
    """Return what each disk did: those that hold something, and others that were asked anything."""
    held = {disk for place in here for disk in place.disks}
    found = [
        activity(name, before.disks[name], after.disks[name], seconds=seconds)
        for name in before.disks.keys() & after.disks.keys()
        if name in held or _is_whole_disk(name, root)
    ]
    asked = (one for one in found if one.name in held or one.ended or one.unanswered)
    return tuple(sorted(asked, key=lambda one: (one.name not in held, -one.busy_share, one.name)))


def _is_whole_disk(name: str, root: Path) -> bool:
    """Say whether it is no partition and does not lie on other devices."""
    directory = root / "sys/class/block" / name
    stacked = name.startswith(("dm-", "md")) or (directory / "partition").exists()
    return not stacked and not name.startswith(_NO_DISKS)


def _swapped_pages(root: Path) -> int:
    text = read_text(root / "proc/vmstat") or ""
    return sum(int(count) for count in re.findall(r"^pswp(?:in|out) (\d+)$", text, re.MULTILINE))


def _swaps(root: Path) -> tuple[SwapArea, ...]:
    """Read /proc/swaps: a heading, then name, type, size, and kibibytes used."""
    rows = [line.split() for line in (read_text(root / "proc/swaps") or "").splitlines()[1:]]
    return tuple(SwapArea(name=row[0], used_bytes=int(row[-2]) * 1024) for row in rows if row)


def _unseen_counters(reading: Reading) -> list[Unseen]:
    unseen: list[Unseen] = []
    if reading.io.some_us is None:
        unseen.append(
            Unseen(
                what="how much programs wait for disks (/proc/pressure)",
                because="this kernel does not count it; `psi=1` on its command line may turn it on",
            )
        )
    if not reading.disks:
        unseen.append(
            Unseen(what="what the disks do", because="/proc/diskstats is empty or not there")
        )
    if reading.waiting and not any(task.wchan for task in reading.waiting):
        unseen.append(Unseen(what="what waiting tasks wait for", because="only root may see it"))
    return unseen


# --- logs ---------------------------------------------------------------------------------------


def _logs(
    programs: Programs, patience: Patience, root: Path, unseen: list[Unseen]
) -> tuple[tuple[LogLine, ...], tuple[LogLine, ...]]:
    """Return what the kernel's and etcd's log tell of trouble."""
    journal = patience.in_time(lambda: log_lines.system_journals(root=root)) or ()
    readable = any(os.access(one, os.R_OK) for one in journal)
    kernel = log_lines.kernel_lines(programs, journal_readable=readable, root=root)
    if kernel is None:
        unseen.append(Unseen(what="the kernel's log", because="only root may read it here"))
    told = log_lines.etcd_lines(programs) if readable else None
    if journal and told is None:
        because = "journalctl gave no answer in time" if readable else _NOT_OUR_JOURNAL
        unseen.append(Unseen(what="what etcd or k3s wrote to the journal", because=because))
    return kernel or (), (*(told or ()), *_pod_lines(patience, root, unseen))


def _pod_lines(patience: Patience, root: Path, unseen: list[Unseen]) -> tuple[LogLine, ...]:
    """Return what etcd's pod wrote."""
    try:
        lines = patience.in_time(lambda: log_lines.pod_lines(root=root))
    except PermissionError:
        unseen.append(Unseen(what="the log of etcd's pod", because="only root may read it"))
        return ()
    if lines is None:
        unseen.append(Unseen(what="the log of etcd's pod", because=_NO_ANSWER))
    return lines or ()
