"""Commit times from a log that knows what belongs together and a histogram that knows how long."""

import random

import numpy as np
import pytest

from etcdbench import commits, etcd_model
from etcdbench.errors import FioError
from etcdbench.histogram import Histogram

MS = 1_000_000

LOG = (
    "100, 5, 1, 65536, 0, 0\n"
    "600, 5, 1, 4096, 8192, 0\n601, 5, 1, 4096, 12288, 0\n609, 5, 1, 4096, 0, 0\n"
    "612, 5, 0, 512, 0, 0\n"
    "1700, 5, 1, 4096, 8192, 0\n1705, 5, 1, 4096, 0, 0\n1707, 5, 0, 512, 0, 0\n"
)
"""The young database being made, and two commits: flushes of about 8 + 3 and 5 + 2 ms."""


def own_ns(pages: int) -> int:
    """Return the nanoseconds that etcd itself works in a commit."""
    return round(
        1e9 * (etcd_model.COMMIT_CPU_SECONDS + pages * etcd_model.COMMIT_CPU_PER_PAGE_SECONDS)
    )


def test_a_commit_is_its_writes_its_two_flushes_and_etcds_own_work() -> None:
    """The longest gap in the log is given the longest flush; writes are added as logged."""
    flushes = Histogram.from_samples([8_300_000, 5_200_000, 3_100_000, 2_400_000])

    blocks = commits.commit_blocks(commits.latency_log(LOG), flushes, skip=True)

    assert [(b.start_seconds, b.histogram.bins()) for b in blocks] == [
        (0.0, {own_ns(3) + 3 * 5 + 8_300_000 + 3_100_000: 1}),
        (1.0, {own_ns(2) + 2 * 5 + 5_200_000 + 2_400_000: 1}),
    ]


def test_the_marker_is_no_part_of_a_commit() -> None:
    """It is a read of ours."""
    log = commits.latency_log(
        "600, 5, 1, 4096, 0, 0\n601, 7, 1, 4096, 0, 0\n602, 9000, 0, 512, 0\n"
    )

    assert commits.commit_table(log)["writes_ns"].tolist() == [12]


@pytest.mark.parametrize("text", ["", "600, 5, 1, 4096, 0, 0\n", "600, 5, 0, 512, 0, 0\n"])
def test_a_commit_that_was_cut_off_is_no_sample(text: str) -> None:
    """Writes without a marker after them have no end."""
    assert commits.commit_blocks(commits.latency_log(text), Histogram.from_bins({1: 2})) == ()


def test_without_flushes_nothing_is_known() -> None:
    """A log alone does not become a commit time."""
    assert commits.commit_blocks(commits.latency_log(LOG), Histogram(), skip=True) == ()


def test_flushes_that_belong_to_no_whole_commit_do_no_harm() -> None:
    """The young database has its own; they are spread over all ranks."""
    flushes = Histogram.from_samples([9, 8, 7, 6, 5])

    blocks = commits.commit_blocks(commits.latency_log(LOG), flushes, skip=True)

    assert sum(block.histogram.count for block in blocks) == 2


@pytest.mark.parametrize(
    ("pages_ms", "meta_ms", "limit_ms", "sigma", "common_sigma"),
    [
        (6.0, 2.0, 12, 0.5, 0.0),
        (15.0, 10.0, 48, 0.5, 0.0),
        (0.5, 0.2, 1.2, 0.5, 0.0),
        (1.2, 0.6, 3, 0.2, 0.4),
    ],
)
def test_shares_come_out_as_they_were(
    *, pages_ms: float, meta_ms: float, limit_ms: float, sigma: float, common_sigma: float
) -> None:
    """Of readings truncated to milliseconds and pooled flushes, the tail comes back.

    Also where a commit's two flushes are slow together.
    """
    rng = random.Random(1)
    rows: list[str] = []
    flushes: list[int] = []
    truth: list[float] = []
    for number in range(2000):
        began = 100.0 * number + rng.random()
        common = rng.lognormvariate(0, common_sigma)
        first, second = (common * rng.lognormvariate(0, sigma) * m for m in (pages_ms, meta_ms))
        times = (began, began, began + first, began + first + second)
        flushes += [round(first * MS), round(second * MS)]
        truth.append(first + second)
        rows += [f"{int(time)}, 0, {int(mark < 3)}, 4096, 0, 0" for mark, time in enumerate(times)]

    log = commits.latency_log("\n".join(rows) + "\n")
    found = commits.commit_latencies_ns(commits.commit_table(log), Histogram.from_samples(flushes))

    share = sum(one > limit_ms for one in truth) / len(truth)
    assert 0.005 < share < 0.2
    found = found - own_ns(3)
    assert np.mean(found) == pytest.approx(np.mean(truth) * MS)
    assert np.mean(found > limit_ms * MS) == pytest.approx(share, rel=0.15)


def test_the_lot_falls_the_same_way_each_time() -> None:
    """Equal gaps share their flushes at random, but the same log gives the same result."""
    log = commits.latency_log(
        "".join("600, 5, 1, 1, 0, 0\n" * 2 + "600, 5, 0, 1, 0, 0\n" for _ in range(9))
    )
    flushes = Histogram.from_samples(range(1, 19))

    one, other = (commits.commit_blocks(log, flushes) for _ in range(2))

    assert one == other


def test_a_log_that_is_none_is_refused() -> None:
    """In one line."""
    with pytest.raises(FioError, match="latency log"):
        commits.latency_log("no, log\n")
