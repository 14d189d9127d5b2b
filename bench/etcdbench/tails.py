"""How far two results' tails differ, and how sure that is.

The 99th percentile of a stream, with its spread by a block bootstrap (Kunsch, "The jackknife and
the bootstrap for general stationary observations", Annals of Statistics 17 (1989) 1217-1241):
blocks of about a second are drawn anew, so that what clusters in time stays together. The draws
have a fixed seed: the same results always give the same answer.
"""

import math
from collections.abc import Sequence

import numpy as np
from scipy import special

from etcdbench.histogram import Histogram, merge
from etcdbench.model import Result, Stream, StreamName
from etcdbench.records import Struct
from etcdbench.stats import BLOCKS_MIN

DRAWS = 400
"""So many draws know a spread within 4 %."""

SEED = 1
LEVEL = 0.99

BIN_SPREAD = 0.008
"""fio's bins are right within 0.8 %: no tail is known better than that."""

ERROR = 0.025
"""Chance of error, on each side, of one comparison."""


class Tail(Struct, frozen=True, kw_only=True):
    """The 99th percentile of one result's stream.

    Attributes:
        p99_seconds: The percentile.
        spread: Standard deviation of its logarithm.
        blocks: How many blocks it rests on.
    """

    p99_seconds: float
    spread: float
    blocks: int


class Ratio(Struct, frozen=True, kw_only=True):
    """How many times as large one tail is as another, with its interval."""

    ratio: float
    low: float
    high: float

    def __str__(self) -> str:
        """Give the factor with its interval, as `2.1 times (1.8..2.4)`."""
        return f"{self.ratio:.3g} times ({self.low:.3g}..{self.high:.3g})"


def main_streams(result: Result, name: StreamName) -> tuple[Stream, ...]:
    """Return a stream of all main phases, in order of time."""
    return tuple(stream for phase in result.main_phases() for stream in result.streams(name, phase))


def tail(result: Result, name: StreamName) -> Tail | None:
    """Return the tail of a stream; None where there is too little to tell how it varies.

    What is known only as ranges has no tail that could be compared.
    """
    streams = main_streams(result, name)
    blocks = [block.histogram for one in streams for block in one.blocks if block.histogram.count]
    p99_ns = merge(blocks).percentile_ns(100 * LEVEL)
    if p99_ns is None or len(blocks) < BLOCKS_MIN or any(one.edges_ns for one in streams):
        return None
    return Tail(p99_seconds=p99_ns / 1e9, spread=_spread(blocks), blocks=len(blocks))


def compared(one: Tail | None, other: Tail | None, *, error: float = ERROR) -> Ratio | None:
    """Return how many times as large the first tail is; None where that cannot be told.

    Args:
        one: The tail in question.
        other: What it is held against.
        error: Chance, on each side, that the truth is outside the interval.
    """
    if one is None or other is None:
        return None
    parts = [one.spread**2, other.spread**2]
    freedom = sum(parts) ** 2 / sum(
        part**2 / (tail.blocks - 1) for part, tail in zip(parts, (one, other), strict=True)
    )
    width = -float(special.stdtrit(freedom, error)) * math.sqrt(sum(parts))
    middle = math.log(one.p99_seconds / other.p99_seconds)
    return Ratio(
        ratio=math.exp(middle), low=math.exp(middle - width), high=math.exp(middle + width)
    )


def _spread(blocks: Sequence[Histogram]) -> float:
    """Return the standard deviation of the logarithm of the percentile over the draws."""
    latencies = np.array(
        sorted({latency for block in blocks for latency in block.latencies_ns}), dtype=np.float64
    )
    place = {latency: number for number, latency in enumerate(latencies.tolist())}
    counts = np.zeros((len(blocks), len(latencies)))
    for number, block in enumerate(blocks):
        for latency, count in zip(block.latencies_ns, block.counts, strict=True):
            counts[number, place[float(latency)]] = count
    generator = np.random.default_rng(SEED)
    drawn = generator.multinomial(len(blocks), [1 / len(blocks)] * len(blocks), size=DRAWS)
    cumulated = np.cumsum(drawn @ counts, axis=1)
    reached = cumulated >= LEVEL * cumulated[:, -1:] - 1e-9
    logs = np.log(np.maximum(latencies[reached.argmax(axis=1)], 1.0))
    return max(float(logs.std(ddof=1)), BIN_SPREAD)
