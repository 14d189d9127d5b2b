"""Free memory kept warm: touch pages and give them back, on each CPU in turn, all the time.

A program of its own, because it has to go on while fio or etcd runs.

    python -m etcdbench.warm_pages

The host of a virtual machine may take back what lies free in it (a balloon's free page reporting), and
the first touch of such a page then waits for the host. fio takes a new page for everything that it
writes; etcd's memory goes round, and it pays for new pages mostly where no metric looks. So the page
writes of a commit come from pages that are in use, beside either: the kernel hands out first what that
CPU has freed last.
"""

import contextlib
import itertools
import mmap
import os
import time

from etcdbench.quiet import let_fio_begin

PAGES = 512
PIECE_PAGES = 32
EVERY_SECONDS = 0.00125
"""A commit at load m takes 57 pages, and all of the load 900 a second. Measured with a host that takes
pieces of 16 kB within seconds, and 0.15 ms to give one back: a page write took 51 us in the mean instead
of 5 us, a commit at load m 4.3 ms by fio and 2.0 ms by etcd; with 512 pages turned over every 20 ms beside
them 1.26 and 1.21 ms. Touched all at once they take a CPU for 0.8 ms, and the kernel's workers, which a
flush needs, wait for it: idle priority counts only among programs of one session (autogroup in sched(7)).
So they are touched in pieces."""


def main() -> None:
    """Turn pages over until we are ended, where nobody else wants the CPU."""
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    with mmap.mmap(
        -1, PAGES * mmap.PAGESIZE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
    ) as memory:
        memory.madvise(mmap.MADV_NOHUGEPAGE)
        print("turning pages over", flush=True)  # noqa: T201 - says that it runs
        let_fio_begin()
        for cpu in itertools.cycle(sorted(os.sched_getaffinity(0))):
            with contextlib.suppress(OSError):  # that CPU has gone, or is not ours any more
                os.sched_setaffinity(0, {cpu})
            for page in range(0, PAGES, PIECE_PAGES):
                end = (page + PIECE_PAGES) * mmap.PAGESIZE
                memory[page * mmap.PAGESIZE : end : mmap.PAGESIZE] = bytes(PIECE_PAGES)
                time.sleep(EVERY_SECONDS)
            memory.madvise(mmap.MADV_DONTNEED)


if __name__ == "__main__":
    main()
