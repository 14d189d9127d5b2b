"""What is shown of a watch where there is no terminal."""

from pathlib import Path

import msgspec
import pytest

from etcdbench.assessment import assess
from etcdbench.machine import LiveEtcd
from etcdbench.watch_screen import WatchScreen
from test_monitor_view import monitor_after
from watches import result_of_watch


def test_readings_go_to_standard_output_one_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    """However long the line: nothing is broken for a terminal that is not there."""
    monitor = monitor_after(20, 30)
    with WatchScreen() as screen:
        screen.show(monitor, result_of_watch())
        screen.show(monitor, result_of_watch())
    captured = capsys.readouterr()

    assert len(captured.out.splitlines()) == 2
    assert captured.err == ""


def test_what_is_watched_is_announced_on_the_other_stream(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """With the live etcd that is there."""
    etcd = LiveEtcd(name="etcd", pid=7, because="it has a file open")
    result = msgspec.structs.replace(result_of_watch(), live_etcd=(etcd,))
    with WatchScreen() as screen:
        screen.announce(result, runtime_seconds=None, output=Path("r.json"))
        screen.announce_probe(Path("/var/lib/etcd/.etcdbench-1"))
    captured = capsys.readouterr()

    assert captured.out == ""
    assert "watching until Ctrl-C" in captured.err
    assert "etcd (process 7) is live on this disk" in captured.err
    assert "4 KiB" in captured.err


def test_that_nothing_can_be_saved_is_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    """Not every five minutes for days."""
    with WatchScreen() as screen:
        screen.cannot_save("r.json cannot be written: No space left on device")
        screen.cannot_save("r.json cannot be written: No space left on device")

    assert capsys.readouterr().err.count("No space left") == 1


def test_the_summary_goes_to_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    """The result is what the program prints."""
    result = result_of_watch(wal={4: 100}, commit={8: 100})
    with WatchScreen() as screen:
        screen.summarize(assess(result, result_file="r.json"), result)

    assert " PASS " in capsys.readouterr().out
