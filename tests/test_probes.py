"""Files up to a size, programs up to a time."""

import os
import time
from pathlib import Path

import pytest

from etcdbench import probes
from etcdbench.probes import Programs, processes, read_small, small_text
from trees import add_process


def program(folder: Path, name: str, body: str) -> Path:
    """Put a shell script in place of a program."""
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


def test_a_small_file_is_read(tmp_path: Path) -> None:
    """Also where it is no UTF-8."""
    (tmp_path / "file").write_bytes(b"a\xff")

    assert read_small(tmp_path / "file") == "a\N{REPLACEMENT CHARACTER}"


def test_what_is_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before it fills the memory."""
    monkeypatch.setattr(probes, "FILE_BYTES_MAX", 10)
    (tmp_path / "fits").write_bytes(b"x" * 10)
    (tmp_path / "large").write_bytes(b"x" * 11)

    assert read_small(tmp_path / "fits") == "x" * 10
    with pytest.raises(OSError, match="large"):
        read_small(tmp_path / "large")
    assert small_text(tmp_path / "large") == ""


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    """Somebody may have put one there."""
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(OSError, match="not a regular file"):
        read_small(tmp_path / "pipe")
    with pytest.raises(OSError, match=r"not a regular file|directory"):
        read_small(tmp_path)


def test_what_is_missing_is_empty(tmp_path: Path) -> None:
    """For those who do not care why."""
    assert small_text(tmp_path / "nothing") == ""


def test_processes_have_names_and_words(tmp_path: Path) -> None:
    """As /proc tells them."""
    add_process(tmp_path, 12, "/usr/bin/kubelet --node-ip 10.0.0.1")
    add_process(tmp_path, 7, "cilium-agent", name="cilium-agent")

    assert sorted(processes(root=tmp_path)) == [
        ("cilium-agent", ("cilium-agent",)),
        ("kubelet", ("/usr/bin/kubelet", "--node-ip", "10.0.0.1")),
    ]


def test_a_program_on_path_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its output, where it succeeds."""
    program(tmp_path / "bin", "edb-says", 'echo "$1"')
    program(tmp_path / "bin", "edb-fails", "echo no; exit 2")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    programs = Programs(seconds=20)

    assert programs.answer("edb-says", "hello") == "hello\n"
    assert programs.answer("edb-fails") is None
    assert programs.answer("edb-missing") is None


def test_the_current_directory_is_no_place_for_programs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root may stand in somebody's directory, with an empty entry in PATH."""
    program(tmp_path / "bin", "edb-trap", "exit 0")
    monkeypatch.chdir(tmp_path / "bin")
    monkeypatch.setenv("PATH", ":.:bin")

    assert Programs(seconds=20).find("edb-trap") is None


def test_all_programs_share_one_time_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes after its end is not even started."""
    program(tmp_path / "bin", "edb-hangs", "exec sleep 60")
    program(tmp_path / "bin", "edb-says", "echo late")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    programs = Programs(seconds=0.3)
    began = time.monotonic()

    assert programs.answer("edb-hangs") is None
    assert programs.answer("edb-says") is None
    assert time.monotonic() - began < 5
