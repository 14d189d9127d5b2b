"""Progress and announcements."""

import pytest

from etcdbench.screen import Screen
from fakes import run_of, stream

MS = 1_000_000


def test_progress_without_a_terminal_is_one_line_a_run(capsys: pytest.CaptureFixture[str]) -> None:
    """Logs stay readable, and standard output stays free."""
    with Screen() as screen:
        screen.begin("steady", 16.0)
        screen.tick(1.0, None, 0)
        screen.end(run_of("steady", stream("wal", [{3 * MS: 150}] * 16)))
    captured = capsys.readouterr()

    assert captured.out == ""
    assert captured.err.splitlines() == [
        "steady: 16.0 s, 2,400 WAL flushes, p99 3.00 ms, 1.00 MB written"
    ]
