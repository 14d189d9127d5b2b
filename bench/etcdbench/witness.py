"""Who looks on while nodes join: the bystander's probes, and the kernel's pressure each second."""

import contextlib
import os
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from etcdbench import neighbours, system
from etcdbench.background import Background
from etcdbench.burst import Burst, Compiled
from etcdbench.errors import EtcdbenchError
from etcdbench.join_profile import Join
from etcdbench.join_result import JoinBurst, PhaseSpan, Probe, Second
from etcdbench.schedule import START_DELAY_MS
from etcdbench.workload import SNAPSHOT
from etcdbench.workspace import Workspace

READY_SECONDS_MAX = 60.0
"""The bystander first writes what it will read cold."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the bystander: when a probe began (seconds since the epoch), how long it took.

    The times are None in the line that says that it begins.
    """

    at_epoch_seconds: float
    flush_seconds: float | None = None
    rename_seconds: float = 0.0
    read_seconds: float = 0.0


@dataclass
class Seen:
    """What was seen so far.

    Attributes:
        seconds: The timeline.
        probes: The bystander's; filled in when it has ended.
        snapshot_seconds: How long a promoted member's snapshot took, its fsync too.
        origin_epoch_seconds: When fio started.
    """

    seconds: list[Second] = field(default_factory=list[Second])
    probes: tuple[Probe, ...] = ()
    snapshot_seconds: float | None = None
    origin_epoch_seconds: float = 0.0
    _last: tuple[float, system.Stall] | None = None
    _bytes: int = 0

    @property
    def ended_epoch_seconds(self) -> float:
        """Return when fio was last seen."""
        return self.origin_epoch_seconds + (self.seconds[-1].at_seconds + 1 if self.seconds else 0)

    def look(self, at_seconds: float, bytes_written: int) -> None:
        """Note one moment; at most once a second.

        Args:
            at_seconds: Since fio's start.
            bytes_written: By all of fio's sections until then.
        """
        self._bytes = max(self._bytes, bytes_written)
        if self._last and at_seconds - self._last[0] < 1:
            return
        self.origin_epoch_seconds = self.origin_epoch_seconds or time.time() - at_seconds
        pressure = system.stall("io")
        some = full = None
        if self._last:
            before_seconds, before = self._last
            length_us = 1e6 * (at_seconds - before_seconds)
            some = _share(before.some_us, pressure.some_us, length_us)
            full = _share(before.full_us, pressure.full_us, length_us)
        self._last = (at_seconds, pressure)
        self.seconds.append(
            Second(
                at_seconds=round(at_seconds, 2),
                bytes_written=self._bytes,
                io_some_share=some,
                io_full_share=full,
            )
        )


def record(
    join: Join, burst: Burst, compiled: Compiled, seen: Seen, *, first_run: int
) -> JoinBurst:
    """Return what a result keeps of a burst beside its runs."""
    return JoinBurst(
        cni=burst.given.kind if burst.given else join.cni,
        nodes=burst.nodes,
        jitter_seconds=burst.jitter_seconds,
        topology=burst.topology,
        scale=burst.scale,
        cut=burst.pull_seconds_max is not None,
        first_run=first_run,
        spans=tuple(
            PhaseSpan(
                name=span.name,
                begin_seconds=span.begin_seconds + START_DELAY_MS / 1000,
                end_seconds=span.end_seconds + START_DELAY_MS / 1000,
            )
            for span in compiled.spans
        ),
        seconds=tuple(seen.seconds),
        probes=seen.probes,
        snapshot_seconds=seen.snapshot_seconds,
        neighbour_bytes=sum(neighbour.size_bytes for neighbour in compiled.neighbours),
        assumptions=() if burst.given else join.assumptions(),
    )


@contextlib.contextmanager
def looking_on(
    seen: Seen,
    compiled: Compiled,
    target: Workspace,
    scratch: Workspace,
    *,
    check_stop: Callable[[], None],
) -> Generator[None, None, None]:
    """Let the bystander probe while the block runs, where images are pulled onto etcd's disk.

    Args:
        seen: Where its probes go in the end.
        compiled: The burst.
        target: Our directory on the target; the bystander works in one of its own below.
        scratch: Where its answers go.
        check_stop: Raises `Interrupted` if the user wants us to stop.

    Raises:
        EtcdbenchError: It cannot be started, or what is read cold cannot be written.
        Interrupted: The user wants us to stop.
    """
    if not compiled.shared:
        yield
        return
    folder, log = target.path / "bystander", scratch.path / "bystander.jsonl"
    make_cold(target.path / neighbours.FOLDER, compiled.neighbours, check_stop=check_stop)
    make_folder(folder)
    child = Background.module(
        "bystander",
        str(folder),
        cwd=scratch.path,
        keep_open=(target.lock_fd, scratch.lock_fd),
        log=log,
    )
    try:
        _await_first_probe(child, check_stop)
        yield
    finally:
        died = child.ended
        child.stop()
        seen.probes = read_probes(
            child.printed(),
            origin_epoch_seconds=seen.origin_epoch_seconds,
            stopped_epoch_seconds=seen.ended_epoch_seconds,
            died=died,
        )


