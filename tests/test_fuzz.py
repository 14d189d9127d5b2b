"""Every reader of files that others wrote, against damage: an answer or one sentence, in time.

A seeded corpus of 10,000 mutations over all readers, and hypothesis on top. Memory is bounded by
running the corpus under a limit of the address space, in a process of its own.
"""

import contextlib
import gzip
import json
import random
import re
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etcdbench import fio_source, metrics, profile, render, replay, report_page, sources, store
from etcdbench.assessment import assess, to_json
from etcdbench.documents import DocumentSplitter
from etcdbench.errors import EtcdbenchError
from etcdbench.model import Result, Settings
from etcdbench.report_facts import Shown
from etcdbench.terminal import blocks
from fakes import DATA, result_of, run_of, stream
from test_assessment import JOINED

MS = 1_000_000
MUTATIONS = 10_000
SECONDS_MAX = 2.0
"""No input of a few kilobytes may take longer, on a busy machine."""

FIO = DATA / "fio" / "3.33"
ETCD = DATA / "etcd" / "3.4"

Reader = Callable[[bytes, Path], object]


def read_source(data: bytes, path: Path) -> None:
    """Read a RESULT, judge it and print the answer, as `report` does."""
    path.write_bytes(data)
    result = sources.read(path)
    meaning = assess(result, result_file=None)
    to_json(meaning)
    blocks(meaning, result)


def read_pair(data: bytes, path: Path) -> None:
    """Read a damaged page of metrics after a sound one."""
    path.write_bytes(data)
    sources.read_pair(ETCD / "before.prom", path)


def read_result(data: bytes, _path: Path) -> None:
    """Read a result file."""
    assert isinstance(store.decode(data, name="x"), Result)


def read_profile(data: bytes, path: Path) -> None:
    """Read a profile of one's own."""
    path.write_bytes(data)
    profile.load(str(path))


def read_metrics(data: bytes, _path: Path) -> None:
    """Read a page of metrics, and what it gained."""
    samples = metrics.read_samples(data.decode(errors="replace"))
    metrics.gained(samples, samples, metrics.WAL_FSYNC)


def read_capture(data: bytes, path: Path) -> None:
    """Read a capture."""
    path.write_bytes(data)
    replay.burst_of(replay.read_capture(path))


def read_documents(data: bytes, _path: Path) -> None:
    """Cut the output of our own fio."""
    splitter = DocumentSplitter()
    splitter.feed(data.decode(errors="replace") + "\n")
    for document in splitter.documents:
        document.flushes("wal")


def compact_json(path: Path) -> bytes:
    """Return fio's first document on one line, small enough to be hit where it matters."""
    document = json.loads(path.read_text())
    job = {key: document["jobs"][0][key] for key in ("jobname", "error", "sync", "job_runtime")}
    return json.dumps({**document, "jobs": [job]}, separators=(",", ":")).encode()


RESULT = store.encode(
    result_of(
        run_of(
            "steady",
            stream("wal", [{MS: 150, 12 * MS: 3}] * 4),
            stream("commit", [{9 * MS: 9}] * 4),
        )
    )
)
CAPTURE = b"time_seconds,key_bytes,value_bytes\n" + b"".join(
    b"%d.5,48,%d\n" % (second, 100 * second) for second in range(40)
)

CORPUS: tuple[tuple[str, Reader, bytes], ...] = (
    ("fio json", read_source, compact_json(FIO / "recipe.json")),
    ("fio json+", read_source, compact_json(FIO / "recipe.jsonplus")),
    ("fio text", read_source, (FIO / "recipe.txt").read_bytes()),
    ("etcd-perf log", read_source, b"--- Running fio ---\n" + (FIO / "recipe.json").read_bytes()),
    ("metrics", read_source, (ETCD / "after.prom").read_bytes()),
    ("pair", read_pair, (ETCD / "after.prom").read_bytes()),
    ("result", read_source, RESULT),
    ("joined", read_source, store.encode(JOINED)),
    (
        "capacity",
        read_source,
        store.encode(
            msgspec.structs.replace(JOINED, settings=Settings(profile="steady", capacity=True))
        ),
    ),
    ("gzip", read_source, gzip.compress(RESULT, mtime=0)),
    ("store", read_result, RESULT),
    ("samples", read_metrics, (ETCD / "after.prom").read_bytes()),
    ("profile", read_profile, profile.load("steady").text.encode()),
    ("join profile", read_profile, profile.load("node-join-flannel").text.encode()),
    ("capture", read_capture, CAPTURE),
    ("documents", read_documents, (FIO / "recipe.json").read_bytes()),
)

