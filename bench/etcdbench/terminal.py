"""What the user sees: the disk, the progress, the verdict. Progress on stderr, results on stdout.

It shows and does not judge. Names from outside (models, mounts, hosts) are printed as plain text.
"""

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from rich import box
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.padding import Padding
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from etcdbench import advice
from etcdbench.assessment import Assessment
from etcdbench.histogram import Histogram
from etcdbench.machine import Device
from etcdbench.model import Caveat, Finding, Result, Run, Verdict
from etcdbench.plan import Plan
from etcdbench.units import format_bytes, format_interval, format_seconds, printable

PLAIN_WIDTH = 80
REFRESH_SECONDS = 1.0

STYLES = {
    Verdict.PASS: "bold green",
    Verdict.WARN: "bold yellow",
    Verdict.INCONCLUSIVE: "bold magenta",
    Verdict.FAIL: "bold red",
}

SENTENCES = {
    Verdict.PASS: "etcd will be healthy on this disk at this load",
    Verdict.WARN: "etcd will run on this disk, with the warnings below",
    Verdict.INCONCLUSIVE: "this measurement does not decide whether etcd will be healthy here",
    Verdict.FAIL: "etcd will not be healthy on this disk at this load",
}

NAMES = {
    "wal_fsync_p99": "WAL fsync p99",
    "backend_commit_p99": "backend commit p99",
    "wal_stall_heartbeat": "flush over 100 ms",
    "wal_stall_election": "flush over 1 s",
    "spread": "spread of rounds",
    "cluster_class": "cluster class",
}


