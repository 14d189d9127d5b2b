"""Free memory kept warm, beside fio and etcd, until it is ended."""

import itertools
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest

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


def test_it_never_takes_a_cpu_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two sleeps it touches a piece of its pages, in the end all of them."""
    seen: list[int] = []

    class EnoughError(Exception):
        """We have seen a whole turn."""

    def sleeps(_seconds: float) -> None:
        seen.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt)
        if len(seen) > warm_pages.PAGES // warm_pages.PIECE_PAGES:
            raise EnoughError

    def does_nothing(*_arguments: object) -> None:
        """In the place of what would change this process."""

    monkeypatch.setattr(warm_pages, "let_fio_begin", does_nothing)
    monkeypatch.setattr("os.sched_setscheduler", does_nothing)
    monkeypatch.setattr("os.sched_setaffinity", does_nothing)
    monkeypatch.setattr("time.sleep", sleeps)
    with pytest.raises(EnoughError):
        warm_pages.main()

    pieces = [after - before for before, after in itertools.pairwise(seen)]
    assert max(pieces) < 2 * warm_pages.PIECE_PAGES  # Python may touch a new page, too
    assert sum(pieces) >= warm_pages.PAGES
