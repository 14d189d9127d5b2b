"""Somebody who logs in."""

import json
import subprocess
import sys
from pathlib import Path

from etcdbench import bystander


def test_a_probe_flushes_renames_and_reads(tmp_path: Path) -> None:
    """As a login does."""
    probe = bystander.Probe(tmp_path)
    for action in (probe.flush, probe.flush, probe.rename, probe.rename, probe.read):
        assert bystander.timed(action) >= 0

    assert sorted(path.name for path in tmp_path.iterdir()) == ["cold", "history", "login.log"]
    assert (tmp_path / "login.log").stat().st_size == 2 * bystander.FLUSH_BYTES
    assert (tmp_path / "cold").stat().st_size == bystander.COLD_FILE_BYTES


def test_it_says_when_a_probe_begins_and_how_long_each_part_took(tmp_path: Path) -> None:
    """A line before and a line after, so that one that never ends is seen."""
    with subprocess.Popen(
        [sys.executable, "-m", "etcdbench.bystander", str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout is not None
        begun, ended = (json.loads(child.stdout.readline()) for _ in range(2))
        child.kill()

    assert set(begun) == {"at_epoch_seconds"}
    assert ended["at_epoch_seconds"] == begun["at_epoch_seconds"]
    assert set(ended) == {"at_epoch_seconds", "flush_seconds", "rename_seconds", "read_seconds"}


def test_it_fails_where_it_cannot_write(tmp_path: Path) -> None:
    """Whoever started it sees that."""
    done = subprocess.run(
        [sys.executable, "-m", "etcdbench.bystander", str(tmp_path / "none")],
        capture_output=True,
        check=False,
    )

    assert done.returncode != 0
