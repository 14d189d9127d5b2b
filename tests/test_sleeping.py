"""Threads that wait in the kernel: seen at once, and for as long as they do not wake."""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

from etcdbench.sleeping import Sleepers, suspended_name
from trees import add_thread


def test_a_thread_that_does_not_wake_sleeps_longer_and_longer(tmp_path: Path) -> None:
    """The time since it was first seen in this sleep, whatever the others do."""
    sleepers = Sleepers(root=tmp_path)
    add_thread(tmp_path, 8, "D", 5)
    add_thread(tmp_path, 9, "S", 5)

    assert sleepers.longest_seconds(7, now_seconds=1.0) == 0.0
    assert sleepers.longest_seconds(7, now_seconds=1.25) == 0.25
    add_thread(tmp_path, 9, "D", 6)
    assert sleepers.longest_seconds(7, now_seconds=3.0) == 2.0


def test_one_that_woke_meanwhile_sleeps_anew(tmp_path: Path) -> None:
    """Two flushes in a row are not one: the number of switches tells."""
    sleepers = Sleepers(root=tmp_path)
    add_thread(tmp_path, 8, "D", 5)
    sleepers.longest_seconds(7, now_seconds=1.0)
    add_thread(tmp_path, 8, "D", 7)

    assert sleepers.longest_seconds(7, now_seconds=2.0) == 0.0
    assert sleepers.longest_seconds(7, now_seconds=2.5) == 0.5


def test_what_runs_waits_for_a_lock_or_is_gone_does_not_sleep(tmp_path: Path) -> None:
    """Only state D is a disk's."""
    sleepers = Sleepers(root=tmp_path)
    for number, state in ((8, "R"), (9, "S"), (10, "Z")):
        add_thread(tmp_path, number, state, 5)

    assert sleepers.longest_seconds(7, now_seconds=1.0) == 0.0
    assert sleepers.longest_seconds(7, now_seconds=9.0) == 0.0
    assert sleepers.longest_seconds(99, now_seconds=9.0) == 0.0


def test_a_real_process_is_read() -> None:
    """One that only waits for its input is in state S."""
    with subprocess.Popen(
        [sys.executable, "-c", "print(1, flush=True); input()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert Sleepers().longest_seconds(process.pid, now_seconds=1.0) == 0.0
        assert list(Path(f"/proc/{process.pid}/task").glob("*/status"))


def test_a_suspended_program_is_named() -> None:
    """One that waits, goes on again or has ended is not suspended."""
    with subprocess.Popen(["sleep", "60"]) as child, contextlib.ExitStack() as at_the_end:
        at_the_end.callback(child.kill)  # a suspended one would be waited for without end
        assert suspended_name(child.pid) is None
        child.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, child.pid, os.WSTOPPED | os.WNOWAIT)
        assert suspended_name(child.pid) == "sleep"
        assert suspended_name(child.pid) == "sleep"  # asked again, it says so again
        child.send_signal(signal.SIGCONT)
        assert suspended_name(child.pid) is None
        child.kill()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert suspended_name(child.pid) is None
    assert suspended_name(child.pid) is None
