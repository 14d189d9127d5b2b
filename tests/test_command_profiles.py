"""`etcdbench profiles`: list, show, export."""

from pathlib import Path

from cli import call, complaint
from etcdbench import profile


def test_the_list_has_every_profile_with_its_title() -> None:
    """One line each."""
    lines = call("profiles").stdout.splitlines()

    assert [line.split()[0] for line in lines] == profile.names()


def test_show_prints_the_profile_and_its_job_files() -> None:
    """What fio would be told, to be read."""
    out = call("profiles", "show", "steady").stdout

    assert 'format = "etcdbench-profile"' in out
    assert "[preallocate-wal-0]" in out


def test_export_names_the_job_files(tmp_path: Path) -> None:
    """One path a line, each a file."""
    out = call("profiles", "show", "ladder", "--export", tmp_path / "jobs").stdout

    assert len(out.splitlines()) == 4
    assert all(Path(line).is_file() for line in out.splitlines())


def test_an_unknown_profile_is_one_line() -> None:
    """With the names of ours as the hint."""
    done = call("profiles", "show", "nothing")

    assert done.returncode == 1
    assert "steady" in complaint(done)[1]
