"""The example pages are what the program makes of the example results, byte for byte."""

from pathlib import Path

from cli import call

EXAMPLES = Path(__file__).parents[1] / "docs" / "examples"
RESULTS = sorted(EXAMPLES.glob("*.etcdbench.json"))


def test_the_report_is_rebuilt(tmp_path: Path) -> None:
    """As docs/examples/README.md says."""
    page = tmp_path / "page.html"
    done = call("report", EXAMPLES / "own-disk.etcdbench.json", "-o", page)

    assert done.returncode == 0
    assert page.read_bytes() == (EXAMPLES / "own-disk.html").read_bytes()


def test_the_comparison_is_rebuilt(tmp_path: Path) -> None:
    """Of the own disk and three simulated ones."""
    page = tmp_path / "page.html"
    done = call("compare", *RESULTS, "--html", page)

    assert done.returncode == 0
    assert len(RESULTS) == 4
    assert page.read_bytes() == (EXAMPLES / "comparison.html").read_bytes()


def test_examples_are_small() -> None:
    """A clone carries them."""
    assert sum(path.stat().st_size for path in EXAMPLES.iterdir()) < 2_500_000
