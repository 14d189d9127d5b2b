"""The notebooks run, and are kept without their output."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

# nbformat and nbclient have no types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_kept_without_output(path: Path) -> None:
    """What it shows depends on who runs it."""
    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]

    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert (cell.outputs, cell.execution_count) == ([], None)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_notebook_runs(path: Path) -> None:
    """From its own directory, in a kernel of its own; every code cell."""
    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    NotebookClient(
        notebook, timeout=60, resources={"metadata": {"path": str(path.parent)}}
    ).execute()

    outputs = [cell.outputs for cell in notebook.cells if cell.cell_type == "code"]
    assert sum(map(bool, outputs)) >= 5
    assert not any(output.output_type == "error" for some in outputs for output in some)


def test_there_are_the_two() -> None:
    """Named as the documents say."""
    assert [path.stem for path in NOTEBOOKS] == ["choosing-between-disks", "reading-a-result"]
