"""Following a run while it measures: tell the observer, and ask the guard of a live etcd."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

from etcdbench.documents import Document
from etcdbench.fio import Watch
from etcdbench.guard import Guard
from etcdbench.histogram import Histogram, merge
from etcdbench.jobfile import WAL_SECTION, FioJob
from etcdbench.model import Run

CountFlushes = Callable[[], Histogram]
"""Counts a run's WAL flushes so far; called only by who shows them, since it takes CPU time."""


class Observer(Protocol):
    """Who watches a measurement; it must be cheap, since it runs beside it."""

    def begin(self, phase: str, seconds: float) -> None:
        """A run begins and will take about this long."""
        ...

    def tick(self, seconds: float, wal: CountFlushes | None, bytes_written: int) -> None:
        """Some time has passed; the WAL's flushes and all bytes of this run, if there is news."""
        ...

    def end(self, run: Run) -> None:
        """A run has ended."""
        ...


def watcher(
    job: FioJob,
    observer: Observer,
    *,
    guard: Guard | None,
    also: Callable[[float, int], None] | None = None,
) -> Watch:
    """Return what looks at a run ten times a second.

    Args:
        job: What is run.
        observer: Who is told.
        guard: Who watches over a live etcd beside it; None where there is none.
        also: Called with the seconds since the start and the bytes written, if there is news.
    """
    sections = [name for name in job.sections if name.startswith(WAL_SECTION)] or job.sections[:1]

    def watch(
        seconds: float, document: Document | None, process_id: int | None = None
    ) -> str | None:
        wal, bytes_written = None, 0
        if document is not None:
            wal = partial(_flushes, document, sections)
            bytes_written = document.bytes_written
        observer.tick(seconds, wal, bytes_written)
        if also is not None:
            also(seconds, bytes_written)
        if guard is None:
            return None
        longest_ns = None if document is None else _longest_ns(document, job)
        return guard.why_stop(seconds, longest_ns=longest_ns, process_id=process_id)

    return watch


def _flushes(document: Document, sections: Sequence[str]) -> Histogram:
    return merge(document.flushes(name) for name in sections)


def _longest_ns(document: Document, job: FioJob) -> int:
    """Return the longest flush of any section so far, the database's too."""
    return max((document.flushes(section).max_ns or 0 for section in job.sections), default=0)
