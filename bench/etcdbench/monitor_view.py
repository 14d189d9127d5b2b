"""A watch in words: one line a reading, a panel for a terminal, the summary at its end."""

import datetime
import functools
from collections.abc import Callable, Iterable, Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from etcdbench.assessment import Assessment
from etcdbench.etcd_pages import Gain
from etcdbench.histogram import Histogram
from etcdbench.join_view import BARS, LINE_SECONDS, bar
from etcdbench.model import Result, Verdict
from etcdbench.monitor import Monitor
from etcdbench.terminal import STYLES, caveat_lines, checks_table, disk_lines, headline, reasons
from etcdbench.units import format_bytes, format_seconds, format_share, printable
from etcdbench.watch_checks import counted, writers_in_words
from etcdbench.watch_model import Stall, Stretch, Watched, joined

PANEL_STALLS = 5


def _mean(seconds: float, count: int) -> str:
    """Return a mean; the kernel tells whole milliseconds, so that none of them is no zero."""
    if not count:
        return "-"
    return format_seconds(seconds / count) if seconds else f"<{format_seconds(0.001 / count)}"


def _rate(count: int, stretch: Stretch) -> str:
    """Return events a second."""
    return f"{count / stretch.length_seconds:.3g}/s"


def _written(stretch: Stretch) -> str:
    """Return bytes a second."""
    if stretch.bytes_written is None:
        return "-"
    return f"{format_bytes(stretch.bytes_written / stretch.length_seconds)}/s"


ROWS: tuple[tuple[str, Callable[[Stretch], str]], ...] = (
    ("flush of the disk, mean", lambda one: _mean(one.flush_seconds, one.flushes)),
    ("flush, worst reading", lambda one: format_seconds(one.flush_worst_seconds)),
    ("flushes", lambda one: _rate(one.flushes, one)),
    ("write to the disk, mean", lambda one: _mean(one.write_seconds, one.writes)),
    ("written", _written),
    ("disk busy", lambda one: format_share(one.share(one.busy_seconds))),
    ("some tasks wait for I/O", lambda one: format_share(one.share(one.io_some_seconds))),
    ("all tasks wait for I/O", lambda one: format_share(one.share(one.io_full_seconds))),
    ("flush of ours, longest", lambda one: format_seconds(one.probe_worst_seconds)),
)
"""What is shown of a stretch."""


def clock(created_at: str, at_seconds: float) -> str:
    """Return a moment of a watch in UTC, to the second (`2026-11-24T18:00:01Z`)."""
    begin = datetime.datetime.fromisoformat(created_at)
    moment = begin + datetime.timedelta(seconds=at_seconds)
    return moment.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


# --- one line a reading -------------------------------------------------------------------------


def line(monitor: Monitor, created_at: str) -> str:
    """Return the newest reading as a line; what is not known is `-`."""
    newest = monitor.recent[-1]
    some, full = (
        format_share(newest.share(seconds))
        for seconds in (newest.io_some_seconds, newest.io_full_seconds)
    )
    wal, commit = p99s(monitor.gain)
    parts = [
        clock(created_at, newest.end_seconds),
        f"flush {_mean(newest.flush_seconds, newest.flushes)} ({newest.flushes})",
        f"write {_mean(newest.write_seconds, newest.writes)}",
        f"busy {format_share(newest.share(newest.busy_seconds))}",
        f"io some {some} full {full}",
        f"etcd wal {wal} commit {commit}",
    ]
    if newest.probe_worst_seconds is not None:
        parts.append(f"probe {format_seconds(newest.probe_worst_seconds)}")
    if monitor.stall:
        begin = clock(created_at, monitor.stall.at_seconds)
        parts.append(f"STALL at {begin}: {stall_in_words(monitor.stall)}")
    return ", ".join(parts)


def p99s(gain: Gain | None) -> tuple[str, str]:
    """Return the p99 of WAL fsyncs and of commits, as etcd's buckets show them."""
    if gain is None:
        return "-", "-"
    wal, commit = (_p99(one.histogram) for one in (gain.wal, gain.commit))
    return wal, commit


def _p99(histogram: Histogram) -> str:
    shown = histogram.etcd_quantile_ns(0.99)
    return format_seconds(None if shown is None else shown / 1e9)


def stall_in_words(stall: Stall) -> str:
    """Say how long something waited, what it was, and who wrote most meanwhile."""
    wait = format_seconds(stall.wait_seconds)
    return printable(f"{wait} ({stall.seen_in}){writers_in_words(stall)}")


# --- the panel of a terminal --------------------------------------------------------------------


