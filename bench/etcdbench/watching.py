"""Following a run while it measures: tell the observer, and beside a live etcd let go in time."""

from collections.abc import Callable
from typing import Protocol

from etcdbench import parse
from etcdbench.documents import Document
from etcdbench.fio import Watch
from etcdbench.histogram import Histogram, merge
from etcdbench.jobfile import WAL_SECTION, FioJob
from etcdbench.model import Run
from etcdbench.plan import BESIDE_CEILING_NS

SILENCE_SECONDS = 3.0
"""Beside a live etcd this long without a word from fio is a stall: fio answers only between I/Os."""


class Observer(Protocol):
    """Who watches a measurement; it must be cheap, since it runs beside it."""

    def begin(self, phase: str, seconds: float) -> None:
        """A run begins and will take about this long."""
        ...

    def tick(self, seconds: float, wal: Histogram | None, bytes_written: int) -> None:
        """Some time has passed; the WAL's flushes and all bytes of this run, if there is news."""
        ...

    def end(self, run: Run) -> None:
        """A run has ended."""
        ...


def watcher(
    job: FioJob,
    observer: Observer,
    *,
    gentle: bool,
    also: Callable[[float, int], None] | None = None,
) -> Watch:
    """Return what looks at a run four times a second.

    Args:
        job: What is run.
        observer: Who is told.
        gentle: Whether a live etcd is beside it, which must not be slowed down.
        also: Called with the seconds since the start and the bytes written, if there is news.
    """
    sections = [name for name in job.sections if name.startswith(WAL_SECTION)] or job.sections[:1]
    heard_at = 0.0

    def watch(seconds: float, document: Document | None) -> str | None:
        nonlocal heard_at
        wal, bytes_written = None, 0
        if document is not None:
            heard_at = seconds
            wal = merge(Histogram.from_bins(parse.sync_bins(document, name)) for name in sections)
            bytes_written = parse.bytes_written(document)
        observer.tick(seconds, wal, bytes_written)
        if also is not None:
            also(seconds, bytes_written)
        if gentle and document is not None and _longest_ns(document, job) > BESIDE_CEILING_NS:
            return "a flush took longer than etcd's heartbeat interval (100 ms)"
        if gentle and seconds - heard_at > SILENCE_SECONDS:
            return f"the disk did not answer for {SILENCE_SECONDS:.0f} s"
        return None

    return watch


def _longest_ns(document: Document, job: FioJob) -> int:
    """Return the longest flush of any section so far, the database's too."""
    return max(
        (max(parse.sync_bins(document, section), default=0) for section in job.sections), default=0
    )
