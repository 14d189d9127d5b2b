"""Following a run: the observer hears of it, and the guard of a live etcd is asked."""

from etcdbench.fio import Watch
from etcdbench.guard import Guard
from etcdbench.jobfile import FioJob
from etcdbench.model import Run
from etcdbench.watching import CountFlushes, watcher
from fakes import document

MS = 1_000_000
JOB = FioJob(job_file="", iologs={}, sections=("wal", "backend"), runtime_seconds=1, size_bytes=0)


class Listener:
    """An observer that remembers what it heard."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.heard: list[tuple[float, int | None, int]] = []

    def begin(self, phase: str, seconds: float) -> None:
        """Hear of a begin."""

    def tick(self, seconds: float, wal: CountFlushes | None, bytes_written: int) -> None:
        """Remember a tick."""
        self.heard.append((seconds, wal().count if wal else None, bytes_written))

    def end(self, run: Run) -> None:
        """Hear of an end."""


def watch(*, guard: Guard | None = None, listener: Listener | None = None) -> Watch:
    """Make a watcher."""
    return watcher(JOB, listener or Listener(), guard=guard)


def test_the_observer_hears_of_news_and_of_time() -> None:
    """With a document the flushes and bytes so far, without one only the time."""
    listener = Listener()
    look = watch(listener=listener)

    look(0.25, None)
    look(1.0, document(1000, {"wal": {MS: 5}, "backend": {}}, written=700))

    assert listener.heard == [(0.25, None, 0), (1.0, 5, 700)]


def test_an_ordinary_run_is_never_stopped() -> None:
    """However slow the disk is: that is what is measured."""
    look = watch()

    assert look(1.0, document(1000, {"wal": {2000 * MS: 1}, "backend": {}})) is None
    assert look(60.0, None) is None


def test_beside_a_live_etcd_a_long_flush_of_any_section_ends_it() -> None:
    """The database's, too."""
    look = watch(guard=Guard())

    assert look(1.0, document(1000, {"wal": {90 * MS: 1}, "backend": {}})) is None
    assert look(1.1, None) is None
    backend = document(2000, {"wal": {MS: 1}, "backend": {120 * MS: 1}})
    assert "heartbeat" in (look(2.0, backend) or "")
