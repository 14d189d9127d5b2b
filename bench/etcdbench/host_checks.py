"""Filesystems, memory, wear, and what shares a disk with what, as symptoms. Pure functions."""

import shlex
from collections.abc import Callable, Iterator

from etcdbench import limits
from etcdbench.diagnosis import Symptom
from etcdbench.disk_model import DiskFacts, Place, Wear
from etcdbench.units import format_bytes, format_share, listed


def filesystem_full(facts: DiskFacts) -> Iterator[Symptom]:
    """Report filesystems with little room, in bytes or in files; each once."""
    for mount_point, places in _by_mount(facts).items():
        free, words = _free(places[0])
        if free is None or free >= limits.EVICTION_SHARE or "ro" in places[0].mount_options:
            continue
        nearly = free < limits.FREE_SHARE_MIN
        yield Symptom(
            code="filesystem_full",
            side="disk",
            weight="cause" if nearly else "hint",
            seen=f"{mount_point}, which holds {listed(one.called for one in places)}, has only "
            f"{format_share(free)} free ({words})",
            why="below 10 % the kubelet evicts pods and deletes images; full filesystems are slow, "
            "and an etcd that cannot write stops",
            steps=(
                f"see what fills it: du -xh --max-depth=2 {shlex.quote(mount_point)} | sort -h | tail",
                "let journald give up old logs: journalctl --vacuum-size=200M",
                "delete unused images: crictl rmi --prune",
            ),
            reference=limits.EVICTION_GUIDE,
        )


def filesystem_read_only(facts: DiskFacts) -> Iterator[Symptom]:
    """Report filesystems that should be written to and cannot be."""
    for mount_point, places in _by_mount(facts).items():
        written = [one for one in places if one.role != "root"]
        if written and "ro" in places[0].mount_options:
            yield Symptom(
                code="filesystem_read_only",
                side="disk",
                weight="cause",
                seen=f"{mount_point}, which holds {listed(one.called for one in written)}, is "
                "mounted read-only",
                why="Linux does so after an I/O error, to save what is there; nothing can be "
                "written any more",
                steps=(
                    "look for the reason: dmesg -T | grep -iE 'error|read-only'",
                    "back up what can be read to another disk",
                    "check the disk (smartctl -a), then the filesystem while it is not mounted",
                ),
                reference=limits.EXT4_OPTIONS,
            )


def swap_thrash(facts: DiskFacts) -> Iterator[Symptom]:
    """Report memory that is short: with swap in use its disk is what everybody waits for."""
    used = [area for area in facts.swaps if area.used_bytes and "/zram" not in area.name]
    used_bytes = sum(area.used_bytes for area in used)
    short = (facts.memory.full or 0.0) >= limits.MEMORY_FULL_MIN
    if short:
        yield Symptom(
            code="swap_thrash" if used_bytes else "memory_short",
            side="disk",
            weight="cause" if used_bytes else "hint",
            seen=f"all programs together waited for memory {format_share(facts.memory.full)} of "
            "the time"
            + (
                f", with {format_bytes(used_bytes)} in swap and {facts.swapped_pages:,} pages "
                "moved just now"
                if used_bytes
                else ""
            ),
            why="memory is too small for what runs: every program waits for its own pages to come "
            "back from the disk, and everything looks as if the disk were slow",
            steps=(
                "see who uses it: ps -eo rss,comm --sort=-rss | head",
                "stop or move what is large; set memory limits for pods",
                "for Kubernetes, turn swap off when memory suffices: swapoff -a",
            ),
            reference=limits.SWAP_GUIDE,
        )
    elif used_bytes:
        yield Symptom(
            code="swap_in_use",
            side="disk",
            weight="hint",
            seen=f"{format_bytes(used_bytes)} are in swap ({listed(area.name for area in used)}); memory is not short now",
            why="what was swapped out is read from the disk again before it goes on; the kubelet "
            "does not even start with swap unless it is told to",
            steps=("see who is in swap: grep VmSwap /proc/[0-9]*/status | sort -k2 -n | tail",),
            reference=limits.SWAP_GUIDE,
        )


