"""The only starter of programs: run to the end within a time limit, or follow line by line.

A child never outlives us: it gets the kernel's parent-death signal, and inherits the lock of our
working directory, so that whoever cleans up after a SIGKILL waits until it is really gone.
"""

import contextlib
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from etcdbench.errors import EtcdbenchError
from etcdbench.forked import die_with_parent, yield_and_die_with_parent
from etcdbench.sleeping import suspended_name
from etcdbench.stopping import StopRequest

TICK_SECONDS = 0.1
"""How often a follower looks at the clock and at the user's wish to stop."""

PAUSE_SECONDS_MAX = 2.0
"""Where we wait for so much longer than we asked for, we were suspended ourselves."""

STOP_GRACE_SECONDS = 3.0
"""How long a program may take to obey one signal before it gets a harder one."""

RUN_GRACE_SECONDS = 0.2
"""How long we wait for a small program to be gone that took too long."""

OUTPUT_MAX_BYTES = 256_000_000
"""More output than this is garbage; a run's documents are below 20 MB."""

STUCK = "process {} does not end even when killed: it waits in the kernel for the disk"

OnTick = Callable[[float, int], str | None]
"""Seconds since a program's start and its process id -> why it is to be ended, if it is."""


@dataclass(frozen=True)
class Completed:
    """What a program left behind.

    Attributes:
        status: Exit status; negative for a signal; None if it does not end even when killed.
        stdout, stderr: Its output as text; bytes that are no UTF-8 are replaced.
    """

    status: int | None
    stdout: str
    stderr: str


def run(argv: Sequence[str], *, timeout_seconds: float) -> Completed | None:
    """Run a small program to its end; None if it cannot be started or takes too long.

    One that waits in the kernel for a disk cannot even be killed: it is left to the kernel then,
    which ends it when the disk answers.
    """
    try:
        child = subprocess.Popen(
            list(argv),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            preexec_fn=die_with_parent,  # noqa: PLW1509 - the parent has one thread
        )
    except OSError:
        return None
    try:
        out, err = child.communicate(timeout=timeout_seconds)
    except subprocess.TimeoutExpired:
        return None
    finally:
        _kill(child, grace_seconds=RUN_GRACE_SECONDS)
    return Completed(child.returncode, text_of(out), text_of(err))


def follow(
    argv: Sequence[str],
    *,
    cwd: Path,
    keep_open: Sequence[int],
    on_output: Callable[[str], None],
    on_tick: OnTick,
    stop: StopRequest,
    environment: Mapping[str, str] | None = None,
    spare_cpu_only: bool = False,
) -> tuple[Completed, str | None]:
    """Run a program and hand over its output as it comes.

    Args:
        argv: Program and arguments.
        cwd: Its working directory.
        keep_open: File descriptors that it inherits.
        on_output: Called with each piece of standard output.
        on_tick: Called with the seconds since the start and the process id about every tenth of
            a second; a reason that it returns stops the program.
        stop: The user's wish to stop, which stops it too.
        environment: Its environment where it is not ours.
        spare_cpu_only: Let it run only where nobody else wants the CPU.

    Returns:
        What it left behind, and the reason for which it was stopped, if it was.

    Raises:
        EtcdbenchError: It cannot be started.
    """
    child = start(
        argv,
        cwd=cwd,
        keep_open=keep_open,
        environment=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        spare_cpu_only=spare_cpu_only,
    )
    pieces: dict[str, list[str]] = {"out": [], "err": []}
    try:
        halt = _pump(child, pieces, on_output=on_output, on_tick=on_tick, stop=stop)
        if halt is not None and halt.last_words:
            _stop(child, pieces, on_output)
    finally:
        _kill(child)
    done = Completed(child.returncode, "".join(pieces["out"]), "".join(pieces["err"]))
    stuck = "" if done.status is not None else f"; {STUCK.format(child.pid)}"
    return done, f"{halt.reason}{stuck}" if halt else None


