"""What the user sees while it works: announcements and progress on stderr, results on stdout."""

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from rich.console import RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from etcdbench.assessment import Assessment
from etcdbench.burst import Bursts
from etcdbench.console import console
from etcdbench.etcd_watch import QUIET_SECONDS
from etcdbench.histogram import Histogram
from etcdbench.model import Result, Run
from etcdbench.monitor_view import summary
from etcdbench.plan import Plan
from etcdbench.terminal import blocks, disk_lines
from etcdbench.units import format_bytes, format_seconds, format_share, printable
from etcdbench.watching import CountFlushes

REFRESH_SECONDS = 1.0


class Screen:
    """Both streams of one measurement."""

    def __init__(self) -> None:
        """Find out what the terminal can do."""
        self._out = console(stderr=False)
        self._err = console(stderr=True)
        self._live: Live | None = None
        self._phase = ""
        self._planned_seconds = 0.0
        self._plan_seconds = 0.0
        self._spent_seconds = 0.0
        self._refreshed_at = -REFRESH_SECONDS
        self._p99: float | None = None
        self._flushes = 0
        self._bytes = 0
        self._run_bytes = 0

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
        self._close_live()

    # --- while it measures ----------------------------------------------------------------------

    def announce(
        self, result: Result, plan: Plan, *, directory: Path, images: Path | None = None
    ) -> None:
        """Say what will be measured, and how many bytes will be written, before the first one.

        Args:
            result: What is known before.
            plan: What will be done.
            directory: Our directory on the target.
            images: Our second one, where images go elsewhere.
        """
        second = f" and {printable(str(images))}" if images else ""
        self._plan_seconds = plan.seconds_max()
        for line in disk_lines(result):
            self._err.print(line)
        self._err.print(
            Text(
                f"writes at most {format_bytes(plan.bytes_max())} into "
                f"{printable(str(directory))}{second}, and removes it; takes about "
                f"{format_seconds(plan.seconds_max())} at most and ends when the answer is sure"
            )
        )

        if plan.joins:
            self._err.print(Text(_joins_in_words(plan.joins)))

    def announce_validation(self, blank: Result, etcd_version: str, *, seconds: float) -> None:
        """Say what will be compared, before the first byte."""
        self._plan_seconds = seconds
        for line in disk_lines(blank):
            self._err.print(line)
        self._err.print(
            Text(
                f"fio and etcd {printable(etcd_version)} take turns in "
                f"{printable(blank.target.measured_path)} for about {format_seconds(seconds)}; "
                "both write into a directory of our own, which is removed"
            )
        )

    def announce_watch(self, url: str) -> None:
        """Say that a live etcd is watched before anything is written."""
        self._err.print(
            Text(f"watching etcd at {printable(url)} for {format_seconds(QUIET_SECONDS)} first")
        )

    def begin(self, phase: str, seconds: float) -> None:
        """Show that a run begins."""
        self._phase, self._planned_seconds = phase, seconds
        self._refreshed_at = -REFRESH_SECONDS
        self._p99, self._flushes, self._run_bytes = None, 0, 0
        if self._err.is_terminal and self._live is None:
            # No refresh thread: a second thread would run beside the measurement.
            self._live = Live(console=self._err, auto_refresh=False, transient=True)
            self._live.start()

    def tick(self, seconds: float, wal: CountFlushes | None, bytes_written: int) -> None:
        """Show how far it is, at most once a second."""
        if self._live is None:
            return
        if wal is not None:
            flushes = wal()
            self._flushes = flushes.count
            p99 = flushes.percentile_ns(99)
            self._p99 = None if p99 is None else p99 / 1e9
            self._run_bytes = bytes_written
        if seconds - self._refreshed_at >= REFRESH_SECONDS:
            self._refreshed_at = seconds
            self._live.update(self._progress(seconds), refresh=True)

    def end(self, run: Run) -> None:
        """Note that a run has ended; where there is no terminal, say it in a line."""
        self._spent_seconds += run.wall_seconds
        self._bytes += run.bytes_written
        self._run_bytes = 0
        if self._live is None:
            wal = next((one.histogram() for one in run.streams if one.name == "wal"), Histogram())
            p99 = wal.percentile_ns(99)
            # The phases of a join are one invocation: its first tells time and bytes of all.
            spent = f"{run.wall_seconds:.1f} s, " if run.wall_seconds else ""
            written = f", {format_bytes(run.bytes_written)} written" if run.bytes_written else ""
            self._err.print(
                Text(
                    f"{run.phase}: {spent}{wal.count:,} WAL flushes, p99 "
                    f"{format_seconds(None if p99 is None else p99 / 1e9)}{written}"
                )
            )

    def _progress(self, seconds: float) -> RenderableType:
        done = min(self._spent_seconds + seconds, self._plan_seconds)
        left = max(self._plan_seconds - done, 0.0)
        grid = Table.grid(padding=(0, 1))
        grid.add_row(
            Text(self._phase, style="bold"),
            ProgressBar(total=max(self._planned_seconds, 1.0), completed=seconds, width=18),
            Text(f"p99 {format_seconds(self._p99)} of {self._flushes:,}"),
            Text(format_bytes(self._bytes + self._run_bytes)),
            Text(f"at most {left:.0f} s left", style="dim"),
        )
        return grid

    def _close_live(self) -> None:
        if self._live:
            self._live.stop()
            self._live = None

    # --- when it is over ------------------------------------------------------------------------

    def tell_what_is_kept(self, path: Path | None) -> None:
        """Say where the partial result is, if anything was measured."""
        self._close_live()
        if path:
            self._err.print(Text(f"what was measured is in {printable(str(path))}"))

    def warn_of_leftover(self, path: Path) -> None:
        """Say what could not be removed."""
        self._close_live()
        self._err.print(
            Text(
                f"{printable(str(path))} could not be removed: the disk refuses it. Remove it by "
                "hand, or start etcdbench there again, when the disk is well"
            )
        )

    def tell_page(self, path: Path) -> None:
        """Say where a page was written."""
        self._close_live()
        self._err.print(Text(f"the page is {printable(str(path))}"))

    def print_json(self, text: str) -> None:
        """Print the one JSON object."""
        print(text)  # noqa: T201 - this is where it is said

    def print_blocks(self, parts: Sequence[RenderableType]) -> None:
        """Print renderables on standard output."""
        for part in parts:
            self._out.print(part)

    def show(self, meaning: Assessment, result: Result) -> None:
        """Show the verdict first, then what it rests on."""
        watched = result.watched
        self.print_blocks(summary(meaning, result, watched) if watched else blocks(meaning, result))


def _joins_in_words(joins: Bursts) -> str:
    """Say what nodes will join, how often, and what that writes."""
    burst = joins.burst
    if burst.given and burst.given.kind == "capture":
        count = len(burst.given.requests.due_seconds)
        each = format_seconds(joins.seconds / joins.times)
        times = "" if joins.times == 1 else f", {joins.times} times at most"
        return f"the capture's {count:,} writes will be replayed in {each}{times}"
    if burst.given:
        size = format_bytes(joins.image_bytes)
        times = "" if joins.times == 1 else f", {joins.times} times at most"
        return f"a promoted member's database of {size} will be written while etcd goes on{times}"
    nodes = "1 node" if burst.nodes == 1 else f"{burst.nodes} nodes"
    times = "" if joins.times == 1 else f", {joins.times} times at most"
    images = format_bytes(joins.image_bytes)
    where = "" if burst.topology == "dedicated" else f", images of {images} on this disk each time"
    scaled = f" ({format_share(burst.scale)} of a whole pull)" if burst.scale < 1 else ""
    return (
        f"{nodes} will join with {joins.join.cni.capitalize()}{where}{scaled}, for "
        f"{format_seconds(joins.seconds / joins.times)}{times}"
    )
