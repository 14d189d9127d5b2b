"""A capture of a real cluster's writes as the requests of a burst: times and sizes, nothing else."""

import csv
import itertools
import math
from collections.abc import Iterator
from pathlib import Path

from etcdbench.burst import Burst, Given
from etcdbench.errors import UsageError
from etcdbench.etcd_model import TRANSACTION_KEY_COPIES
from etcdbench.join_model import Span
from etcdbench.schedule import Load
from etcdbench.workload import REPLAY

ROWS_MAX = 1_000_000
SECONDS_MAX = 1200.0
"""fio's status of every second is kept until the end."""

SIZE_BYTES_MAX = 1_500_000
"""etcd refuses larger requests (`--max-request-bytes`)."""

TAIL_SECONDS = 1.0
"""The last commit comes up to 100 ms after the last write, and takes its time."""

FILE_BYTES_MAX = 100_000_000

HINT = (
    "give lines of seconds, key bytes and value bytes, as in 12.5,48,5500; docs/joins.md has the "
    "command that makes them"
)


def read_capture(path: Path) -> Load:
    """Read a capture: a CSV of seconds, key bytes, value bytes, with or without a heading.

    Raises:
        UsageError: It cannot be read, or is no such capture.
    """
    try:
        with path.open("rb") as stream:
            data = stream.read(FILE_BYTES_MAX + 1)  # its size may be a lie: /dev/zero has none
        if len(data) > FILE_BYTES_MAX:
            raise UsageError(f"{path} is larger than {FILE_BYTES_MAX // 1_000_000} MB", hint=HINT)
        text = data.decode()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}", hint=HINT) from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is no text", hint=HINT) from error
    return parse_capture(text, name=str(path))


def burst_of(load: Load) -> Burst:
    """Return a capture as a burst of one phase."""
    end = load.due_seconds[-1] + TAIL_SECONDS
    span = Span(name=REPLAY, begin_seconds=0.0, end_seconds=end)
    return Burst(
        nodes=0,
        jitter_seconds=0.0,
        given=Given(kind="capture", requests=load, spans=(span,), seconds_max=end),
    )


def parse_capture(text: str, *, name: str) -> Load:
    """Read the text of a capture; its times then begin at 0.

    Args:
        text: Its lines.
        name: What to call it in a complaint.

    Raises:
        UsageError: It is empty, out of order, too long, or no capture.
    """
    lines = text.splitlines()
    first = 1 if lines and lines[0].replace(" ", "").startswith("time_seconds,") else 0
    rows = [
        _row(cells, f"{name}, line {number}")
        for number, cells in enumerate(_cells(lines[first:], name), start=first + 1)
        if cells
    ]
    if not rows:
        raise UsageError(f"{name} holds no writes", hint=HINT)
    if len(rows) > ROWS_MAX:
        raise UsageError(f"{name} has more than {ROWS_MAX:,} lines", hint="give a part of it")
    begin = rows[0][0]
    for number, (earlier, later) in enumerate(itertools.pairwise(rows), start=first + 2):
        if later[0] < earlier[0]:
            raise UsageError(f"{name}, line {number}: time goes back", hint="sort it by its times")
    if rows[-1][0] - begin > SECONDS_MAX:
        raise UsageError(f"{name} lasts longer than twenty minutes", hint="give a part of it")
    return Load(
        due_seconds=tuple(time - begin for time, _, _ in rows),
        key_sizes_bytes=tuple(key for _, key, _ in rows),
        value_sizes_bytes=tuple(value for _, _, value in rows),
        key_copies=TRANSACTION_KEY_COPIES,
    )


def _cells(lines: list[str], name: str) -> Iterator[list[str]]:
    try:
        yield from csv.reader(lines)
    except csv.Error as error:
        raise UsageError(f"{name} is no CSV: {error}", hint=HINT) from error


def _row(cells: list[str], where: str) -> tuple[float, int, int]:
    try:
        time, key, value = (float(cell) for cell in cells)
    except ValueError as error:
        raise UsageError(f"{where}: it is not three numbers", hint=HINT) from error
    if not math.isfinite(time):
        raise UsageError(f"{where}: {cells[0]} is no time", hint=HINT)
    if not (1 <= key <= SIZE_BYTES_MAX and 0 <= value <= SIZE_BYTES_MAX):
        raise UsageError(f"{where}: no etcd takes such sizes", hint=HINT)
    return time, int(key), int(value)
