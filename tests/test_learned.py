"""What one run hands on to the next."""

import pytest

from etcdbench.learned import GUESS_FLUSH_NS, Learned, moved
from etcdbench.workload import BackendSchedule, Requests, WalSchedule
from fakes import stream

MS = 1_000_000
WAL = WalSchedule(due_ms=(500, 600), sizes_bytes=(1000, 500))
BACKEND = BackendSchedule(due_ms=(600,), new_pages=(7,))


def test_files_grow_on_and_latencies_are_the_last_runs() -> None:
    """The database begins at its 16 pages."""
    known = Learned()

    known.learn([stream("wal", [{3 * MS: 5}]), stream("commit", [{9 * MS: 1}])], WAL, BACKEND)

    assert (known.position.wal_offset_bytes, known.position.database_pages) == (1500, 23)
    assert known.flushes.mean_ns == 3 * MS
    assert known.commits.mean_ns == 9 * MS


def test_a_run_without_samples_teaches_no_latency() -> None:
    """What was known before stands."""
    known = Learned()

    known.learn([stream("wal", [])], WAL, BACKEND)

    assert known.flushes.mean_ns == GUESS_FLUSH_NS


@pytest.mark.parametrize(
    ("means_ms", "again"),
    [((9,), False), ((9, 10), False), ((9, 12), True), ((2, 9, 9.5), False), ((0.1, 0.2), False)],
)
def test_only_what_changes_the_flush_rate_is_measured_again(
    means_ms: tuple[float, ...], *, again: bool
) -> None:
    """At 150/s a flush of 0.2 ms leads to the same schedule as one of 0.1 ms."""
    means_ns = [mean * MS for mean in means_ms]

    assert moved(means_ns, Requests(rate_per_second=150.0)) is again
