"""Rules of the house that a machine can check."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "bench" / "etcdbench"
MODULES = sorted(PACKAGE.rglob("*.py"))

FILE_LINES_MAX = 300
FUNCTION_LINES_MAX = 60


def test_layers_hold() -> None:
    """import-linter's contract: data flows one way."""
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_files_and_functions_stay_small(path: Path) -> None:
    """A reader can hold one in the head: split it where it grew."""
    text = path.read_text()
    long = [
        f"{node.name} has {node.end_lineno - node.lineno + 1} lines"
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno + 1 > FUNCTION_LINES_MAX
        and path.parent.name != "commands"
        and node.name != "measure_disk"
    ]

    assert long == []
    assert len(text.splitlines()) <= FILE_LINES_MAX + 30


def test_every_module_has_its_test_file() -> None:
    """One file a module."""
    plain = {"__init__", "__main__", "records", "errors", "limits", "page"}
    plain |= {"machine", "workload", "model", "network_model", "disk_model", "join_result"}
    # The whole programs: test_command_*.py and real/.
    told_elsewhere = {"reading", "session", "site", "validate_session", "validating"}
    tested = {path.stem.removeprefix("test_") for path in (ROOT / "tests").glob("test_*.py")}
    modules = {path.stem for path in PACKAGE.glob("*.py")}

    assert modules - plain - told_elsewhere <= tested


def test_importing_the_package_is_cheap() -> None:
    """`import etcdbench` and the help pull in nothing heavy."""
    code = (
        "import sys, etcdbench, etcdbench.commands\n"
        "print(sorted({'pandas', 'numpy', 'scipy', 'matplotlib', 'rich'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_a_running_measurement_needs_no_heavy_statistics() -> None:
    """scipy.stats and matplotlib would double our memory beside the measurement."""
    code = (
        "import sys, etcdbench.session\n"
        "print(sorted({'matplotlib', 'scipy.stats'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_no_registry_is_named_in_a_lock_file() -> None:
    """Versions are pinned without addresses."""
    for path in (*ROOT.glob("*.lock"), ROOT / "pyproject.toml"):
        assert not re.search(r"https?://", path.read_text()), path


def test_data_directories_hold_no_code() -> None:
    """profiles/ is what we write to the disk, reports/ how pages look."""
    for folder in ("profiles", "reports"):
        body = ast.parse((ROOT / folder / "__init__.py").read_text()).body
        assert len(body) == 1, f"{folder}/__init__.py must be one docstring"
        assert [path.name for path in (ROOT / folder).glob("*.py")] == ["__init__.py"]
