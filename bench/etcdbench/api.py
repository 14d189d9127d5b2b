"""What notebooks and scripts use: read results, make tables of them, judge and compare them."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from etcdbench import assessment, comparison, store
from etcdbench.assessment import Assessment
from etcdbench.comparison import Comparison
from etcdbench.histogram import Histogram
from etcdbench.model import Result
from etcdbench.workload import JOIN

COLUMNS = ("result", "host", "phase", "stream", "latency_ns", "count")


def read_result(path: str | Path) -> Result:
    """Read a result file.

    Raises:
        ResultFileError: It cannot be read, or is no result.
    """
    return store.read(Path(path))


def latency_table(results: Mapping[str, Result]) -> pd.DataFrame:
    """Return all latencies of results as a tidy table, calibration left out.

    Args:
        results: Name -> result.

    Returns:
        One row for each latency that was seen: `result` (its name), `host`, `phase` (`steady`,
        `join-pull`, `ladder-m`), `stream` (`wal`, `backend`, `commit`), `latency_ns`, `count`.
    """
    frames = [
        _frame(name, result.environment.hostname, stream_and_phase, histogram)
        for name, result in results.items()
        for stream_and_phase, histogram in assessment.all_histograms(result).items()
        if not stream_and_phase.endswith(f".{JOIN}")  # holds a burst's phases once more
    ]
    if not frames:
        return pd.DataFrame({column: [] for column in COLUMNS})
    table = pd.concat(frames, ignore_index=True)
    return table.astype(dict.fromkeys(("result", "host", "phase", "stream"), "category"))


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


def _frame(name: str, host: str, stream_and_phase: str, histogram: Histogram) -> pd.DataFrame:
    stream, _, phase = stream_and_phase.partition(".")
    return pd.DataFrame(
        {
            "result": name,
            "host": host,
            "phase": phase,
            "stream": stream,
            "latency_ns": np.array(histogram.latencies_ns, dtype=np.int64),
            "count": np.array(histogram.counts, dtype=np.int64),
        }
    )
