"""Where text is printed."""

import subprocess
import sys

import pytest

from etcdbench.console import console


def test_what_is_no_terminal_is_80_columns_wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that logs look alike everywhere; markup of others is not obeyed."""
    monkeypatch.setenv("COLUMNS", "200")

    assert console(stderr=False).width == 80
    assert console(stderr=True).stderr


def test_text_is_printed_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    """A mount may be called [red]."""
    console(stderr=False).print("[red] :smile:")

    assert capsys.readouterr().out == "[red] :smile:\n"


def test_a_reader_that_goes_away_is_no_error() -> None:
    """What is printed then goes nowhere."""
    code = (
        "from etcdbench.console import console\n"
        "out = console(stderr=False)\n"
        "for number in range(100000): out.print(number)\n"
        "assert out.quiet"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()

        assert process.wait(timeout=30) == 0
