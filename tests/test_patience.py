"""Reads that hang are given up, and what they raise is raised."""

import threading
import time

import pytest

from etcdbench.patience import Patience


def test_an_answer_in_time_comes_back() -> None:
    """As it was."""
    assert Patience(seconds=1).in_time(lambda: 7) == 7


def test_what_hangs_is_given_up() -> None:
    """The thread is left alone; it cannot keep the program from ending."""
    hang = threading.Event()
    began = time.monotonic()

    assert Patience(seconds=0.05).in_time(hang.wait) is None
    assert time.monotonic() - began < 1
    assert all(thread.daemon for thread in threading.enumerate()[1:])
    hang.set()


def test_all_together_have_one_time_limit() -> None:
    """The second hang is not waited for."""
    hang = threading.Event()
    patience = Patience(seconds=0.05)
    patience.in_time(hang.wait)
    began = time.monotonic()

    assert patience.in_time(hang.wait) is None
    assert time.monotonic() - began < 0.05
    hang.set()


def test_what_is_raised_is_raised_here() -> None:
    """Not in a thread that nobody looks at."""

    def refuse() -> None:
        raise PermissionError

    with pytest.raises(PermissionError):
        Patience(seconds=1).in_time(refuse)
