"""`etcdbench run` on bad input: one line, a hint, the right status, nothing left behind."""

import shutil
import stat
from pathlib import Path

import pytest

from cli import call, complaint, left_behind
from etcdbench.workspace import workspace

GOOD_VERSION = 'case "$*" in *--version*) echo fio-3.33; exit 0;; esac\n'


def search_path(folder: Path, body: str | None) -> str:
    """Return a search path with a program in place of fio, or with none."""
    folder.mkdir()
    for tool in ("sh", "cat", "sleep", "kill"):
        found = shutil.which(tool)
        if found:
            (folder / tool).symlink_to(found)
    if body is not None:
        fio = folder / "fio"
        fio.write_text(f"#!/bin/sh\n{body}")
        fio.chmod(fio.stat().st_mode | stat.S_IXUSR)
    return str(folder)


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (None, "fio is not installed"),
        ("echo 'fio, version 1.9'", "Fiona"),
        ("echo fio-3.1", "cannot measure fdatasync"),
        (GOOD_VERSION + "exit 0", "without a result"),
        (GOOD_VERSION + "echo garbage; exit 0", "garbage"),
        (GOOD_VERSION + "echo 'warning'; echo '{'; echo '}'; exit 0", "section wal"),
        (GOOD_VERSION + "echo '{'; echo '\"jobs\": [1, 2]'; echo '}'; exit 0", "is damaged"),
        (GOOD_VERSION + "kill -9 $$", "killed by signal 9"),
        (GOOD_VERSION + "echo 'fio: engine not loadable' >&2; exit 1", "engine not loadable"),
    ],
)
def test_a_fio_that_is_missing_wrong_or_broken(
    tmp_path: Path, disk_path: Path, body: str | None, word: str
) -> None:
    """Whatever fio does, the user gets one line and a hint."""
    done = call(
        "run", disk_path, "-o", tmp_path / "r.json", path=search_path(tmp_path / "bin", body)
    )

    assert done.returncode == 1
    assert word in complaint(done)[0]
    assert left_behind(disk_path) == []
    assert not (tmp_path / "r.json").exists()


@pytest.mark.parametrize(
    ("arguments", "status", "word"),
    [
        (["/dev/shm"], 1, "no disk"),
        (["/proc"], 1, "no disk"),
        (["/no/such/place"], 1, "does not exist"),
        (["/etc/hostname"], 1, "is a file"),
        (["{disk}", "--profile", "nothing"], 1, "neither a profile"),
        (["{disk}", "--rate", "0"], 2, "no etcd has such requests"),
        (["{disk}", "--rate", "nan"], 2, "no etcd has such requests"),
        (["{disk}", "--rate", "1e12"], 2, "no etcd has such requests"),
        (["{disk}", "--value-size", "lots"], 2, "not a size"),
        (["{disk}", "--value-size", "1TB"], 2, "no etcd has such requests"),
        (["{disk}", "--load", "s", "--rate", "5"], 2, "exclude each other"),
        (["{disk}", "--profile", "ladder"], 2, "the ladder runs"),
        (["{disk}", "--profile", "recipe", "--quick"], 2, "a recipe has no load"),
        (["{disk}", "-o", "{disk}"], 1, "is a directory"),
        (["{disk}", "-o", "/no/such/r.json"], 1, "cannot be written"),
        (["{disk}", "-o", "{existing}"], 1, "exists already"),
    ],
)
def test_what_cannot_be_measured_is_said_before_a_byte_is_written(
    tmp_path: Path, disk_path: Path, arguments: list[str], status: int, word: str
) -> None:
    """Wrong places, profiles, rates and files are found first."""
    existing = tmp_path / "existing.json"
    existing.write_text("precious")
    filled = [text.format(disk=disk_path, existing=existing) for text in arguments]
    fio = search_path(tmp_path / "bin", GOOD_VERSION + "exit 9")

    done = call("run", *filled, path=fio)

    assert done.returncode == status
    assert word in complaint(done)[0]
    assert left_behind(disk_path) == []
    assert existing.read_text() == "precious"


@pytest.mark.parametrize(
    "arguments",
    [["run"], ["run", "{disk}", "--load", "huge"], ["run", "{disk}", "--quick", "--full"], ["fly"]],
)
def test_wrong_usage_has_status_2(disk_path: Path, arguments: list[str]) -> None:
    """As every program of the command line."""
    done = call(*[text.format(disk=disk_path) for text in arguments])

    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_a_hostile_profile_is_refused(tmp_path: Path, disk_path: Path) -> None:
    """Options that we do not know never reach fio."""
    profile = tmp_path / "evil.toml"
    profile.write_text(
        'format = "etcdbench-profile"\nversion = 1\ntitle = "x"\nexec_prerun = "x"\n'
    )
    fio = search_path(tmp_path / "bin", GOOD_VERSION + "exit 9")

    done = call("run", disk_path, "--profile", profile, path=fio)

    assert done.returncode == 1
    assert "exec_prerun" in complaint(done)[0]


def test_a_rate_beside_a_profile_with_rates_of_its_own_is_refused(
    tmp_path: Path, disk_path: Path
) -> None:
    """Neither silently wins."""
    profile = tmp_path / "mine.toml"
    profile.write_text(
        'format = "etcdbench-profile"\nversion = 1\ntitle = "x"\n'
        "[requests]\nrate_per_second = 150\n"
        '[[phases]]\nname = "busy"\nruntime_seconds = 60\nrate_per_second = 900\n'
    )
    fio = search_path(tmp_path / "bin", GOOD_VERSION + "exit 9")

    done = call("run", disk_path, "--profile", profile, "--load", "s", path=fio)

    assert done.returncode == 2
    assert "rates of their own" in complaint(done)[0]


def test_a_run_that_is_going_on_is_not_disturbed(tmp_path: Path, disk_path: Path) -> None:
    """The second run refuses, and the first one's directory stays."""
    fio = search_path(tmp_path / "bin", GOOD_VERSION + "exit 9")
    with workspace(disk_path, alone=True, on_leftover=print) as first:
        done = call("run", disk_path, "-o", tmp_path / "r.json", path=fio)
        alive = first.path.is_dir()

    assert done.returncode == 1
    assert "another etcdbench" in complaint(done)[0]
    assert alive


def test_what_a_killed_run_left_is_removed(tmp_path: Path, disk_path: Path) -> None:
    """Even by a run that fails itself."""
    left = disk_path / ".etcdbench-0123456789ab"
    left.mkdir()
    (left / "etcdbench-marker").write_text(
        "This directory belongs to etcdbench; everything in it is test data.\n"
        "It is removed when etcdbench ends, or when it next starts here.\n"
    )
    fio = search_path(tmp_path / "bin", GOOD_VERSION + "exit 9")

    call("run", disk_path, "-o", tmp_path / "r.json", path=fio)

    assert left_behind(disk_path) == []


def test_help_and_version_name_the_program() -> None:
    """Not the interpreter that runs it."""
    assert call("--help").stdout.startswith("Usage: etcdbench [OPTIONS]")
    assert call("--version").stdout.startswith("etcdbench 0.")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_there_for_the_usual_shells(shell: str) -> None:
    """A script that names our variable."""
    assert "_ETCDBENCH_COMPLETE" in call("completion", shell).stdout
