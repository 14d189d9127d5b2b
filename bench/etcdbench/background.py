"""A program that runs beside us until we stop it: a real etcd, or one of our own."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import Self

from etcdbench import process
from etcdbench.errors import EtcdbenchError
from etcdbench.stopping import StopRequest

READY_SECONDS_MAX = 30.0
"""How long a program of ours may take to start; a Python on a busy machine takes a second."""

READY_LOOK_SECONDS = 0.01


class Background:
    """A program that runs beside us until we stop it; what it prints goes into a file."""

    def __init__(
        self,
        argv: Sequence[str],
        *,
        cwd: Path,
        keep_open: Sequence[int],
        log: Path,
        environment: Mapping[str, str],
    ) -> None:
        """Start it.

        Raises:
            EtcdbenchError: It cannot be started.
        """
        self._log = log
        with log.open("wb") as stream:
            self._child = process.start(
                argv,
                cwd=cwd,
                keep_open=keep_open,
                environment=environment,
                stdout=stream,
                stderr=stream,
            )

    @classmethod
    def module(
        cls, name: str, *arguments: str, cwd: Path, keep_open: Sequence[int], log: Path
    ) -> Self:
        """Start a module of ours that is a program.

        Raises:
            EtcdbenchError: It cannot be started.
        """
        return cls(
            [sys.executable, "-m", f"etcdbench.{name}", *arguments],
            cwd=cwd,
            keep_open=keep_open,
            log=log,
            environment=dict(os.environ),
        )

    @property
    def ended(self) -> bool:
        """Say whether it has ended by itself."""
        return self._child.poll() is not None

    def printed(self) -> str:
        """Return what it has printed so far."""
        return process.text_of(self._log.read_bytes())

    def stop(self) -> None:
        """End it, politely first."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            if self.ended:
                return
            self._child.send_signal(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._child.wait(process.STOP_GRACE_SECONDS)


@contextlib.contextmanager
def beside(
    modules: Sequence[Sequence[str]],
    main: str,
    *,
    cwd: Path,
    keep_open: Sequence[int],
    stop: StopRequest,
    error: type[EtcdbenchError],
) -> Generator[None, None, None]:
    """Run modules of ours beside a program while the context is open, which begins when they run.

    fio may only start with them running: `quiet` says what they leave it in its first moments.

    Args:
        modules: Which, each with its arguments.
        main: What they run beside, in words.
        cwd: Where they run and what they print is kept.
        keep_open: File descriptors that they inherit.
        stop: The user's wish to stop, in which they may have been ended, too.
        error: What is raised where one ended by itself: what was measured without it is no result.

    Raises:
        EtcdbenchError: One cannot be started; or, as `error`, one did not begin, or ended before
            the context did.
    """
    children: dict[str, Background] = {}
    with contextlib.ExitStack() as stack:
        for name, *arguments in modules:
            log = cwd / f"{name}.txt"
            children[name] = Background.module(
                name, *arguments, cwd=cwd, keep_open=keep_open, log=log
            )
            stack.callback(children[name].stop)
        late = _wait_until_they_run(children, stop)
        if not late:
            yield
        ended = next((name for name, child in children.items() if child.ended), None)
    if ended and (late or not stop.requested):
        raise error(
            f"{ended}, a program of ours that runs beside {main}, ended before it",
            hint="see whether the kernel ran out of memory (dmesg), then run again",
        )
    if late:
        raise error(
            f"{late}, a program of ours that runs beside {main}, did not begin within "
            f"{READY_SECONDS_MAX:.0f} s",
            hint="this machine is too busy to be measured: see what it does (top), then run again",
        )


def _wait_until_they_run(children: Mapping[str, Background], stop: StopRequest) -> str | None:
    """Wait for the first line of each; return the name of one that does not come to it."""
    deadline = time.monotonic() + READY_SECONDS_MAX
    for name, child in children.items():
        while not stop.requested and not child.printed():
            if child.ended or time.monotonic() > deadline:
                return name
            time.sleep(READY_LOOK_SECONDS)
    return None
