"""What `etcdbench watch` costs: its CPU and memory, and etcd's CPU while it is scraped.

By hand: python tests/benchmarks/watch_cost.py DIRECTORY [SECONDS]. For so long (60 s) each it watches
an idle etcd of our own, as lines and as a live panel; first etcd runs so long without a watch.
"""

import os
import pty
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from etcdbench import etcd
from etcdbench.etcd_programs import find_etcd
from etcdbench.stopping import StopRequest
from etcdbench.workspace import workspace

PROGRAM = [sys.executable, "-m", "etcdbench", "watch"]
WARM_UP_SECONDS = 10.0
"""The first readings import, and make the terminal's panel."""


def cpu_share(seconds: float, *pids: int) -> list[float]:
    """Return which share of a core each process takes in some seconds."""
    processes = [psutil.Process(pid) for pid in pids]
    before = [sum(process.cpu_times()[:2]) for process in processes]
    began = time.monotonic()
    time.sleep(seconds)
    passed = time.monotonic() - began
    after = [sum(process.cpu_times()[:2]) for process in processes]
    return [(late - early) / passed for early, late in zip(before, after, strict=True)]


def with_lines(arguments: list[str]) -> "subprocess.Popen[bytes]":
    """Start a watch whose lines nobody keeps."""
    return subprocess.Popen(
        [*PROGRAM, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def with_panel(arguments: list[str]) -> "subprocess.Popen[bytes]":
    """Start a watch on a terminal of 100 columns that nobody looks at."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "100", "LINES": "40"}
    process = subprocess.Popen(
        [*PROGRAM, *arguments], stdin=theirs, stdout=theirs, stderr=theirs, env=environment
    )
    os.close(theirs)
    threading.Thread(target=_swallow, args=(ours,), daemon=True).start()
    return process


def _swallow(descriptor: int) -> None:
    try:
        while os.read(descriptor, 65536):
            pass
    except OSError:
        return  # the terminal is gone


def measure(
    start: Callable[[list[str]], "subprocess.Popen[bytes]"],
    arguments: list[str],
    *,
    etcd_pid: int,
    seconds: float,
) -> tuple[float, float, float, float]:
    """Return the shares of the watch and of etcd, and the watch's memory before and after."""
    with start(arguments) as process:
        time.sleep(WARM_UP_SECONDS)
        watched = psutil.Process(process.pid)
        early_bytes = watched.memory_info().rss
        ours, etcds = cpu_share(seconds, process.pid, etcd_pid)
        late_bytes = watched.memory_info().rss
        process.send_signal(signal.SIGTERM)
        process.wait()
    return ours, etcds, early_bytes / 1e6, late_bytes / 1e6


def main() -> None:
    """Measure and print a Markdown table."""
    directory = Path(sys.argv[1])
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 60.0
    with (
        tempfile.TemporaryDirectory() as folder,
        StopRequest().listen() as stop,
        workspace(directory, alone=True, on_leftover=print) as ours,
        workspace(Path(folder), alone=True, on_leftover=print) as scratch,
        etcd.serving(find_etcd(None), target=ours, scratch=scratch, stop=stop) as server,
    ):
        found = next(one for one in psutil.Process().children() if one.name() == "etcd")
        arguments = [str(directory), "--metrics", f"{server.url}/metrics", "--force"]
        arguments += ["-o", str(Path(folder) / "r.json")]
        (idle,) = cpu_share(seconds, found.pid)
        print("| watch | its CPU | its memory | etcd's CPU |\n|---|---|---|---|")
        print(f"| none | | | {idle:.2%} |")
        for name, start in (("lines", with_lines), ("live panel", with_panel)):
            share, etcds, early, late = measure(
                start, arguments, etcd_pid=found.pid, seconds=seconds
            )
            print(f"| {name} | {share:.2%} | {early:.1f} to {late:.1f} MB | {etcds:.2%} |")


if __name__ == "__main__":
    main()
