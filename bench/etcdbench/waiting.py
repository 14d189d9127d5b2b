"""Tasks that cannot go on before a disk, or other hardware, answers: state D of proc_pid_stat(5)."""

import os
from collections.abc import Iterator
from pathlib import Path

from etcdbench.disk_model import WaitingTask
from etcdbench.mounts import read_text

TASKS_MAX = 10_000
"""We look at no more threads than this: they take half a second."""


def waiting_tasks(*, root: Path = Path("/")) -> tuple[WaitingTask, ...]:
    """Return all threads in uninterruptible sleep.

    Where each waits (proc_pid_wchan(5)) is shown to root alone, and to others for their own.
    """
    found: list[WaitingTask] = []
    for number, directory in enumerate(_threads(root / "proc")):
        if number >= TASKS_MAX:
            break
        # The name stands in parentheses and may hold any character.
        before, _, after = (read_text(directory / "stat") or "").rpartition(")")
        if after.split()[:1] == ["D"]:
            wchan = read_text(directory / "wchan")
            found.append(
                WaitingTask(
                    thread_id=int(directory.name),
                    name=before.partition("(")[2],
                    wchan=None if wchan == "0" else wchan,
                )
            )
    return tuple(found)


def _threads(proc: Path) -> Iterator[Path]:
    """Give the directory of each thread of each process."""
    for process in _numbered(proc):
        yield from _numbered(process / "task")


def _numbered(directory: Path) -> Iterator[Path]:
    try:
        names = os.listdir(directory)  # noqa: PTH208 - twice as fast where there are thousands
    except OSError:
        return  # it has ended
    yield from (directory / name for name in names if name.isdigit())
