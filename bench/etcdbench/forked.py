"""What a child does for itself between fork and exec."""

import contextlib
import ctypes
import os
import signal
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)

AUTOGROUP = Path("/proc/self/autogroup")
AUTOGROUP_NICE_MAX = "19"
"""Where a process sets the share of its session, and the least that it can ask for."""


def die_with_parent() -> None:
    """Ask the kernel to kill this child when its parent dies."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def yield_and_die_with_parent() -> None:
    """Besides, leave the CPU to whoever else wants it.

    `SCHED_IDLE` counts within a session only: the kernel gives every session an equal share first
    (`autogroup` in sched(7)), and a child with a session of its own has to give that up, too.
    """
    die_with_parent()
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    with contextlib.suppress(OSError):  # a kernel without autogroups
        AUTOGROUP.write_text(AUTOGROUP_NICE_MAX)
