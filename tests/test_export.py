"""Job files that plain fio runs by hand."""

from pathlib import Path

import pytest

from etcdbench import export, profile
from etcdbench.errors import ProfileError


def test_every_phase_gets_a_folder_with_a_job_and_its_iologs(tmp_path: Path) -> None:
    """With a README that says how to run them."""
    written = export.export(profile.load("ladder"), tmp_path / "x", flush_ms=2, commit_ms=10)

    assert [path.parent.name for path in written] == [
        "ladder-s",
        "ladder-m",
        "ladder-l",
        "ladder-xl",
    ]
    for path in written:
        assert {entry.name for entry in path.parent.iterdir()} == {
            "job.fio",
            "wal.iolog",
            "backend.iolog",
            "status.iolog",
        }
        assert f"read_iolog={path.parent}/wal.iolog" in path.read_text()
    assert "fio --output-format=json+" in (tmp_path / "x" / "README").read_text()


def test_the_recipe_is_exported_as_it_is(tmp_path: Path) -> None:
    """One job file, no iolog."""
    (path,) = export.export(profile.load("recipe"), tmp_path / "x", flush_ms=2, commit_ms=10)

    assert "fdatasync=1" in path.read_text()


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    """Nothing is overwritten."""
    (tmp_path / "precious").write_text("data")

    with pytest.raises(ProfileError, match="not empty"):
        export.export(profile.load("steady"), tmp_path, flush_ms=2, commit_ms=10)
    assert [entry.name for entry in tmp_path.iterdir()] == ["precious"]


@pytest.mark.parametrize("name", ["a:b", "/proc/nothing"])
def test_a_folder_that_will_not_do_is_one_sentence(tmp_path: Path, name: str) -> None:
    """fio splits names at colons; /proc cannot be written."""
    with pytest.raises(ProfileError):
        export.export(profile.load("steady"), tmp_path / name, flush_ms=2, commit_ms=10)


def test_a_join_is_exported_as_one_job_of_all_its_phases(tmp_path: Path) -> None:
    """Five nodes whose images are elsewhere."""
    loaded = profile.load("node-join-flannel")
    (path,) = export.export(loaded, tmp_path / "jobs", flush_ms=1.0, commit_ms=4.0)
    text = path.read_text()

    for phase in ("quiet", "register", "pull", "settle"):
        assert f"[wal.{phase}]" in text
        assert (path.parent / f"backend.{phase}.iolog").is_file()
