"""Captures are read, or refused in a line that says where they are wrong."""

from pathlib import Path

import pytest

from etcdbench import replay
from etcdbench.errors import UsageError


def test_times_begin_at_zero_and_sizes_are_kept() -> None:
    """Whatever clock they were taken from."""
    load = replay.parse_capture("1764000000.5,48,5500\n1764000000.75,60,350\n", name="c")

    assert load.due_seconds == (0.0, 0.25)
    assert load.key_sizes_bytes == (48, 60)
    assert load.value_sizes_bytes == (5500, 350)
    assert load.key_copies == 3


@pytest.mark.parametrize("text", ["time_seconds,key_bytes,value_bytes\n1,2,3\n", "\n1,2,3\n\n"])
def test_a_heading_and_empty_lines_are_no_writes(text: str) -> None:
    """As spreadsheets leave them."""
    assert len(replay.parse_capture(text, name="c").due_seconds) == 1


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "holds no writes"),
        ("time_seconds,key_bytes,value_bytes\n", "holds no writes"),
        ("1,2\n", "line 1: it is not three numbers"),
        ("1,2,3\n2,3\n", "line 2: it is not three numbers"),
        ("1,2,3\n2,x,3\n", "line 2: it is not three numbers"),
        ('{"a": 1}\n', "not three numbers"),
        ("2,2,3\n1,2,3\n", "line 2: time goes back"),
        ("nan,2,3\n", "nan is no time"),
        ("inf,2,3\n", "inf is no time"),
        ("1,0,3\n", "no etcd takes such sizes"),
        ("1,2,-3\n", "no etcd takes such sizes"),
        ("1,2,9000000\n", "no etcd takes such sizes"),
        ("1," + "9" * 200_000 + "\n", "is no CSV"),
        ("1,2,3\n5000,2,3\n", "longer than twenty minutes"),
    ],
)
def test_what_is_no_capture_is_refused(text: str, sentence: str) -> None:
    """With its line, where there is one."""
    with pytest.raises(UsageError, match=sentence):
        replay.parse_capture(text, name="c")


def test_a_capture_of_too_many_lines_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A part of it will do."""
    monkeypatch.setattr(replay, "ROWS_MAX", 2)

    with pytest.raises(UsageError, match="more than 2 lines"):
        replay.parse_capture("1,2,3\n1,2,3\n1,2,3\n", name="c")


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    """Missing, a directory, no text, too large."""
    (tmp_path / "b").write_bytes(b"\xff\xfe1,2,3")

    for path, sentence in (
        (tmp_path / "none", "cannot be read"),
        (tmp_path, "cannot be read"),
        (tmp_path / "b", "is no text"),
    ):
        with pytest.raises(UsageError, match=sentence):
            replay.read_capture(path)


def test_a_file_that_is_too_large_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would fill the memory."""
    monkeypatch.setattr(replay, "FILE_BYTES_MAX", 3)
    (tmp_path / "c").write_text("1,2,3\n")

    with pytest.raises(UsageError, match="is larger than"):
        replay.read_capture(tmp_path / "c")
