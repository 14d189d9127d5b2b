"""A member that is promoted: it receives the leader's snapshot, fsyncs it whole, then follows.

etcd copies the stream into a file of its snapshot directory, calls fsync once, renames it and opens
it as its database (`server/etcdserver/api/snap/db.go`, `SaveDBFrom`). Until then it serves nothing.
"""

import random

from etcdbench.burst import Burst, Given
from etcdbench.join_model import QUIET, Span
from etcdbench.neighbours import NETWORK_BYTES_PER_SECOND, Neighbour
from etcdbench.schedule import START_DELAY_MS, even_load
from etcdbench.workload import FOLLOW, SNAPSHOT, Requests

COPY_BYTES = 32_768
"""Go's `io.Copy` goes through a buffer of this size."""

QUIET_SECONDS = 5.0
FOLLOW_SECONDS = 20.0
SNAPSHOT_SECONDS_MIN = 10.0

SLOWNESS = 4.0
"""The phase lasts four times as long as the network alone would need: while a file is flushed fio
answers no request for its status, and gives up sections that end meanwhile (see `jobfile.Part`)."""

DISK_BYTES_PER_SECOND_MIN = 5_000_000
"""A disk that takes the snapshot more slowly than this is not waited for."""


def burst_of(requests: Requests, *, size_bytes: int) -> Burst:
    """Return the burst: the cluster's writes go on all the time, the snapshot comes beside them.

    Args:
        requests: What the cluster writes.
        size_bytes: Size of the database.
    """
    network = size_bytes / NETWORK_BYTES_PER_SECOND
    snapshot = max(SNAPSHOT_SECONDS_MIN, SLOWNESS * network)
    ends = (QUIET_SECONDS, QUIET_SECONDS + snapshot, QUIET_SECONDS + snapshot + FOLLOW_SECONDS)
    begins = (0.0, *ends[:-1])
    spans = tuple(
        Span(name=name, begin_seconds=begin, end_seconds=end)
        for name, begin, end in zip((QUIET, SNAPSHOT, FOLLOW), begins, ends, strict=True)
    )
    begin_ms = START_DELAY_MS + int(1000 * QUIET_SECONDS)
    whole_bytes = size_bytes // COPY_BYTES * COPY_BYTES
    snapshot_file = Neighbour(
        name=SNAPSHOT,
        options={
            "rw": "write",
            "bs": COPY_BYTES,
            "filename": SNAPSHOT,
            "size": whole_bytes,
            "end_fsync": 1,
            "rate": NETWORK_BYTES_PER_SECOND,
            "startdelay": f"{begin_ms}ms",
            "runtime": f"{int(1000 * snapshot_seconds_max(size_bytes))}ms",
        },
        size_bytes=whole_bytes,
    )
    given = Given(
        kind="control-plane",
        requests=even_load(requests, seconds=ends[-1], rng=random.Random(1)),  # noqa: S311 - a load, not a secret
        spans=spans,
        beside=(snapshot_file,),
        seconds_max=max(ends[-1], QUIET_SECONDS + snapshot_seconds_max(size_bytes)),
    )
    return Burst(nodes=1, jitter_seconds=0.0, given=given)


def snapshot_seconds_max(size_bytes: int) -> float:
    """Return how long the snapshot is waited for."""
    return max(SNAPSHOT_SECONDS_MIN, size_bytes / DISK_BYTES_PER_SECOND_MIN)
