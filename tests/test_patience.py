"""Reads that hang are given up, and their answers and errors come through otherwise."""

import threading
import time

import pytest

from etcdbench.patience import READ_SECONDS_MAX, Patience


def test_an_answer_in_time_is_the_answer() -> None:
    """Whatever it is."""
    assert Patience(seconds=20).in_time(lambda: 7) == 7


def test_an_error_in_time_is_raised() -> None:
    """Where the answer is wanted."""

    def refuse() -> None:
        raise PermissionError

    with pytest.raises(PermissionError):
        Patience(seconds=20).in_time(refuse)


def test_no_answer_is_none() -> None:
    """After half a second, and at once where all patience is used up."""
    never = threading.Event()
    patience = Patience(seconds=READ_SECONDS_MAX)
    began = time.monotonic()

    assert patience.in_time(lambda: never.wait(20)) is None
    first = time.monotonic() - began
    assert patience.in_time(lambda: never.wait(20)) is None
    second = time.monotonic() - began - first
    never.set()

    assert first >= READ_SECONDS_MAX * 0.9
    assert second < first
