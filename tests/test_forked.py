"""What a child does for itself between fork and exec."""

import signal
import subprocess
import sys

from etcdbench import forked


def test_signals_that_we_hold_back_reach_the_child() -> None:
    """A mask is inherited over fork and exec."""
    code = "import signal; print(signal.pthread_sigmask(signal.SIG_BLOCK, ()))"
    before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGTERM,))
    try:
        done = subprocess.run(
            [sys.executable, "-c", code],
            preexec_fn=forked.die_with_parent,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)

    assert done.stdout == "set()\n"
