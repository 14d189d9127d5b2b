"""The wish to stop."""

import os
import signal

import pytest

from etcdbench.errors import Interrupted
from etcdbench.stopping import StopRequest, postponed


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_is_a_flag_until_somebody_looks(number: signal.Signals) -> None:
    """Nothing is torn apart in the middle; handlers are put back."""
    before = signal.getsignal(number)
    stop = StopRequest()
    with stop.listen():
        stop.check()
        os.kill(os.getpid(), number)
        with pytest.raises(Interrupted):
            stop.check()

    assert signal.getsignal(number) == before


def test_a_signal_waits_while_it_is_postponed() -> None:
    """A file that is being written is there whole when the signal comes."""
    heard: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _frame: heard.append(number))
    try:
        with postponed():
            os.kill(os.getpid(), signal.SIGTERM)
            during = list(heard)
    finally:
        signal.signal(signal.SIGTERM, before)

    assert during == []
    assert heard == [signal.SIGTERM]


def test_a_signal_that_is_ignored_stays_ignored() -> None:
    """`nohup etcdbench run` goes on after the logout."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    stop = StopRequest()
    try:
        with stop.listen():
            os.kill(os.getpid(), signal.SIGHUP)
            stop.check()
    finally:
        signal.signal(signal.SIGHUP, before)

    assert not stop.requested