def disk_shared(facts: DiskFacts) -> Iterator[Symptom]:
    """Say what shares etcd's disk."""
    for etcd in (place for place in facts.places if place.role == "etcd"):
        for disk in etcd.disks:
            others = [one.called for one in facts.held_by(disk) if one.role != "etcd"]
            if others:
                yield Symptom(
                    code="disk_shared",
                    side="disk",
                    weight="hint",
                    seen=f"{etcd.called} shares {disk} with {listed(others)}",
                    why="whatever is written there delays etcd's flushes, image pulls most; and "
                    "logins wait while etcd and the journal flush",
                    steps=(
                        "try it out where no etcd runs yet: etcdbench run PATH --topology auto",
                        "where that fails, give etcd or the images a disk of its own",
                    ),
                    reference=limits.HARDWARE_GUIDE,
                )


def mount_options(facts: DiskFacts) -> Iterator[Symptom]:
    """Report options that make flushes slow, or unsafe."""
    for mount_point, places in _by_mount(facts).items():
        for option in places[0].mount_options:
            why = _OPTIONS.get(option)
            if why:
                yield Symptom(
                    code="mount_options",
                    side="disk",
                    weight="hint",
                    seen=f"{mount_point}, which holds {listed(one.called for one in places)}, is "
                    f"mounted with `{option}`",
                    why=why,
                    steps=(f"see where it is set: grep -n {option} /etc/fstab",),
                    reference=limits.EXT4_OPTIONS,
                )


_OPTIONS = {
    "sync": "every single write waits for the disk, not only those that are flushed",
    "dirsync": "every change of a directory waits for the disk",
    "data=journal": "everything is written twice, first into the journal",
    "nobarrier": "flushes do not reach the disk: fast, and a power cut may destroy etcd's data",
    "barrier=0": "flushes do not reach the disk: fast, and a power cut may destroy etcd's data",
}


def disk_worn(facts: DiskFacts) -> Iterator[Symptom]:
    """Report disks that say themselves that they are failing or worn out."""
    for wear in facts.wear:
        signs = _signs(wear)
        if signs:
            yield Symptom(
                code="disk_worn",
                side="disk",
                weight="hint",
                seen=f"{wear.disk} says of itself: {listed(signs)}",
                why="worn or failing disks answer late, sometimes for seconds, before they fail",
                steps=(
                    "back up etcd to another disk: etcdctl snapshot save FILE",
                    f"read all of it: smartctl -a /dev/{wear.disk}",
                    "replace it",
                ),
                reference=limits.SMART_GUIDE,
            )


def _signs(wear: Wear) -> list[str]:
    """Say what a disk complains of."""
    spare, least = wear.spare_percent, wear.spare_threshold_percent
    found = (
        (wear.passed is False, "its health check fails"),
        (
            (wear.used_percent or 0) >= limits.WORN_PERCENT,
            f"{wear.used_percent} % of its rated endurance is used up",
        ),
        (
            spare is not None and least is not None and spare <= least,
            f"only {spare} % of its spare cells are left",
        ),
        (wear.media_errors, f"{wear.media_errors} reads or writes failed for good"),
        (wear.pending_sectors, f"{wear.pending_sectors} sectors cannot be read"),
        (wear.reallocated_sectors, f"{wear.reallocated_sectors} sectors had to be replaced"),
    )
    return [words for holds, words in found if holds]


def _by_mount(facts: DiskFacts) -> dict[str, list[Place]]:
    """Return the places of each filesystem by its mount point."""
    found: dict[str, list[Place]] = {}
    for place in facts.places:
        found.setdefault(place.mount_point, []).append(place)
    return found


def _free(place: Place) -> tuple[float | None, str]:
    """Return the smaller of the free shares of bytes and of files, and what is meant."""
    shares: list[tuple[float, str]] = []
    if place.size_bytes and place.free_bytes is not None:
        words = f"{format_bytes(place.free_bytes)} of {format_bytes(place.size_bytes)}"
        shares.append((place.free_bytes / place.size_bytes, words))
    if place.inodes and place.inodes_free is not None:
        words = f"{place.inodes_free:,} of {place.inodes:,} inodes: so many files can still be made"
        shares.append((place.inodes_free / place.inodes, words))
    return min(shares, default=(None, ""))


CHECKS: tuple[Callable[[DiskFacts], Iterator[Symptom]], ...] = (
    filesystem_full,
    filesystem_read_only,
    swap_thrash,
    disk_worn,
    mount_options,
    disk_shared,
)
