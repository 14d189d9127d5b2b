"""Someone who only wants to log in: once a second a small flush, a new file, and a cold read.

A program of its own, because fio cannot rename:

    python -m etcdbench.bystander DIRECTORY

An SSH login needs all three (journald's flush, the metadata of wtmp and history, a shell that is
not in the cache), and each fails in its own way on a busy disk. It prints one line of JSON for each
probe when it begins, and one when it has ended that says how long each of the three took; it goes
on until it is ended.
"""

import json
import mmap
import os
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

INTERVAL_SECONDS = 1.0
FLUSH_BYTES = 512
FILE_BYTES = 384
READ_BYTES = 4096
READS = 16
COLD_FILE_BYTES = 16_777_216
"""Where the cold reads go; written and flushed before the first probe."""


class Probe:
    """The three probes, in a directory of their own."""

    def __init__(self, folder: Path) -> None:
        """Make the file of the cold reads.

        Raises:
            OSError: It cannot be made.
        """
        self._folder = folder
        self._log = os.open(folder / "login.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        cold = folder / "cold"
        with cold.open("wb") as stream:
            stream.write(os.urandom(COLD_FILE_BYTES))
            stream.flush()
            os.fsync(stream.fileno())
        self._cold, self._buffer = _open_cold(cold), mmap.mmap(-1, READ_BYTES)
        self._random = random.Random(1)  # noqa: S311 - offsets, not secrets

    def flush(self) -> None:
        """Append and fsync, as journald does."""
        os.write(self._log, b"x" * FLUSH_BYTES)
        os.fsync(self._log)

    def rename(self) -> None:
        """Create a file and put it in place of the old one, unflushed."""
        new = self._folder / "history.new"
        new.write_bytes(b"x" * FILE_BYTES)
        new.replace(self._folder / "history")

    def read(self) -> None:
        """Read small pieces that are not in the cache."""
        for _ in range(READS):
            block = self._random.randrange(COLD_FILE_BYTES // READ_BYTES)
            os.preadv(self._cold, [self._buffer], block * READ_BYTES)
            # Where O_DIRECT is not to be had the piece must leave the cache again.
            os.posix_fadvise(self._cold, 0, 0, os.POSIX_FADV_DONTNEED)


def _open_cold(path: Path) -> int:
    try:
        return os.open(path, os.O_RDONLY | os.O_DIRECT)
    except OSError:
        return os.open(path, os.O_RDONLY)


def timed(action: Callable[[], None]) -> float:
    """Return how long something took, in seconds."""
    began = time.monotonic()
    action()
    return time.monotonic() - began


def main(arguments: list[str]) -> None:
    """Probe once a second; while one probe waits none begins, as nobody logs in twice."""
    probe = Probe(Path(arguments[0]))
    while True:
        began = time.monotonic()
        row = {"at_epoch_seconds": round(time.time(), 3)}
        print(json.dumps(row), flush=True)  # noqa: T201 - the answer of this program
        row |= {
            "flush_seconds": round(timed(probe.flush), 6),
            "rename_seconds": round(timed(probe.rename), 6),
            "read_seconds": round(timed(probe.read), 6),
        }
        print(json.dumps(row), flush=True)  # noqa: T201 - the answer of this program
        time.sleep(max(INTERVAL_SECONDS - (time.monotonic() - began), 0.0))


if __name__ == "__main__":
    main(sys.argv[1:])
