"""A program that runs beside us until we stop it."""

import os
import time
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import psutil
import pytest

from etcdbench.background import Background, beside
from etcdbench.errors import EtcdbenchError, FioError
from etcdbench.stopping import StopRequest


def start(tmp_path: Path, *argv: str) -> Background:
    """Run something in the background."""
    return Background(
        argv, cwd=tmp_path, keep_open=(), log=tmp_path / "log", environment=dict(os.environ)
    )


def wait_for(child: Background, word: str) -> None:
    """Wait until it has printed a word."""
    while word not in child.printed():
        time.sleep(0.01)


def test_it_runs_until_it_is_stopped_and_keeps_what_it_printed(tmp_path: Path) -> None:
    """Both outputs, in one file."""
    child = start(tmp_path, "sh", "-c", "echo out; echo err >&2; exec sleep 60")
    wait_for(child, "err")

    assert not child.ended
    child.stop()
    assert child.ended
    assert child.printed() == "out\nerr\n"


def test_one_that_ignores_the_polite_signal_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After its grace."""
    monkeypatch.setattr("etcdbench.process.STOP_GRACE_SECONDS", 0.2)
    child = start(tmp_path, "sh", "-c", "trap '' TERM; echo ready; while :; do sleep 0.1; done")
    wait_for(child, "ready")

    child.stop()

    assert child.ended


def test_what_cannot_be_started_is_one_sentence(tmp_path: Path) -> None:
    """With the program's name."""
    with pytest.raises(EtcdbenchError, match="/nowhere/etcd cannot be started"):
        start(tmp_path, "/nowhere/etcd")


def states() -> dict[str, str]:
    """Return the state of each of our children by its module's name."""
    return {
        child.name()
        if child.status() == psutil.STATUS_ZOMBIE
        else child.cmdline()[-1]: child.status()
        for child in psutil.Process().children()
    }


def companions(tmp_path: Path, *modules: str, stop: StopRequest) -> AbstractContextManager[None]:
    """Run modules of ours beside nothing."""
    named = [(name,) for name in modules]
    return beside(named, "fio", cwd=tmp_path, keep_open=(), stop=stop, error=FioError)


def test_modules_of_ours_run_beside_something_and_are_gone_after_it(tmp_path: Path) -> None:
    """One that has to be ended is no error."""
    with companions(tmp_path, "polling", stop=StopRequest()):
        assert "etcdbench.polling" in states()
    assert "etcdbench.polling" not in states()


def test_they_run_before_what_they_run_beside_is_started(tmp_path: Path) -> None:
    """fio takes the measure of its own sleeps in its first moments."""
    with companions(tmp_path, "polling", "warm_pages", stop=StopRequest()):
        assert (tmp_path / "polling.txt").read_text() == "polling\n"
        assert (tmp_path / "warm_pages.txt").read_text() == "turning pages over\n"


@pytest.mark.parametrize("stopped", [True, False])
def test_a_module_that_ends_by_itself_is_named(tmp_path: Path, *, stopped: bool) -> None:
    """But where the user stops us it may have been ended with us."""
    stop = StopRequest()
    stop.requested = stopped
    expected = nullcontext() if stopped else pytest.raises(FioError, match=r"^polling, .* ended")

    with expected, companions(tmp_path, "polling", stop=stop):
        (child,) = psutil.Process().children()
        child.kill()
        while psutil.STATUS_ZOMBIE not in states().values():
            time.sleep(0.01)

    assert "etcdbench.polling" not in states()


def test_a_module_that_never_begins_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that ends at once, or one that takes too long; nothing is started beside it."""
    with (
        pytest.raises(FioError, match=r"^units, a program of ours that runs beside fio, ended"),
        companions(tmp_path, "polling", "units", stop=StopRequest()),
    ):
        raise AssertionError("units is no program that goes on")
    assert "etcdbench.polling" not in states()

    monkeypatch.setattr("etcdbench.background.READY_SECONDS_MAX", 0.0)
    with (
        pytest.raises(FioError, match=r"^polling, .* did not begin within 0 s"),
        companions(tmp_path, "polling", stop=StopRequest()),
    ):
        raise AssertionError("no Python starts in no time")
    assert "etcdbench.polling" not in states()
