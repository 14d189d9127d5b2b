"""What the kernel counts for each disk.

Columns as in the kernel's Documentation/admin-guide/iostats.rst. Flushes are counted since Linux
5.5, and for whole disks only.
"""

from collections.abc import Container
from pathlib import Path

from etcdbench.devices import SECTOR_BYTES
from etcdbench.mounts import read_text
from etcdbench.records import Struct

# From the name to the time that is weighted with the queue; what follows came later.
_COLUMNS_MIN = 14
_COLUMNS_WITH_FLUSHES = 20


class DiskCounters(Struct, frozen=True, kw_only=True):
    """What one line of /proc/diskstats has counted since boot.

    Attributes:
        reads: Reads that have ended.
        read_ms: Milliseconds that they took, added up.
        writes: Writes that have ended.
        write_ms: Milliseconds that they took, added up.
        bytes_written: Bytes that were written to it.
        in_flight: Requests that have not ended yet.
        busy_ms: Milliseconds in which the disk had something to do.
        flushes: Flushes that have ended; None where the kernel does not count them.
        flush_ms: Milliseconds that they took, added up; one runs at a time.
    """

    reads: int = 0
    read_ms: int = 0
    writes: int = 0
    write_ms: int = 0
    bytes_written: int
    in_flight: int = 0
    busy_ms: int
    flushes: int | None = None
    flush_ms: int | None = None


def disk_counters(
    *, disks: Container[str] | None = None, root: Path = Path("/")
) -> dict[str, DiskCounters]:
    """Read /proc/diskstats: of some disks by name, or of all block devices."""
    rows = (line.split() for line in (read_text(root / "proc/diskstats") or "").splitlines())
    return {
        row[2]: _counters(row)
        for row in rows
        if len(row) >= _COLUMNS_MIN and (disks is None or row[2] in disks)
    }


def _counters(row: list[str]) -> DiskCounters:
    flushes = [int(field) for field in row[18:20]] if len(row) >= _COLUMNS_WITH_FLUSHES else None
    return DiskCounters(
        reads=int(row[3]),
        read_ms=int(row[6]),
        writes=int(row[7]),
        write_ms=int(row[10]),
        bytes_written=int(row[9]) * SECTOR_BYTES,
        in_flight=int(row[11]),
        busy_ms=int(row[12]),
        flushes=flushes[0] if flushes else None,
        flush_ms=flushes[1] if flushes else None,
    )
