"""Free memory kept warm, beside fio and etcd, until it is ended."""

import os
import subprocess
import sys
import time
from pathlib import Path

from etcdbench import warm_pages


def faults(pid: int) -> int:
    """Return how many new pages a process has touched."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[7])


def test_it_turns_pages_over_again_and_again_at_idle_priority_and_never_ends() -> None:
    """Each round gives back what it has touched: it takes new pages, and never more memory."""
    with subprocess.Popen([sys.executable, "-m", "etcdbench.warm_pages"]) as child:
        deadline = time.monotonic() + 10
        wanted = 20 * warm_pages.PAGES
        while faults(child.pid) < wanted and child.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        seen, running = faults(child.pid), child.poll() is None
        policy = os.sched_getscheduler(child.pid)
        child.kill()

    assert running
    assert seen >= wanted
    assert policy == os.SCHED_IDLE