NUMBERS = (
    *(b"NaN", b"Infinity", b"null", b"-1", b"-0.5", b"0", b"1e3", b"1e308", b"1e400", b"2.5e-320"),
    *(b"9223372036854775807", b"9" * 400, b"9" * 5000),
)
NESTED = (b"[" * 20_000, b'{"a":' * 20_000, b'{"fio version":' * 5_000)


def flip_bits(data: bytes, rng: random.Random) -> bytes:
    """Flip a few bits."""
    damaged = bytearray(data)
    for _ in range(rng.randint(1, 8)):
        damaged[rng.randrange(len(damaged))] ^= 1 << rng.randrange(8)
    return bytes(damaged)


def cut_off(data: bytes, rng: random.Random) -> bytes:
    """Lose the end."""
    return data[: rng.randrange(len(data))]


def lose(data: bytes, rng: random.Random) -> bytes:
    """Lose a piece."""
    begin = rng.randrange(len(data))
    return data[:begin] + data[begin + rng.randint(1, 200) :]


def repeat(data: bytes, rng: random.Random) -> bytes:
    """Have a piece twice."""
    begin = rng.randrange(len(data))
    return data[: begin + rng.randint(1, 200)] + data[begin:]


def change_a_number(data: bytes, rng: random.Random) -> bytes:
    """Put something else in place of a number."""
    found = rng.choice(list(re.finditer(rb"\d+", data)) or [None])
    if found is None:
        return data
    return data[: found.start()] + rng.choice(NUMBERS) + data[found.end() :]


def change_a_value(data: bytes, rng: random.Random) -> bytes:
    """Give a value of a JSON file another one of its kind: the file is sound, and means nonsense."""
    try:
        document = json.loads(data)
    except ValueError:
        return flip_bits(data, rng)
    holder, key = rng.choice(list(values_of(document)))
    holder[key] = rng.choice(VALUES.get(type(holder[key]).__name__, (None,)))
    return json.dumps(document, separators=(",", ":")).encode()


def values_of(part: Any) -> Iterator[tuple[Any, Any]]:  # noqa: ANN401 - any JSON
    """Return every value of a JSON document that is no list or object, as its holder and key."""
    keys: Iterable[Any] = part.keys() if hasattr(part, "keys") else range(len(part))
    for key in keys:
        if type(part[key]) in (dict, list):
            yield from values_of(part[key])
        else:
            yield part, key


VALUES: dict[str, tuple[Any, ...]] = {
    "int": (0, 1, 2, 10**9, 10**12, 10**15),
    "float": (0.0, -1.0, 1e9, -1e9, 1e-300),
    "bool": (True, False),
    "str": ("", "x", "join-pull", "ladder-s", "calibrate", "commit", "capture", "fio", "metrics"),
}


def nest(data: bytes, rng: random.Random) -> bytes:
    """Put deep nesting somewhere."""
    place = rng.randrange(len(data))
    return data[:place] + rng.choice(NESTED) + data[place:]


def splice(data: bytes, rng: random.Random) -> bytes:
    """Put a piece of something else somewhere."""
    place = rng.randrange(len(data))
    other = rng.choice(CORPUS)[2]
    start = rng.randrange(len(other))
    return data[:place] + other[start : start + rng.randint(1, 500)] + data[place:]


DAMAGES = (flip_bits, cut_off, lose, repeat, change_a_number, change_a_value, splice)


def mutate(data: bytes, rng: random.Random) -> bytes:
    """Damage data in one of the ways in which files are damaged, now and then in a rare one."""
    damage = nest if rng.random() < 0.02 else rng.choice(DAMAGES)
    return damage(data, rng)


def crashes(path: Path) -> list[str]:
    """Read every mutation of the corpus; return what was neither an answer nor one sentence."""
    rng = random.Random(1)
    found: list[str] = []
    for number in range(MUTATIONS):
        name, reader, data = CORPUS[number % len(CORPUS)]
        damaged = mutate(data, rng)
        began = time.monotonic()
        try:
            reader(damaged, path)
        except EtcdbenchError as error:
            if "\n" in error.message or not error.hint:
                found.append(f"{name} {number}: not one sentence: {error.message!r}")
        except Exception as error:  # noqa: BLE001 - this is what is looked for
            found.append(f"{name} {number}: {type(error).__name__}: {error}")
        if time.monotonic() - began > SECONDS_MAX:
            found.append(f"{name} {number}: took {time.monotonic() - began:.1f} s")
    return found


def limited(code: str, *arguments: str, megabytes: int) -> "subprocess.CompletedProcess[str]":
    """Run Python under a limit of its address space."""
    size = megabytes * 1_000_000
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parent,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (size, size)),
    )


