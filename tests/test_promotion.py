"""A promoted member: the cluster goes on, and a database comes beside it."""

import random
from pathlib import PurePath

import pytest

from etcdbench import burst, profile, promotion
from etcdbench.histogram import Histogram
from etcdbench.jobfile import etcd_job
from etcdbench.schedule import Position
from etcdbench.workload import Requests

REQUESTS = Requests(rate_per_second=150.0)


def test_the_snapshot_has_four_times_the_time_that_the_network_needs() -> None:
    """1.1 GB take 10 s at 1 Gbit/s; a small one still gets ten."""
    small, large = (
        promotion.burst_of(REQUESTS, size_bytes=size).given for size in (1_000_000, 1_100_000_000)
    )

    assert small is not None
    assert large is not None
    assert [span.name for span in large.spans] == ["quiet", "snapshot", "follow"]
    assert [span.end_seconds for span in large.spans] == [5, 45, 65]
    assert small.spans[1].end_seconds == 15
    assert large.seconds_max == 5 + 1_100_000_000 / 5_000_000


def test_the_database_is_copied_and_flushed_once_beside_the_clusters_writes() -> None:
    """With io.Copy's buffer, no faster than the network, one fsync at the end."""
    join = profile.load("node-join-cilium").profile.join
    assert join is not None
    compiled = burst.compile_burst(
        join,
        promotion.burst_of(REQUESTS, size_bytes=100_000_000),
        flushes=Histogram.from_bins({1_000_000: 1}),
        commits=Histogram.from_bins({3_000_000: 1}),
        position=Position(),
        rng=random.Random(1),
    )
    made = etcd_job(
        compiled.parts,
        cpu_share=0.0,
        fallocate=True,
        scratch=PurePath("/dev/shm/x"),
        neighbours=compiled.neighbours,
    )
    section = made.job_file[made.job_file.index("[snapshot]") :]

    assert "bs=32768\n" in section
    assert "end_fsync=1\n" in section
    assert "rate=110000000\n" in section
    assert "startdelay=5500ms\n" in section
    assert not compiled.shared
    assert sum(len(part.wal.due_ms) for part in compiled.parts) == pytest.approx(35 * 150, rel=0.01)
