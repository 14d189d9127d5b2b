"""Files of any kind: each is told apart, and what is none is one sentence."""

import gzip
import os
import socket
import time
from pathlib import Path

import pytest

from etcdbench import sources, store
from etcdbench.errors import ResultFileError
from fakes import DATA, result_of, run_of, stream

MS = 1_000_000
FIO, ETCD = DATA / "fio" / "3.33", DATA / "etcd" / "3.4"
RESULT = result_of(run_of("steady", stream("wal", [{MS: 150}] * 4)))


def written(path: Path, data: bytes) -> Path:
    """Write a file and return it."""
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("data", "origin"),
    [
        (store.encode(RESULT), "run"),
        (gzip.compress(store.encode(RESULT)), "run"),
        ((FIO / "recipe.json").read_bytes(), "fio"),
        (gzip.compress((FIO / "recipe.jsonplus").read_bytes()), "fio"),
        ((FIO / "recipe.json").read_text().encode("utf-16"), "fio"),
        ((FIO / "recipe.json").read_text().encode("utf-8-sig"), "fio"),
        (b"\xff\x00" + (FIO / "recipe.json").read_bytes(), "fio"),
        ((FIO / "recipe.txt").read_bytes() + (FIO / "recipe.json").read_bytes(), "fio"),
        ((ETCD / "after.prom").read_bytes(), "metrics"),
    ],
)
def test_every_kind_is_told_by_what_is_in_it(tmp_path: Path, data: bytes, origin: str) -> None:
    """Names do not matter, nor whether it is compressed."""
    assert sources.read(written(tmp_path / "x", data)).origin == origin


def test_two_pages_are_named_with_a_comma(tmp_path: Path) -> None:
    """BEFORE,AFTER; a file whose name holds a comma is that file."""
    pair = sources.read(Path(f"{ETCD / 'before.prom'},{ETCD / 'after.prom'}"))
    odd = written(tmp_path / "a,b", (ETCD / "after.prom").read_bytes())

    assert pair.streams("wal", "live")[0].histogram().count == 60
    assert pair.target.path == f"{ETCD / 'after.prom'} since {ETCD / 'before.prom'}"
    assert sources.read(odd).streams("wal", "live")[0].histogram().count == 66


def test_a_pair_must_be_two_pages() -> None:
    """A recipe's output has no earlier one."""
    with pytest.raises(ResultFileError, match=r"recipe\.json is no page of etcd's metrics"):
        sources.read(Path(f"{ETCD / 'before.prom'},{FIO / 'recipe.json'}"))


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "is not a result of etcdbench, fio's JSON"),
        (b"hello\n", "is not a result of etcdbench, fio's JSON"),
        (b'{"a": 1}', "is not a result of etcdbench, fio's JSON"),
        (b"[" * 100_000, "is not a result of etcdbench, fio's JSON"),
        ((FIO / "recipe.txt").read_bytes(), "fio's text output"),
        (b"fio-3.33\nStarting 1 process\n\nmytest: (groupid=0", "fio's text output"),
        (b"  sync (msec): min=1, max=120, avg=3.1\n", "fio's text output"),
        (b"# HELP go_info x\n# TYPE go_info gauge\ngo_info 1\n", "without etcd's disk"),
        (b'{"format":"etcdbench-assessment","version":1}', "the verdict that --json prints"),
        (b'{"format":"etcdbench-validation","version":1}', "what validate --json prints"),
        (store.encode(RESULT).replace(b'"version":2', b'"version":99', 1), "version 99"),
        (store.encode(RESULT)[:-50], "damaged|no JSON"),
        (gzip.compress(store.encode(RESULT))[:-20], "cut off"),
    ],
)
def test_what_is_none_is_one_sentence(tmp_path: Path, data: bytes, sentence: str) -> None:
    """It says what it is where that can be told, and what to give instead."""
    with pytest.raises(ResultFileError, match=sentence) as caught:
        sources.read(written(tmp_path / "x", data))

    assert str(tmp_path / "x") in caught.value.message
    assert "\n" not in caught.value.message


def test_the_hint_for_fios_text_names_the_option() -> None:
    """And the reason why it is not read."""
    with pytest.raises(ResultFileError, match=r"units change .* columns move") as caught:
        sources.read(FIO / "recipe.txt")

    assert "--output-format=json+" in caught.value.hint


def test_only_plain_files_are_opened(tmp_path: Path) -> None:
    """A pipe without a writer does not hang it, and a device is not touched."""
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket"))
        began = time.monotonic()
        for path, kind in (
            (tmp_path, "a directory"),
            (tmp_path / "pipe", "a pipe"),
            (tmp_path / "socket", "a device or a socket"),
            (Path("/dev/zero"), "a device or a socket"),
        ):
            with pytest.raises(ResultFileError, match=f"is {kind}"):
                sources.read(path)
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("name", ["missing", "x" * 300, "missing,also missing"])
def test_a_file_that_is_not_there_is_one_sentence(tmp_path: Path, name: str) -> None:
    """Missing, or no name at all."""
    with pytest.raises(ResultFileError, match="cannot be read"):
        sources.read(tmp_path / name)


def test_a_file_whose_size_is_a_lie_is_refused_after_a_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Text beyond the limit is not read on; a result of ours is, up to its own limit."""
    monkeypatch.setattr(sources, "TEXT_MAX_BYTES", 500)
    large = written(tmp_path / "large", b"x" * 501)
    bomb = written(tmp_path / "bomb", gzip.compress(b"x" * 501))

    for path in (large, bomb):
        with pytest.raises(ResultFileError, match="too large"):
            sources.read(path)
    assert sources.read(written(tmp_path / "ours", store.encode(RESULT))) == RESULT


def test_no_path_in_a_file_is_opened(tmp_path: Path) -> None:
    """fio's output names a directory and files; they need not be there, nor be ours."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    text = (FIO / "recipe.json").read_text().replace("test-data", str(pipe))

    assert str(pipe) in sources.read(written(tmp_path / "x", text.encode())).runs[0].job_file
