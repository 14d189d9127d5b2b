"""Schedules -> the lines of the iologs that fio replays: WAL, backend, fio's status. Text only.

Two facts about fio shape the iologs (read in `iolog.c` of fio 3.5 to 3.42, and seen): `wait` is
in milliseconds since fio's own start, whatever the manual says, and an entry that is late is
issued at once.
"""

import itertools
from collections.abc import Iterable, Sequence

from etcdbench.etcd_model import (
    COMMIT_INTERVAL_SECONDS,
    INITIAL_PAGES,
    PAGE_BYTES,
    PATH_PAGES,
    WAL_SEGMENT_BYTES,
)
from etcdbench.neighbours import idle_lines
from etcdbench.workload import BackendSchedule, WalSchedule

MARKER_BYTES = 512
"""Size of the cached read that marks the end of a commit in fio's latency log."""

STATUS_FILE = "status"
"""What the section `status` reads: a name, of which fio's null engine makes no file."""

STATUS_LEAD_MS = 2
"""So long before the backend's read in a pause comes that of the section `status`. Asked for its status,
fio prints it when every section has ended its next I/O, and printing it and reading what it prints are
CPU work that a commit would have to share two cores with. Asked before both reads, it prints after the
backend's; asked later, after the status section's in the next pause. With a read of the backend alone it
printed as a commit began where it was asked between the two: of such commits 43 % took over 3 ms, of
the others 4 % (own disk, load m)."""


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
    growths = zip(_commits_and_pauses(backend.due_ms), backend.new_pages, strict=True)
    for number, ((due_ms, middle_ms, next_ms), grown) in enumerate(growths):
        yield f"db wait {due_ms} 0"
        for page in _commit_pages(end_page, grown):
            yield f"db write {page * PAGE_BYTES} {PAGE_BYTES}"
        yield "db datasync 0 0"
        yield f"db write {number % 2 * PAGE_BYTES} {PAGE_BYTES}"
        yield "db datasync 0 0"
        yield f"db read 0 {MARKER_BYTES}"
        yield f"db wait {middle_ms} 0"
        yield f"db read 0 {MARKER_BYTES}"
        yield from idle_lines("db", middle_ms, next_ms)
        end_page += grown
    yield "db close"


def status_lines(due_ms: Sequence[int]) -> Iterable[str]:
    """Read, which does nothing, shortly before each of the backend's reads between two commits.

    Args:
        due_ms: When commits are due, in order; one at least.
    """
    yield "fio version 2 iolog"
    yield f"{STATUS_FILE} add"
    yield f"{STATUS_FILE} open"
    yield from idle_lines(STATUS_FILE, 0, due_ms[0])
    for _, backend_ms, next_ms in _commits_and_pauses(due_ms):
        read_ms = backend_ms - STATUS_LEAD_MS
        yield f"{STATUS_FILE} wait {read_ms} 0"
        yield f"{STATUS_FILE} read 0 {MARKER_BYTES}"
        yield from idle_lines(STATUS_FILE, read_ms, next_ms - STATUS_LEAD_MS)
    yield f"{STATUS_FILE} close"


def _commits_and_pauses(due_ms: Sequence[int]) -> Iterable[tuple[int, int, int]]:
    """Yield when each commit is due, when the backend reads after it, and when the next one is due."""
    interval_ms = int(1000 * COMMIT_INTERVAL_SECONDS)
    for commit_ms, next_ms in itertools.pairwise(
        (*due_ms, *(due + interval_ms for due in due_ms[-1:]))
    ):
        yield commit_ms, commit_ms + min(next_ms - commit_ms, interval_ms) // 2, next_ms


def _commit_pages(end_page: int, grown: int) -> Sequence[int]:
    """Return the pages of one commit: path pages at freed places, then growth past the end.

    The places just behind the last three commits' growth stand for what bbolt's freelist hands
    out: pages freed by the transactions before, below the two meta pages never.
    """
    freed = {max(2, end_page - 3 * grown - path - 1) for path in range(PATH_PAGES)}
    return sorted(freed | {end_page + new for new in range(grown)})
