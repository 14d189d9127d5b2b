"""What the kernel counts for each disk, and what lies between two readings."""

from pathlib import Path

from etcdbench.diskstats import DiskCounters, activity, disk_counters
from trees import write_files

MODERN = "8 0 sda 10 1 200 30 40 2 500 60 3 700 900 0 0 0 0 5 250\n"
OLD = "8 16 sdb 10 1 200 30 40 2 500 60 0 700 900\n"
SHORT = "8 17 sdb1 9 9\n"


def test_columns_are_those_of_the_kernel(tmp_path: Path) -> None:
    """Sectors are of 512 bytes, times in milliseconds; partitions of old kernels are left out."""
    write_files(tmp_path, {"proc/diskstats": MODERN + OLD + SHORT})
    found = disk_counters(root=tmp_path)

    assert found["sda"] == DiskCounters(
        reads=10,
        read_ms=30,
        writes=40,
        write_ms=60,
        bytes_written=500 * 512,
        in_flight=3,
        busy_ms=700,
        flushes=5,
        flush_ms=250,
    )
    assert (found["sdb"].flushes, found["sdb"].flush_ms) == (None, None)
    assert set(found) == {"sda", "sdb"}


def test_only_the_disks_that_were_asked_for(tmp_path: Path) -> None:
    """And none where there is no such file."""
    write_files(tmp_path, {"proc/diskstats": MODERN + OLD})

    assert set(disk_counters(disks={"sdb"}, root=tmp_path)) == {"sdb"}
    assert disk_counters(root=tmp_path / "nothing") == {}


def test_means_are_of_what_ended_in_between() -> None:
    """Two flushes in 170 ms took 85 ms each."""
    before = DiskCounters(bytes_written=0, busy_ms=0, flushes=5, flush_ms=100, writes=1, write_ms=1)
    after = DiskCounters(
        bytes_written=4096, busy_ms=500, flushes=7, flush_ms=270, writes=5, write_ms=9, in_flight=2
    )
    found = activity("sda", before, after, seconds=2.0)

    assert (found.busy_share, found.bytes_written_per_second) == (0.25, 2048)
    assert (found.flushes, found.flush_mean_seconds) == (2, 0.085)
    assert (found.writes, found.write_mean_seconds) == (4, 0.002)
    assert (found.reads, found.read_mean_seconds) == (0, None)
    assert found.unanswered == 0


def test_a_disk_that_finishes_nothing_is_known_by_what_waits() -> None:
    """As long as not a single request ends."""
    before = DiskCounters(bytes_written=0, busy_ms=0, in_flight=3)
    after = DiskCounters(bytes_written=0, busy_ms=2000, in_flight=4)
    one_ended = DiskCounters(bytes_written=0, busy_ms=2000, in_flight=4, reads=1)

    assert activity("sda", before, after, seconds=2.0).unanswered == 3
    assert activity("sda", before, one_ended, seconds=2.0).unanswered == 0


def test_flushes_that_nobody_counts_are_unknown() -> None:
    """Not none."""
    before = DiskCounters(bytes_written=0, busy_ms=0)

    assert activity("sda", before, before, seconds=2.0).flushes is None
