"""What a page tells of one result besides its figures: the disk, the method, whose limits these are."""

from collections.abc import Iterable
from dataclasses import dataclass

from etcdbench import references
from etcdbench.assessment import Assessment
from etcdbench.limits import VENDOR_LIMITS
from etcdbench.model import Result
from etcdbench.page import Block, Cell, Grid, Link, Listing, Prose, Section
from etcdbench.terminal import device_words
from etcdbench.units import format_bytes, format_seconds


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


def method_section(shown: Shown) -> Section | None:
    """How it was measured, exactly enough to do it again by hand."""
    result, machine = shown.result, shown.result.environment
    written = f", {format_bytes(result.bytes_written)} written" if result.bytes_written else ""
    size = format_bytes(machine.memory_bytes)
    virtual = machine.virtualization or "no hypervisor seen"
    took = format_seconds(shown.meaning.wall_seconds)
    facts: dict[str, str] = {
        "measured at": f"{result.created_at}, read by etcdbench {result.etcdbench_version}"
        if result.is_foreign
        else f"{result.created_at} by etcdbench {result.etcdbench_version}",
        "duration": f"{took}{written}" if shown.meaning.wall_seconds else "",
        "fio": machine.fio_version,
        "system": f"{machine.operating_system}, Linux {machine.kernel}" if machine.kernel else "",
        "machine": f"{machine.cpu_count} CPUs, {size} of memory, {virtual}"
        if machine.cpu_count
        else "",
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
            rows=[(what, it_was) for what, it_was in facts.items() if it_was],
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
