"""Our directories: made, locked, removed, and nobody else's touched."""

import fcntl
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from etcdbench import workspace
from etcdbench.errors import PreflightError


def stale(parent: Path, name: str = "dead") -> Path:
    """Leave behind what a killed run leaves behind."""
    folder = parent / f"{workspace.PREFIX}{name}"
    folder.mkdir()
    (folder / workspace.MARKER_NAME).write_text(workspace.MARKER_TEXT)
    (folder / "wal-0").write_text("data")
    return folder


def test_the_directory_is_private_and_gone_in_the_end(tmp_path: Path) -> None:
    """Owner only, and nothing is left."""
    with workspace.workspace(tmp_path, alone=True, on_leftover=print) as ours:
        (ours.path / "wal-0").write_text("data")
        mode = ours.path.stat().st_mode & 0o777

    assert mode == 0o700
    assert list(tmp_path.iterdir()) == []


def test_it_is_gone_after_an_error_too(tmp_path: Path) -> None:
    """An exception in the middle leaves nothing."""

    def fail() -> None:
        with workspace.workspace(tmp_path, alone=True, on_leftover=print) as ours:
            (ours.path / "db").write_text("data")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()

    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_removed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that has become read-only keeps our files: the user hears of it."""
    told: list[Path] = []

    def fail(_path: Path, *, ignore_errors: bool) -> None:
        assert ignore_errors

    with workspace.workspace(tmp_path, alone=True, on_leftover=told.append) as ours:
        monkeypatch.setattr("shutil.rmtree", fail)

    assert told == [ours.path]


def test_what_a_dead_run_left_is_removed(tmp_path: Path) -> None:
    """The next run cleans up after a SIGKILL."""
    left = stale(tmp_path)

    with workspace.workspace(tmp_path, alone=True, on_leftover=print):
        assert not left.exists()


def test_a_running_runs_directory_is_not_touched_and_refuses_a_second_run(tmp_path: Path) -> None:
    """Two at once would measure each other."""
    with workspace.workspace(tmp_path, alone=True, on_leftover=print) as first:
        with pytest.raises(PreflightError, match="another etcdbench"):
            workspace.remove_stale(tmp_path, alone=True)
        assert first.path.is_dir()


def test_scratch_directories_of_several_runs_live_side_by_side(tmp_path: Path) -> None:
    """Runs on different disks share the memory-backed directory."""
    with (
        workspace.workspace(tmp_path, alone=False, on_leftover=print) as first,
        workspace.workspace(tmp_path, alone=False, on_leftover=print) as second,
    ):
        assert first.path.is_dir()
        assert second.path.is_dir()


def test_a_child_that_outlives_its_parent_keeps_the_lock(tmp_path: Path) -> None:
    """While a fio that inherited the lock still lives, nobody removes its files."""
    left = stale(tmp_path)
    descriptor = os.open(left / workspace.MARKER_NAME, os.O_RDWR)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    child = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(60)"], pass_fds=(descriptor,)
    )
    os.close(descriptor)
    try:
        workspace.remove_stale(tmp_path, alone=False)
        survived = left.exists()
    finally:
        child.kill()
        child.wait()
    workspace.remove_stale(tmp_path, alone=False)

    assert survived
    assert not left.exists()


def test_other_peoples_files_are_not_ours(tmp_path: Path) -> None:
    """No marker, another marker, a file or a link with our prefix: none is touched."""
    unmarked = tmp_path / f"{workspace.PREFIX}unmarked"
    unmarked.mkdir()
    (unmarked / "precious").write_text("data")
    foreign = tmp_path / f"{workspace.PREFIX}foreign"
    foreign.mkdir()
    (foreign / workspace.MARKER_NAME).write_text("something else")
    (tmp_path / f"{workspace.PREFIX}file").write_text("data")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / workspace.MARKER_NAME).write_text(workspace.MARKER_TEXT)
    (tmp_path / f"{workspace.PREFIX}link").symlink_to(elsewhere)
    before = sorted(path for path in tmp_path.rglob("*"))

    workspace.remove_stale(tmp_path, alone=True)

    assert sorted(path for path in tmp_path.rglob("*")) == before


def test_a_link_in_place_of_the_marker_is_not_followed(tmp_path: Path) -> None:
    """A marker that is a link to a marker elsewhere does not make a directory ours."""
    real = stale(tmp_path, "real")
    with_link = tmp_path / f"{workspace.PREFIX}linked"
    with_link.mkdir()
    (with_link / workspace.MARKER_NAME).symlink_to(real / workspace.MARKER_NAME)

    workspace.remove_stale(tmp_path, alone=True)

    assert with_link.exists()


def test_an_empty_directory_is_removed_only_when_it_is_old(tmp_path: Path) -> None:
    """A run killed before its marker leaves an empty directory; a young one may be another's."""
    old, young = tmp_path / f"{workspace.PREFIX}old", tmp_path / f"{workspace.PREFIX}young"
    old.mkdir()
    young.mkdir()
    long_ago = time.time() - 10 * workspace.EMPTY_AGE_SECONDS
    os.utime(old, (long_ago, long_ago))

    workspace.remove_stale(tmp_path, alone=True)

    assert (old.exists(), young.exists()) == (False, True)


def test_a_place_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    """The error names the place; nothing is left."""
    missing = tmp_path / "missing"

    with (
        pytest.raises(PreflightError, match="cannot be written to"),
        workspace.workspace(missing, alone=True, on_leftover=print),
    ):
        pass
