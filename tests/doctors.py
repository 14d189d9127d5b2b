"""Builders for tests of `doctor`'s disk half."""

from pathlib import Path

from etcdbench.disk_model import ROLE_WORDS, DiskActivity, DiskFacts, LogLine, Place, Role, Stalls
from etcdbench.probes import Programs
from fakes import device

PRESSED = Stalls(some=0.6, full=0.3)


def place(role: Role = "etcd", disk: str = "sda", **changes: object) -> Place:
    """Build a place on a healthy ext4 with half of its room free."""
    facts: dict[str, object] = {
        "role": role,
        "path": {"etcd": "/var/lib/etcd", "root": "/"}.get(role, f"/var/lib/{role}"),
        "called": ROLE_WORDS[role],
        "filesystem": "ext4",
        "mount_point": "/" if disk == "sda" else f"/mnt/{disk}",
        "mount_options": ("relatime", "rw"),
        "devices": (device(disk),),
        "disks": (disk,),
        "log_names": (disk,),
        "size_bytes": 100_000_000_000,
        "free_bytes": 50_000_000_000,
        "inodes": 1000,
        "inodes_free": 500,
    }
    return Place(**{**facts, **changes})  # type: ignore[arg-type]


def activity(name: str = "sda", /, **changes: object) -> DiskActivity:
    """Build what a healthy disk does in two seconds."""
    facts: dict[str, object] = {
        "name": name,
        "busy_share": 0.1,
        "bytes_written_per_second": 100_000.0,
        "reads": 2,
        "read_mean_seconds": 0.001,
        "writes": 40,
        "write_mean_seconds": 0.001,
        "flushes": 20,
        "flush_mean_seconds": 0.001,
    }
    return DiskActivity(**{**facts, **changes})  # type: ignore[arg-type]


def silent(name: str = "sda", *, unanswered: int = 0) -> DiskActivity:
    """Build a disk on which nothing ended."""
    return activity(name, reads=0, writes=0, flushes=0, unanswered=unanswered)


def facts(**changes: object) -> DiskFacts:
    """Build what is seen of a healthy host with etcd and all else on one disk."""
    healthy: dict[str, object] = {
        "seconds": 2.0,
        "places": (place("etcd"), place("root")),
        "activity": (activity(),),
        "io": Stalls(some=0.02, full=0.0),
        "memory": Stalls(some=0.0, full=0.0),
    }
    return DiskFacts(**{**healthy, **changes})  # type: ignore[arg-type]


def line(text: str, *, age_seconds: float = 60.0) -> LogLine:
    """Build a line of a log."""
    return LogLine(age_seconds=age_seconds, text=text)


class Installed(Programs):
    """Finds only programs that a test has put into a directory."""

    def __init__(self, folder: Path) -> None:
        """Look there."""
        super().__init__(seconds=10.0)
        self._folder = folder

    def find(self, *names: str) -> str | None:
        """Return the first of these that is there."""
        found = (self._folder / name for name in names)
        return next((str(path) for path in found if path.exists()), None)

    def install(self, name: str, output: str, *, status: int = 0, seconds: float = 0.0) -> None:
        """Put a program there that prints something, and keeps what it was asked beside it."""
        self._folder.mkdir(exist_ok=True)
        path = self._folder / name
        path.with_suffix(".out").write_text(output)
        path.write_text(
            f'#!/bin/sh\necho "$@" >>"$0.asked"\nsleep {seconds}\ncat "$0.out"\nexit {status}\n'
        )
        path.chmod(0o755)

    def asked(self, name: str) -> list[str]:
        """Return the arguments of each call."""
        path = self._folder / f"{name}.asked"
        return path.read_text().splitlines() if path.exists() else []
