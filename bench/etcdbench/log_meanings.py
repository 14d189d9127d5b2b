"""What lines of the kernel's and of etcd's log tell of trouble with a disk. Pure functions."""

import re
from collections.abc import Iterable
from typing import Literal

from etcdbench.records import Struct

KernelKind = Literal["error", "reset", "hung"]
EtcdKind = Literal["slow_fdatasync", "slow_apply", "late_heartbeat", "no_space"]


class KernelTrouble(Struct, frozen=True, kw_only=True):
    """What one line of the kernel's log tells.

    Attributes:
        kind: `error`: a read, write or flush failed or timed out, or a filesystem gave up;
            `reset`: a USB disk was reset; `hung`: a task waited for minutes.
        device: What the line is about, as the kernel calls it there (`sda1`, `ata1`, `nvme0`);
            for `hung` the task.
    """

    kind: KernelKind
    device: str


# Each has a group for the device. Messages of Linux 5.4 to 6.18.
_KERNEL_PATTERNS: tuple[tuple[KernelKind, re.Pattern[str]], ...] = (
    ("error", re.compile(r"(?:I/O|critical [a-z ]+|recovered) error,? (?:on )?dev ([\w-]+)")),
    ("error", re.compile(r"(?:EXT4-fs|BTRFS|F2FS-fs) (?:error|critical) \(device ([\w-]+)")),
    ("error", re.compile(r"EXT4-fs \(([\w-]+)\): (?:Remounting filesystem read-only|failed)")),
    ("error", re.compile(r"Aborting journal on device ([\w-]+?)(?:-\d+)?\.")),
    ("error", re.compile(r"JBD2: .*(?:IO error|I/O error).* on ([\w-]+?)(?:-\d+)?(?:$|[ :.])")),
    ("error", re.compile(r"XFS \(([\w-]+)\): .*(?:I/O error|[Ss]hut(?:ting)? ?down)")),
    ("error", re.compile(r"nvme (nvme\d+): (?:I/O .*timeout|controller is down)")),
    ("error", re.compile(r"nvme (nvme\d+): .*(?:not ready; aborting|after (?:probe|reset) fail)")),
    ("error", re.compile(r"(ata\d+)(?:\.\d+)?: failed command")),
    ("error", re.compile(r"sd [\d:]+: \[(sd[a-z]+)\].*(?:timing out|uas_eh_abort|Medium Error)")),
    ("error", re.compile(r"(mmc(?:blk)?\d+): .*(?:error -\d+|[Tt]imeout|timed out)")),
    ("error", re.compile(r"md/raid\S*:(md\w+): Disk failure")),
    ("reset", re.compile(r"usb ([\d.-]+): reset .*USB device")),
    ("hung", re.compile(r"INFO: task (.+):\d+ (?:<[^>]*> )?blocked for more than")),
)

# What a disk may refuse without harm: to forget blocks, or to zero them by itself.
_HARMLESS = re.compile(r"\((?:DISCARD|WRITE_ZEROES)\)|\bdev (?:fd|sr)\d+")

_ETCD_PATTERNS: tuple[tuple[EtcdKind, re.Pattern[str]], ...] = (
    ("slow_fdatasync", re.compile(r"slow fdatasync|sync duration of ")),
    ("slow_apply", re.compile(r"apply request took too long|request .*took too long \(")),
    ("late_heartbeat", re.compile(r"failed to send out heartbeat on time")),
    ("no_space", re.compile(r"database space exceeded|alarm:NOSPACE|no space left on device")),
)

_TOOK = re.compile(
    r'"(?:took|exceeded-duration)":"([^"]+)"|(?:sync duration of |took too long \()([\dhms.µu]+)'
)
_TOOK_SECONDS_MAX = 24 * 3600.0
_DURATION_PART = re.compile(r"([\d.]+)(h|ms|m|s|µs|us|ns)")
_UNIT_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "µs": 1e-6, "us": 1e-6, "ns": 1e-9}


def kernel_trouble(text: str) -> KernelTrouble | None:
    """Return what a line of the kernel's log tells of trouble; None for nothing.

    Floppies and CD drives that are empty, and refused discards, are no trouble.
    """
    if _HARMLESS.search(text):
        return None
    for kind, pattern in _KERNEL_PATTERNS:
        found = pattern.search(text)
        if found:
            return KernelTrouble(kind=kind, device=found[1])
    return None


def is_about(device: str, log_names: Iterable[str]) -> bool:
    """Say whether a name of the kernel's log is one of these, or a partition of one of them.

    Where a disk's name ends in a digit, `p` stands before the partition's number.
    """
    return any(
        re.fullmatch(rf"{re.escape(name)}({'p' if name[-1].isdigit() else ''}\d+)?", device)
        for name in log_names
    )


def etcd_trouble(text: str) -> EtcdKind | None:
    """Return what a line of etcd's log tells of trouble; None for nothing."""
    return next((kind for kind, pattern in _ETCD_PATTERNS if pattern.search(text)), None)


def took_seconds(text: str) -> float | None:
    """Return how long a line of etcd's log says that it took; None where it does not say."""
    found = _TOOK.search(text)
    parts = _DURATION_PART.findall(found[1] or found[2]) if found else []
    try:
        seconds = sum(float(number) * _UNIT_SECONDS[unit] for number, unit in parts)
    except ValueError:
        return None
    return seconds if 0 < seconds < _TOOK_SECONDS_MAX else None
