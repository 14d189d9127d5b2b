"""Schedules -> the lines of the iologs that fio replays: the WAL's and the backend's. Text only.

Two facts about fio shape the iologs (read in `iolog.c` of fio 3.5 to 3.42, and seen): `wait` is
in milliseconds since fio's own start, whatever the manual says, and an entry that is late is
issued at once.
"""

from collections.abc import Iterable, Sequence

from etcdbench.etcd_model import INITIAL_PAGES, PAGE_BYTES, PATH_PAGES, WAL_SEGMENT_BYTES
from etcdbench.neighbours import idle_lines
from etcdbench.workload import BackendSchedule, WalSchedule

MARKER_BYTES = 512
"""Size of the cached read that marks the end of a commit in fio's latency log."""

ANSWER_MS = 40
"""So long before each commit the backend reads something from the cache: fio's status waits for every
section's next I/O, and printing it and reading what it prints are CPU work that a commit, one in ten,
had to share two cores with. On a disk with flushes of 25 us 48 % of those took over 1.7 ms, of the
others 2.5 %. 5 ms are enough for one phase; with the four of a join, as many sections to print, 11.7 %
of the commits took over 2 ms, 2.1 % with 40 ms (etcd 1.5 and 2.2 %). Commits are 100 ms apart."""


def wal_segments(wal: WalSchedule) -> list[str]:
    """Return the names of the segments that a schedule touches."""
    end = max(wal.start_offset_bytes + sum(wal.sizes_bytes) - 1, wal.start_offset_bytes)
    first, last = wal.start_offset_bytes // WAL_SEGMENT_BYTES, end // WAL_SEGMENT_BYTES
    return [f"wal-{number}" for number in range(first, last + 1)]


def segment_ends(wal: WalSchedule) -> dict[str, int]:
    """Return for each segment where the last write to it ends, in whole pages."""
    *full, last = wal_segments(wal)
    end_bytes = (wal.start_offset_bytes + sum(wal.sizes_bytes) - 1) % WAL_SEGMENT_BYTES + 1
    pages = -(-end_bytes // PAGE_BYTES)
    return {**dict.fromkeys(full, WAL_SEGMENT_BYTES), last: pages * PAGE_BYTES}


def wal_lines(wal: WalSchedule) -> Iterable[str]:
    """Write each batch at its due time, then flush it; a batch may span two segments."""
    segments = wal_segments(wal)
    yield "fio version 2 iolog"
    for name in segments:
        yield f"{name} add"
    for name in segments:
        yield f"{name} open"
    position = wal.start_offset_bytes
    now_ms = wal.due_ms[0] if wal.due_ms else 0
    for due_ms, size_bytes in zip(wal.due_ms, wal.sizes_bytes, strict=True):
        yield from idle_lines(segments[0], now_ms, due_ms)
        now_ms = due_ms
        pieces = list(_split_at_segments(position, size_bytes))
        yield f"{pieces[0][0]} wait {due_ms} 0"
        for name, offset, length in pieces:
            yield f"{name} write {offset} {length}"
        yield f"{pieces[-1][0]} datasync 0 0"
        position += size_bytes
    for name in segments:
        yield f"{name} close"


def _split_at_segments(position: int, size_bytes: int) -> Iterable[tuple[str, int, int]]:
    while size_bytes > 0:
        number, offset = divmod(position, WAL_SEGMENT_BYTES)
        length = min(size_bytes, WAL_SEGMENT_BYTES - offset)
        yield f"wal-{number}", offset, length
        position, size_bytes = position + length, size_bytes - length


def backend_lines(backend: BackendSchedule) -> Iterable[str]:
    """Write bbolt's commit: pages in ascending order, fdatasync, meta page, fdatasync, marker."""
    yield "fio version 2 iolog"
    yield "db add"
    yield "db open"
    end_page = backend.start_page
    if not end_page:
        end_page = INITIAL_PAGES
        yield f"db write 0 {INITIAL_PAGES * PAGE_BYTES}"
        yield "db datasync 0 0"
    now_ms = backend.due_ms[0] if backend.due_ms else 0
    for number, (due_ms, grown) in enumerate(zip(backend.due_ms, backend.new_pages, strict=True)):
        yield from idle_lines("db", now_ms, due_ms)
        if due_ms - now_ms > ANSWER_MS:
            yield f"db wait {due_ms - ANSWER_MS} 0"
            yield f"db read 0 {MARKER_BYTES}"
        now_ms = due_ms
        yield f"db wait {due_ms} 0"
        for page in _commit_pages(end_page, grown):
            yield f"db write {page * PAGE_BYTES} {PAGE_BYTES}"
        yield "db datasync 0 0"
        yield f"db write {number % 2 * PAGE_BYTES} {PAGE_BYTES}"
        yield "db datasync 0 0"
        yield f"db read 0 {MARKER_BYTES}"
        end_page += grown
    yield "db close"


def _commit_pages(end_page: int, grown: int) -> Sequence[int]:
    """Return the pages of one commit: path pages at freed places, then growth past the end.

    The places just behind the last three commits' growth stand for what bbolt's freelist hands
    out: pages freed by the transactions before, below the two meta pages never.
    """
    freed = {max(2, end_page - 3 * grown - path - 1) for path in range(PATH_PAGES)}
    return sorted(freed | {end_page + new for new in range(grown)})
