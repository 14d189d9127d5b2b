"""A join burst on a terminal of 80 columns: what joined, its phases, its seconds."""

import io
from collections.abc import Sequence

import msgspec
import pytest
from rich.console import Console

from etcdbench import join_view
from etcdbench.assessment import Joined
from etcdbench.join_result import Probe
from etcdbench.join_view import BARS
from etcdbench.timeline import Moment

LENGTHS = {"quiet": 5, "register": 8, "pull": 30, "settle": 20}
PROBE = Probe(at_seconds=1.0, flush_seconds=0.01, rename_seconds=0.01, read_seconds=0.01)


def moments(longest_seconds: Sequence[float | None]) -> tuple[Moment, ...]:
    """Build seconds with these longest flushes, in the phases that `LENGTHS` gives."""
    names = [name for name, length in LENGTHS.items() for _ in range(length)]
    return tuple(
        Moment(
            phase=names[min(number, len(names) - 1)],
            at_seconds=float(number),
            length_seconds=1.0,
            wal_longest_seconds=longest,
        )
        for number, longest in enumerate(longest_seconds)
    )


def phase(name: str, *, login: float | None = None) -> Moment:
    """Build a phase with the widest figures that are to be expected."""
    return Moment(
        phase=name,
        at_seconds=0.5,
        length_seconds=float(LENGTHS[name]),
        flushes=1234,
        commits=321,
        wal_p50_seconds=0.00123,
        wal_p99_seconds=0.0123,
        wal_longest_seconds=0.123,
        commit_longest_seconds=1.23,
        bystander_longest_seconds=login,
        bytes_written=6_650_000_000,
        io_some_share=0.123,
    )


def joined(**changes: object) -> Joined:
    """Build a burst, changed as asked."""
    facts: dict[str, object] = {
        "cni": "cilium",
        "nodes": 5,
        "jitter_seconds": 5.0,
        "topology": "dedicated",
        "scale": 1.0,
        "cut": False,
        "neighbour_bytes": 0,
        "phases": tuple(phase(name) for name in LENGTHS),
        "timeline": moments([0.002] * 63),
        "probes": (),
        "assumptions": (),
    }
    return Joined(**{**facts, **changes})  # type: ignore[arg-type]


def shown(*joins: Joined, width: int = 80) -> str:
    """Return what the terminal shows."""
    out = io.StringIO()
    console = Console(file=out, width=width, highlight=False, markup=False, emoji=False)
    for part in join_view.join_blocks(joins):
        console.print(part)
    return out.getvalue()


def lines_of(one: Joined) -> list[str]:
    """Return the bars, the marks below them, and the legend."""
    return shown(one).splitlines()[-3:]


def test_nothing_is_shown_where_no_node_joined() -> None:
    """Not even an empty line."""
    assert join_view.join_blocks(()) == []


# --- the headline -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "times", "said"),
    [
        ({}, 1, "5 nodes join with Cilium within 5 s, images on another disk"),
        ({"nodes": 1}, 1, "1 node joins with Cilium within 5 s, images on another disk"),
        (
            {"cni": "flannel", "topology": "shared-disk", "jitter_seconds": 0.5},
            1,
            "5 nodes join with Flannel within 0.5 s, images on etcd's disk",
        ),
        (
            {"topology": "shared-filesystem"},
            1,
            "5 nodes join with Cilium within 5 s, images on etcd's filesystem",
        ),
        (
            {"cut": True},
            1,
            "5 nodes join with Cilium within 5 s, images on another disk, cut during the pull",
        ),
        (
            {},
            3,
            "5 nodes join with Cilium within 5 s, images on another disk, the last of 3 times",
        ),
    ],
)
def test_the_headline_says_what_joined_and_how(
    changes: dict[str, object], times: int, said: str
) -> None:
    """How many, with what, within which time, and where their images went."""
    assert join_view.headline(joined(**changes), times=times) == said


def test_of_several_bursts_the_last_one_is_shown() -> None:
    """Its headline says how many there were."""
    text = shown(joined(nodes=7), joined(nodes=1))

    assert "1 node joins" in text
    assert "the last of 2 times" in text
    assert "7 nodes" not in text


# --- the table ----------------------------------------------------------------------------------


def test_the_table_has_a_row_for_each_phase_with_its_length() -> None:
    """And each figure has the unit that fits."""
    rows = [" ".join(line.split()) for line in shown(joined(), width=100).splitlines()]
    named = [row for row in rows if row.split(" ")[0] in LENGTHS]

    assert "pull 30 s 1,234 1.23 ms 12.3 ms 123 ms 1.23 s 6.65 GB 12.3 %" in named
    assert [" ".join(row.split(" ")[:3]) for row in named] == [
        "quiet 5 s",
        "register 8 s",
        "pull 30 s",
        "settle 20 s",
    ]