def panel(monitor: Monitor, result: Result) -> RenderableType:
    """Return what the terminal shows while a watch goes on.

    Args:
        monitor: What was seen.
        result: Where it is seen.
    """
    wal, commit = p99s(monitor.gain)
    title = Text.assemble(
        (printable(result.target.measured_path), "bold"),
        f" watched for {format_seconds(round(monitor.at_seconds))}; Ctrl-C ends it",
    )
    shown = f"etcd's p99 of the last seconds: WAL fsync {wal}, backend commit {commit}"
    parts: list[RenderableType] = [
        title,
        _figures(monitor),
        Text(shown if monitor.gain else "etcd's metrics: none now"),
        Text(bars(monitor.recent)),
    ]
    if monitor.stalls.count:
        parts.append(Text(f"{counted(monitor.stalls.count)}, the worst:", style="bold"))
        parts += _stall_lines(monitor.stalls.worst()[:PANEL_STALLS], result.created_at)
    return Group(*parts)


def _figures(monitor: Monitor) -> Table:
    """Show the newest reading, the last minute and the whole watch side by side."""
    recent = monitor.recent
    last_readings = functools.reduce(joined, recent)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1), collapse_padding=True)
    for name in ("", "now", f"last {len(recent)} readings", "all the time"):
        table.add_column(name, justify="right" if name else "left", no_wrap=True)
    _add_rows(table, (recent[-1], last_readings, monitor.total or last_readings))
    return table


def _add_rows(table: Table, columns: Sequence[Stretch]) -> None:
    """Add the rows in which anything is known."""
    for name, text in ROWS:
        cells = [text(one) for one in columns]
        if set(cells) != {"-"}:
            table.add_row(name, *cells)


def bars(stretches: Iterable[Stretch]) -> str:
    """Draw the worst flush of each stretch, or of several where there are too many."""
    all_of_them = list(stretches)
    step = max(1, -(-len(all_of_them) // LINE_SECONDS))
    drawn = ""
    for begin in range(0, len(all_of_them), step):
        part = functools.reduce(joined, all_of_them[begin : begin + step])
        worst = part.flush_worst_seconds
        drawn += " " if worst is None else bar(worst)
    return drawn


def _stall_lines(stalls: Iterable[Stall], created_at: str) -> list[RenderableType]:
    return [
        Text(
            f"  {clock(created_at, one.at_seconds)} for {format_seconds(one.length_seconds)}: "
            f"{stall_in_words(one)}"
        )
        for one in stalls
    ]


# --- the summary --------------------------------------------------------------------------------


def summary(meaning: Assessment, result: Result, watched: Watched) -> list[RenderableType]:
    """Return what a watch saw, the verdict first and the next step last."""
    parts: list[RenderableType] = [
        Text(),
        Text.assemble(
            (f" {meaning.verdict.upper()} ", f"{STYLES[meaning.verdict]} reverse"),
            " ",
            (headline(meaning, result), "bold"),
        ),
        Text(),
        disk_lines(result)[0],
        Text(_how(result, watched)),
        Text(),
        checks_table(meaning.checks),
        *reasons(meaning.checks),
    ]
    if watched.stretches:
        parts += _course(watched)
    if watched.stalls:
        parts += [Text(), Text(f"{counted(watched.stall_count)}, the worst", style="bold")]
        parts += _stall_lines(watched.stalls, result.created_at)
    parts += caveat_lines(meaning.caveats)
    parts += [
        Text(),
        Text(_next_step(meaning.verdict, result)),
        Text(f"kept in {printable(meaning.result_file or '-')}", style="dim"),
    ]
    return parts


def _course(watched: Watched) -> list[RenderableType]:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1), collapse_padding=True)
    table.add_column("", no_wrap=True)
    table.add_column("all the time", justify="right", no_wrap=True)
    _add_rows(table, [functools.reduce(joined, watched.stretches)])
    drawn = bars(watched.stretches)
    scale = f"worst mean flush; from {BARS[3]} on over 10 ms, {BARS[-1]} over 1 s"
    return [Text(), table, *([Text(drawn), Text(scale)] if drawn.strip() else [])]


def _how(result: Result, watched: Watched) -> str:
    """Say how long it was watched, and where etcd's figures come from."""
    failed = f", {watched.scrapes_failed:,} did not come" if watched.scrapes_failed else ""
    restarts = watched.etcd_restarts
    anew = f"; etcd was started anew {restarts:,} times" if restarts > 1 else ""
    anew = "; etcd was started anew once" if restarts == 1 else anew
    pages = f"{watched.scrapes:,} pages of {watched.metrics_url}{failed}{anew}"
    return printable(
        f"watched for {format_seconds(result.wall_seconds)}, a reading each "
        f"{format_seconds(watched.interval_seconds)}; {pages}"
    )


def _next_step(verdict: Verdict, result: Result) -> str:
    path = printable(result.target.path)
    if verdict in (Verdict.FAIL, Verdict.WARN):
        return (
            f"next: `etcdbench doctor {path}` tells whether the disk or the network is to blame; "
            f"with etcd stopped `etcdbench run {path}` measures what the disk can do"
        )
    return f"next: with etcd stopped `etcdbench run {path}` measures how much more the disk carries"
