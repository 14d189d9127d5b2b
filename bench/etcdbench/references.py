"""Published figures of other people's disks: where this one lies among them. Never a verdict."""

import importlib.resources
from collections.abc import Sequence
from typing import Annotated

import msgspec

from etcdbench import figures
from etcdbench.figures import Spread
from etcdbench.histogram import Histogram, merge
from etcdbench.limits import WAL_LIMIT_NS
from etcdbench.model import Result
from etcdbench.page import Chart
from etcdbench.records import Struct
from etcdbench.units import format_seconds

OWN = "measured here"


class Figure(Struct, frozen=True, kw_only=True):
    """What somebody published of a disk.

    Attributes:
        device: As he named it.
        class_: What kind of disk it is; `class` in the file.
        method: How it was measured.
        address: Where it stands.
        typical_ms: Median, else mean.
        p99_ms, p999_ms: Percentiles, where published.
    """

    device: str
    class_: str = msgspec.field(name="class")
    method: str
    address: Annotated[str, msgspec.Meta(pattern="^https?://")]
    typical_ms: Annotated[float, msgspec.Meta(gt=0)] | None = None
    p99_ms: Annotated[float, msgspec.Meta(gt=0)] | None = None
    p999_ms: Annotated[float, msgspec.Meta(gt=0)] | None = None


class _File(Struct, frozen=True, kw_only=True):
    figure: tuple[Figure, ...]


def published() -> tuple[Figure, ...]:
    """Return all published figures."""
    text = importlib.resources.files("etcdbench.reports").joinpath("references.toml").read_bytes()
    return msgspec.toml.decode(text, type=_File).figure


def chart(results: Sequence[Result], key: str) -> Chart | None:
    """Draw where typical flushes of the results lie among what was published, class by class.

    None where no flush was measured.
    """
    own = [typical for result in results if (typical := typical_seconds(result))]
    if not own:
        return None
    classes = ranges()
    rows = [Spread(name=OWN, seconds=(), own=own)]
    rows += [Spread(name=name, seconds=found) for name, found in classes.items()]
    svg = figures.spreads(
        rows,
        key=f"{key}-published",
        limit_seconds=WAL_LIMIT_NS / 1e9,
        label="a typical flush (median, else mean)",
    )
    said = placed(own[0]) if len(own) == 1 else "The diamonds are the results of this page."
    return Chart(
        svg=svg,
        alt=f"A typical flush among published figures of other disks. {said}",
        caption=f"{said} Grey: published figures of {len(published())} disks, measured by others in "
        "other ways (reports/references.toml has each with its address). The line is etcd's limit "
        "for a p99, which a typical flush says nothing about.",
    )


def ranges() -> dict[str, list[float]]:
    """Return class -> typical flush times in seconds, the fastest class first."""
    found: dict[str, list[float]] = {}
    for one in published():
        if one.typical_ms is not None:
            found.setdefault(one.class_, []).append(one.typical_ms / 1000)
    return dict(sorted(found.items(), key=lambda item: sorted(item[1])[len(item[1]) // 2]))


def placed(typical: float) -> str:
    """Say among which classes' published figures a typical flush lies."""
    around = [
        f"{name} ({format_seconds(min(found))} to {format_seconds(max(found))})"
        for name, found in ranges().items()
        if len(found) > 1 and min(found) <= typical <= max(found)
    ]
    here = f"A typical flush took {format_seconds(typical)} here"
    if around:
        return f"{here}: where published figures are for {', '.join(around)}."
    return f"{here}: outside what was published for any class."


def typical_seconds(result: Result) -> float | None:
    """Return the median flush time of the main phases."""
    merged: Histogram = merge(
        stream.histogram()
        for phase in result.main_phases()
        for stream in result.streams("wal", phase)
    )
    median = merged.percentile_ns(50)
    return None if median is None else median / 1e9
