"""Lines of the kernel's and of etcd's log that tell of trouble, bounded in number, size and time."""

import datetime
import os
import re
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

import msgspec

from etcdbench.disk_model import LogLine
from etcdbench.log_meanings import etcd_trouble, kernel_trouble
from etcdbench.mounts import read_text
from etcdbench.probes import Programs
from etcdbench.process import text_of

KERNEL_SECONDS = 24 * 3600.0
ETCD_SECONDS = 3600.0
"""Older lines do not explain what hangs today, or now (our own limits)."""

JOURNAL_LINES_MAX = 4000
KERNEL_RECORDS_MAX = 50_000
KERNEL_BYTES_MAX = 16_000_000
POD_LOG_BYTES_MAX = 1_000_000
PODS_MAX = 4

# priority and facility, sequence number, microseconds since boot, flags; a facility of 0 is the
# kernel's own (Documentation/ABI/testing/dev-kmsg).
_KERNEL_RECORD = re.compile(r"([0-7]),\d+,(\d{1,18}),[^;]*;(.*)")

# What the container runtime puts before each line: time, stream, and whether it is whole.
_POD_LINE = re.compile(r"(\S+) (?:stdout|stderr) [FP] (.*)")

_ETCD_IN_JOURNAL = (
    "_COMM=etcd",
    "+",
    "_SYSTEMD_UNIT=k3s.service",
    "+",
    "_SYSTEMD_UNIT=k0scontroller.service",
    "+",
    "_SYSTEMD_UNIT=rke2-server.service",
)


# --- the kernel's -------------------------------------------------------------------------------


def kernel_lines(
    programs: Programs, *, journal_readable: bool, root: Path = Path("/")
) -> tuple[LogLine, ...] | None:
    """Return the lines of the last day that tell of trouble; None where none may be read.

    The kernel's own buffer is asked first, since it needs no disk; then the journal.
    """
    lines = _kernel_buffer(root)
    if lines is None and journal_readable:
        lines = _journal(programs, "-k", f"--since=-{KERNEL_SECONDS:.0f}s")
    if lines is None:
        return None
    return tuple(
        line for line in lines if line.age_seconds <= KERNEL_SECONDS and kernel_trouble(line.text)
    )


def _kernel_buffer(root: Path) -> list[LogLine] | None:
    """Read /dev/kmsg to its end without waiting for more; None where that is not allowed."""
    try:
        descriptor = os.open(root / "dev/kmsg", os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        text = text_of(b"".join(_records(descriptor)))
    finally:
        os.close(descriptor)
    uptime_seconds = float((read_text(root / "proc/uptime") or "0").split()[0])
    found = (_KERNEL_RECORD.match(line) for line in text.splitlines())
    return [
        LogLine(age_seconds=max(uptime_seconds - int(record[2]) / 1e6, 0.0), text=record[3])
        for record in found
        if record
    ]


def _records(descriptor: int) -> Iterator[bytes]:
    """Give what can be read now, one record at a time."""
    total = 0
    for _ in range(KERNEL_RECORDS_MAX):
        try:
            record = os.read(descriptor, 8192)
        except BrokenPipeError:
            continue  # overwritten while we read: the next one is there
        except OSError:
            return  # nothing more, or not allowed
        total += len(record)
        if not record or total > KERNEL_BYTES_MAX:
            return
        yield record


# --- etcd's -------------------------------------------------------------------------------------


def etcd_lines(programs: Programs) -> tuple[LogLine, ...] | None:
    """Return etcd's lines of the last hour in the journal; None where that does not answer."""
    lines = _journal(programs, f"--since=-{ETCD_SECONDS:.0f}s", *_ETCD_IN_JOURNAL)
    return None if lines is None else _of_etcd(lines)


def pod_lines(*, root: Path = Path("/")) -> tuple[LogLine, ...]:
    """Return the lines of the last hour from the newest log of each etcd that runs as a pod.

    Raises:
        PermissionError: Only root may look.
    """
    folder = root / "var/log/pods"
    try:
        pods = [path for path in folder.iterdir() if "_etcd-" in path.name]
    except FileNotFoundError:
        return ()
    lines: list[LogLine] = []
    for pod in pods[:PODS_MAX]:
        logs = (path for path in pod.glob("etcd/*.log") if path.exists())
        for newest in sorted(logs, key=lambda path: path.stat().st_mtime)[-1:]:
            lines += _pod_lines(_tail(newest))
    return _of_etcd(lines)


def _of_etcd(lines: Iterable[LogLine]) -> tuple[LogLine, ...]:
    return tuple(
        line for line in lines if line.age_seconds <= ETCD_SECONDS and etcd_trouble(line.text)
    )


def _tail(path: Path) -> str:
    """Return the end of a file."""
    try:
        with path.open("rb") as stream:
            stream.seek(max(stream.seek(0, os.SEEK_END) - POD_LOG_BYTES_MAX, 0))
            return text_of(stream.read(POD_LOG_BYTES_MAX))
    except OSError:
        return ""


def _pod_lines(text: str) -> Iterator[LogLine]:
    now = time.time()
    for line in text.splitlines():
        found = _POD_LINE.match(line)
        try:
            moment = datetime.datetime.fromisoformat(found[1]).timestamp() if found else None
        except (ValueError, OverflowError):
            continue
        if found and moment:
            yield LogLine(age_seconds=max(now - moment, 0.0), text=found[2])


# --- the journal --------------------------------------------------------------------------------


def system_journals(*, root: Path = Path("/")) -> tuple[Path, ...]:
    """Return the files of the system's journal, in memory and on disk.

    Who may not read them gets only his own lines from journalctl, without a word about it.
    """
    folders = ("run/log/journal", "var/log/journal")
    return tuple(path for one in folders for path in root.glob(f"{one}/*/system.journal"))


def _journal(programs: Programs, *arguments: str) -> list[LogLine] | None:
    """Ask journalctl for the newest lines; None where it does not answer."""
    out = programs.answer(
        "journalctl",
        "--no-pager",
        "--quiet",
        "--output=json",
        "--output-fields=MESSAGE",
        f"--lines={JOURNAL_LINES_MAX}",
        *arguments,
    )
    if out is None:
        return None
    now = time.time()
    return [line for text in out.split("\n") if (line := _journal_line(text, now))]


_Byte = Annotated[int, msgspec.Meta(ge=0, le=255)]


class _Entry(msgspec.Struct):
    """What we read of an entry; journald gives a message that is no UTF-8 as numbers."""

    message: str | list[_Byte] = msgspec.field(name="MESSAGE")
    moment_us: Annotated[int, msgspec.Meta(ge=0, le=1 << 62)] = msgspec.field(
        name="__REALTIME_TIMESTAMP"
    )


def _journal_line(text: str, now: float) -> LogLine | None:
    try:
        entry = msgspec.json.decode(text, type=_Entry, strict=False)
    except msgspec.DecodeError:
        return None
    message = entry.message
    return LogLine(
        age_seconds=max(now - entry.moment_us / 1e6, 0.0),
        text=message if isinstance(message, str) else text_of(bytes(message)),
    )
