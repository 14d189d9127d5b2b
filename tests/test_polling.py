"""Go's poll, which runs beside fio until it is ended."""

import subprocess
import sys
import time
from pathlib import Path


def switches(pid: int) -> int:
    """Return how often a process gave its CPU away."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("\nvoluntary_ctxt_switches:")[2].split()[0])


def test_it_sleeps_again_and_again_and_never_ends() -> None:
    """Each look is a sleep of its own; what it costs is measured elsewhere."""
    with subprocess.Popen([sys.executable, "-m", "etcdbench.polling"]) as child:
        deadline = time.monotonic() + 10
        while switches(child.pid) < 500 and child.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        seen = switches(child.pid)
        running = child.poll() is None
        child.kill()

    assert running
    assert seen >= 500
