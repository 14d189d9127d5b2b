"""What the kernel counts for each disk."""

from pathlib import Path

import pytest

from etcdbench.diskstats import disk_counters
from trees import write_files

ROW = "   8       0 sda 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25"


@pytest.mark.parametrize(
    ("tail", "flushes"), [(" 26 27", (26, 27)), ("", (None, None))], ids=["linux-5.5", "older"]
)
def test_a_row_is_read(tmp_path: Path, tail: str, flushes: tuple[int | None, int | None]) -> None:
    """Sectors are bytes, whatever the disk's own are; old kernels count no flushes."""
    write_files(tmp_path, {"proc/diskstats": f"{ROW}{tail}\n   8       1 sda1 1 2\n"})
    found = disk_counters(disks={"sda"}, root=tmp_path)["sda"]

    assert (found.writes, found.write_ms, found.bytes_written) == (15, 18, 17 * 512)
    assert found.busy_ms == 20
    assert (found.flushes, found.flush_ms) == flushes


def test_other_disks_are_left_out(tmp_path: Path) -> None:
    """And without /proc there is none."""
    assert disk_counters(disks={"sda"}, root=tmp_path) == {}
    write_files(tmp_path, {"proc/diskstats": f"{ROW}\n"})
    assert disk_counters(disks={"sdb"}, root=tmp_path) == {}
    assert set(disk_counters(root=tmp_path)) == {"sda"}
