"""Where text is printed."""

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
