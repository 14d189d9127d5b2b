"""A comparison as a page: the ranking first, then the distributions over each other."""

from collections.abc import Mapping, Sequence

from etcdbench import figures, references
from etcdbench.candidates import Choice
from etcdbench.compare_view import (
    BUS_SENTENCE,
    HEADINGS,
    cells,
    choice_sentence,
    group_sentence,
    rank_of,
    sentences,
)
from etcdbench.comparison import Comparison, Row
from etcdbench.figures import Curve
from etcdbench.histogram import merge
from etcdbench.model import Result, Verdict
from etcdbench.page import Badge, Block, Cell, Chart, Grid, Notes, Page, Part, Prose, Section
from etcdbench.report_charts import STREAMS, staircase
from etcdbench.tails import main_streams
from etcdbench.units import format_seconds

CURVES_MAX = 6
"""So many curves can be told apart; the others are drawn pale and without a name."""


def page(comparison: Comparison, results: Mapping[str, Result], choices: Sequence[Choice]) -> Page:
    """Return the page of a comparison."""
    rows = comparison.rows
    sections = [
        Section(heading="The ranking", blocks=[_ranking(rows), *_reasons(rows)]),
        *([_promotion(choices)] if choices else []),
        Section(heading="Distributions", blocks=_distributions(rows, results)),
        Section(heading="By kind of disk", blocks=_kinds(comparison, results)),
    ]
    return Page(
        title=f"etcdbench: {len(rows)} results compared",
        parts=[
            Part(
                heading=f"{len(rows)} results compared",
                verdict=None,
                lead=[_lead(rows), *sentences(comparison)],
                sections=sections,
            )
        ],
        footer="Made by etcdbench. A difference is called certain where its 95 % interval, with "
        "blocks of about a second as the unit, leaves no doubt. What differs between two "
        "measurements of one disk at different times is not in that interval.",
    )


def _lead(rows: Sequence[Row]) -> str:
    fit = sum(row.verdict in (Verdict.PASS, Verdict.WARN) for row in rows)
    best = [row.name for row in rows if row.rank == 1]
    named = best[0] if len(best) == 1 else f"{len(best)} that cannot be told apart"
    return f"{fit} of {len(rows)} are shown to be fit for etcd at this load; the best: {named}."


def _ranking(rows: Sequence[Row]) -> Grid:
    return Grid(
        caption="The best first: by verdict, then by the exact 99th percentile of WAL flushes; "
        "= is a tie. Commit: p99 of backend commits; join: how many times as long a flush takes "
        "while nodes join; login: the longest wait",
        headings=("result", "rank", "verdict", "class", *HEADINGS),
        rows=[_cells(row) for row in rows],
    )


def _cells(row: Row) -> tuple[Cell, ...]:
    return (row.name, rank_of(row), Badge(row.verdict), row.class_ or "-", *cells(row))


def _reasons(rows: Sequence[Row]) -> list[Block]:
    items = [(f"{row.name}: {row.because}.", row.verdict, "", "") for row in rows if row.because]
    return [Notes(items=items)] if items else []


def _promotion(choices: Sequence[Choice]) -> Section:
    items = [
        (choice_sentence(choice), Verdict.PASS if choice.chosen else None, "", "")
        for choice in choices
    ]
    return Section(heading="Whom to promote", blocks=[Notes(items=items)])


def _distributions(rows: Sequence[Row], results: Mapping[str, Result]) -> list[Block]:
    """Draw the results' curves over each other; they are numbered as in the list below."""
    blocks: list[Block] = []
    for name, what, limit_ns in STREAMS:
        curves: list[Curve] = []
        for number, row in enumerate(rows, start=1):
            streams = main_streams(results[row.name], name)
            histogram = merge(stream.histogram() for stream in streams)
            if histogram.count:
                strong = number <= CURVES_MAX
                curves.append(
                    Curve(
                        name=f"#{number}" if strong else "",
                        points=staircase(histogram),
                        strong=strong,
                    )
                )
        if curves:
            svg = figures.exceedance(curves, key=f"compare-{name}", limit_seconds=limit_ns / 1e9)
            blocks.append(
                Chart(
                    svg=svg,
                    alt=f"Share of {what} above each latency, one curve for each result; their "
                    "percentiles stand in the table of the ranking.",
                    caption=f"{what[0].upper()}{what[1:]}, against the limit of "
                    f"{format_seconds(limit_ns / 1e9)}: left of it is well.",
                )
            )
    blocks.append(
        Grid(
            caption="The curves",
            headings=("curve", "result", "host", "path", "kind of disk"),
            rows=[
                (f"#{number}", row.name, row.host, row.path or "-", row.device.name)
                for number, row in enumerate(rows, start=1)
            ],
            words=True,
        )
    )
    return blocks


def _kinds(comparison: Comparison, results: Mapping[str, Result]) -> list[Block]:
    """Show what each kind of disk came to, and what was published of others."""
    items = [(f"{group_sentence(group)}.", None, "", "") for group in comparison.groups]
    blocks: list[Block] = [Notes(items=items), Prose(BUS_SENTENCE)]
    placed = references.chart([results[row.name] for row in comparison.rows], "compare")
    return [*blocks, placed] if placed else blocks
