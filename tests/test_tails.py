"""How far tails differ."""

import random

import pytest

from etcdbench.histogram import ETCD_BUCKET_EDGES_NS
from etcdbench.model import Result, Stream
from etcdbench.tails import compared, tail
from fakes import result_of, run_of, stream

US = 1_000


def measured(scale: float, *, seconds: int = 45, seed: int = 1) -> Result:
    """Build a result whose flushes scatter as a healthy disk's do, all scaled."""
    draw = random.Random(seed)
    blocks: list[dict[int, int]] = []
    for _ in range(seconds):
        block: dict[int, int] = {}
        for _ in range(150):
            latency = round(scale * draw.lognormvariate(0, 0.4) * 500) * US
            block[latency] = block.get(latency, 0) + 1
        blocks.append(block)
    return result_of(run_of("steady", stream("wal", blocks)))


def test_a_disk_that_is_twice_as_slow_certainly_is() -> None:
    """And the interval holds the truth."""
    ratio = compared(tail(measured(2.0), "wal"), tail(measured(1.0, seed=2), "wal"))

    assert ratio is not None
    assert 1.5 < ratio.low < 2 < ratio.high < 2.7


def test_no_difference_is_not_made_up() -> None:
    """Twenty pairs of like disks: at most a few intervals leave 1 out."""
    wrong = 0
    for seed in range(20):
        one, other = (tail(measured(1.0, seed=2 * seed + side), "wal") for side in (0, 1))
        ratio = compared(one, other)
        assert ratio is not None
        wrong += not ratio.low <= 1 <= ratio.high

    assert wrong <= 3


def test_the_same_results_give_the_same_answer() -> None:
    """The draws have a fixed seed."""
    assert tail(measured(1.0), "wal") == tail(measured(1.0), "wal")


@pytest.mark.parametrize("seconds", [1, 7])
def test_too_few_blocks_cannot_tell(seconds: int) -> None:
    """None, not a guess."""
    assert tail(measured(1.0, seconds=seconds), "wal") is None
    assert compared(None, tail(measured(1.0), "wal")) is None


def test_ranges_have_no_tail() -> None:
    """etcd's buckets cannot tell 8.1 from 15.9 ms."""
    blocks = stream("wal", [{16_000_000: 400}] * 20).blocks
    seen = Stream(name="wal", blocks=blocks, edges_ns=ETCD_BUCKET_EDGES_NS)

    assert tail(result_of(run_of("live", seen)), "wal") is None


def test_a_constant_disk_is_known_no_better_than_fio_s_bins() -> None:
    """No difference of a bin's width is certain."""
    one = tail(result_of(run_of("steady", stream("wal", [{1_000_000: 150}] * 20))), "wal")
    other = tail(result_of(run_of("steady", stream("wal", [{1_008_000: 150}] * 20))), "wal")
    ratio = compared(one, other)

    assert ratio is not None
    assert ratio.low < 1 < ratio.high
