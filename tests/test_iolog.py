"""The lines of the iologs, word for word: fio is picky."""

import itertools

from etcdbench.iolog import backend_lines, status_lines, wal_lines, wal_segments
from etcdbench.workload import BackendSchedule, WalSchedule

WAL = WalSchedule(due_ms=(500, 507), sizes_bytes=(1392, 2784))
BACKEND = BackendSchedule(due_ms=(600, 710), new_pages=(2, 1))


def test_the_wal_is_written_and_flushed_batch_by_batch_at_its_due_time() -> None:
    """Wait, write, datasync: one flush a batch, offsets that follow each other."""
    assert list(wal_lines(WAL)) == [
        "fio version 2 iolog",
        "wal-0 add",
        "wal-0 open",
        "wal-0 wait 500 0",
        "wal-0 write 0 1392",
        "wal-0 datasync 0 0",
        "wal-0 wait 507 0",
        "wal-0 write 1392 2784",
        "wal-0 datasync 0 0",
        "wal-0 close",
    ]


def test_a_commit_is_pages_in_order_flush_meta_page_flush_marker() -> None:
    """bbolt's two fdatasyncs, the meta pages taking turns, growth past the end of the file."""
    lines = list(backend_lines(BACKEND))
    first = lines[lines.index("db wait 600 0") + 1 : lines.index("db wait 650 0")]
    offsets = [int(line.split()[2]) for line in first if line.startswith("db write")][:-1]

    assert lines[3:5] == ["db write 0 65536", "db datasync 0 0"]
    assert sorted(offsets) == offsets
    assert offsets[-2:] == [16 * 4096, 17 * 4096]
    assert len(offsets) == 5 + 2
    assert first[-4:] == [
        "db datasync 0 0",
        "db write 0 4096",
        "db datasync 0 0",
        "db read 0 512",
    ]
    assert "db write 4096 4096" in lines[lines.index("db wait 710 0") :]


def test_fio_prints_its_status_between_two_commits_and_in_none() -> None:
    """Backend and status read in the middle, the status first; in a long pause now and then."""
    due_ms = (600, 701, 741, 4241)
    schedule = BackendSchedule(due_ms=due_ms, new_pages=(1, 1, 1, 1), start_page=16)
    backend = list(backend_lines(schedule))
    status = list(status_lines(due_ms))
    answers = [
        int(wait.split()[2])
        for wait, then in itertools.pairwise(backend)
        if " wait " in wait and " read " in then
    ]

    assert answers == [650, 721, 791, 1791, 2791, 4291]
    assert status[3:-1:2] == [f"status wait {due} 0" for due in (648, 719, 789, 1789, 2789, 4289)]
    assert status[4:-1:2] == ["status read 0 512"] * 6
    assert list(status_lines((3200,)))[3::2] == [
        "status wait 1000 0",
        "status wait 2000 0",
        "status wait 3248 0",
        "status close",
    ]


def test_a_database_that_exists_is_not_made_again() -> None:
    """The second run's iolog begins with a commit."""
    grown = BackendSchedule(due_ms=(600,), new_pages=(2,), start_page=40)

    assert list(backend_lines(grown))[3] == "db wait 600 0"


def test_no_commit_touches_the_meta_pages_as_data() -> None:
    """Pages 0 and 1 are bbolt's meta pages, however small the database is."""
    many = BackendSchedule(due_ms=(600,), new_pages=(30,))
    lines = list(backend_lines(many))
    pages = [int(line.split()[2]) // 4096 for line in lines[5:] if line.startswith("db write")]

    assert min(pages[:-1]) >= 2


def test_a_batch_may_span_two_segments_and_is_flushed_once() -> None:
    """A load that fills a segment goes on in the next one."""
    over = WalSchedule(due_ms=(500,), sizes_bytes=(3000,), start_offset_bytes=63_999_000)

    assert wal_segments(over) == ["wal-0", "wal-1"]
    assert list(wal_lines(over))[5:9] == [
        "wal-0 wait 500 0",
        "wal-0 write 63999000 1000",
        "wal-1 write 0 2000",
        "wal-1 datasync 0 0",
    ]


def test_a_pause_is_filled_with_cached_reads() -> None:
    """fio answers the request for its status between I/Os only, and gives up after five seconds."""
    wal = WalSchedule(due_ms=(500, 3600), sizes_bytes=(100, 100))
    lines = list(wal_lines(wal))
    first, second = lines.index("wal-0 datasync 0 0"), lines.index("wal-0 wait 3600 0")

    assert lines[first + 1 : second] == [
        "wal-0 wait 1500 0",
        "wal-0 read 0 512",
        "wal-0 wait 2500 0",
        "wal-0 read 0 512",
    ]
