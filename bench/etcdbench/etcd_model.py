"""What etcd writes for a stream of requests: group commit, backend commits, pages.

Pure arithmetic; nothing here knows fio. Each constant and formula carries its source. "Traced"
means: seen in system-call traces of etcd 3.4.23 and 3.5.1.
"""

import math
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

WAL_SEGMENT_BYTES = 64_000_000
"""etcd preallocates its WAL in segments of this size (64 * 1000 * 1000).

https://github.com/etcd-io/etcd/blob/main/server/storage/wal/wal.go
"""

WAL_RECORD_OVERHEAD_BYTES = 95
"""Bytes of a WAL record beside keys and value: framing, raft entry, request ids, HardState.

Traced: `check perf` (value 1,024, key 276 once) writes 1,392 bytes in the mean.
"""

TRANSACTION_KEY_COPIES = 3
"""A Kubernetes transaction names its key three times: compare, put, and the get if that fails."""

GROUP_COMMIT_OVERHEAD_SECONDS = 0.0001
"""Time from the end of one flush to the start of the next while requests wait.

Measured at 1,000 requests/s on a disk with flushes of 3.8 ms, where requests always wait: period of
the flushes less their mean is 0.06 to 0.09 ms (etcd 3.4.23). Under `strace` it seems to be 0.4 ms;
that is the tracer's.
"""

COMMIT_INTERVAL_SECONDS = 0.1
"""The backend commits 100 ms *after* the last commit ended, if anything was written.

https://github.com/etcd-io/etcd/blob/main/server/storage/backend/backend.go (`batchInterval`)
"""

PAGE_BYTES = 4096
"""bbolt's page is the operating system's page."""

ITEM_OVERHEAD_BYTES = 60
"""Bytes that one revision takes in a leaf page beside key and value (element header, revision,
protobuf fields). Traced."""

PAGE_HEADER_BYTES = 16
ITEMS_PER_LEAF_MIN = 2
"""bbolt's page header, and its `minKeysPerPage`."""

FILL_BYTES = 3686
"""A leaf is split at 90 % of a page, its header included: the key bucket is append-only and etcd
sets `FillPercent` to 0.9 there.

https://github.com/etcd-io/etcd/blob/main/server/storage/backend/batch_tx.go
"""

PATH_PAGES = 5
"""Pages that each commit rewrites whatever was put: root, branches and last leaf of the key
bucket, the meta bucket, the consistent index. Traced: about 5."""

COMMIT_CPU_SECONDS = 65e-6
COMMIT_CPU_PER_PAGE_SECONDS = 2.4e-6
"""etcd's own work inside the span of a commit, beside its writes: 0.10 ms at 14 pages a commit, 0.20 ms at 57.

Its `backend_commit_spill_duration` had a mean of 0.08 and 0.15 ms at these on one machine (3.4.23), of
0.09 and 0.24 ms on another (3.5.16, seven disks), both of two cores at 2 to 3 GHz; what is neither
spill nor write took 0.02 and 0.03 ms more. These are in the middle.
"""

REQUEST_CPU_SECONDS = 0.5e-3
CPU_SHARE_MAX = 0.5
"""etcd's own CPU time for one put, and what it is given here at most, in cores.

Measured at 1,000 puts/s under `check perf` on three virtual machines of two cores (3.4.23, 3.5.1,
3.5.16): 0.28 to 0.44 ms, 0.64 to 0.68 ms, 0.41 to 0.71 ms; in the middle 0.5 ms. It is time that the
kernel's way to the disk does not get. At higher rates batches make a put cheaper, so that the share is
bounded.
"""

INITIAL_PAGES = 16
"""Pages of the young database before the first measured commit (64 KiB)."""


@dataclass(frozen=True, kw_only=True)
class Flush:
    """One flush of the WAL: when it is due and how many requests it carries."""

    due_seconds: float
    requests: int


@dataclass(frozen=True, kw_only=True)
class Commit:
    """One backend commit: when it is due and how many puts it carries."""

    due_seconds: float
    puts: int


