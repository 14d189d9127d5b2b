"""Schedules in whole milliseconds, bytes and pages."""

import random

import pytest

from etcdbench.histogram import Histogram
from etcdbench.schedule import (
    START_DELAY_MS,
    Load,
    Position,
    even_load,
    position_after,
    record_bytes,
    schedule,
)
from etcdbench.workload import BackendSchedule, Requests, WalSchedule

REQUESTS = Requests(rate_per_second=150.0)


def make(
    *, seconds: float = 10, position: Position | None = None, seed: int = 1
) -> tuple[WalSchedule, BackendSchedule]:
    """Schedule ten seconds of load s on a disk of 2 ms."""
    rng = random.Random(seed)
    return schedule(
        even_load(REQUESTS, seconds=seconds, rng=rng),
        flushes=Histogram.from_bins({2_000_000: 1}),
        commits=Histogram.from_bins({8_000_000: 1}),
        position=position or Position(),
        rng=rng,
    )


def test_all_bytes_of_all_requests_are_written() -> None:
    """Ten seconds at 150/s are 1,500 records."""
    wal, _ = make()

    assert pytest.approx(1500 * record_bytes(REQUESTS), rel=0.001) == sum(wal.sizes_bytes)


def test_nothing_is_due_before_all_sections_have_begun() -> None:
    """fio starts its sections up to 0.3 s late, so the first due time is later than that."""
    wal, backend = make()

    assert START_DELAY_MS <= min(wal.due_ms[0], backend.due_ms[0])


def test_due_times_never_go_back() -> None:
    """An iolog is read in order."""
    wal, backend = make()

    assert sorted(wal.due_ms) == list(wal.due_ms)
    assert sorted(backend.due_ms) == list(backend.due_ms)


def test_the_database_grows_as_much_as_its_requests_need() -> None:
    """Over many commits the growth is the formula's, two requests a page."""
    _, backend = make(seconds=60)

    assert pytest.approx(60 * 150 / 2, rel=0.01) == sum(backend.new_pages)


def test_the_same_seed_gives_the_same_schedule() -> None:
    """A result can be reproduced from its seed."""
    assert make(seed=3) == make(seed=3)


def test_a_stretch_begins_where_the_last_one_ended() -> None:
    """WAL and database grow on from run to run."""
    wal, backend = make()
    after = position_after(wal, backend)
    next_wal, next_backend = make(position=after)

    assert after.wal_offset_bytes == next_wal.start_offset_bytes == sum(wal.sizes_bytes)
    assert after.database_pages == next_backend.start_page == 16 + sum(backend.new_pages)


def test_poisson_arrivals_gather_in_batches() -> None:
    """Irregular arrivals share flushes that regular ones at the same rate do not."""
    poisson = Requests(rate_per_second=150.0, arrivals="poisson")
    rng = random.Random(1)
    wal, _ = schedule(
        even_load(poisson, seconds=10, rng=rng),
        flushes=Histogram.from_bins({4_000_000: 1}),
        commits=Histogram.from_bins({8_000_000: 1}),
        position=Position(),
        rng=rng,
    )

    assert max(wal.sizes_bytes) > record_bytes(poisson)


def test_each_request_brings_its_own_bytes() -> None:
    """A join's values differ: a flush holds the records of exactly the requests that wait."""
    load = Load(
        due_seconds=(0.0, 0.5, 0.501),
        value_sizes_bytes=(100, 14_000, 350),
        key_sizes_bytes=(48, 48, 48),
        key_copies=3,
    )
    wal, backend = schedule(
        load,
        flushes=Histogram.from_bins({10_000_000: 1}),
        commits=Histogram.from_bins({20_000_000: 1}),
        position=Position(),
        rng=random.Random(1),
    )

    assert wal.sizes_bytes == (100 + 239, 14_000 + 239, 350 + 239)
    assert backend.new_pages == (0, 3)  # the first finds room, the second not all
