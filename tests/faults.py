"""Faults that real runs have to survive, and what must hold after each; for tests and the soak."""

import contextlib
import ctypes
import os
import random
import shutil
import signal
import stat
import struct
import subprocess
import time
from collections.abc import Generator
from pathlib import Path

from cli import call, complaint, fio_processes, left_behind, start, wait_for_fio
from etcdbench import store
from etcdbench.model import Result

SHORT_PROFILE = """format = "etcdbench-profile"
version = 1
title = "steady, for a few seconds only"
[requests]
rate_per_second = 150
[[phases]]
name = "steady"
runtime_seconds = 4
"""
"""Calibration takes 7 s, this 4 s more: the shortest run that comes to its own end."""

_IN_OPEN = 0x20
_LIBC = ctypes.CDLL(None, use_errno=True)


def short_profile(folder: Path) -> Path:
    """Write the profile of a short run."""
    path = folder / "short.toml"
    path.write_text(SHORT_PROFILE)
    return path


def end_somewhere(
    disk: Path,
    output: Path,
    rng: random.Random,
    *,
    victims: str,
    number: signal.Signals,
    seconds_max: float,
) -> str:
    """Start a run and end it, or its fio, at a random moment; return what it said.

    Args:
        disk: Where it measures.
        output: Where it keeps its result.
        rng: Draws the moment.
        victims: `parent`, `fio` or `both`.
        number: The signal.
        seconds_max: The moment is no later than this.
    """
    with start("run", disk, "--quick", "--force", "-o", output) as process:
        if rng.random() < 0.7:  # else while it starts
            wait_for_fio(disk)
        time.sleep(rng.random() * seconds_max)
        victim_ids = fio_processes(disk) if victims in {"fio", "both"} else []
        if victims in {"parent", "both"}:
            process.send_signal(number)
        for victim_id in victim_ids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(victim_id, number)
        if victims == "fio" and not victim_ids:
            process.send_signal(number)  # between two fios: the parent instead
        _, err = process.communicate(timeout=60)
    return err


def demand_nothing_left(disk: Path, output: Path) -> None:
    """After the next start no file of ours is left, no fio runs on, and a saved result loads."""
    deadline = time.monotonic() + 5
    while fio_processes(disk) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert fio_processes(disk) == []
    with start("run", disk, "--quick", "--force", "-o", output.with_name("next.json")) as process:
        wait_for_fio(disk)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    done = subprocess.CompletedProcess((), process.returncode, out, err)
    assert done.returncode == 130, done.stderr
    assert "interrupted" in complaint(done)[0]
    assert left_behind(disk) == []
    assert list(output.parent.glob(f".*{store.PARTIAL_SUFFIX}")) == []
    if output.exists():
        store.read(output)


def measured_until(disk: Path, output: Path, seconds: float, *options: str | Path) -> Result:
    """Measure for some seconds, interrupt, and return what was kept."""
    with start("run", disk, "--quick", "-o", output, *options) as process:
        wait_for_fio(disk)
        time.sleep(seconds)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
    assert process.returncode == 130
    return store.read(output)


def suspend(*process_ids: int, seconds: float) -> None:
    """Stop processes as Ctrl-Z would, and let them go on later."""
    for process_id in process_ids:
        os.kill(process_id, signal.SIGSTOP)
    time.sleep(seconds)
    for process_id in process_ids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process_id, signal.SIGCONT)


def fio_with(folder: Path, filtered_by: str) -> str:
    """Return a search path whose fio is the real one, its output going through a filter.

    Args:
        folder: Where to put it.
        filtered_by: A command of the shell.
    """
    real = shutil.which("fio")
    folder.mkdir()
    program = folder / "fio"
    program.write_text(
        f'#!/bin/bash\ncase "$*" in *--version*) exec {real} "$@";; esac\n'
        f'exec {real} "$@" > >({filtered_by})\n'
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


@contextlib.contextmanager
def busy_cpus() -> Generator[None, None, None]:
    """Leave nobody a CPU of his own: three busy programs for each."""
    count = 3 * (os.cpu_count() or 1)
    loops = [subprocess.Popen(["sh", "-c", "while :; do :; done"]) for _ in range(count)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


class Opened:
    """Watches whether anybody opens some files, by inotify(7)."""

    def __init__(self, *paths: Path) -> None:
        """Watch from now on."""
        self._fd = _LIBC.inotify_init1(os.O_NONBLOCK)
        for path in paths:
            assert _LIBC.inotify_add_watch(self._fd, os.fsencode(path), _IN_OPEN) >= 0

    def count(self) -> int:
        """Return how often one of them was opened."""
        try:
            data = os.read(self._fd, 65536)
        except BlockingIOError:
            return 0
        return len(data) // struct.calcsize("iIII")

    def close(self) -> None:
        """Watch no longer."""
        os.close(self._fd)


def run_short(disk: Path, output: Path, *options: str | Path, path: str | None = None) -> str:
    """Run the short profile to its end; return the JSON that it prints."""
    profile = short_profile(output.parent)
    done = call(
        "run", disk, "--quick", "--profile", profile, "--json", "-o", output, *options, path=path
    )
    assert done.returncode in {0, 3, 4}, done.stderr
    return done.stdout