def wal_record_bytes(*, key_size_bytes: int, value_size_bytes: int, key_copies: int) -> int:
    """Return the bytes that one request takes in the WAL."""
    return value_size_bytes + key_copies * key_size_bytes + WAL_RECORD_OVERHEAD_BYTES


def item_bytes(*, key_size_bytes: int, value_size_bytes: int) -> int:
    """Return the bytes that one revision takes in a leaf."""
    return key_size_bytes + value_size_bytes + ITEM_OVERHEAD_BYTES


def new_pages(puts: float, *, key_size_bytes: int, value_size_bytes: int) -> float:
    """Return the pages by which a young database grows in the mean, for a number of puts.

    Which commit brings them is another matter: `bbolt`.

    Leaves hold at least two items; an item that does not fit makes its
    page overflow into the following ones. Traced: 8.1 pages (33 KiB) per commit at 150 puts/s of
    1 KiB, 59 (241 KiB) at 1,000/s.
    """
    item = item_bytes(key_size_bytes=key_size_bytes, value_size_bytes=value_size_bytes)
    per_leaf = max(ITEMS_PER_LEAF_MIN, (FILL_BYTES - PAGE_HEADER_BYTES) // item)
    return puts / per_leaf * math.ceil((PAGE_HEADER_BYTES + per_leaf * item) / PAGE_BYTES)


def arrivals(rate_per_second: float, *, poisson: bool, rng: random.Random) -> Iterator[float]:
    """Yield the arrival times of requests, in seconds, for ever."""
    now = 0.0
    while True:
        now += rng.expovariate(rate_per_second) if poisson else 1 / rate_per_second
        yield now


def group_commit(
    arrivals_seconds: Sequence[float], *, draw_flush_seconds: Callable[[], float]
) -> list[Flush]:
    """Simulate etcd's raft loop: one flush at a time, and each takes all that waits.

    The flush rate that follows is 1 / (T + exp(-rate T) / rate) for Poisson arrivals and
    min(rate, 1 / T) for regular ones, with T the flush time and its overhead; the tests hold the
    loop to both. Loop: `server/etcdserver/raft.go`, one `Ready`, one `Save`, one fdatasync.

    Args:
        arrivals_seconds: When requests arrive, ascending.
        draw_flush_seconds: Draws the time that one flush takes.
    """
    flushes: list[Flush] = []
    free_at, index = 0.0, 0
    while index < len(arrivals_seconds):
        due = max(free_at, arrivals_seconds[index])
        first = index
        while index < len(arrivals_seconds) and arrivals_seconds[index] <= due:
            index += 1
        flushes.append(Flush(due_seconds=due, requests=index - first))
        free_at = due + draw_flush_seconds() + GROUP_COMMIT_OVERHEAD_SECONDS
    return flushes


def backend_commits(
    arrivals_seconds: Sequence[float], *, draw_commit_seconds: Callable[[], float]
) -> list[Commit]:
    """Simulate the backend's timer: re-armed when a commit ends, idle while nothing is pending.

    Args:
        arrivals_seconds: When puts reach the backend, ascending.
        draw_commit_seconds: Draws the time that one commit takes.
    """
    commits: list[Commit] = []
    now, index = 0.0, 0
    while index < len(arrivals_seconds):
        now += COMMIT_INTERVAL_SECONDS
        first = index
        while index < len(arrivals_seconds) and arrivals_seconds[index] <= now:
            index += 1
        if index > first:
            commits.append(Commit(due_seconds=now, puts=index - first))
            now += draw_commit_seconds()
    return commits


def expected_flush_rate(rate_per_second: float, *, flush_seconds: float, poisson: bool) -> float:
    """Return the flushes per second that group commit makes of a request rate."""
    busy = flush_seconds + GROUP_COMMIT_OVERHEAD_SECONDS
    if poisson:
        return 1 / (busy + math.exp(-rate_per_second * busy) / rate_per_second)
    return min(rate_per_second, 1 / busy)


def cpu_share(rate_per_second: float) -> float:
    """Return the share of one core that etcd's own work takes, 0 to `CPU_SHARE_MAX`.

    Args:
        rate_per_second: Requests.
    """
    return min(CPU_SHARE_MAX, rate_per_second * REQUEST_CPU_SECONDS)
