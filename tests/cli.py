"""Call the program as a user does, and look at what it leaves behind."""

import fcntl
import os
import subprocess
import sys
import time
from pathlib import Path


def start(
    *arguments: str | Path, path: str | None = None, user: int | None = None
) -> "subprocess.Popen[str]":
    """Start the program in the background; `path` replaces the search path, `user` ourselves."""
    environment = {**os.environ, "COLUMNS": "80", **({"PATH": path} if path is not None else {})}
    python = sys.executable
    if user is not None and not _for_everybody(Path(python)):
        python, environment["PYTHONPATH"] = "/usr/bin/python3", os.pathsep.join(sys.path)
    return subprocess.Popen(
        [python, "-m", "etcdbench", *map(str, arguments)],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        user=user,
        group=user,
        extra_groups=None if user is None else [],
    )


def _for_everybody(program: Path) -> bool:
    """Say whether any user may run a program."""
    folders = program.resolve().parents
    return all(folder.stat().st_mode & 0o001 for folder in folders)


def call(
    *arguments: str | Path, path: str | None = None, timeout_seconds: float = 250
) -> "subprocess.CompletedProcess[str]":
    """Run the program to its end."""
    with start(*arguments, path=path) as process:
        out, err = process.communicate(timeout=timeout_seconds)
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def complaint(done: "subprocess.CompletedProcess[str]") -> tuple[str, str]:
    """Return the one line that says what is wrong, and the hint; everything else is a failure."""
    assert "Traceback" not in done.stderr, done.stderr
    lines = done.stderr.strip().splitlines()
    assert lines[-2].startswith("etcdbench: "), done.stderr
    assert lines[-1].startswith("hint: "), done.stderr
    return lines[-2], lines[-1]


def left_behind(directory: Path) -> list[str]:
    """Return what is in a directory, and what dead runs left in memory, by name."""
    scratch = [path.name for path in Path("/dev/shm").glob(".etcdbench-*") if not _in_use(path)]
    return sorted(path.name for path in directory.iterdir()) + scratch


def _in_use(workspace: Path) -> bool:
    """Say whether a run holds the lock of its directory: another test's, at the same time."""
    try:
        with (workspace / "etcdbench-marker").open() as marker:
            fcntl.flock(marker, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return not workspace.exists()
    return False


def fio_processes(directory: Path) -> list[int]:
    """Return the fio processes that work in or below a directory."""
    found: list[int] = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            name, place = (entry / "comm").read_text().strip(), (entry / "cwd").readlink()
        except OSError:
            continue
        if name == "fio" and place.is_relative_to(directory):
            found.append(int(entry.name))
    return found


def wait_for_fio(directory: Path, *, seconds: float = 20.0) -> list[int]:
    """Wait until fio works below a directory."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = fio_processes(directory)
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError("fio did not start")