def test_logins_have_a_column_only_where_somebody_probed() -> None:
    """A phase in which no probe began has a dash."""
    watched = joined(
        topology="shared-disk",
        probes=(PROBE,),
        phases=(phase("quiet"), phase("pull", login=6.5)),
    )

    lines = shown(watched, width=100).splitlines()

    assert "login" not in shown(joined(), width=100)
    assert lines[3].split()[-1] == "login"
    assert lines[5].split()[-1] == "-"
    assert lines[6].endswith("6.50 s ")


@pytest.mark.parametrize("probes", [(), (PROBE,)])
@pytest.mark.parametrize("width", [80, 100])
def test_the_table_fits_and_nothing_is_cut_off(width: int, probes: tuple[Probe, ...]) -> None:
    """Every figure is whole at 80 columns, also with the logins."""
    text = shown(
        joined(probes=probes, phases=tuple(phase(name, login=1.23) for name in LENGTHS)),
        width=width,
    )

    assert max(len(line) for line in text.splitlines()) <= width
    assert "…" not in text
    assert text.count("6.65 GB") == 4


def test_what_is_not_known_is_a_dash() -> None:
    """A phase without a flush, on a kernel that does not tell of pressure."""
    empty = Moment(phase="quiet", at_seconds=0.5, length_seconds=5.0)
    rows = [line.split() for line in shown(joined(phases=(empty,))).splitlines()]
    row = next(row for row in rows if row[:1] == ["quiet"])

    assert row == ["quiet", "5", "s", "0", "-", "-", "-", "-", "0", "B", "-"]


# --- the line -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0.0001, "▁"),
        (0.001, "▁"),
        (0.0011, "▂"),
        (0.004, "▂"),
        (0.0041, "▃"),
        (0.01, "▃"),
        (0.0101, "▄"),
        (0.0251, "▅"),
        (0.101, "▆"),
        (0.31, "▇"),
        (1.0, "▇"),
        (1.001, "█"),
        (60.0, "█"),
    ],
)
def test_a_bar_changes_where_its_step_is_exceeded(seconds: float, expected: str) -> None:
    """The limit itself is still below it, as everywhere."""
    assert join_view.bar(seconds) == expected


def test_there_is_a_bar_for_every_step() -> None:
    """And the legend's two are where it says they are."""
    assert len(BARS) == len(join_view.BAR_STEPS_SECONDS) + 1
    assert join_view.BAR_STEPS_SECONDS[2] == 0.01
    assert join_view.BAR_STEPS_SECONDS[-1] == 1.0


def test_each_second_has_a_bar_and_each_phase_its_letter_below() -> None:
    """A second without a flush is empty."""
    longest: list[float | None] = [0.0005] * 5 + [0.02] * 8 + [None] * 2 + [1.5] * 28 + [0.002] * 20
    bars, marks, legend = lines_of(joined(timeline=moments(longest)))

    assert bars == "▁" * 5 + "▄" * 8 + "  " + "█" * 28 + "▂" * 20
    assert marks == "q    r       p" + " " * 29 + "s"
    assert legend == "longest flush of each second; from ▄ on over 10 ms, █ over 1 s"


def test_seventy_seconds_fit_on_a_line_and_one_more_takes_two_for_each_bar() -> None:
    """The longest of its seconds is the bar."""
    full, _, legend = lines_of(joined(timeline=moments([0.0005] * 70)))
    longest: list[float | None] = [0.0005] * 71
    longest[21] = 2.0
    halved, marks, halved_legend = lines_of(joined(timeline=moments(longest)))

    assert len(full) == 70
    assert legend.startswith("longest flush of each second;")
    assert halved == "▁" * 10 + "█" + "▁" * 25
    assert halved_legend.startswith("longest flush of each 2 seconds;")
    assert [mark for mark in marks if mark != " "] == ["q", "r", "p", "s"]


def test_a_burst_of_ten_minutes_still_fits_on_a_line() -> None:
    """600 seconds take nine for each bar."""
    bars, _, legend = lines_of(joined(timeline=moments([0.0005] * 600)))

    assert len(bars) == 67
    assert "9 seconds" in legend


def test_no_line_is_wider_than_the_terminal() -> None:
    """The longest headline goes on in the next line."""
    longest = msgspec.structs.replace(
        joined(topology="shared-filesystem", nodes=1000, probes=(PROBE,)), cut=True
    )

    text = shown(*[longest] * 10)

    assert max(len(line) for line in text.splitlines()) <= 80
    assert "1000 nodes join with Cilium within 5 s, images on etcd's filesystem, cut" in text
