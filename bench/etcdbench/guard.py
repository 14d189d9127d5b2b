"""When a live etcd beside us must be let go: every ceiling, looked at ten times a second.

fio tells of a long flush only when it has ended, and of nothing during a stall. So the ceilings that
count are looked at by our own clock: fio's threads that do not wake (`sleeping`), and the kernel's
pressure. What fio tells, its silence, and etcd's own metrics come on top.
"""

from collections import deque
from pathlib import Path

from etcdbench import system
from etcdbench.etcd_watch import EtcdWatch
from etcdbench.plan import BESIDE_CEILING_NS
from etcdbench.sleeping import Sleepers
from etcdbench.units import format_share

IO_FULL_SHARE_MAX = 0.9
"""When for so much of a second all tasks waited for I/O, the disk does nothing else for anybody."""

PRESSURE_SECONDS = 1.0
"""Over which that share is taken."""

SILENCE_SECONDS = 3.0
"""This long without a word from fio is a stall: it speaks once a second, and only between I/Os."""

UNWATCHED_SECONDS_MAX = 2.0
"""When nobody looked for so long, nobody knows what we did to etcd meanwhile."""


class Guard:
    """Watches over one fio at a time.

    Attributes:
        etcd: The live etcd's own metrics; None where they cannot be had.
    """

    def __init__(self, etcd: EtcdWatch | None = None, *, root: Path = Path("/")) -> None:
        """Nothing runs yet.

        Args:
            etcd: The live etcd's own metrics.
            root: Where /proc is.
        """
        self.etcd = etcd
        self._root = root
        self.begin()

    def begin(self) -> None:
        """Forget the fio before: another one starts."""
        self._sleepers = Sleepers(root=self._root)
        self._stalls: deque[tuple[float, float]] = deque()
        self._heard_at = self._looked_at = 0.0

    def why_stop(
        self, seconds: float, *, longest_ns: int | None, process_id: int | None
    ) -> str | None:
        """Return why fio must be stopped now, if it must.

        Args:
            seconds: Since its start.
            longest_ns: Its longest flush so far; None where it has said nothing since the last look.
            process_id: Its process, where it is a real one.
        """
        unwatched_seconds, self._looked_at = seconds - self._looked_at, seconds
        if longest_ns is not None:
            self._heard_at = seconds
        asleep_seconds = (
            self._sleepers.longest_seconds(process_id, now_seconds=seconds) if process_id else 0.0
        )
        io_full_share = self._io_full_share(seconds)
        if unwatched_seconds > UNWATCHED_SECONDS_MAX:
            return f"etcdbench itself did not run for {unwatched_seconds:.1f} s"
        if longest_ns is not None and longest_ns > BESIDE_CEILING_NS:
            return "a flush took longer than etcd's heartbeat interval (100 ms)"
        if asleep_seconds * 1e9 > BESIDE_CEILING_NS:
            return "an I/O had not ended after etcd's heartbeat interval (100 ms)"
        if io_full_share > IO_FULL_SHARE_MAX:
            return f"all tasks waited for I/O for {format_share(io_full_share)} of a second"
        if seconds - self._heard_at > SILENCE_SECONDS:
            return f"the disk did not answer for {SILENCE_SECONDS:.0f} s"
        return self.etcd.why_stop() if self.etcd else None

    def _io_full_share(self, seconds: float) -> float:
        """Return the share of the last second in which all tasks waited; 0 where nobody counts."""
        full_us = system.stall("io", root=self._root).full_us
        if full_us is None:
            return 0.0
        self._stalls.append((seconds, full_us))
        while len(self._stalls) > 1 and seconds - self._stalls[1][0] >= PRESSURE_SECONDS:
            self._stalls.popleft()
        since_seconds, since_us = self._stalls[0]
        if seconds - since_seconds < PRESSURE_SECONDS:
            return 0.0
        return min((full_us - since_us) / 1e6 / (seconds - since_seconds), 1.0)
