"""Result files: whole or not at all, the same bytes for the same result, read without trust."""

import contextlib
import fcntl
import gzip
import json
import os
import random
import signal
from pathlib import Path

import jsonschema
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etcdbench import store
from etcdbench.errors import ResultFileError
from etcdbench.model import Result
from fakes import DATA, result_of, run_of, stream

MS = 1_000_000
RESULT = result_of(
    run_of("steady", stream("wal", [{MS: 150, 2 * MS: 3}] * 4), stream("commit", [{9 * MS: 9}] * 4))
)


def test_a_result_comes_back_as_it_was(tmp_path: Path) -> None:
    """Nothing is lost on the way to the disk."""
    path = tmp_path / "r.etcdbench.json"
    store.OutputFile(path, force=False).write(store.encode(RESULT))

    assert store.read(path) == RESULT


def test_the_same_result_gives_the_same_bytes() -> None:
    """No clock and no order of chance is in a file."""
    assert store.encode(RESULT) == store.encode(msgspec.structs.replace(RESULT))


def test_what_a_killed_run_left_of_a_file_is_removed(tmp_path: Path) -> None:
    """By the next one in that directory; but not what another is writing just now."""
    dead = tmp_path / f".r.json.1{store.PARTIAL_SUFFIX}"
    writing = tmp_path / f".r.json.2{store.PARTIAL_SUFFIX}"
    for path in (dead, writing):
        path.write_text("half")
    with writing.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        store.OutputFile(tmp_path / "r.json", force=False)

    assert [path.name for path in tmp_path.iterdir()] == [writing.name]


def test_a_link_in_place_of_a_partial_file_is_not_followed(tmp_path: Path) -> None:
    """Whoever may write there could else have us write anywhere."""
    precious, file = tmp_path / "precious", store.OutputFile(tmp_path / "r.json", force=False)
    precious.write_text("data")
    file._partial.symlink_to(precious)

    with pytest.raises(ResultFileError):
        file.write(b"result")
    store.OutputFile(tmp_path / "r.json", force=False)

    assert precious.read_text() == "data"


def test_a_large_result_is_compressed_and_read_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Readers tell by the first bytes."""
    monkeypatch.setattr(store, "COMPRESS_BYTES", 100)
    path = tmp_path / "r.etcdbench.json"
    store.OutputFile(path, force=False).write(store.encode(RESULT))

    assert path.read_bytes().startswith(b"\x1f\x8b")
    assert store.read(path) == RESULT


def test_the_recorded_file_of_version_1_is_still_read() -> None:
    """Old results stay readable; this one was written by etcdbench 0.1."""
    result = store.read(DATA / "results" / "v1.etcdbench.json")

    assert result.runs
    assert result.streams("wal", "steady")[0].histogram().count > 1000
    assert result.streams("commit", "steady")[0].histogram().count == 80


def test_the_published_schema_is_the_codes_and_fits_a_result() -> None:
    """docs/result.schema.json is generated; scripts may rely on it."""
    published = json.loads((Path(__file__).parents[1] / "docs" / "result.schema.json").read_text())

    assert published == json.loads(json.dumps(store.schema()))
    jsonschema.validate(json.loads(store.encode(RESULT)), published)


def test_an_existing_file_is_not_overwritten_unless_forced(tmp_path: Path) -> None:
    """And it is unharmed while the new one is still to come."""
    path = tmp_path / "r.json"
    path.write_text("precious")

    with pytest.raises(ResultFileError, match="exists already"):
        store.OutputFile(path, force=False)
    store.OutputFile(path, force=True)

    assert path.read_text() == "precious"


@pytest.mark.parametrize("name", ["missing/r.json", "."])
def test_a_place_that_cannot_be_written_is_found_before_measuring(
    tmp_path: Path, name: str
) -> None:
    """Not after three minutes."""
    with pytest.raises(ResultFileError):
        store.OutputFile(tmp_path / name, force=False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["x" * 300 + ".json", "file/x.json"])
def test_a_name_that_no_file_can_have_is_one_sentence(tmp_path: Path, name: str) -> None:
    """Too long, or below something that is no directory."""
    (tmp_path / "file").write_text("")

    with pytest.raises(ResultFileError, match="cannot be written"):
        store.OutputFile(tmp_path / name, force=True)


@pytest.mark.parametrize("force", [True, False])
def test_what_is_no_plain_file_is_never_replaced(tmp_path: Path, *, force: bool) -> None:
    """A pipe, or /dev/null: --force or not."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    with pytest.raises(ResultFileError, match="not a plain file"):
        store.OutputFile(pipe, force=force)
    assert pipe.is_fifo()


