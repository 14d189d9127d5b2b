"""What notebooks and scripts use: read results, make tables of them, judge and compare them."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from etcdbench import assessment, comparison, sources
from etcdbench.assessment import Assessment
from etcdbench.comparison import Comparison
from etcdbench.model import Result
from etcdbench.workload import CALIBRATE

if TYPE_CHECKING:
    from etcdbench.histogram import Histogram

Counts = NDArray[np.int64]


def read_result(path: str | Path) -> Result:
    """Read a result file.

    Raises:
        ResultFileError: It cannot be read, or is no result.
    """
    return sources.read(Path(path))


def latency_table(
    results: Mapping[str, Result] | Iterable[tuple[str, Result]],
) -> pd.DataFrame:
    """Return all latencies of results as a tidy table, calibration left out.

    Args:
        results: Name -> result; or pairs of them, which may come one by one, so that a thousand
            results need not be in memory at once.

    Returns:
        One row for each latency that was seen: `result` (its name), `host`, `phase` (`steady`,
        `join-pull`, `ladder-m`), `stream` (`wal`, `backend`, `commit`), `latency_ns`, `count`.
    """
    pairs = cast(
        "Iterable[tuple[str, Result]]",
        results.items() if isinstance(results, Mapping) else results,
    )
    labels: list[tuple[str, str, str, str]] = []
    lengths: list[int] = []
    latencies: list[Counts] = []
    counts: list[Counts] = []
    for name, result in pairs:
        for phase, stream, some_latencies, some_counts in _counted(result):
            labels.append((name, result.environment.hostname, phase, stream))
            lengths.append(len(some_counts))
            latencies.append(some_latencies)
            counts.append(some_counts)
    nothing = [np.array([], dtype=np.int64)]
    table = {
        column: pd.Categorical([label[number] for label in labels]).repeat(lengths)
        for number, column in enumerate(("result", "host", "phase", "stream"))
    }
    return pd.DataFrame(
        {
            **table,
            "latency_ns": np.concatenate(latencies or nothing),
            "count": np.concatenate(counts or nothing),
        }
    )


def assess(result: Result) -> Assessment:
    """Judge a result: checks, caveats, verdict."""
    return assessment.assess(result, result_file=None)


def compare(results: Mapping[str, Result], *, anyway: bool = False) -> Comparison:
    """Compare results: their ranking, the odd one out, groups by kind of disk.

    Args:
        results: Name -> result.
        anyway: Whether to compare what was not measured alike.

    Raises:
        UsageError: They were not measured alike.
    """
    return comparison.compare(results, anyway=anyway)


def _counted(result: Result) -> Iterator[tuple[str, str, Counts, Counts]]:
    """Give phase, stream, latencies and counts, all blocks and runs of a phase put together."""
    parts: dict[tuple[str, str], list[Histogram]] = {}
    for run in result.runs:
        if run.phase != CALIBRATE:
            for stream in run.streams:
                blocks = (block.histogram for block in stream.blocks)
                parts.setdefault((run.phase, stream.name), []).extend(blocks)
    for (phase, stream_name), found in parts.items():
        every = np.fromiter(chain.from_iterable(one.latencies_ns for one in found), np.int64)
        each = np.fromiter(chain.from_iterable(one.counts for one in found), np.int64)
        latencies, where = np.unique(every, return_inverse=True)
        counts = np.zeros(len(latencies), dtype=np.int64)
        np.add.at(counts, where, each)
        yield phase, stream_name, latencies, counts
