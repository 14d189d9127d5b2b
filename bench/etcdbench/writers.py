"""Who writes most: what each process has written, read from /proc/PID/io, seldom enough.

A process costs 17 µs to look at (more with many threads), so that 600 of them each second would
take 1 % of a core. So they are looked at every `SPACING_SECONDS` while all is well, and anew when a
stall shows: the difference says who wrote most in the seconds before it and in it. What began and
ended in between is not seen, nor is whether it wrote to this disk. Other users' processes are only
seen by root.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from etcdbench.mounts import read_text
from etcdbench.watch_model import Writer

SPACING_SECONDS = 15.0
STALL_SPACING_SECONDS = 4.0
CPU_SHARE = 0.003
"""Looks are farther apart where they are dear: with ten thousand processes, say."""

SHOWN = 3

Written = Mapping[int, int]
"""Process id -> bytes written."""


class Writers:
    """Looks at all processes now and then."""

    def __init__(
        self, *, root: Path = Path("/"), cpu_seconds: Callable[[], float] = time.process_time
    ) -> None:
        """Look at nothing yet.

        Args:
            root: Where /proc is.
            cpu_seconds: Clock of our own CPU time.
        """
        self._root = root
        self._cpu_seconds = cpu_seconds
        self._base: Written = {}
        self._base_at_seconds = 0.0
        self._next_look_seconds = 0.0
        self._next_stall_seconds = 0.0

    def keep_up(self, at_seconds: float) -> None:
        """Note what all have written, if the last look is long enough ago."""
        if at_seconds < self._next_look_seconds:
            return
        self._base, cost_seconds = self._look()
        self._base_at_seconds = at_seconds
        self._next_look_seconds = at_seconds + max(SPACING_SECONDS, cost_seconds / CPU_SHARE)

    def busiest(self, at_seconds: float) -> tuple[tuple[Writer, ...], float] | None:
        """Say who wrote most since the last `keep_up`, and in how many seconds.

        None where the last look of this kind is not long enough ago.
        """
        if at_seconds < self._next_stall_seconds:
            return None
        now, cost_seconds = self._look()
        spacing = max(STALL_SPACING_SECONDS, cost_seconds / CPU_SHARE)
        self._next_stall_seconds = at_seconds + spacing
        return self._most(now), at_seconds - self._base_at_seconds

    def _look(self) -> tuple[Written, float]:
        began = self._cpu_seconds()
        return dict(written(self._root)), self._cpu_seconds() - began

    def _most(self, now: Written) -> tuple[Writer, ...]:
        """Return the largest differences; a process that is new has written all of its bytes."""
        grown = {pid: size_bytes - self._base.get(pid, 0) for pid, size_bytes in now.items()}
        pids = sorted((pid for pid, by in grown.items() if by > 0), key=grown.__getitem__)
        return tuple(
            Writer(name=_name(self._root, pid), pid=pid, bytes_written=grown[pid])
            for pid in reversed(pids[-SHOWN:])
        )


def written(root: Path) -> Iterator[tuple[int, int]]:
    """Yield what each process has written, or left for the kernel to write, in bytes."""
    for directory in (root / "proc").glob("[0-9]*"):
        try:
            text = (directory / "io").read_bytes()
        except OSError:
            continue  # another user's, or gone
        _, found, rest = text.partition(b"\nwrite_bytes: ")
        if found:
            yield int(directory.name), int(rest.partition(b"\n")[0])


def _name(root: Path, pid: int) -> str:
    """Return a process's name; not its command line, which may wait for a lock of its memory."""
    return read_text(root / "proc" / str(pid) / "comm") or "ended"
