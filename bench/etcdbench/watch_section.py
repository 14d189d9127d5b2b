"""What a page tells of a watch: the disk in time, and its worst stalls."""

from etcdbench import figures
from etcdbench.figures import Curve
from etcdbench.limits import HEARTBEAT_NS, WAL_LIMIT_NS
from etcdbench.monitor_view import clock
from etcdbench.page import Block, Cell, Chart, Grid, Section
from etcdbench.report_facts import Shown
from etcdbench.units import format_bytes, format_seconds
from etcdbench.watch_checks import counted
from etcdbench.watch_model import Stretch, Watched


def watch_section(shown: Shown) -> Section | None:
    """Show what the disk did while it was watched."""
    watched = shown.result.watched
    if watched is None:
        return None
    blocks: list[Block] = [*filter(None, (_chart(watched, shown.key),))]
    if watched.stalls:
        blocks.append(_stalls(watched, shown.result.created_at))
    return Section(heading="While it was watched", blocks=blocks) if blocks else None


def _chart(watched: Watched, key: str) -> Chart | None:
    """Draw the worst mean flush and write of each stretch."""
    sides = {
        "flushes of the disk": [
            (one.end_seconds, one.flush_worst_seconds) for one in watched.stretches
        ],
        "writes to the disk": [
            (one.end_seconds, one.write_worst_seconds) for one in watched.stretches
        ],
        "flushes of ours": [
            (one.end_seconds, one.probe_worst_seconds) for one in watched.stretches
        ],
    }
    series = [
        Curve(name=name, points=points)
        for name, found in sides.items()
        if (points := [(moment, worst) for moment, worst in found if worst])
    ]
    if not series:
        return None
    said = _said(watched.stretches[-1], watched)
    return Chart(
        svg=figures.timeline(
            series,
            (),
            key=f"{key}-watch",
            limit_seconds=WAL_LIMIT_NS / 1e9,
            stall_seconds=HEARTBEAT_NS / 1e9,
        ),
        alt=f"How long flushes and writes of the disk took. {said}",
        caption=f"{said} Each point is the highest mean of a reading; the line is etcd's limit for the p99 "
        "of a WAL flush, and what took longer than its heartbeat interval is ringed.",
    )


def _said(last: Stretch, watched: Watched) -> str:
    stalls = "no stall" if not watched.stall_count else counted(watched.stall_count)
    return f"Watched for {format_seconds(last.end_seconds)}: {stalls}."


def _stalls(watched: Watched, created_at: str) -> Grid:
    rows: list[tuple[Cell, ...]] = [
        (
            clock(created_at, stall.at_seconds),
            format_seconds(stall.wait_seconds),
            stall.seen_in,
            ", ".join(
                f"{writer.name} ({writer.pid}) {format_bytes(writer.bytes_written)}"
                for writer in stall.writers
            )
            or "-",
        )
        for stall in watched.stalls
    ]
    return Grid(
        caption="The worst stalls, and who wrote most meanwhile",
        headings=("began", "waited", "seen in", "who wrote most"),
        rows=rows,
        words=True,
    )
