"""Filesystems of our own, mounted from files, for tests that may do so."""

import contextlib
import os
import subprocess
from collections.abc import Generator
from pathlib import Path

import pytest


def shell(*command: str | Path) -> None:
    """Run a tool of the system."""
    subprocess.run([str(word) for word in command], check=True, capture_output=True)


@contextlib.contextmanager
def filesystem(folder: Path, point: Path, kind: str) -> Generator[Path, None, None]:
    """Mount a filesystem of 600 MB from a file."""
    if os.geteuid() != 0 or not Path("/dev/loop-control").exists():
        pytest.skip("mounting a filesystem of our own needs root and loop devices")
    image = folder / "image"
    point.mkdir()
    with image.open("wb") as stream:
        stream.truncate(600_000_000)
    shell(f"mkfs.{kind}", "-q", image)
    shell("mount", "-o", "loop", image, point)
    try:
        yield point
    finally:
        shell("umount", point)
