"""A comparison on the terminal."""

import io

from rich.console import Console

from etcdbench.candidates import choose
from etcdbench.compare_view import blocks, sentences
from etcdbench.comparison import Comparison, compare
from fakes import device
from results import result


def shown(comparison: Comparison, places: int = 0) -> str:
    """Print it as a pipe would get it."""
    console = Console(file=io.StringIO(), width=100, color_system=None)
    for block in blocks(comparison, choose(comparison, places) if places else ()):
        console.print(block)
    out = console.file
    assert isinstance(out, io.StringIO)
    return out.getvalue()


def test_the_table_has_a_row_for_each_the_best_first() -> None:
    """Rank, name, verdict."""
    lines = shown(compare({"slow": result(1500), "fast": result(400, seed=2)})).splitlines()

    first = next(number for number, line in enumerate(lines) if " fast" in line)
    assert lines[first].split()[:2] == ["1", "fast"]
    assert lines[first + 1].split()[0] == "pass"
    assert lines[first + 2].split()[:2] == ["2", "slow"]


def test_ties_oddities_and_lack_of_data_are_said() -> None:
    """In words."""
    tie = " ".join(sentences(compare({"a": result(500), "b": result(500, seed=2)})))
    odd = " ".join(
        sentences(compare({"a": result(500), "b": result(500, seed=2), "c": result(3000)}))
    )
    few = " ".join(sentences(compare({"a": result(500), "b": result(900, seconds=4)})))

    assert "A tie: no difference between the WAL p99 of" in tie
    assert "c stands out: its WAL flush p99 is" in odd
    assert "Not enough data to tell how b compares." in few


def test_a_worse_disk_is_named() -> None:
    """With the factor."""
    found = compare({"now": result(1500)}, baseline=("before", result(500, seed=2)))

    assert any("it has become worse" in sentence for sentence in sentences(found))


def test_kinds_are_shown_and_the_bus_is_not_blamed() -> None:
    """Where there are several."""
    nvme = device("nvme0n1", bus="nvme")
    text = shown(compare({"a": result(500), "b": result(300, disk=nvme)}), places=1)

    assert "The bus does not decide" in text
    assert "promote b" in text
    assert "leave a" in text


def test_names_from_outside_are_plain_text() -> None:
    """A file's name cannot command a terminal."""
    assert "\x1b" not in shown(compare({"\x1b[31ma": result(9000), "b": result(400)}))
