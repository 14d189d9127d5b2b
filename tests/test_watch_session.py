"""What is kept of a watch while it goes on, and how its request is read."""

from pathlib import Path

import pytest

from etcdbench import store, watch_session
from etcdbench.errors import UsageError
from etcdbench.machine import MachineLoad
from etcdbench.store import OutputFile
from etcdbench.watch_screen import WatchScreen
from etcdbench.watch_session import Request, result_of
from test_monitor_view import monitor_after
from watches import result_of_watch

BLANK = result_of_watch()


def test_a_result_holds_all_that_was_seen(tmp_path: Path) -> None:
    """Disk, stalls and etcd's histograms; written and read again it is the same."""
    result = result_of(BLANK, monitor_after(20, 5000), machine=MachineLoad(cpu_busy_share=0.5))
    output = OutputFile(tmp_path / "r.json", force=False)
    output.write(store.encode(result))

    assert store.read(output.path) == result
    assert [run.phase for run in result.runs] == ["live"]
    assert result.streams("wal", "live")[0].histogram().count == 200
    assert result.watched is not None
    assert result.watched.stall_count == 1
    assert (result.complete, result.wall_seconds) == (True, 2)


def test_without_etcd_there_is_no_run() -> None:
    """Nothing is made up."""
    result = result_of(BLANK, monitor_after(20, with_etcd=False), machine=MachineLoad())

    assert result.runs == ()


def test_the_result_is_saved_now_and_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is there when the power fails says that it is not whole."""
    monkeypatch.setattr(watch_session, "SAVE_SECONDS", 2.0)
    output = OutputFile(tmp_path / "r.json", force=False)
    monitor = monitor_after(20)
    with WatchScreen() as screen:
        telling = watch_session._Telling(BLANK, monitor, output, screen)
        telling.tell()
        early = output.written
        telling._monitor = monitor_after(20, 30)
        telling.tell()
    kept = store.read(output.path)

    assert not early
    assert not kept.complete
    assert kept.interrupted


def test_a_save_that_fails_does_not_end_the_watch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is said, and tried again later."""
    monkeypatch.setattr(watch_session, "SAVE_SECONDS", 1.0)
    folder = tmp_path / "gone"
    folder.mkdir()
    output = OutputFile(folder / "r.json", force=False)
    folder.rmdir()
    with WatchScreen() as screen:
        watch_session._Telling(BLANK, monitor_after(20, 30), output, screen).tell()

    assert "it will be tried again" in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize(
    ("interval", "runtime"), [("0.4s", None), ("61m", None), ("10s", "9s"), ("1s", "367d")]
)
def test_a_pace_out_of_range_is_refused(interval: str, runtime: str | None) -> None:
    """Neither a busy loop nor a watch without a reading."""
    with pytest.raises(UsageError, match="out of range"):
        watch_session._pace(Request(interval=interval, runtime=runtime))
