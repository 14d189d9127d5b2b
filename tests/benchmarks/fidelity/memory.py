"""Free memory that the host has backed, so that a new page costs the same in every round.

A virtual machine whose balloon reports free pages gives them back to its host, and the first touch
of each afterwards waits for the host. Measured: 4 kB into a new page of the page cache take 2.7 µs,
and 13 µs where the page had been given back. An etcd at load m that came from the one kind into the
other after 27 s had commits 0.7 ms longer from there on.
"""

import mmap
import time
from collections.abc import Generator
from contextlib import contextmanager

import numpy as np
import psutil

SIZE_BYTES_MAX = 6 * 2**30
"""Seen: of 4 GiB made so, 3.6 GB of page cache written at once took backed pages alone."""

KEPT_EVERY_BYTES = 64 * mmap.PAGESIZE
"""One page in so many bytes is kept. What is free between two of them is smaller than the blocks of
2 MiB that a balloon reports (`pageblock_order`), and the kernel takes the smallest piece first."""

SETTLE_SECONDS = 60
"""Of four times that fio or etcd ran at once afterwards (a fast disk at load s), two had two to six times
the flushes above 1 ms of its other rounds, and two were like those (docs/accuracy-causes.md)."""


@contextmanager
def backed() -> Generator[None, None, None]:
    """Touch memory and free it in small pieces; while the context is open it stays backed."""
    size_bytes = min(SIZE_BYTES_MAX, psutil.virtual_memory().available // 4)
    size_bytes -= size_bytes % KEPT_EVERY_BYTES
    with mmap.mmap(-1, size_bytes, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as memory:
        memory.madvise(mmap.MADV_NOHUGEPAGE)
        np.frombuffer(memory, dtype=np.uint8)[:: mmap.PAGESIZE] = 1
        for start in range(0, size_bytes, KEPT_EVERY_BYTES):
            memory.madvise(
                mmap.MADV_DONTNEED, start + mmap.PAGESIZE, KEPT_EVERY_BYTES - mmap.PAGESIZE
            )
        time.sleep(SETTLE_SECONDS)
        yield
