"""What a page tells besides figures."""

import msgspec

from etcdbench.assessment import assess
from etcdbench.limits import VENDOR_LIMITS
from etcdbench.model import Result
from etcdbench.page import Grid, Link, Listing
from etcdbench.report_facts import (
    Shown,
    capital,
    disk_section,
    limits_section,
    method_section,
)
from fakes import result_of
from results import result


def shown(made: Result) -> Shown:
    """Show a result."""
    return Shown(name="w", key="r1", result=made, meaning=assess(made, result_file=None))


def test_the_disk_is_told_from_the_directory_down() -> None:
    """Filesystem, options, size, each device."""
    section = disk_section(shown(result(500)))

    assert section is not None
    grid = section.blocks[0]
    assert isinstance(grid, Grid)
    assert [row[0] for row in grid.rows] == ["filesystem", "mount options", "size", "sda"]


def test_the_method_holds_each_kind_of_job_once() -> None:
    """Exactly as fio read it."""
    once, twice = result(500), result(500)
    section = method_section(shown(msgspec.structs.replace(once, runs=once.runs + twice.runs)))

    assert section is not None
    listings = [block for block in section.blocks if isinstance(block, Listing)]
    assert [(one.summary, one.text) for one in listings] == [
        ("fio's job file of steady", "[global]\n")
    ]


def test_vendors_disagree_and_each_has_an_address() -> None:
    """10, 20, 50 and 150 ms."""
    section = limits_section(shown(result_of()))

    assert section is not None
    grid = section.blocks[1]
    assert isinstance(grid, Grid)
    assert all(isinstance(row[-1], Link) for row in grid.rows)
    said = " ".join(says for _, says, _ in VENDOR_LIMITS)
    assert all(f"{limit} ms" in said for limit in (10, 20, 50, 150))


def test_a_sentence_begins_with_a_capital() -> None:
    """Also an empty one."""
    assert (capital("the disk"), capital("")) == ("The disk", "")
