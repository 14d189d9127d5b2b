"""What a page tells of one result, section by section: what was found first, then what it rests on.

A section is a function from `Shown` to a `Section` (or None where there is nothing to tell), and
its name in `SECTIONS`, the one place that a new section touches.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from etcdbench import references, report_charts
from etcdbench.assessment import Assessment, Joined
from etcdbench.join_view import headline as join_headline
from etcdbench.limits import VENDOR_LIMITS
from etcdbench.model import Finding, Result, Verdict
from etcdbench.page import (
    Badge,
    Block,
    Cell,
    Grid,
    Link,
    Listing,
    Notes,
    Prose,
    Section,
)
from etcdbench.terminal import NAMES, device_words
from etcdbench.units import format_bytes, format_interval, format_seconds, format_share


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A result and what it means.

    Attributes:
        name: What it is called on the page: the file's name.
        key: Its name within the page, of our own making.
        result: What was measured.
        meaning: What that means.
    """

    name: str
    key: str
    result: Result
    meaning: Assessment


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


def disk_section(shown: Shown) -> Section | None:
    """The chain of devices, the filesystem, and where disks like this one lie."""
    target, blocks = shown.result.target, list[Block]()
    facts: list[tuple[Cell, Cell]] = [
        (
            "filesystem",
            f"{target.filesystem}, mounted at {target.mount_point} from {target.mount_source}",
        ),
        ("mount options", ", ".join(target.mount_options) or "-"),
        ("size", f"{format_bytes(target.size_bytes)}, {format_bytes(target.free_bytes)} free"),
    ]
    for device in target.devices:
        more = [
            f"scheduler {device.scheduler}" if device.scheduler else "",
            f"firmware {device.firmware}" if device.firmware else "",
            "" if device.fua is None else "FUA" if device.fua else "no FUA",
        ]
        facts.append(
            (device.name, ", ".join([device_words(device), *(fact for fact in more if fact)]))
        )
    if target.filesystem:
        blocks.append(
            Grid(
                caption="From the directory down to the disk",
                headings=("what", "it is"),
                rows=facts,
                words=True,
            )
        )
    placed = references.chart([shown.result], shown.key)
    if placed:
        blocks.append(placed)
    return Section(heading="The disk", blocks=blocks) if blocks else None


def caveats_section(shown: Shown) -> Section | None:
    """What limits the figures, and what to do about it."""
    found = shown.meaning.caveats
    if not found:
        return None
    items = [(capital(one.message), None, one.advice, "") for one in found]
    return Section(heading="Keep in mind", blocks=[Notes(items=items)])


def method_section(shown: Shown) -> Section | None:
    """How it was measured, exactly enough to do it again by hand."""
    result, machine = shown.result, shown.result.environment
    size = format_bytes(machine.memory_bytes)
    virtual = machine.virtualization or "no hypervisor seen"
    took = format_seconds(shown.meaning.wall_seconds)
    facts: dict[str, str] = {
        "measured at": f"{result.created_at} by etcdbench {result.etcdbench_version}",
        "duration": f"{took}, {format_bytes(shown.meaning.bytes_written)} written",
        "fio": machine.fio_version or "-",
        "system": f"{machine.operating_system}, Linux {machine.kernel}",
        "machine": f"{machine.cpu_count} CPUs, {size} of memory, {virtual}",
        "runs": ", ".join(_counted(run.phase for run in result.runs)),
        "not measured": "; ".join(_not_measured(shown)),
    }
    jobs: dict[str, str] = {}
    for run in result.runs:
        jobs.setdefault(run.phase, run.job_file)
    blocks: list[Block] = [
        Grid(
            caption="The measurement",
            headings=("what", "it was"),
            rows=list(facts.items()),
            words=True,
        ),
        *(
            Listing(summary=f"fio's job file of {phase}", text=text)
            for phase, text in jobs.items()
            if text
        ),
    ]
    return Section(heading="How it was measured", blocks=blocks)


def limits_section(_shown: Shown) -> Section | None:
    """Where the limits come from, and that not everybody asks for the same."""
    rows = [(who, says, Link("source", address)) for who, says, address in VENDOR_LIMITS]
    return Section(
        heading="Whose limits",
        blocks=[
            Prose(
                "The verdict holds the disk against etcd's own figures. Others ask for more or less:"
            ),
            Grid(
                caption="What is asked of etcd's disk, and by whom",
                headings=("who", "asks for", "where"),
                rows=rows,
                words=True,
            ),
        ],
    )


SECTIONS: tuple[Callable[[Shown], Section | None], ...] = (
    checks_section,
    charts_section,
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


def _not_measured(shown: Shown) -> list[str]:
    """Say what a reader might think was measured, and was not."""
    result, missing = shown.result, list[str]()
    if not any(stream.name == "commit" for run in result.runs for stream in run.streams):
        missing.append("backend commits")
    if not result.bursts:
        missing.append("a burst of joining nodes")
    elif not any(burst.neighbour_bytes for burst in result.bursts):
        missing.append("images pulled onto this disk")
    if shown.meaning.class_ is None:
        missing.append("larger cluster classes")
    return [*missing, "other times of day, a fuller or older disk, the network"]


def _counted(names: Iterable[str]) -> list[str]:
    """Return each name once, with how often it came."""
    counts: dict[str, int] = {}
    for name in names:
        counts[name] = counts.get(name, 0) + 1
    return [name if count == 1 else f"{name} x{count}" for name, count in counts.items()]


def capital(sentence: str) -> str:
    """Begin a sentence with a capital."""
    return sentence[:1].upper() + sentence[1:]
