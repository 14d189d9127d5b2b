"""Requests -> when the WAL is flushed and when the backend commits, in whole fio units.

The arithmetic is etcd's (`etcd_model`); this turns its outcome into milliseconds, bytes and pages.
"""

import random
from collections.abc import Callable, Iterable, Sequence

from etcdbench import etcd_model
from etcdbench.histogram import Histogram
from etcdbench.records import Struct
from etcdbench.workload import BackendSchedule, Requests, WalSchedule

START_DELAY_MS = 500
"""fio starts its sections 0.1 to 0.3 s after its clock; nothing is due before all have begun."""


class Position(Struct, frozen=True, kw_only=True):
    """Where a stretch of load begins in its files.

    Attributes:
        wal_offset_bytes: Bytes of WAL written before, over all segments.
        database_pages: Pages that the database holds; 0 before it is made.
    """

    wal_offset_bytes: int = 0
    database_pages: int = 0


def record_bytes(requests: Requests) -> int:
    """Return the bytes of one WAL record."""
    return etcd_model.wal_record_bytes(
        key_size_bytes=requests.key_size_bytes,
        value_size_bytes=requests.value_size_bytes,
        key_copies=requests.key_copies,
    )


def schedule(
    requests: Requests,
    *,
    seconds: float,
    flushes: Histogram,
    commits: Histogram,
    position: Position,
    rng: random.Random,
) -> tuple[WalSchedule, BackendSchedule]:
    """Draw arrivals and let etcd's two loops make flushes and commits of them.

    Args:
        requests: The request stream.
        seconds: How long it lasts.
        flushes: Flush times to draw from.
        commits: Commit times to draw from.
        position: Where to begin in the files.
        rng: Source of all draws: the same one gives the same schedule.
    """
    times: list[float] = []
    for arrival in etcd_model.arrivals(
        requests.rate_per_second, poisson=requests.arrivals == "poisson", rng=rng
    ):
        if arrival > seconds:
            break
        times.append(arrival)
    flushed = etcd_model.group_commit(times, draw_flush_seconds=_sampler(flushes, rng))
    committed = etcd_model.backend_commits(times, draw_commit_seconds=_sampler(commits, rng))
    size = record_bytes(requests)
    wal = WalSchedule(
        due_ms=_due_ms(flush.due_seconds for flush in flushed),
        sizes_bytes=tuple(flush.requests * size for flush in flushed),
        start_offset_bytes=position.wal_offset_bytes,
    )
    backend = BackendSchedule(
        due_ms=_due_ms(commit.due_seconds for commit in committed),
        new_pages=_whole_pages([commit.puts for commit in committed], requests),
        start_page=position.database_pages,
    )
    return wal, backend


def position_after(wal: WalSchedule, backend: BackendSchedule) -> Position:
    """Return where the next stretch begins."""
    return Position(
        wal_offset_bytes=wal.start_offset_bytes + sum(wal.sizes_bytes),
        database_pages=(backend.start_page or etcd_model.INITIAL_PAGES) + sum(backend.new_pages),
    )


def _sampler(histogram: Histogram, rng: random.Random) -> Callable[[], float]:
    """Return a function that draws a latency in seconds."""
    latencies = [latency / 1e9 for latency in histogram.latencies_ns]
    pool: list[float] = []

    def draw() -> float:
        if not pool:
            pool.extend(rng.choices(latencies, histogram.counts, k=256))
        return pool.pop()

    return draw


def _due_ms(seconds: Iterable[float]) -> tuple[int, ...]:
    """Truncate: fio sleeps from its truncated clock on, and so wakes 0 to 1 ms after a due time."""
    return tuple(int(due * 1000) + START_DELAY_MS for due in seconds)


def _whole_pages(puts: Sequence[int], requests: Requests) -> tuple[int, ...]:
    """Turn puts into whole pages and carry what is left over to the next commit."""
    pages: list[int] = []
    owed = 0.0
    for number in puts:
        owed += etcd_model.new_pages(
            number,
            key_size_bytes=requests.key_size_bytes,
            value_size_bytes=requests.value_size_bytes,
        )
        whole = max(1, round(owed))
        pages.append(whole)
        owed -= whole
    return tuple(pages)