class Screen:
    """Both streams of one measurement."""

    def __init__(self, *, as_json: bool) -> None:
        """Find out what the terminal can do."""
        self._out = _console(stderr=False)
        self._err = _console(stderr=True)
        self._as_json = as_json
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

    def announce(self, result: Result, plan: Plan, *, directory: Path) -> None:
        """Say what will be measured, and how many bytes will be written, before the first one."""
        self._plan_seconds = plan.seconds_max()
        for line in disk_lines(result):
            self._err.print(line)
        self._err.print(
            Text(
                f"writes at most {format_bytes(plan.bytes_max())} into "
                f"{printable(str(directory))}, and removes it; takes at most "
                f"{format_seconds(plan.seconds_max())} and ends when the answer is sure"
            )
        )

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

    def begin(self, phase: str, seconds: float) -> None:
        """Show that a run begins."""
        self._phase, self._planned_seconds = phase, seconds
        self._refreshed_at = -REFRESH_SECONDS
        self._p99, self._flushes, self._run_bytes = None, 0, 0
        if self._err.is_terminal and self._live is None:
            # No refresh thread: a second thread would run beside the measurement.
            self._live = Live(console=self._err, auto_refresh=False, transient=True)
            self._live.start()

    def tick(self, seconds: float, wal: Histogram | None, bytes_written: int) -> None:
        """Show how far it is, at most once a second."""
        if wal is not None:
            self._flushes = wal.count
            p99 = wal.percentile_ns(99)
            self._p99 = None if p99 is None else p99 / 1e9
            self._run_bytes = bytes_written
        if self._live and seconds - self._refreshed_at >= REFRESH_SECONDS:
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
            self._err.print(
                Text(
                    f"{run.phase}: {run.wall_seconds:.1f} s, {wal.count:,} WAL flushes, p99 "
                    f"{format_seconds(None if p99 is None else p99 / 1e9)}, "
                    f"{format_bytes(run.bytes_written)} written"
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

    def print_json(self, text: str) -> None:
        """Print the one JSON object."""
        print(text)  # noqa: T201 - this is where it is said

    def print_blocks(self, parts: Sequence[RenderableType]) -> None:
        """Print renderables on standard output."""
        for part in parts:
            self._out.print(part)

    def show(self, meaning: Assessment, result: Result) -> None:
        """Show the verdict first, then what it rests on."""
        self.print_blocks(blocks(meaning, result))


def blocks(meaning: Assessment, result: Result) -> list[RenderableType]:
    """Return the report as renderables, in order."""
    parts: list[RenderableType] = [
        Text(),
        Text.assemble(
            (f" {meaning.verdict.upper()} ", f"{STYLES[meaning.verdict]} reverse"),
            " ",
            (f"{SENTENCES[meaning.verdict]}", "bold"),
        ),
    ]
    worst = [one for one in meaning.checks if one.verdict is meaning.verdict]
    if worst and meaning.verdict is not Verdict.PASS:
        parts.append(Padding(Text(_sentence(worst[0])), (0, 0, 0, 2)))
    parts += [Text(), *disk_lines(result), Text(), _table(meaning.checks), Text()]
    parts += [_reason(finding) for finding in meaning.checks]
    if meaning.caveats:
        parts += [Text(), Text("Keep in mind", style="bold")]
        parts += [_caveat(caveat) for caveat in meaning.caveats]
    parts += [
        Text(),
        Text(
            f"measured in {format_seconds(meaning.wall_seconds)}, "
            f"{format_bytes(meaning.bytes_written)} written by {result.environment.fio_version}"
            f"; kept in {printable(meaning.result_file or '-')}",
            style="dim",
        ),
    ]
    return parts


def disk_lines(result: Result) -> list[Text]:
    """Say in a line or two what disk this is."""
    target, machine = result.target, result.environment
    chain = " on ".join(_device(device) for device in target.devices) or target.mount_source
    where = Text.assemble(
        (printable(target.measured_path), "bold"),
        f" is on {target.filesystem} ({printable(target.mount_point)}), ",
        printable(chain),
    )
    requests = result.requests
    load = (
        "the popular recipe"
        if requests is None
        else f"{requests.rate_per_second:g} requests/s of {format_bytes(requests.value_size_bytes)}"
    )
    virtual = f", {machine.virtualization}" if machine.virtualization else ""
    return [
        where,
        Text(
            f"load: {load}; {machine.cpu_count} CPUs, {format_bytes(machine.memory_bytes)} of "
            f"memory, Linux {printable(machine.kernel)}{virtual}, {machine.fio_version}"
        ),
    ]


def _device(device: Device) -> str:
    facts = [
        device.model,
        device.bus if device.kind == "disk" else device.kind,
        format_bytes(device.size_bytes) if device.size_bytes else None,
        "spinning" if advice.spins(device) else None,
        f"cache {device.write_cache}" if device.write_cache and device.kind == "disk" else None,
    ]
    return f"{device.name} ({', '.join(fact for fact in facts if fact)})"


def _table(findings: tuple[Finding, ...]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    table.add_column("check", no_wrap=True)
    for heading in ("measured", "interval", "limit", "etcd shows"):
        table.add_column(heading, justify="right")
    table.add_column("verdict")
    for finding in findings:
        table.add_row(
            NAMES.get(finding.id, finding.id),
            format_seconds(finding.measured_seconds),
            format_interval(finding.low_seconds, finding.high_seconds),
            format_seconds(finding.limit_seconds),
            format_seconds(finding.etcd_would_report_seconds),
            Text(finding.verdict, style=STYLES[finding.verdict]),
        )
    return table


def _reason(finding: Finding) -> RenderableType:
    lines: list[RenderableType] = [
        Text.assemble(
            (f"{NAMES.get(finding.id, finding.id)}: ", STYLES[finding.verdict]),
            _sentence(finding),
        )
    ]
    if finding.advice:
        lines.append(Padding(Text(f"-> {finding.advice}"), (0, 0, 0, 2)))
    if finding.reference and finding.verdict is not Verdict.PASS:
        lines.append(Padding(Text(finding.reference, style="dim"), (0, 0, 0, 2)))
    return Group(*lines)


def _sentence(finding: Finding) -> str:
    return printable(finding.because)


def _caveat(caveat: Caveat) -> RenderableType:
    return Group(
        Text(f"* {printable(caveat.message)}"),
        Padding(Text(f"-> {printable(caveat.advice)}"), (0, 0, 0, 2)),
    )


def _console(*, stderr: bool) -> Console:
    """Return a console: the terminal's width, or 80 columns; NO_COLOR is honoured by rich."""
    console = Console(stderr=stderr, highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console = Console(
            stderr=stderr, highlight=False, markup=False, emoji=False, width=PLAIN_WIDTH
        )
    return console
