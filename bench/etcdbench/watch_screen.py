"""What the user sees of a watch: a live panel on a terminal, a line a reading elsewhere."""

from pathlib import Path
from types import TracebackType
from typing import Self

from rich.live import Live
from rich.text import Text

from etcdbench.assessment import Assessment
from etcdbench.console import console
from etcdbench.model import Result
from etcdbench.monitor import Monitor
from etcdbench.monitor_view import line, panel, summary
from etcdbench.terminal import disk_lines
from etcdbench.units import format_seconds, printable


class WatchScreen:
    """Both streams of one watch: the readings on standard output, what is said on the other."""

    def __init__(self) -> None:
        """Find out what the terminal can do."""
        self._out = console(stderr=False)
        self._err = console(stderr=True)
        self._live: Live | None = None
        self._complained = False

    def __enter__(self) -> Self:
        """Nothing is shown yet."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Give the terminal back."""
        self._close()

    @property
    def reader_has_gone(self) -> bool:
        """Say whether nobody reads the lines any more: a watch that nobody sees is over."""
        return self._out.quiet

    def announce(self, result: Result, *, runtime_seconds: float | None, output: Path) -> None:
        """Say what will be watched, for how long, and where the result goes."""
        watched = result.watched
        self._err.print(disk_lines(result)[0])
        ends = "until Ctrl-C" if runtime_seconds is None else format_seconds(runtime_seconds)
        where = watched.metrics_url if watched else "-"
        self._say(f"watching {ends}; etcd's metrics from {where}; the result goes to {output}")
        for one in result.live_etcd:
            self._say(f"{one.name} (process {one.pid}) is live on this disk: {one.because}")
        if watched and not watched.disks:
            self._say(
                f"the disks below {result.target.filesystem} are not known, so there are no "
                "figures of theirs"
            )

    def announce_probe(self, directory: Path) -> None:
        """Say what will be written."""
        self._say(
            f"appends 4 KiB to a file in {directory} at each reading and flushes it; the file "
            "never has more than 64 MB and is removed at the end"
        )

    def show(self, monitor: Monitor, result: Result) -> None:
        """Show the newest reading."""
        if not self._out.is_terminal or self._out.is_dumb_terminal:
            self._out.print(Text(line(monitor, result.created_at)), soft_wrap=True)
            return
        if self._live is None:
            # No refresh thread: a watch draws when there is something new.
            self._live = Live(console=self._out, auto_refresh=False, transient=True)
            self._live.start()
        self._live.update(panel(monitor, result), refresh=True)

    def cannot_save(self, message: str) -> None:
        """Say once that the result cannot be saved for now."""
        if not self._complained:
            self._complained = True
            self._say(f"{message}; watching goes on, and it will be tried again")

    def warn_of_leftover(self, path: Path) -> None:
        """Say what could not be removed."""
        self._say(f"{path} could not be removed: the disk refuses it. Remove it by hand")

    def summarize(self, meaning: Assessment, result: Result) -> None:
        """Show the verdict, and what it rests on."""
        self._close()
        for part in summary(meaning, result, result.watched) if result.watched else ():
            self._out.print(part)

    def _say(self, sentence: str) -> None:
        self._close()
        self._err.print(Text(printable(sentence)))

    def _close(self) -> None:
        if self._live:
            self._live.stop()
            self._live = None
