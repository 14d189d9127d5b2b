"""A flush of our own, now and then: what a small append and its fdatasync take."""

import os
import time
from pathlib import Path
from types import TracebackType
from typing import Self

APPEND_BYTES = 4096
FILE_MAX_BYTES = 64_000_000
"""The file begins anew when it is as large as a segment of etcd's log."""


class FlushProbe:
    """One file in a directory of ours that grows by a page with each flush."""

    def __init__(self, directory: Path) -> None:
        """Make the file.

        Raises:
            OSError: It cannot be made.
        """
        flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND
        self._descriptor = os.open(directory / "flushes", flags, 0o600)
        self._page = os.urandom(APPEND_BYTES)
        self._size_bytes = 0

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the file; whoever made the directory removes it."""
        os.close(self._descriptor)

    def flush(self) -> float:
        """Append a page, flush it, and return how many seconds that took.

        Raises:
            OSError: The disk refuses it.
        """
        if self._size_bytes + APPEND_BYTES > FILE_MAX_BYTES:
            os.ftruncate(self._descriptor, 0)
            self._size_bytes = 0
        began = time.monotonic()
        os.write(self._descriptor, self._page)
        os.fdatasync(self._descriptor)
        self._size_bytes += APPEND_BYTES
        return time.monotonic() - began
