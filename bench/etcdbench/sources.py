"""Read a RESULT of any kind: a file of ours, fio's JSON, text that holds it, etcd's metrics.

Nothing in a file is trusted: only plain files are opened, never more than a bounded part is read,
no path in it is followed, and what cannot be read is one sentence.
"""

import codecs
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

from etcdbench import fio_source, foreign, metrics_source, store
from etcdbench.errors import ResultFileError
from etcdbench.model import Result

TEXT_MAX_BYTES = 32_000_000
"""fio's output of five minutes, one document a second, is no larger; nor is any page of metrics."""

HEAD_BYTES = 1000
"""A file of ours says so here."""

KINDS = "a result of etcdbench, fio's JSON, text that holds it, or etcd's metrics"
HINT = f"give {KINDS}"

_FIO_TEXT = re.compile(
    r"^[ \t]*(?:fsync/fdatasync/sync_file_range:|sync \([mun]sec\):)", re.MULTILINE
)
_FIO_STARTS = re.compile(r"^fio-\d+\.\d+.*\n(?:.*\n)?Starting \d+", re.MULTILINE)
_OTHER_DOCUMENTS = {
    b'"etcdbench-assessment"': "the verdict that --json prints",
    b'"etcdbench-validation"': "what validate --json prints",
}


@dataclass(frozen=True, kw_only=True)
class _Content:
    """A file's bytes, uncompressed, and when it was saved."""

    data: bytes
    saved_at: str

    @property
    def text(self) -> str:
        """Return it as text; PowerShell writes UTF-16."""
        wide = self.data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        return self.data.decode("utf-16" if wide else "utf-8-sig", errors="replace")


def read(path: Path) -> Result:
    """Read a RESULT; `BEFORE,AFTER` names two pages of etcd's metrics, of which the later counts.

    Raises:
        ResultFileError: It cannot be read, or is none.
    """
    before, comma, after = str(path).partition(",")
    if comma and not os.path.lexists(path):
        return read_pair(Path(before), Path(after))
    content = _content(path)
    if _is_ours(content.data):
        return store.decode(content.data, name=str(path))
    text = content.text
    if fio_source.holds_fio(text):
        return fio_source.read_fio(text, name=str(path))
    if metrics_source.holds_metrics(text):
        return metrics_source.read_metrics(text, name=str(path), saved_at=content.saved_at)
    raise _refusal(path, content.data, text)


def read_pair(before: Path, after: Path) -> Result:
    """Read what etcd's disk did from one page of its metrics to the next.

    Raises:
        ResultFileError: One cannot be read, or they are not two pages of one etcd.
    """
    earlier, later = _content(before), _content(after)
    for path, content in ((before, earlier), (after, later)):
        if not metrics_source.holds_metrics(content.text):
            raise ResultFileError(
                f"{path} is no page of etcd's metrics", hint="BEFORE,AFTER names two of them"
            )
    return metrics_source.read_metrics(
        later.text,
        name=f"{after} since {before}",
        saved_at=later.saved_at,
        before=earlier.text,
    )


def _content(path: Path) -> _Content:
    """Read a plain file, up to a size; nothing else is even opened.

    Opening a named pipe would wait for its writer, and opening some devices does harm.
    """
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise ResultFileError(
                f"{path} is {_kind(found.st_mode)}", hint="give a plain file; save a stream first"
            )
        with open(path, "rb", opener=_without_waiting) as stream:
            data = stream.read(TEXT_MAX_BYTES + 1) or b""  # a size may be a lie: see /proc
            if len(data) > TEXT_MAX_BYTES and _may_be_ours(data):
                data += stream.read(store.SIZE_MAX_BYTES) or b""
    except OSError as error:
        raise ResultFileError(f"{path} cannot be read: {error.strerror}", hint=HINT) from error
    data = store.decompressed(data, name=str(path))
    if len(data) > (store.SIZE_MAX_BYTES if _is_ours(data) else TEXT_MAX_BYTES):
        raise ResultFileError(f"{path} is too large for a result", hint=HINT)
    return _Content(data=data, saved_at=foreign.iso(found.st_mtime))


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY)


def _kind(mode: int) -> str:
    if stat.S_ISDIR(mode):
        return "a directory"
    return "a pipe" if stat.S_ISFIFO(mode) else "a device or a socket"


def _may_be_ours(data: bytes) -> bool:
    return _is_ours(data) or data.startswith(b"\x1f\x8b")


def _is_ours(data: bytes) -> bool:
    return f'"{store.FORMAT}"'.encode() in data[:HEAD_BYTES]


def _refusal(path: Path, data: bytes, text: str) -> ResultFileError:
    """Say what a file is instead, where that can be told."""
    for mark, meaning in _OTHER_DOCUMENTS.items():
        if mark in data[:HEAD_BYTES]:
            return ResultFileError(
                f"{path} is {meaning}, not a measurement",
                hint="give the result file that was kept beside it",
            )
    if _FIO_TEXT.search(text) or _FIO_STARTS.search(text):
        return ResultFileError(
            f"{path} is fio's text output, which cannot be read reliably: its units change with "
            "the values, and its columns move",
            hint="run fio with --output-format=json+ and give what it writes then",
        )
    if "# TYPE " in text:
        return ResultFileError(
            f"{path} is a page of metrics without etcd's disk", hint=metrics_source.HINT
        )
    return ResultFileError(f"{path} is not {KINDS}", hint=HINT)