def make_folder(folder: Path) -> None:
    """Make the bystander's place.

    Raises:
        EtcdbenchError: The disk refuses it.
    """
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise _refused(folder, error) from error


def make_cold(
    folder: Path, beside: tuple[neighbours.Neighbour, ...], *, check_stop: Callable[[], None]
) -> None:
    """Write what agents will read from a cold cache, before anything is measured.

    Raises:
        EtcdbenchError: The disk refuses it.
        Interrupted: The user wants us to stop.
    """
    size_bytes = sum(neighbour.size_read_bytes for neighbour in beside)
    try:
        with (folder / neighbours.COLD_NAME).open("wb") as stream:
            for _ in range(0, size_bytes, neighbours.CHUNK_BYTES):
                check_stop()
                stream.write(os.urandom(neighbours.CHUNK_BYTES))
            stream.truncate(size_bytes)
            stream.flush()
            os.fsync(stream.fileno())
            os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    except OSError as error:
        raise _refused(folder, error) from error


def read_probes(
    text: str, *, origin_epoch_seconds: float, stopped_epoch_seconds: float, died: bool = False
) -> tuple[Probe, ...]:
    """Return what the bystander printed; a line that was cut off is left out.

    A probe that had not ended when fio had took at least until then.

    Args:
        text: Its lines.
        origin_epoch_seconds: When fio started; earlier probes are none of the burst's.
        stopped_epoch_seconds: When fio had ended; later probes are none of the burst's, either.
        died: Whether the bystander had ended by itself: its last probe then tells nothing.
    """
    if not origin_epoch_seconds:
        return ()  # fio did not get as far as its first second
    rows: dict[float, Row] = {}
    for line in text.splitlines():
        with contextlib.suppress(msgspec.DecodeError):
            row = msgspec.json.decode(line, type=Row)
            rows[row.at_epoch_seconds] = row
    return tuple(
        Probe(
            at_seconds=round(at - origin_epoch_seconds, 3),
            flush_seconds=round(stopped_epoch_seconds - at, 3)
            if row.flush_seconds is None
            else row.flush_seconds,
            rename_seconds=row.rename_seconds,
            read_seconds=row.read_seconds,
        )
        for at, row in rows.items()
        if origin_epoch_seconds <= at < stopped_epoch_seconds
        and not (died and row.flush_seconds is None)
    )


def clear(ours: Path) -> None:
    """Remove what a burst has left: last of all, since removing writes, too.

    What cannot be removed is told of in the end, with our whole directory.

    Args:
        ours: Our directory on the target.
    """
    folder = ours / neighbours.FOLDER
    with contextlib.suppress(OSError):
        (ours / SNAPSHOT).unlink(missing_ok=True)
        for entry in folder.iterdir() if folder.is_dir() else ():
            entry.unlink(missing_ok=True)


def _refused(folder: Path, error: OSError) -> EtcdbenchError:
    return EtcdbenchError(
        f"{folder} cannot be written to: {error.strerror}",
        hint="free some room there, or look at dmesg for errors of the disk",
    )


def _await_first_probe(child: Background, check_stop: Callable[[], None]) -> None:
    """Wait until the bystander has made its files.

    Raises:
        EtcdbenchError: It ended, or takes too long.
    """
    deadline = time.monotonic() + READY_SECONDS_MAX
    while not child.printed().strip():
        check_stop()
        if child.ended or time.monotonic() > deadline:
            said = child.printed().strip().splitlines()
            raise EtcdbenchError(
                f"the bystander could not start{f': {said[-1]}' if said else ''}",
                hint="free some room, or look at dmesg for errors of the disk",
            )
        time.sleep(0.1)


def _share(before_us: float | None, after_us: float | None, length_us: float) -> float | None:
    if before_us is None or after_us is None or length_us <= 0:
        return None
    return round(min(max(after_us - before_us, 0.0) / length_us, 1.0), 4)
