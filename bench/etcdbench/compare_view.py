"""A comparison in words and cells, and as tables on a terminal."""

import itertools
from collections.abc import Iterable, Sequence

from rich import box
from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from etcdbench.candidates import Choice
from etcdbench.comparison import Comparison, Group, Row
from etcdbench.standouts import NAMES, Change, Odd
from etcdbench.tails import Ratio
from etcdbench.terminal import STYLES
from etcdbench.units import format_seconds, listed, printable

HEADINGS = ("WAL p50", "p99", "p99.9", "longest", "commit", "join", "login")

BUS_SENTENCE = (
    "The bus does not decide: a consumer NVMe drive may flush ten times as slowly as a SATA drive. "
    "What decides is how a drive answers a flush: at once from a cache that survives a power cut "
    "(power-loss protection), or only when its flash is written; then its flash, wear and firmware, "
    "and the filesystem and the layers above it."
)


def blocks(comparison: Comparison, choices: Sequence[Choice]) -> list[RenderableType]:
    """Return the tables and sentences, in order."""
    shown: list[RenderableType] = [Text(), _table(comparison.rows)]
    shown += [Text(printable(sentence)) for sentence in sentences(comparison)]
    for row in comparison.rows:
        if row.because:
            shown.append(
                Text.assemble(
                    (f"{printable(row.name)}, {row.verdict}: ", STYLES[row.verdict]),
                    printable(row.because),
                )
            )
    if len(comparison.groups) > 1:
        shown += [Text(), Text("By kind of disk, as measured here", style="bold")]
        shown += [Text(printable(group_sentence(group))) for group in comparison.groups]
        shown.append(Padding(Text(BUS_SENTENCE, style="dim"), (0, 0, 0, 2)))
    if choices:
        shown += [Text(), Text("Whom to promote", style="bold")]
        shown += [Text(printable(choice_sentence(choice))) for choice in choices]
    return shown


def cells(row: Row) -> tuple[str, ...]:
    """Return one cell for each of `HEADINGS`."""
    return (
        format_seconds(row.wal_p50_seconds),
        format_seconds(row.wal_p99_seconds),
        format_seconds(row.wal_p999_seconds),
        format_seconds(row.wal_longest_seconds),
        format_seconds(row.commit_p99_seconds),
        "-" if row.burst_ratio is None else f"x{row.burst_ratio:.2f}",
        format_seconds(row.login_longest_seconds),
    )


def rank_of(row: Row) -> str:
    """Return the rank; ties are called ties."""
    return f"{row.rank}=" if row.tied else str(row.rank)


def sentences(comparison: Comparison) -> Iterable[str]:
    """Say what differs although it should not, who ties, who stands out, what became worse."""
    for difference in comparison.differences:
        yield f"Compared all the same: {difference}."
    yield from _ties(comparison.rows)
    for odd in comparison.odd:
        yield _odd_sentence(odd)
    for change in comparison.changes:
        yield _change_sentence(change, comparison.baseline or "")


def group_sentence(group: Group) -> str:
    """Say what was measured on disks of one kind."""
    low, high = group.wal_p99_low_seconds, group.wal_p99_high_seconds
    span = (
        f"WAL p99 {format_seconds(low)}"
        if low == high
        else f"WAL p99 {format_seconds(low)} to {format_seconds(high)}"
    )
    verdicts = ", ".join(f"{count} {verdict}" for verdict, count in group.verdicts.items())
    return f"{group.device} ({', '.join(group.buses)}), {len(group.names)} measured: {span}; {verdicts}"


def choice_sentence(choice: Choice) -> str:
    """Say whether to promote a node, and why."""
    return f"{'promote' if choice.chosen else 'leave'} {choice.name}: {choice.because}"


def _table(rows: Sequence[Row]) -> Table:
    """Lay out a row as two lines: its name, and what it came to; columns that are empty are left out."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1), collapse_padding=True)
    table.add_column("", justify="right", no_wrap=True)
    table.add_column("result", overflow="fold")
    filled = [any(cells(row)[number] != "-" for row in rows) for number in range(len(HEADINGS))]
    for heading in itertools.compress(HEADINGS, filled):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in rows:
        reached = f", class {row.class_}" if row.class_ else ""
        named = Text.assemble(
            printable(row.name), "\n", (row.verdict, STYLES[row.verdict]), reached
        )
        table.add_row(rank_of(row), named, *itertools.compress(cells(row), filled))
    return table


def _ties(rows: Sequence[Row]) -> Iterable[str]:
    """Name those between which no difference is certain, or for which too little is known."""
    unknown = [row.name for row in rows[1:] if row.slower_than_best is None]
    for rank in dict.fromkeys(row.rank for row in rows if row.tied):
        tied = [row.name for row in rows if row.rank == rank and row.name not in unknown]
        if len(tied) > 1:
            yield f"A tie: no difference between the WAL p99 of {listed(tied)} is certain."
    if unknown:
        yield f"Not enough data to tell how {listed(unknown)} compares."


def _odd_sentence(odd: Odd) -> str:
    what = f"{NAMES[odd.stream]} p99"
    if odd.ratio.ratio < 1:
        faster = Ratio(ratio=1 / odd.ratio.ratio, low=1 / odd.ratio.high, high=1 / odd.ratio.low)
        return (
            f"{odd.name} stands out: the {what} of {odd.next_name}, the next, is {faster} its own."
        )
    return f"{odd.name} stands out: its {what} is {odd.ratio} that of {odd.next_name}, the nearest other."


def _change_sentence(change: Change, baseline: str) -> str:
    what = f"{change.name}, {NAMES[change.stream]}"
    if change.ratio is None:
        return f"{what}: not enough data to tell whether it changed since {baseline}."
    said = f"{what}: p99 is {change.ratio} that of {baseline}"
    return f"{said}: it has become worse." if change.worse else f"{said}: not certainly worse."
