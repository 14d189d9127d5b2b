"""Fixtures that more than one file needs."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from etcdbench.mounts import find_mount
from etcdbench.preflight import NOT_DISKS
from lab import why_no_lab


@pytest.fixture
def disk_path(tmp_path: Path) -> Iterator[Path]:
    """Give an empty directory on a disk, also where the usual temporary directory is in memory."""
    if find_mount(tmp_path).filesystem not in NOT_DISKS:
        folder = tmp_path / "disk"
        folder.mkdir()
        yield folder
        return
    folder = Path(tempfile.mkdtemp(dir=Path(__file__).parent, prefix=".disk-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what this machine cannot do, and say why."""
    no_fio = None if shutil.which("fio") else "fio is not installed"
    no_lab = no_fio or why_no_lab()
    has_etcd = shutil.which("etcd") and shutil.which("etcdctl")
    has_browser = shutil.which("chromium") or shutil.which("chromium-browser")
    no_browser = None if has_browser else "Chromium is not installed"
    no_etcd = no_fio or (None if has_etcd else "etcd and etcdctl are not installed")
    for item in items:
        for marker, reason in (
            ("fio", no_fio),
            ("etcd", no_etcd),
            ("lab", no_lab),
            ("browser", no_browser),
        ):
            if reason and item.get_closest_marker(marker):
                item.add_marker(pytest.mark.skip(reason=reason))
