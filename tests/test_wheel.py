"""The wheel holds exactly what the source trees hold."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCES = ("bench/etcdbench", "profiles", "reports")


def test_the_wheel_holds_every_module_and_every_profile(tmp_path: Path) -> None:
    """A forgotten package works in a checkout and is missing from the wheel."""
    clean = tmp_path / "source"
    clean.mkdir()
    for name in ("bench", "profiles", "reports"):
        shutil.copytree(
            ROOT / name, clean / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info")
        )
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, clean)
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "-o", str(tmp_path)],
        cwd=clean,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    expected = {
        f"etcdbench/{path.relative_to(clean / source)}"
        if source == "bench/etcdbench"
        else f"etcdbench/{source}/{path.relative_to(clean / source)}"
        for source in SOURCES
        for path in (clean / source).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }

    assert packed == expected
