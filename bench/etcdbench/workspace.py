"""Our own directory on the target, and the memory-backed one beside it: made, locked, removed.

A directory is ours when its name begins with our prefix, it is a real directory (no link), and it
holds our marker file. It is in use while somebody holds the marker's lock: we, or a fio that
outlives a killed parent for a moment and has inherited the lock. So whoever gets the lock may
remove the directory, and nobody removes another running run's.
"""

import contextlib
import errno
import fcntl
import os
import secrets
import shutil
import stat
import time
from collections.abc import Callable, Generator
from pathlib import Path

from etcdbench.errors import PreflightError

PREFIX = ".etcdbench-"
MARKER_NAME = "etcdbench-marker"
MARKER_TEXT = (
    "This directory belongs to etcdbench; everything in it is test data.\n"
    "It is removed when etcdbench ends, or when it next starts here.\n"
)

EMPTY_AGE_SECONDS = 60
"""An empty directory with our name may be one that another run is making just now."""


class Workspace:
    """One directory of ours, locked.

    Attributes:
        path: The directory.
        lock_fd: File descriptor that holds the lock; children inherit it.
    """

    def __init__(self, path: Path, lock_fd: int) -> None:
        """Use `workspace` to make one."""
        self.path = path
        self.lock_fd = lock_fd

    def remove(self) -> bool:
        """Remove the directory and all that is in it; say whether it is gone.

        On a disk that fails, or has become read-only, nothing can be removed.
        """
        shutil.rmtree(self.path, ignore_errors=True)
        with contextlib.suppress(OSError):
            os.close(self.lock_fd)
        return not self.path.exists()


@contextlib.contextmanager
def workspace(
    parent: Path, *, alone: bool, on_leftover: Callable[[Path], None]
) -> Generator[Workspace, None, None]:
    """Make a private directory under `parent` and remove it in the end.

    What dead runs left there is removed first.

    Args:
        parent: Where to make it.
        alone: Whether no other run may be going on there.
        on_leftover: Told of the directory if it cannot be removed.

    Raises:
        PreflightError: Nothing can be written there, or a run is going on there.
    """
    with _one_at_a_time(parent):
        remove_stale(parent, alone=alone)
        created = _create(parent)
    try:
        yield created
    finally:
        if not created.remove():
            on_leftover(created.path)


@contextlib.contextmanager
def _one_at_a_time(parent: Path) -> Generator[None, None, None]:
    """Let no two starts look and make at the same time; nothing where it cannot be locked."""
    try:
        descriptor = os.open(parent, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        yield
        return
    try:
        with contextlib.suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def remove_stale(parent: Path, *, alone: bool) -> None:
    """Remove what dead runs left under `parent`.

    Raises:
        PreflightError: A run is going on there: two at once measure each other.
    """
    for candidate in sorted(parent.glob(f"{PREFIX}*")):
        lock_fd = _lock_of(candidate)
        if lock_fd is None:
            _remove_if_old_and_empty(candidate)
            continue
        try:
            fcntl.flock(lock_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock_fd)
            if not alone:
                continue
            raise PreflightError(
                f"another etcdbench is measuring in {parent}",
                hint="wait until it has ended: two at once would measure each other",
            ) from None
        Workspace(candidate, lock_fd).remove()


def _create(parent: Path) -> Workspace:
    path = parent / f"{PREFIX}{secrets.token_hex(6)}"
    try:
        path.mkdir(mode=0o700)
        lock_fd = os.open(path / MARKER_NAME, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
    except OSError as error:
        with contextlib.suppress(OSError):
            path.rmdir()
        raise PreflightError(
            f"{parent} cannot be written to: {error.strerror}",
            hint=_write_hint(error),
        ) from error
    created = Workspace(path, lock_fd)
    try:
        fcntl.flock(lock_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.write(lock_fd, MARKER_TEXT.encode())
    except OSError as error:
        created.remove()
        raise PreflightError(
            f"{parent} cannot be written to: {error.strerror}", hint=_write_hint(error)
        ) from error
    return created


def _remove_if_old_and_empty(candidate: Path) -> None:
    """Remove what a run left that was killed before it could leave its marker."""
    with contextlib.suppress(OSError):
        if time.time() - candidate.lstat().st_mtime > EMPTY_AGE_SECONDS:
            candidate.rmdir()


def _lock_of(candidate: Path) -> int | None:
    """Open the marker of a directory that is ours; None for everything else."""
    try:
        if not stat.S_ISDIR(candidate.lstat().st_mode):
            return None
        lock_fd = os.open(candidate / MARKER_NAME, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    if os.fstat(lock_fd).st_uid == os.geteuid() and os.read(lock_fd, 4096) in (
        MARKER_TEXT.encode(),
        b"",
    ):
        return lock_fd
    os.close(lock_fd)
    return None


def _write_hint(error: OSError) -> str:
    hints = {
        errno.EACCES: "run it as a user who may write there (root for /var/lib/etcd)",
        errno.EPERM: "run it as a user who may write there (root for /var/lib/etcd)",
        errno.EROFS: "the filesystem is mounted read-only: remount it, or look at dmesg",
        errno.ENOSPC: "the filesystem is full: free some room, or measure another directory",
        errno.EDQUOT: "your quota is used up: free some room, or measure another directory",
    }
    return hints.get(error.errno or 0, "measure a directory on the disk that etcd will use")
