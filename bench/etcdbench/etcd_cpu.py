"""etcd's own CPU work beside fio: a share of one core, in pieces as short as etcd's.

A program of its own, because fio's (`cpuio`) takes what its pauses make of it: they end in spinning,
for as long as the longest of ten sleeps took in fio's first moments. Of 16 starts beside our other
programs, on a virtual machine of two cores, work that was to take half a core took 55 % four times
and 76 to 97 % twelve times.

    python -m etcdbench.etcd_cpu SHARE
"""

import sys
import time

from etcdbench.quiet import let_fio_begin

PIECE_SECONDS = 20e-6
"""etcd works on a CPU for 20 us at a time: its tasks' run time over their context switches, at loads s
and m (3.4.23). A sleep takes 50 us longer than asked for, the kernel's timer slack, and is made up for by
the next pieces, one after the other."""

BEHIND_SECONDS_MAX = 0.005
"""So much is made up for at most: work that had no CPU for longer was not done, as etcd's would not be."""


def main(share: float) -> None:
    """Work and sleep in turn until we are ended.

    Args:
        share: Of one core, 0 to 1.
    """
    print("working", flush=True)  # noqa: T201 - says that it runs
    let_fio_begin()
    while True:
        begun, spent = time.perf_counter(), time.thread_time()
        behind_seconds = 0.0
        while behind_seconds < BEHIND_SECONDS_MAX:
            end = time.perf_counter() + PIECE_SECONDS
            while time.perf_counter() < end:
                pass
            allowed = (time.perf_counter() - begun) * share
            behind_seconds = allowed - (time.thread_time() - spent)
            if behind_seconds < 0:
                time.sleep(-behind_seconds / share)


if __name__ == "__main__":
    main(float(sys.argv[1]))