def test_a_failed_save_leaves_the_old_file_and_no_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader never sees half a result."""
    path = tmp_path / "r.json"
    file = store.OutputFile(path, force=False)
    file.write(store.encode(RESULT))
    before = path.read_bytes()

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(ResultFileError, match="No space left"):
        file.write(b"other")

    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_stop_signal_finds_the_file_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that comes in the middle of the writing, and would end the program at once."""
    path = tmp_path / "r.json"
    file = store.OutputFile(path, force=False)
    found: list[list[Path]] = []

    def stopped(_descriptor: int) -> None:
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr("os.fsync", stopped)
    before = signal.signal(
        signal.SIGTERM, lambda _number, _frame: found.append(list(tmp_path.iterdir()))
    )
    try:
        file.write(b"all of it")
    finally:
        signal.signal(signal.SIGTERM, before)

    assert found == [[path]]
    assert path.read_bytes() == b"all of it"


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "no JSON"),
        (b"\xff\xfe", "no JSON"),
        (b"[]", "no result"),
        (b'{"format": "other"}', "no result"),
        (b'{"format": "etcdbench-result", "version": 99}', "version 99"),
        (b'{"format": "etcdbench-result", "version": 1}', "damaged"),
        (b'{"format": "etcdbench-result", "version": 1, "result": {"runs": 5}}', "damaged"),
        (b'{"format": "etcdbench-result", "version": 1, "result": {"runs": []}}', "damaged"),
        (b'{"format": "etcdbench-result", "version": 2}', "damaged"),
        (b'{"format": "etcdbench-result", "version": 2, "result": {"runs": 5}}', "damaged"),
        (b"\x1f\x8b\x08\x00", "cut off|damaged"),
        (b"\x1f\x8bgarbage", "damaged"),
        (b"[" * 100_000, "no result"),
    ],
)
def test_what_is_no_result_is_one_sentence(data: bytes, word: str) -> None:
    """Damaged, foreign, newer, cut off or deeply nested: each is named."""
    with pytest.raises(ResultFileError, match=word):
        store.decode(data, name="x")


def test_a_bomb_of_zeros_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A small file cannot fill our memory."""
    monkeypatch.setattr(store, "SIZE_MAX_BYTES", 1000)

    with pytest.raises(ResultFileError, match="too large"):
        store.decode(gzip.compress(b"0" * 100_000), name="x")


def test_negative_counts_are_refused() -> None:
    """A histogram that cannot be is not a result."""
    text = store.encode(RESULT).replace(b'"counts":[150,3]', b'"counts":[150,-3]')

    with pytest.raises(ResultFileError, match="damaged"):
        store.decode(text, name="x")


@given(st.integers(0, 2**32), st.integers(1, 20))
def test_no_mutation_makes_it_crash(seed: int, changes: int) -> None:
    """Whatever happens to the bytes: a result, or one sentence."""
    rng = random.Random(seed)
    data = bytearray(store.encode(RESULT))
    for _ in range(changes):
        data[rng.randrange(len(data))] = rng.randrange(256)
    with contextlib.suppress(ResultFileError):
        assert isinstance(store.decode(bytes(data), name="x"), Result)


def test_a_missing_file_a_directory_and_a_pipe_are_refused(tmp_path: Path) -> None:
    """Only a plain file is read."""
    for path in (tmp_path / "missing", tmp_path, Path("/dev/null")):
        with pytest.raises(ResultFileError, match="not a file"):
            store.read(path)
