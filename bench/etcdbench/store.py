"""Result files: JSON with a version, written whole or not at all, read without trust.

History of the format:
    1  (before 0.1)   first; commit times in whole milliseconds, marked by `resolution_ns`.
    2  (etcdbench 0.1)  commit times put together from exact flushes; no `resolution_ns`.
"""

import contextlib
import datetime
import fcntl
import gzip
import os
import re
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from etcdbench.errors import ResultFileError
from etcdbench.machine import Environment
from etcdbench.model import Result
from etcdbench.stopping import postponed

FORMAT = "etcdbench-result"
VERSION = 2

COMPRESS_BYTES = 1_000_000
"""A larger text is compressed; readers tell by the first two bytes (`zcat -f` shows both)."""

SIZE_MAX_BYTES = 100_000_000
"""A larger text is not a result of ours."""

PARTIAL_SUFFIX = ".etcdbench-partial"
"""Ends the name of a file that is being written."""

_GZIP_MAGIC = b"\x1f\x8b"
_HINT = "give a file that `etcdbench run` has written"


class Document(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What stands in a file: the format's name and version, then the result."""

    format: str
    version: int
    result: Result


class _Header(msgspec.Struct, frozen=True):
    """What tells a result file from others, whatever else is in it."""

    format: str
    version: int


class OutputFile:
    """A file to be, found writable before anything is measured, and written whole or not at all.

    Attributes:
        path: Where it will be.
        written: Whether it is there.
    """

    def __init__(self, path: Path, *, force: bool) -> None:
        """Make sure that the file can be written.

        Raises:
            ResultFileError: It exists, or cannot be written.
        """
        self.path = path
        self.written = False
        self._partial = path.with_name(f".{path.name}.{os.getpid()}{PARTIAL_SUFFIX}")
        try:
            self._look(force=force)
            _remove_dead_partials(path.parent)
            with self._partial.open("xb"):
                pass
            self._partial.unlink()
        except OSError as error:
            raise _cannot_write(path, error) from error

    def _look(self, *, force: bool) -> None:
        """Refuse a place where a file must not be put: a device, above all, is never replaced."""
        if self.path.is_dir():
            raise ResultFileError(f"{self.path} is a directory", hint="give a file in it")
        if not self.path.exists():
            return
        if not self.path.is_file():
            raise ResultFileError(f"{self.path} is not a plain file", hint="give a plain file")
        if not force:
            raise ResultFileError(
                f"{self.path} exists already",
                hint="choose another name, or overwrite it with --force",
            )

    def write(self, data: bytes) -> None:
        """Write it; a reader sees the old file or the new one, never a part.

        Raises:
            ResultFileError: It cannot be written; what was there before stays.
        """
        try:
            with postponed():
                with self._partial.open("xb") as stream:
                    fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    stream.write(data)
                    stream.flush()
                    os.fsync(stream.fileno())
                self._partial.replace(self.path)
        except OSError as error:
            with contextlib.suppress(OSError):
                self._partial.unlink(missing_ok=True)
            raise _cannot_write(self.path, error) from error
        self.written = True


def file_name(environment: Environment) -> Path:
    """Return a name for a result that tells host and time, in the current directory."""
    host = re.sub(r"[^A-Za-z0-9.-]+", "-", environment.hostname).strip("-.") or "host"
    now = datetime.datetime.now(datetime.UTC).strftime("%Y%m%dT%H%M%SZ")
    return Path(f"{host}-{now}.etcdbench.json")


def _remove_dead_partials(folder: Path) -> None:
    """Remove what runs left that were killed while they saved; a living one holds the lock."""
    for left in folder.glob(f".*{PARTIAL_SUFFIX}"):
        with contextlib.suppress(OSError):
            descriptor = os.open(left, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if os.fstat(descriptor).st_uid == os.geteuid():
                    left.unlink()
            finally:
                os.close(descriptor)


def encode(result: Result) -> bytes:
    """Return the bytes of a result file; the same result gives the same bytes."""
    document = Document(format=FORMAT, version=VERSION, result=result)
    data = msgspec.json.encode(document) + b"\n"
    return gzip.compress(data, mtime=0) if len(data) > COMPRESS_BYTES else data


def decode(data: bytes, *, name: str) -> Result:
    """Return the result in a file's bytes.

    Raises:
        ResultFileError: It is damaged, of another kind, or of a newer version.
    """
    text = decompressed(data, name=name)
    try:
        header = msgspec.json.decode(text, type=_Header)
    except msgspec.ValidationError as error:
        raise ResultFileError(f"{name} is no result of etcdbench", hint=_HINT) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ResultFileError(f"{name} is no JSON: {error}", hint=_HINT) from error
    if header.format != FORMAT:
        raise ResultFileError(f"{name} is no result of etcdbench", hint=_HINT)
    if header.version not in {VERSION, *_UPGRADES}:
        raise ResultFileError(
            f"{name} has format version {header.version}; this etcdbench reads version {VERSION}",
            hint="read it with the etcdbench that wrote it, or a newer one",
        )
    try:
        if header.version == VERSION:
            return msgspec.json.decode(text, type=Document).result
        plain = msgspec.json.decode(text)
        for version in range(header.version, VERSION):
            _UPGRADES[version](plain)
        return msgspec.convert(plain, Document).result
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ResultFileError(f"{name} is damaged: {error}", hint=_HINT) from error
    except (KeyError, TypeError, AttributeError) as error:
        raise ResultFileError(f"{name} is damaged: it lacks {error}", hint=_HINT) from error


def read(path: Path) -> Result:
    """Read a result file.

    Raises:
        ResultFileError: It cannot be read, or is no result.
    """
    try:
        if not path.is_file():
            raise ResultFileError(f"{path} is not a file", hint=_HINT)
        if path.stat().st_size > SIZE_MAX_BYTES:
            raise ResultFileError(f"{path} is too large for a result", hint=_HINT)
        data = path.read_bytes()
    except OSError as error:
        raise ResultFileError(f"{path} cannot be read: {error.strerror}", hint=_HINT) from error
    return decode(data, name=str(path))


def schema() -> dict[str, Any]:
    """Return the JSON schema of a result file (docs/result.schema.json)."""
    return msgspec.json.schema(Document)


def _upgrade_1(document: Any) -> None:  # noqa: ANN401 - JSON that nobody has checked yet
    """Take the readings of commits as they are; they are off by less than 1 ms, either way."""
    for run in document["result"]["runs"]:
        for stream in run["streams"]:
            for block in stream["blocks"]:
                block["histogram"].pop("resolution_ns", None)


_UPGRADES: dict[int, Callable[[Any], None]] = {1: _upgrade_1}
"""Version -> what makes the next version of it, in place."""


def decompressed(data: bytes, *, name: str) -> bytes:
    """Return a file's bytes as they were before gzip; others as they are.

    Raises:
        ResultFileError: They are damaged, cut off or too many.
    """
    if not data.startswith(_GZIP_MAGIC):
        return data
    try:
        decompressor = zlib.decompressobj(wbits=31)
        text = decompressor.decompress(data, SIZE_MAX_BYTES)
    except zlib.error as error:
        raise ResultFileError(f"{name} is damaged: {error}", hint=_HINT) from error
    if not decompressor.eof:
        raise ResultFileError(f"{name} is cut off, or too large for a result", hint=_HINT)
    return text


def _cannot_write(path: Path, error: OSError) -> ResultFileError:
    return ResultFileError(
        f"{path} cannot be written: {error.strerror}",
        hint="choose a place where you may write: -o FILE",
    )
