"""etcd's arithmetic against what was traced, and against the closed forms."""

import itertools
import random

import pytest

from etcdbench import etcd_model


def arrivals(rate: float, seconds: float, *, poisson: bool) -> list[float]:
    """Return the arrivals of a stretch."""
    source = etcd_model.arrivals(rate, poisson=poisson, rng=random.Random(1))
    return list(itertools.takewhile(lambda time: time <= seconds, source))


@pytest.mark.parametrize(
    ("rate", "flush_ms", "observed"),
    [(150, 2.55, 150.0), (150, 8.50, 114.6), (1000, 3.84, 254.6), (1000, 3.81, 257.9)],
)
def test_the_loop_makes_the_flush_rates_of_a_real_etcd(
    rate: float, flush_ms: float, observed: float
) -> None:
    """Under `check perf` on simulated disks (3.4.23), mean flush time and flushes a second."""
    times = arrivals(rate, 200, poisson=False)

    flushes = etcd_model.group_commit(times, draw_flush_seconds=lambda: flush_ms / 1000)

    assert pytest.approx(observed, rel=0.03) == len(flushes) / 200


@pytest.mark.parametrize(
    ("rate", "flush_ms", "traced"),
    [
        (2, 0.5, 2.0),
        (101, 0.5, 100.8),
        (298, 2, 242),
        (98, 2, 95.2),
        (100, 10, 71.2),
        (285, 10, 91.2),
    ],
)
def test_the_loop_makes_the_flush_rates_that_were_traced(
    rate: float, flush_ms: float, traced: float
) -> None:
    """Poisson arrivals, on top of the flush time the 0.3 ms that a tracer costs: within 6 %."""
    times = arrivals(rate, 200, poisson=True)

    flushes = etcd_model.group_commit(times, draw_flush_seconds=lambda: (flush_ms + 0.3) / 1000)

    assert pytest.approx(traced, rel=0.06) == len(flushes) / 200


@pytest.mark.parametrize("rate", [5, 150, 1000, 8000])
@pytest.mark.parametrize("flush_ms", [0.1, 2, 15])
@pytest.mark.parametrize("poisson", [True, False])
def test_the_loop_agrees_with_the_closed_form(
    rate: float, flush_ms: float, *, poisson: bool
) -> None:
    """Rate 1 / (T + exp(-rate T) / rate) for Poisson arrivals, min(rate, 1 / T) for regular."""
    times = arrivals(rate, 100 if rate < 1000 else 10, poisson=poisson)

    flushes = etcd_model.group_commit(times, draw_flush_seconds=lambda: flush_ms / 1000)
    expected = etcd_model.expected_flush_rate(rate, flush_seconds=flush_ms / 1000, poisson=poisson)

    assert pytest.approx(expected, rel=0.05 if poisson else 0.2) == len(flushes) / times[-1]


def test_every_request_is_flushed_once_and_none_before_it_arrived() -> None:
    """Group commit loses nothing, invents nothing and never looks ahead."""
    times = arrivals(500, 5, poisson=True)

    flushes = etcd_model.group_commit(times, draw_flush_seconds=lambda: 0.004)

    assert len(times) == sum(flush.requests for flush in flushes)
    carried = 0
    for flush in flushes:
        carried += flush.requests
        assert times[carried - 1] <= flush.due_seconds


def test_a_slow_flush_is_followed_by_a_large_batch() -> None:
    """While one flush takes 100 ms, ten requests at 100/s gather for the next."""
    times = [index * 0.01 for index in range(1, 100)]
    slow_first = iter([0.1, *[0.001] * 100])

    flushes = etcd_model.group_commit(times, draw_flush_seconds=lambda: next(slow_first))

    assert [1, 10, 1] == [flush.requests for flush in flushes[:3]]


def test_the_backend_commits_100_ms_after_the_last_commit_ended() -> None:
    """With commits of 20 ms the period is 120 ms, and each carries that period's puts."""
    times = arrivals(1000, 6, poisson=False)

    commits = etcd_model.backend_commits(times, draw_commit_seconds=lambda: 0.02)

    assert pytest.approx(0.12) == commits[10].due_seconds - commits[9].due_seconds
    assert pytest.approx(120, abs=1) == commits[10].puts
    assert len(times) == sum(commit.puts for commit in commits)


def test_an_idle_backend_does_not_commit() -> None:
    """At two writes a second there are about two commits a second, not ten."""
    commits = etcd_model.backend_commits(
        arrivals(2, 100, poisson=False), draw_commit_seconds=lambda: 0.01
    )

    assert pytest.approx(200, abs=5) == len(commits)
    assert [] == etcd_model.backend_commits([], draw_commit_seconds=lambda: 0.01)


@pytest.mark.parametrize(("puts", "traced_kib"), [(15.8, 33), (112, 241)])
def test_a_young_database_grows_as_traced(puts: float, traced_kib: float) -> None:
    """33 KiB a commit at 150 puts/s of 1 KiB, 241 KiB at 1,000/s: within 10 %."""
    pages = etcd_model.new_pages(puts, key_size_bytes=276, value_size_bytes=1024)

    assert pytest.approx(traced_kib, rel=0.1) == pages * 4


def test_values_larger_than_a_page_overflow() -> None:
    """Two items of 10,000 bytes share a leaf of five pages."""
    assert 5 == etcd_model.new_pages(2, key_size_bytes=100, value_size_bytes=9840)


def test_a_record_is_as_long_as_traced() -> None:
    """`check perf` writes 1,392 bytes a record in the mean; a transaction holds its key thrice."""
    plain = etcd_model.wal_record_bytes(key_size_bytes=276, value_size_bytes=1024, key_copies=1)
    transaction = etcd_model.wal_record_bytes(key_size_bytes=50, value_size_bytes=440, key_copies=3)

    assert pytest.approx(1392, abs=4) == plain
    assert pytest.approx(688, abs=4) == transaction


@pytest.mark.parametrize(("rate", "share"), [(0, 0.0), (150, 0.075), (500, 0.25), (8000, 0.5)])
def test_etcd_s_own_work_is_bounded(rate: float, share: float) -> None:
    """0.5 ms a request, and never more than half a core."""
    assert etcd_model.cpu_share(rate) == pytest.approx(share)
