"""What the kernel tells of a program at once: an I/O that does not end, and that it is suspended.

fio tells of a flush when it has ended, so a stall is silence. The kernel tells at once: a thread
that waits for a disk is in state D, and while the number of its voluntary context switches stays
the same it has not woken once. This needs no rights, no I/O and no support of driver or filesystem.
Files: proc_pid_status(5).
"""

import os
import re
from pathlib import Path

from etcdbench.mounts import read_text

_STATUS = re.compile(
    r"^State:\s+(\w).*?^voluntary_ctxt_switches:\s+(\d+)$", re.MULTILINE | re.DOTALL
)


def suspended_name(process_id: int) -> str | None:
    """Return the name of a child of ours that a signal has suspended, else None.

    Asked with waitid(2): to read /proc/PID/stat beside fio took 0.4 ms of a CPU, ten times a second.
    """
    try:
        found = os.waitid(os.P_PID, process_id, os.WSTOPPED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:  # it has ended
        return None
    return None if found is None else read_text(Path(f"/proc/{process_id}/comm"))


class Sleepers:
    """The threads of one program, looked at again and again."""

    def __init__(self, *, root: Path = Path("/")) -> None:
        """Nobody has been seen yet.

        Args:
            root: Where /proc is.
        """
        self._root = root
        self._since: dict[tuple[str, str], float] = {}

    def longest_seconds(self, process_id: int, *, now_seconds: float) -> float:
        """Return for how long at least the deepest sleeper has not woken; 0 where none sleeps.

        Args:
            process_id: The program.
            now_seconds: By a clock that never steps.
        """
        asleep = self._asleep(process_id)
        self._since = {one: self._since.get(one, now_seconds) for one in asleep}
        return now_seconds - min(self._since.values(), default=now_seconds)

    def _asleep(self, process_id: int) -> list[tuple[str, str]]:
        """Return each thread in state D with the number of its switches: that names its sleep."""
        found: list[tuple[str, str]] = []
        for status in (self._root / f"proc/{process_id}/task").glob("*/status"):
            said = _STATUS.search(read_text(status) or "")
            if said and said[1] == "D":
                found.append((status.parent.name, said[2]))
        return found
