"""A join burst on the terminal: what it was, its phases as a table, its seconds as a line."""

from collections.abc import Iterable, Sequence

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from etcdbench.assessment import Joined
from etcdbench.capacity import Capacity
from etcdbench.timeline import Moment
from etcdbench.units import format_bytes, format_seconds, format_share

BARS = "▁▂▃▄▅▆▇█"
BAR_STEPS_SECONDS = (0.001, 0.004, 0.01, 0.025, 0.1, 0.3, 1.0)
"""Longest flush of a second: the bars change here, and the fourth is the first over the limit."""

LINE_SECONDS = 70
"""So many bars fit on a line; a longer burst takes several seconds for each."""


def join_blocks(
    joins: Sequence[Joined], capacities: Sequence[Capacity] = ()
) -> list[RenderableType]:
    """Return the bursts as renderables: what a search tried, or the last of bursts that are alike.

    Nothing where no node joined.
    """
    if capacities:
        return [Text(), _search_table(capacities)]
    if not joins:
        return []
    joined = joins[-1]
    return [
        Text(),
        Text(headline(joined, times=len(joins)), style="bold"),
        _table(joined),
        *(Text(line) for line in _lines(joined.timeline)),
    ]


def headline(joined: Joined, *, times: int) -> str:
    """Say what joined, and how."""
    places = {
        "dedicated": "images on another disk",
        "shared-disk": "images on etcd's disk",
        "shared-filesystem": "images on etcd's filesystem",
    }
    if joined.cni == "capture":
        return f"the writes of a capture{', the last of ' + str(times) + ' times' if times > 1 else ''}"
    if joined.cni == "control-plane":
        size = format_bytes(joined.neighbour_bytes)
        return f"a member is promoted and receives a database of {size}"
    nodes = "1 node joins" if joined.nodes == 1 else f"{joined.nodes} nodes join"
    cut = ", cut during the pull" if joined.cut else ""
    again = f", the last of {times} times" if times > 1 else ""
    return (
        f"{nodes} with {joined.cni.capitalize()} within {joined.jitter_seconds:g} s, "
        f"{places[joined.topology]}{cut}{again}"
    )


def _search_table(capacities: Sequence[Capacity]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=0)
    for heading in ("with", "nodes", "within", "joins", "verdict", "because"):
        table.add_column(heading)
    for capacity in capacities:
        for one in sorted(capacity.tried, key=lambda one: (one.jitter_seconds, one.nodes)):
            table.add_row(
                capacity.cni,
                str(one.nodes),
                f"{one.jitter_seconds:g} s",
                str(one.bursts),
                one.answer,
                one.because,
            )
    return table


def _table(joined: Joined) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=0)
    table.add_column("phase", no_wrap=True)
    headings = ["flushes", "p50", "p99", "longest", "commit", "written", "I/O wait"]
    if joined.probes:
        headings.append("login")
    for heading in headings:
        table.add_column(heading, justify="right", no_wrap=True)
    for moment in joined.phases:
        row = [
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
        table.add_row(*row)
    return table


def _lines(timeline: Sequence[Moment]) -> Iterable[str]:
    """Draw the longest flush of each second; each phase begins with its first letter."""
    step = max(1, -(-len(timeline) // LINE_SECONDS))
    bars, marks, phase = "", "", ""
    for begin in range(0, len(timeline), step):
        part = timeline[begin : begin + step]
        longest = max((one.wal_longest_seconds or 0.0 for one in part), default=0.0)
        bars += bar(longest) if longest else " "
        marks += part[0].phase[0] if part[0].phase != phase else " "
        phase = part[0].phase
    yield bars
    yield marks.rstrip()
    unit = "second" if step == 1 else f"{step} seconds"
    yield f"longest flush of each {unit}; from {BARS[3]} on over 10 ms, {BARS[-1]} over 1 s"


def bar(longest_seconds: float) -> str:
    """Return the bar of a flush time."""
    return BARS[sum(longest_seconds > step for step in BAR_STEPS_SECONDS)]