def start(
    argv: Sequence[str],
    *,
    cwd: Path,
    keep_open: Sequence[int],
    environment: Mapping[str, str] | None,
    stdout: int | IO[bytes],
    stderr: int | IO[bytes],
    spare_cpu_only: bool = False,
) -> subprocess.Popen[bytes]:
    """Start a program that dies with us and hears no Ctrl-C.

    All of them are in our session, so that one with `spare_cpu_only` gives way to the others.

    Args:
        argv: Program and arguments.
        cwd: Its working directory.
        keep_open: File descriptors that it inherits.
        environment: Its environment; None for ours.
        stdout: Where its output goes.
        stderr: Where its messages go.
        spare_cpu_only: Let it run only where nobody else wants the CPU.

    Raises:
        EtcdbenchError: It cannot be started.
    """
    try:
        return subprocess.Popen(
            list(argv),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            env=environment,
            pass_fds=tuple(keep_open),
            # A Ctrl-C is ours to hand on, not the terminal's. Not a session: the kernel shares the
            # CPU out among sessions first (autogroup in sched(7)), and idle priority counts within.
            process_group=0,
            preexec_fn=yield_and_die_with_parent if spare_cpu_only else die_with_parent,  # noqa: PLW1509 - the parent has one thread
        )
    except OSError as error:
        raise EtcdbenchError(
            f"{argv[0]} cannot be started: {error.strerror}",
            hint=f"try it by hand: {argv[0]} --version",
        ) from error


@dataclass(frozen=True)
class _Halt:
    """Why a program is ended early, and whether what it says on its way out counts."""

    reason: str
    last_words: bool = True


def _pump(
    child: subprocess.Popen[bytes],
    pieces: dict[str, list[str]],
    *,
    on_output: Callable[[str], None],
    on_tick: OnTick,
    stop: StopRequest,
) -> _Halt | None:
    """Read both pipes until they close; return why we gave up, if we did."""
    began = ticked = time.monotonic()
    total = 0
    with selectors.DefaultSelector() as selector:
        for name, stream in (("out", child.stdout), ("err", child.stderr)):
            selector.register(_required(stream), selectors.EVENT_READ, name)
        while selector.get_map():
            asked = time.monotonic()
            ready = selector.select(TICK_SECONDS)
            now = time.monotonic()
            if now - asked > PAUSE_SECONDS_MAX:
                paused = f"etcdbench did not run for {now - asked:.1f} s (suspended, or no CPU)"
                return _Halt(paused, last_words=False)
            for key, _ in ready:
                size = _read(key, pieces, on_output)
                total += size
                if not size:
                    selector.unregister(key.fileobj)
            if stop.requested:
                return _Halt("interrupted")
            if total > OUTPUT_MAX_BYTES:
                return _Halt("it printed more than we take")
            if now - ticked >= TICK_SECONDS:
                ticked = now
                halt = _look(child.pid, now - began, on_tick)
                if halt is not None:
                    return halt
        child.wait()
    return None


def _read(
    key: selectors.SelectorKey, pieces: dict[str, list[str]], on_output: Callable[[str], None]
) -> int:
    """Read from one pipe; return how many bytes, 0 at its end."""
    data = os.read(key.fd, 65536)
    if data:
        pieces[key.data].append(text_of(data))
    if data and key.data == "out":
        on_output(pieces["out"][-1])
    return len(data)


def _look(process_id: int, seconds: float, on_tick: OnTick) -> _Halt | None:
    """Return why a program has to be ended now, if it has to.

    One that is suspended, too: in what it measured meanwhile the pause would be a latency.
    """
    if (name := suspended_name(process_id)) is not None:
        return _Halt(f"{name} was suspended by a signal", last_words=False)
    reason = on_tick(seconds, process_id)
    return None if reason is None else _Halt(reason)


def _stop(
    child: subprocess.Popen[bytes],
    pieces: dict[str, list[str]],
    on_output: Callable[[str], None],
) -> None:
    """Ask politely (fio then prints what it has), then insist, and keep what it still says."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            child.send_signal(number)
        try:
            out, err = child.communicate(timeout=STOP_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            continue
        pieces["out"].append(text_of(out or b""))
        pieces["err"].append(text_of(err or b""))
        on_output(pieces["out"][-1])
        return


def _kill(child: subprocess.Popen[bytes], *, grace_seconds: float = STOP_GRACE_SECONDS) -> None:
    """Make sure that it is gone, whatever happened."""
    if child.poll() is None:
        child.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(grace_seconds)
    for stream in (child.stdout, child.stderr):
        _required(stream).close()


def _required(stream: IO[bytes] | None) -> IO[bytes]:
    """Return a pipe that we asked for; its type allows for one that we did not."""
    if stream is None:
        raise AssertionError("the pipe was not opened")
    return stream


def text_of(data: bytes) -> str:
    """Return output as text; bytes that are no UTF-8 are replaced."""
    return data.decode("utf-8", errors="replace")
