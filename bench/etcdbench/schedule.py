"""Requests -> when the WAL is flushed and when the backend commits, in whole fio units.

The arithmetic is etcd's (`etcd_model`); this turns its outcome into milliseconds, bytes and pages.
"""

import itertools
import random
from collections.abc import Callable, Iterable, Iterator

from etcdbench import etcd_model
from etcdbench.bbolt import Database
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


class Load(Struct, frozen=True, kw_only=True):
    """Requests, one by one.

    Attributes:
        due_seconds: When each reaches etcd, ascending; shape (n,).
        value_sizes_bytes: Bytes of each value; shape (n,).
        key_sizes_bytes: Bytes of each key; shape (n,).
        key_copies: How often a WAL record holds it.
    """

    due_seconds: tuple[float, ...]
    key_sizes_bytes: tuple[int, ...]
    value_sizes_bytes: tuple[int, ...]
    key_copies: int


def record_bytes(requests: Requests) -> int:
    """Return the bytes of one WAL record."""
    return etcd_model.wal_record_bytes(
        key_size_bytes=requests.key_size_bytes,
        value_size_bytes=requests.value_size_bytes,
        key_copies=requests.key_copies,
    )


def even_load(requests: Requests, *, seconds: float, rng: random.Random) -> Load:
    """Draw a stretch of requests that are all alike.

    Args:
        requests: The request stream.
        seconds: How long it lasts.
        rng: Source of all draws.
    """
    arrivals = etcd_model.arrivals(
        requests.rate_per_second, poisson=requests.arrivals == "poisson", rng=rng
    )
    times = tuple(itertools.takewhile(lambda time: time <= seconds, arrivals))
    return Load(
        due_seconds=times,
        key_sizes_bytes=(requests.key_size_bytes,) * len(times),
        value_sizes_bytes=(requests.value_size_bytes,) * len(times),
        key_copies=requests.key_copies,
    )


def schedule(
    load: Load,
    *,
    flushes: Histogram,
    commits: Histogram,
    position: Position,
    rng: random.Random,
) -> tuple[WalSchedule, BackendSchedule]:
    """Let etcd's two loops make flushes and commits of requests.

    Args:
        load: The requests.
        flushes: Flush times to draw from.
        commits: Commit times to draw from.
        position: Where to begin in the files.
        rng: Source of all draws: the same one gives the same schedule.
    """
    flushed = etcd_model.group_commit(load.due_seconds, draw_flush_seconds=_sampler(flushes, rng))
    committed = etcd_model.backend_commits(
        load.due_seconds, draw_commit_seconds=_sampler(commits, rng)
    )
    records = _record_sizes(load)
    wal = WalSchedule(
        due_ms=_due_ms(flush.due_seconds for flush in flushed),
        sizes_bytes=tuple(sum(itertools.islice(records, flush.requests)) for flush in flushed),
        start_offset_bytes=position.wal_offset_bytes,
    )
    backend = BackendSchedule(
        due_ms=_due_ms(commit.due_seconds for commit in committed),
        new_pages=tuple(
            _growth(
                load,
                (commit.puts for commit in committed),
                start_page=position.database_pages,
            )
        ),
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


def _record_sizes(load: Load) -> Iterator[int]:
    for key, value in zip(load.key_sizes_bytes, load.value_sizes_bytes, strict=True):
        yield etcd_model.wal_record_bytes(
            key_size_bytes=key, value_size_bytes=value, key_copies=load.key_copies
        )


def _item_sizes(load: Load) -> Iterator[int]:
    for key, value in zip(load.key_sizes_bytes, load.value_sizes_bytes, strict=True):
        yield etcd_model.item_bytes(key_size_bytes=key, value_size_bytes=value)


def _growth(load: Load, puts: Iterable[int], *, start_page: int) -> Iterator[int]:
    """Let a database take the puts of each commit, and yield by how many pages it grows."""
    database = Database(start_page or etcd_model.INITIAL_PAGES)
    items = _item_sizes(load)
    for count in puts:
        yield database.commit(itertools.islice(items, count))
