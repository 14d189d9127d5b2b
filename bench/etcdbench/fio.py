"""Find fio, make sure that it is fio, run one job, and hand back what it said.

The seam that tests replace is `Engine`: a name, a version, and `run`.
"""

import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from etcdbench import process
from etcdbench.background import beside
from etcdbench.documents import Document, DocumentSplitter
from etcdbench.errors import FioError, Interrupted
from etcdbench.fio_failures import check_status, deadlock
from etcdbench.jobfile import FioJob
from etcdbench.stopping import StopRequest

VERSION_MIN = (3, 5)
"""Sync latency percentiles exist from 3.4, are reliable from 3.5 (2018)."""

_VERSION_PATTERN = re.compile(r"fio-(\d{1,4})\.(\d{1,4})\S*")
_INSTALL_HINT = (
    "install it: apt-get install fio, dnf install fio, zypper install fio or apk add fio"
)


@dataclass(frozen=True, kw_only=True)
class FioOutput:
    """What one fio invocation returned.

    Attributes:
        documents: Its JSON documents in order; cumulative, the last is final.
        logs: Section -> text of its latency log.
        stopped: Why we stopped it early; None if it came to its own end.
        wall_seconds: From start to end.
        silent_seconds: How long nothing had been heard when it was stopped: fio answers only
            between I/Os, so this is a flush that never ended.
    """

    documents: tuple[Document, ...]
    logs: dict[str, str] = field(default_factory=dict[str, str])
    stopped: str | None = None
    wall_seconds: float = 0.0
    silent_seconds: float = 0.0


class Watch(Protocol):
    """Looks at a run about ten times a second."""

    def __call__(
        self, seconds: float, document: Document | None, process_id: int | None = None
    ) -> str | None:
        """Return why the run is to be ended early, if it is.

        Args:
            seconds: Since its start.
            document: The newest one, if one came since the last look.
            process_id: fio's, where it is a real one.
        """
        ...


class Engine(Protocol):
    """What runs a job and measures it."""

    @property
    def version_text(self) -> str:
        """Return the version as the program prints it."""
        ...

    def run(
        self,
        job: FioJob,
        *,
        directory: Path,
        scratch: Path,
        keep_open: tuple[int, ...],
        seconds_max: float,
        watch: Watch,
    ) -> FioOutput:
        """Run a job in `directory`, with its files in `scratch`."""
        ...


class Fio:
    """The real fio."""

    def __init__(self, path: Path, version_text: str, stop: StopRequest) -> None:
        """Use `find_fio` to get one."""
        self.path = path
        self.version_text = version_text
        self._stop = stop

    def run(
        self,
        job: FioJob,
        *,
        directory: Path,
        scratch: Path,
        keep_open: tuple[int, ...],
        seconds_max: float,
        watch: Watch,
    ) -> FioOutput:
        """Run a job and follow its status documents.

        Raises:
            FioError: It failed, hung, or returned something that is not a result.
            Interrupted: The user wants us to stop; a partial result is attached as `partial`.
        """
        for log in scratch.glob("*.log"):
            log.unlink()  # an earlier run's, which a run that is cut off would not replace
        job_path = scratch / "job.fio"
        job_path.write_text(job.job_file)
        for name, text in job.iologs.items():
            (scratch / name).write_text(text)
        splitter = DocumentSplitter()
        elapsed = heard_at = 0.0

        def on_tick(seconds: float, process_id: int) -> str | None:
            nonlocal elapsed, heard_at
            elapsed, newest = seconds, splitter.newest()
            heard_at = seconds if newest is not None else heard_at
            reason = watch(seconds, newest, process_id)
            if reason is None and seconds > seconds_max:
                return f"fio did not end within {seconds_max:.0f} s"
            return reason

        argv = [str(self.path), "--output-format=json+", "--status-interval=1", str(job_path)]
        with beside(
            job.beside, "fio", cwd=scratch, keep_open=keep_open, stop=self._stop, error=FioError
        ):
            done, reason = process.follow(
                argv,
                cwd=directory,
                keep_open=keep_open,
                on_output=splitter.feed,
                on_tick=on_tick,
                stop=self._stop,
            )
        reason = reason or deadlock(splitter)
        output = FioOutput(
            documents=tuple(splitter.documents),
            logs=_read_logs(scratch, job.sections),
            stopped=reason,
            wall_seconds=elapsed,
            silent_seconds=elapsed - heard_at if reason else 0.0,
        )
        if reason and self._stop.requested:
            raise RunInterrupted(output)
        check_status(done, splitter, stopped=reason)
        return output


class RunInterrupted(Interrupted):
    """The user stopped a run; what fio had measured until then is kept."""

    def __init__(self, output: FioOutput) -> None:
        """Keep the partial output."""
        _, semicolon, stuck = (output.stopped or "").partition("; ")
        super().__init__(f"{semicolon}{stuck}")
        self.output = output


def find_fio(*, stop: StopRequest, search_path: str | None = None) -> Fio:
    """Return the first real fio on the search path.

    Raises:
        FioError: There is none, or it is too old.
    """
    impostor: str | None = None
    for candidate in _candidates(search_path):
        done = process.run([str(candidate), "--version"], timeout_seconds=10)
        text = done.stdout.strip() if done else ""
        version = version_of(text)
        if version is None:
            impostor = str(candidate)
            continue
        if version < VERSION_MIN:
            raise FioError(
                f"{candidate} is {text}, which cannot measure fdatasync reliably",
                hint="install fio 3.5 or later (every distribution since 2019 has one)",
            )
        return Fio(candidate, text, stop)
    if impostor:
        raise FioError(
            f"{impostor} is not the flexible I/O tester (Fiona installs a program called fio too)",
            hint=_INSTALL_HINT,
        )
    raise FioError("fio is not installed", hint=_INSTALL_HINT)


def _candidates(search_path: str | None) -> Iterator[Path]:
    for folder in (search_path or os.environ.get("PATH") or os.defpath).split(os.pathsep):
        found = shutil.which("fio", path=folder)
        if found:
            yield Path(found).absolute()  # it will be started in another directory


def version_of(text: str) -> tuple[int, int] | None:
    """Return major and minor version from what fio says of itself; None where it is not fio."""
    found = _VERSION_PATTERN.match(text)
    return (int(found[1]), int(found[2])) if found else None


def _read_logs(scratch: Path, sections: tuple[str, ...]) -> dict[str, str]:
    """Read each section's completion-latency log; fio numbers them by section."""
    logs: dict[str, str] = {}
    for section in sections:
        for path in sorted(scratch.glob(f"{section}_clat.*.log")):
            logs[section] = path.read_text(errors="replace")
    return logs
