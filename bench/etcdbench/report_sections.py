"""What a page tells of one result, section by section: what was found first, then what it rests on.

A section is a function from `Shown` to a `Section` (or None where there is nothing to tell), and
its name in `SECTIONS`, the one place that a new section touches.
"""

from collections.abc import Callable, Iterable, Sequence

from etcdbench import report_charts, watch_section
from etcdbench.assessment import Joined
from etcdbench.join_view import headline as join_headline
from etcdbench.model import Caveat, Finding, Verdict
from etcdbench.page import (
    Badge,
    Block,
    Cell,
    Grid,
    Listing,
    Notes,
    Section,
)
from etcdbench.report_facts import Shown, capital, disk_section, limits_section, method_section
from etcdbench.terminal import NAMES
from etcdbench.units import format_bytes, format_interval, format_seconds, format_share

# --- the sections -------------------------------------------------------------------------------


def checks_section(shown: Shown) -> Section | None:
    """What was held against which limit, and why it came out so."""
    findings = shown.meaning.checks
    blocks: list[Block] = []
    limited = [one for one in findings if one.limit_seconds is not None]
    if limited:
        blocks.append(
            Grid(
                caption="Each check: measured, its interval of certainty, the limit, and what etcd's "
                "own buckets would show",
                headings=(
                    "check",
                    "verdict",
                    "measured",
                    "interval",
                    "limit",
                    "etcd shows",
                    "samples",
                ),
                rows=[_row(one) for one in limited],
            )
        )
    blocks.append(Notes(items=list(_reasons(findings))))
    return Section(heading="The checks", blocks=blocks)


def charts_section(shown: Shown) -> Section | None:
    """How latencies are distributed, in time and over rates."""
    blocks: list[Block] = [
        *report_charts.distributions(shown.result, shown.key),
        *filter(
            None,
            (
                report_charts.seconds(shown.result, shown.key),
                report_charts.climb(shown.result, shown.key),
            ),
        ),
    ]
    return Section(heading="What was measured", blocks=blocks) if blocks else None


def joins_section(shown: Shown) -> Section | None:
    """The joins, phase by phase."""
    joins = shown.meaning.joins
    if not joins or shown.meaning.capacities:
        return None
    blocks: list[Block] = [_join_table(joins[-1], times=len(joins))]
    assumed = joins[-1].assumptions
    if assumed:
        blocks.append(
            Listing(
                summary=f"{len(assumed)} parts of the join's model that are at least partly assumed",
                text="\n".join(assumed),
            )
        )
    return Section(heading="While nodes join", blocks=blocks)


def capacity_section(shown: Shown) -> Section | None:
    """How many nodes may join at once."""
    found = shown.meaning.capacities
    if not found:
        return None
    rows = [
        (
            f"{one.nodes} with {capacity.cni.capitalize()}",
            f"{one.jitter_seconds:g} s",
            str(one.bursts),
            one.answer,
            one.because,
        )
        for capacity in found
        for one in sorted(capacity.tried, key=lambda one: (one.jitter_seconds, one.nodes))
    ]
    grid = Grid(
        caption="All that was tried",
        headings=("nodes", "within", "joins", "answer", "because"),
        rows=rows,
        words=True,
    )
    return Section(heading="How many nodes may join at once", blocks=[grid])


def caveats_section(shown: Shown) -> Section | None:
    """What limits the figures, and what to do about it."""
    return keep_in_mind(shown.meaning.caveats)


def keep_in_mind(caveats: Sequence[Caveat]) -> Section | None:
    """Each caveat with its advice."""
    if not caveats:
        return None
    items = [(capital(one.message), None, one.advice, "") for one in caveats]
    return Section(heading="Keep in mind", blocks=[Notes(items=items)])


SECTIONS: tuple[Callable[[Shown], Section | None], ...] = (
    checks_section,
    charts_section,
    watch_section.watch_section,
    joins_section,
    capacity_section,
    disk_section,
    caveats_section,
    method_section,
    limits_section,
)


# --- their parts --------------------------------------------------------------------------------


def _row(finding: Finding) -> tuple[Cell, ...]:
    return (
        NAMES.get(finding.id, finding.id),
        Badge(finding.verdict),
        format_seconds(finding.measured_seconds),
        format_interval(finding.low_seconds, finding.high_seconds),
        format_seconds(finding.limit_seconds),
        format_seconds(finding.etcd_would_report_seconds),
        f"{finding.samples:,}",
    )


def _reasons(findings: Iterable[Finding]) -> Iterable[tuple[str, Verdict | None, str, str]]:
    """Give each check's sentence, and each piece of advice once."""
    advised: set[str] = set()
    for one in findings:
        advice = "" if one.advice in advised else one.advice
        advised.add(one.advice)
        yield f"{NAMES.get(one.id, one.id)}: {one.because}.", one.verdict, advice, one.reference


def _join_table(joined: Joined, *, times: int) -> Grid:
    headings = [
        "phase",
        "flushes",
        "p50",
        "p99",
        "longest",
        "longest commit",
        "written",
        "I/O wait",
    ]
    if joined.probes:
        headings.append("login waits")
    rows: list[list[Cell]] = []
    for moment in joined.phases:
        row: list[Cell] = [
            f"{moment.phase} {moment.length_seconds:.0f} s",
            f"{moment.flushes:,}",
            format_seconds(moment.wal_p50_seconds),
            format_seconds(moment.wal_p99_seconds),
            format_seconds(moment.wal_longest_seconds),
            format_seconds(moment.commit_longest_seconds),
            format_bytes(moment.bytes_written),
            format_share(moment.io_some_share),
        ]
        if joined.probes:
            row.append(format_seconds(moment.bystander_longest_seconds))
        rows.append(row)
    return Grid(caption=capital(join_headline(joined, times=times)), headings=headings, rows=rows)
