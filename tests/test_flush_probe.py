"""A flush of our own."""

from pathlib import Path

import pytest

from etcdbench import flush_probe
from etcdbench.flush_probe import APPEND_BYTES, FlushProbe


def test_each_flush_appends_a_page_and_takes_time(disk_path: Path) -> None:
    """The file grows, as a log does."""
    with FlushProbe(disk_path) as probe:
        took = [probe.flush() for _ in range(3)]

    assert all(0 < seconds < 10 for seconds in took)
    assert (disk_path / "flushes").stat().st_size == 3 * APPEND_BYTES


def test_the_file_never_grows_beyond_its_limit(
    disk_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Days of flushes fill no disk."""
    monkeypatch.setattr(flush_probe, "FILE_MAX_BYTES", 3 * APPEND_BYTES)
    sizes: list[int] = []
    with FlushProbe(disk_path) as probe:
        for _ in range(8):
            probe.flush()
            sizes.append((disk_path / "flushes").stat().st_size // APPEND_BYTES)

    assert sizes == [1, 2, 3, 1, 2, 3, 1, 2]


def test_a_file_that_is_there_is_not_touched(disk_path: Path) -> None:
    """Nor is a link followed."""
    (disk_path / "flushes").symlink_to(disk_path / "elsewhere")
    with pytest.raises(FileExistsError):
        FlushProbe(disk_path)
    assert not (disk_path / "elsewhere").exists()
