"""What a page tells of a watch."""

from etcdbench.assessment import assess
from etcdbench.model import Result
from etcdbench.page import Chart, Grid
from etcdbench.report_facts import Shown
from etcdbench.watch_section import watch_section
from results import result
from watches import STALL, result_of_watch


def shown(made: Result) -> Shown:
    """Show a result."""
    return Shown(name="w", key="r1", result=made, meaning=assess(made, result_file=None))


def test_a_watch_has_its_disk_in_time_and_its_stalls() -> None:
    """A chart, and a row for each stall with who wrote most."""
    section = watch_section(shown(result_of_watch(stalls=(STALL,), stall_count=1)))

    assert section is not None
    chart, grid = section.blocks
    assert isinstance(chart, Chart)
    assert chart.alt.endswith("Watched for 10.0 s: 1 stall.")
    assert isinstance(grid, Grid)
    assert grid.rows == [("2026-11-24T18:00:03Z", "310 ms", "flush", "rsync (42) 1.20 GB")]


def test_what_was_no_watch_has_no_such_section() -> None:
    """An ordinary result."""
    assert watch_section(shown(result(500))) is None
