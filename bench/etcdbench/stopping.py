"""The wish to stop: of the user at the terminal, or of the system."""

import contextlib
import signal
from collections.abc import Generator
from types import FrameType

from etcdbench.errors import Interrupted

_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextlib.contextmanager
def postponed() -> Generator[None, None, None]:
    """Let stop signals wait while the block runs: what it makes is then there whole, or not at all."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _STOP_SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class StopRequest:
    """Whether the user or the system asked us to stop.

    A flag rather than an exception out of nowhere: cleaning up is then never itself interrupted,
    and there is no moment between creating something and knowing of it.
    """

    def __init__(self) -> None:
        """Nobody has asked yet."""
        self.requested = False

    def check(self) -> None:
        """Raise `Interrupted` if somebody asked."""
        if self.requested:
            raise Interrupted

    @contextlib.contextmanager
    def listen(self) -> Generator["StopRequest", None, None]:
        """Take SIGINT, SIGTERM and SIGHUP while the block runs."""

        def note(_number: int, _frame: FrameType | None) -> None:
            self.requested = True

        # What is ignored stays ignored: nohup, and jobs that a shell put into the background.
        heard = [n for n in _STOP_SIGNALS if signal.getsignal(n) is not signal.SIG_IGN]
        before = {number: signal.signal(number, note) for number in heard}
        try:
            yield self
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
