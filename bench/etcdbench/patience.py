"""Reads that may have to wait for a disk that hangs: done in time, or given up."""

import concurrent.futures
import threading
import time
from collections.abc import Callable
from typing import TypeVar

READ_SECONDS_MAX = 0.5
"""A read that takes longer waits for a disk that hangs; we go on without it."""

_T = TypeVar("_T")


class Patience:
    """How long we are ready to wait for disks, all reads together."""

    def __init__(self, *, seconds: float) -> None:
        """Start the clock."""
        self._deadline = time.monotonic() + seconds

    def in_time(self, work: Callable[[], _T]) -> _T | None:
        """Do something that reads from a disk; None where the disk does not answer in time.

        A read that waits for a disk cannot be interrupted, so that it is left alone in a thread.

        Raises:
            Exception: Whatever the work raises.
        """
        answer: concurrent.futures.Future[_T] = concurrent.futures.Future()

        def finish() -> None:
            try:
                answer.set_result(work())
            except Exception as error:  # noqa: BLE001 - it is raised where the answer is wanted
                answer.set_exception(error)

        threading.Thread(target=finish, daemon=True).start()
        left_seconds = self._deadline - time.monotonic()
        try:
            return answer.result(min(max(left_seconds, 0.01), READ_SECONDS_MAX))
        except concurrent.futures.TimeoutError:
            return None
