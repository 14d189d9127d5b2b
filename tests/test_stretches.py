"""From two readings to what the time between them saw."""

from pathlib import Path

import pytest

from etcdbench.diskstats import DiskCounters, disk_counters
from etcdbench.stretches import WRAP, Reading, between
from etcdbench.system import Stall, stall
from trees import write_files

IDLE = DiskCounters(busy_ms=0, bytes_written=0, writes=0, write_ms=0, flushes=0, flush_ms=0)


def reading(at_seconds: float, stall_us: float = 0.0, **disks: DiskCounters) -> Reading:
    """Build a reading of some disks."""
    io = Stall(some_us=2 * stall_us, full_us=stall_us)
    return Reading(at_seconds=at_seconds, disks=disks, io=io)


def test_a_second_of_a_disk() -> None:
    """Counters become sums of the stretch, and the mean of the reading is its worst."""
    late = DiskCounters(
        busy_ms=600, bytes_written=4096, writes=20, write_ms=40, flushes=10, flush_ms=150
    )
    found = between(reading(5, sda=IDLE), reading(6, 300_000, sda=late))

    assert (found.at_seconds, found.length_seconds) == (5, 1)
    assert (found.busy_seconds, found.bytes_written) == (0.6, 4096)
    assert (found.flushes, found.flush_seconds, found.flush_worst_seconds) == (10, 0.15, 0.015)
    assert (found.writes, found.write_seconds, found.write_worst_seconds) == (20, 0.04, 0.002)
    assert (found.io_some_seconds, found.io_full_seconds) == (0.6, 0.3)


def test_of_a_mirror_the_slower_leg_counts() -> None:
    """A flush waits for both; how busy and how much written is the busier's."""
    slow = DiskCounters(busy_ms=100, bytes_written=10, flushes=2, flush_ms=80)
    busy = DiskCounters(busy_ms=900, bytes_written=20, flushes=2, flush_ms=2)
    found = between(reading(0, a=IDLE, b=IDLE), reading(1, a=slow, b=busy))

    assert found.flush_worst_seconds == 0.04
    assert (found.busy_seconds, found.bytes_written) == (0.9, 20)


def test_milliseconds_that_begin_anew_are_no_negative_time() -> None:
    """diskstats shows them in 32 bits."""
    early = DiskCounters(busy_ms=WRAP - 5, bytes_written=0, flushes=7, flush_ms=WRAP - 10)
    late = DiskCounters(busy_ms=15, bytes_written=0, flushes=9, flush_ms=30)
    found = between(reading(0, sda=early), reading(1, sda=late))

    assert found.busy_seconds == 0.02
    assert found.flush_seconds == 0.04


def test_another_disk_of_the_same_name_tells_nothing() -> None:
    """It was unplugged, and its counters began anew."""
    early = DiskCounters(busy_ms=500, bytes_written=10_000, writes=50, flushes=5, flush_ms=5)
    found = between(reading(0, sda=early), reading(1, sda=IDLE))

    assert found.busy_seconds is None
    assert found.flushes == 0


def test_without_disks_and_pressure_only_time_is_known() -> None:
    """ZFS on a kernel without pressure stall information."""
    nothing = Reading(at_seconds=0, disks={}, io=Stall())
    found = between(nothing, Reading(at_seconds=2, disks={}, io=Stall(), probe_seconds=0.01))

    assert (found.length_seconds, found.busy_seconds, found.io_full_seconds) == (2, None, None)
    assert found.probe_worst_seconds == 0.01


@pytest.mark.parametrize(
    ("flush_fields", "flushes"), [(" 12 34", 0), ("", 0)], ids=["linux-5.5", "older"]
)
def test_the_files_of_a_kernel_can_be_read(tmp_path: Path, flush_fields: str, flushes: int) -> None:
    """Old kernels count no flushes, which is not an error."""
    row = f"   8 0 sda 1 2 3 4 100 6 800 90 0 70 160 1 0 8 3{flush_fields}\n"
    psi = "some avg10=0.00 avg60=0.00 avg300=0.00 total=5\nfull avg10=0 avg60=0 avg300=0 total=2\n"
    write_files(tmp_path, {"proc/diskstats": row, "proc/pressure/io": psi})

    def read(at_seconds: float) -> Reading:
        return Reading(
            at_seconds=at_seconds,
            disks=disk_counters(disks={"sda"}, root=tmp_path),
            io=stall("io", root=tmp_path),
        )

    found = between(read(0), read(1))
    assert (found.writes, found.bytes_written, found.flushes) == (0, 0, flushes)
    assert found.flush_worst_seconds is None
