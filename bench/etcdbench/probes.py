"""Questions to a machine that may be in trouble: files up to a size, programs up to a time."""

import errno
import os
import shutil
import stat
import time
from collections.abc import Iterator
from pathlib import Path

from etcdbench import process

FILE_BYTES_MAX = 1_000_000
"""What we read is configuration; a larger file is something else."""

PROGRAM_SECONDS_MAX = 1.0

# Where network programs are, which is not on every user's PATH.
_SYSTEM_DIRECTORIES = ("/usr/sbin", "/sbin", "/usr/bin", "/bin")


def read_small(path: Path) -> str:
    """Return the text of a regular file; a pipe or a device is not even waited for.

    Raises:
        OSError: It cannot be read, is no regular file, or is too large.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, "rb") as stream:  # noqa: PTH123 - Path.open takes no descriptor
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "not a regular file", str(path))
        content = stream.read(FILE_BYTES_MAX + 1)
    if len(content) > FILE_BYTES_MAX:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), str(path))
    return process.text_of(content)


def small_text(path: Path) -> str:
    """Return the text of a small regular file; nothing where it cannot be read."""
    try:
        return read_small(path)
    except OSError:
        return ""


def processes(*, root: Path = Path("/")) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Give the name, of 15 characters at most, and the command line of each process."""
    for folder in root.glob("proc/[0-9]*"):
        words = small_text(folder / "cmdline").rstrip("\0").split("\0")
        yield small_text(folder / "comm").strip(), tuple(words)


class Programs:
    """Starts small programs that only show something, all within one time limit."""

    def __init__(self, *, seconds: float) -> None:
        """Start the clock.

        Args:
            seconds: How long all programs may take together.
        """
        self._deadline = time.monotonic() + seconds

    def find(self, *names: str) -> str | None:
        """Return the path of the first of these programs that is installed."""
        # Relative entries are left out: root must not start what lies in somebody's directory.
        users = os.environ.get("PATH", "").split(os.pathsep)
        path = os.pathsep.join([*_SYSTEM_DIRECTORIES, *filter(os.path.isabs, users)])
        found = (shutil.which(name, path=path) for name in names)
        return next(filter(None, found), None)

    def answer(self, name: str, *arguments: str) -> str | None:
        """Return what a program prints; None where it is missing, fails, or takes too long."""
        program = self.find(name)
        left_seconds = self._deadline - time.monotonic()
        if program is None or left_seconds <= 0:
            return None
        done = process.run(
            [program, *arguments], timeout_seconds=min(left_seconds, PROGRAM_SECONDS_MAX)
        )
        return None if done is None or done.status else done.stdout