@pytest.mark.timeout(120)
def test_ten_thousand_mutations_end_in_an_answer_or_a_sentence(tmp_path: Path) -> None:
    """No traceback, no hang, bounded memory."""
    done = limited(
        "import sys, pathlib, test_fuzz\n"
        "print('\\n'.join(test_fuzz.crashes(pathlib.Path(sys.argv[1]))))",
        str(tmp_path / "damaged"),
        megabytes=2000,
    )

    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stdout + done.stderr


@pytest.mark.parametrize("reader", [read_source, read_pair, read_profile, read_capture])
@settings(max_examples=50, deadline=None)
@given(data=st.binary(max_size=400) | st.text(max_size=400).map(str.encode))
def test_no_file_makes_a_reader_crash(
    tmp_path_factory: pytest.TempPathFactory, reader: Reader, data: bytes
) -> None:
    """Any bytes at all."""
    with contextlib.suppress(EtcdbenchError):
        reader(data, tmp_path_factory.getbasetemp() / "any")


@settings(max_examples=100, deadline=None)
@given(
    count=st.integers(1, 10**9),
    percentiles=st.dictionaries(st.floats(0, 100), st.integers(0, 10**10), min_size=1, max_size=20),
)
def test_percentiles_keep_every_sample(count: int, percentiles: dict[float, int]) -> None:
    """However many there are, and wherever they lie."""
    rising = dict(zip(sorted(percentiles), sorted(percentiles.values()), strict=True))
    longest_ns = max(rising.values())

    histogram, edges_ns = fio_source.from_percentiles(count, rising, longest_ns=longest_ns)

    assert histogram.count == count
    assert histogram.max_ns == longest_ns
    assert set(histogram.latencies_ns) <= set(edges_ns)


@pytest.mark.parametrize(
    "data",
    [
        b"\n" * 3_000_000,
        b" " * 3_000_000,
        b"{" * 3_000_000,
        b'{"fio version":' * 200_000,
        b'{"fio version":"fio-3.33","jobs":[]}\n' * 100_000,
        b"etcd_disk_wal_fsync_duration_seconds_bucket{" * 70_000,
        b'etcd_disk_wal_fsync_duration_seconds_bucket{le="0.001"} 5\n' * 50_000,
        b"etcd_disk_wal_fsync_duration_seconds_bucket{" + b'a="b",' * 500_000 + b"} 5\n",
        b'{"format":"etcdbench-result","version":' + b"9" * 3_000_000 + b"}",
        gzip.compress(b"0" * 100_000_000),
    ],
    ids=range(10),
)
def test_what_is_large_and_hostile_is_refused_in_time(tmp_path: Path, data: bytes) -> None:
    """Nothing is quadratic in the size of a file."""
    (tmp_path / "hostile").write_bytes(data)

    began = time.monotonic()
    with pytest.raises(EtcdbenchError):
        sources.read(tmp_path / "hostile")
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("size_bytes", [2_000_000_000, 40_000_000])
def test_a_file_that_is_too_large_is_refused_in_little_memory(
    tmp_path: Path, size_bytes: int
) -> None:
    """Two gigabytes of nothing, and forty megabytes that are no text of fio's."""
    with (tmp_path / "large").open("wb") as stream:
        stream.truncate(size_bytes)

    done = limited(
        "import sys\n"
        "from pathlib import Path\n"
        "from etcdbench import errors, sources\n"
        "try:\n"
        "    sources.read(Path(sys.argv[1]))\n"
        "except errors.ResultFileError as error:\n"
        "    print(error)\n",
        str(tmp_path / "large"),
        megabytes=1000,
    )

    assert done.stdout.strip() == f"{tmp_path / 'large'} is too large for a result", done.stderr


def test_a_result_that_is_damaged_but_readable_has_a_page() -> None:
    """Numbers of another meaning: no crash, and no warning either, on the way to the page."""
    rng = random.Random(1)
    text = store.encode(JOINED).decode()
    shown = 0
    while shown < 5:
        number = rng.choice(list(re.finditer(r"-?\d+\.?\d*", text)))
        changed = (
            text[: number.start()] + rng.choice(["0", "7", "1e9", "-0.5"]) + text[number.end() :]
        )
        with contextlib.suppress(EtcdbenchError):
            result = store.decode(changed.encode(), name="r")
            meaning = assess(result, result_file=None)
            page = report_page.page([Shown(name="r", key="r1", result=result, meaning=meaning)])
            assert meaning.verdict.upper() in render.render(page)
            shown += 1
