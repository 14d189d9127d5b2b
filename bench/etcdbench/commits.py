"""fio's log and histogram of the backend -> how long each commit took.

fio times every fdatasync exactly but pools them, so that nobody knows which two belong to one
commit; its latency log knows which rows belong together, but its clock has whole milliseconds.
Together they give the commit: the gap that was most likely the longest gets the longest of the exact
flushes, and so on down. The mean is then exact, and so is nearly everything in the tail, where
flushes lie far apart.
"""

import io

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from etcdbench.errors import FioError
from etcdbench.etcd_model import COMMIT_CPU_PER_PAGE_SECONDS, COMMIT_CPU_SECONDS
from etcdbench.histogram import Histogram
from etcdbench.model import Block

READ_DIRECTION = 0
"""Direction of a read in fio's log: the marker after each commit."""

ROWS_MIN = 3
"""A commit writes at least one page and the meta page, and ends with its marker."""

READING_COVARIANCE_MS2 = np.array([[2.0, -1.0], [-1.0, 2.0]]) / 12
"""Error of a commit's two gaps, each the difference of clock readings truncated to whole
milliseconds (uniform, variance 1/12 each). What the reading in the middle takes from one gap it adds
to the other."""

SPREAD_MIN_MS2 = 0.02
"""A few hundred readings cannot tell a smaller variance of the true gaps from none."""

_SEED = 1
"""What a reading may have been is drawn by lot, the same way each time."""

FIO_HINT = "run `fio --version`; if it is older than your distribution's, install that one"


def latency_log(text: str) -> pd.DataFrame:
    """Read a latency log of fio.

    Returns:
        Columns `time_ms` (end of the I/O, since the section began), `latency_ns`, `direction`
        (0 read, 1 write), `size_bytes`, `offset_bytes`; one row for each read or write, in order.

    Raises:
        FioError: It is no such log.
    """
    names = ["time_ms", "latency_ns", "direction", "size_bytes", "offset_bytes"]
    if not text.strip():
        return pd.DataFrame({name: np.array([], dtype=np.int64) for name in names})
    try:
        return pd.read_csv(
            io.StringIO(text), header=None, names=names, usecols=range(5), dtype=np.int64
        )
    except (ValueError, pd.errors.ParserError) as error:
        raise FioError("fio's latency log cannot be read", hint=FIO_HINT) from error


def commit_table(log: pd.DataFrame, *, skip: bool = False) -> pd.DataFrame:
    """Find the commits in the backend's log.

    Args:
        log: What `latency_log` gives.
        skip: Leave the first row out: it is the young database itself being written.

    Returns:
        Columns `end_ms`, `pages` (written, the meta page too), `writes_ns` (all these writes
        together, exact), `pages_ms` and `meta_ms` (its two fdatasyncs, in whole milliseconds);
        one row for each whole commit.
    """
    log = log.iloc[1:] if skip else log
    times_ms = log["time_ms"].to_numpy()
    ends = np.flatnonzero(log["direction"].to_numpy() == READ_DIRECTION)
    starts = np.concatenate(([0], ends[:-1] + 1)) if len(ends) else ends
    whole = ends - starts >= ROWS_MIN - 1
    starts, ends = starts[whole], ends[whole]
    written_ns = np.concatenate(([0], np.cumsum(log["latency_ns"].to_numpy())))
    return pd.DataFrame(
        {
            "end_ms": times_ms[ends],
            "pages": ends - starts,
            "writes_ns": written_ns[ends] - written_ns[starts],
            "pages_ms": times_ms[ends - 1] - times_ms[ends - 2],
            "meta_ms": times_ms[ends] - times_ms[ends - 1],
        }
    )


def commit_latencies_ns(commits: pd.DataFrame, flushes: Histogram) -> NDArray[np.int64]:
    """Return what etcd would have shown for each commit: own work, writes, two fdatasyncs.

    The longer a gap was, the longer the fdatasync that it is given.

    Args:
        commits: What `commit_table` gives.
        flushes: The section's fdatasyncs. There may be a few more of them than the table's
            commits have: the young database's own, or those of a commit that was cut off.

    Returns:
        Shape (commits,), nanoseconds.
    """
    lots = np.random.default_rng(_SEED)
    gaps_ms = _true_gaps_ms(commits[["pages_ms", "meta_ms"]].to_numpy().T, lots).ravel()
    known_ns = np.repeat(flushes.latencies_ns, flushes.counts)
    middles = (np.arange(len(gaps_ms)) + 0.5) / max(len(gaps_ms), 1)
    given_ns = np.empty(len(gaps_ms), dtype=np.int64)
    given_ns[np.argsort(gaps_ms)] = known_ns[(middles * len(known_ns)).astype(np.int64)]
    pages_ns, meta_ns = np.split(given_ns, 2)
    own_ns = 1e9 * (COMMIT_CPU_SECONDS + commits["pages"] * COMMIT_CPU_PER_PAGE_SECONDS)
    whole_ns = np.rint(own_ns.to_numpy() + commits["writes_ns"].to_numpy() + pages_ns + meta_ns)
    return np.asarray(whole_ns, dtype=np.int64)


def _true_gaps_ms(readings_ms: NDArray[np.int64], lots: np.random.Generator) -> NDArray[np.float64]:
    """Draw what the gaps may have been, given their truncated readings.

    A first flush is longer than a second one, so two equal readings do not mean the same; and a
    commit's two may be slow together. Each pair is drawn from the posterior of a normal prior: the
    readings' own mean, and as much of their covariance as the readings' error does not explain.

    Args:
        readings_ms: Shape (2, commits).
        lots: What draws.

    Returns:
        Shape (2, commits).
    """
    mean_ms = readings_ms.mean(axis=1, keepdims=True)
    size, axes = np.linalg.eigh(np.cov(readings_ms, ddof=0) - READING_COVARIANCE_MS2)
    spread_ms2 = (axes * np.maximum(size, SPREAD_MIN_MS2)) @ axes.T
    weight = spread_ms2 @ np.linalg.inv(spread_ms2 + READING_COVARIANCE_MS2)
    left_ms2 = spread_ms2 - weight @ spread_ms2
    noise_ms = lots.multivariate_normal((0, 0), left_ms2, readings_ms.shape[1]).T
    return np.asarray(mean_ms + weight @ (readings_ms - mean_ms) + noise_ms)


def commit_blocks(
    log: pd.DataFrame, flushes: Histogram, *, skip: bool = False
) -> tuple[Block, ...]:
    """Time every commit and put them in blocks of a second.

    Args:
        log: What `latency_log` gives.
        flushes: The section's fdatasyncs.
        skip: Leave the first row out: it is the young database itself being written.
    """
    commits = commit_table(log, skip=skip)
    if commits.empty or not flushes.count:
        return ()
    frame = pd.DataFrame(
        {
            "second": commits["end_ms"].to_numpy() // 1000,
            "latency_ns": commit_latencies_ns(commits, flushes),
        }
    )
    return tuple(
        Block(
            start_seconds=float(group["second"].iloc[0]),
            length_seconds=1.0,
            histogram=Histogram.from_samples(group["latency_ns"].tolist()),
        )
        for _, group in frame.groupby("second")
    )
