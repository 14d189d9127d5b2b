"""Go's poll beside fio: wake up, look, sleep for 20 us, all the time.

A program of its own, because fio has nothing like it: a pause of fio's ends in spinning.

    python -m etcdbench.polling

While a flush blocks one of its threads, Go's runtime looks at that thread again and again. It keeps
CPUs out of their deeper sleep, from which the kernel's way to the disk would have to wake them, a
dozen times a flush.
"""

import time

SLEEP_SECONDS = 20e-6
"""Go's own: `delay = 20` in `sysmon`, https://github.com/golang/go/blob/master/src/runtime/proc.go.

With the kernel's timer slack it is 0.08 ms here. Traced in etcd 3.5.16: 7 sleeps, 0.11 ms apart, in a
flush of 0.75 ms (fio without it: none, and idle stretches of up to 0.5 ms on either CPU)."""


def main() -> None:
    """Poll until we are ended."""
    print("polling", flush=True)  # noqa: T201 - says that it runs
    while True:
        time.sleep(SLEEP_SECONDS)


if __name__ == "__main__":
    main()
