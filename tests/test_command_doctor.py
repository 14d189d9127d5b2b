"""`etcdbench doctor` on this machine."""

import json
import os
import time
from pathlib import Path

import msgspec
import pytest

from cli import call, complaint
from etcdbench import doctoring
from etcdbench.diagnosis import Diagnosis

NOBODY = 65534


def test_it_answers_in_seconds_with_one_object(tmp_path: Path) -> None:
    """Its verdict is its exit status, and every symptom is complete."""
    began = time.monotonic()
    done = call("doctor", "--json", timeout_seconds=30)
    found = msgspec.json.decode(done.stdout, type=Diagnosis)

    assert time.monotonic() - began < 15  # 5 s are promised; a test machine may be busy
    assert (found.format, found.version) == ("etcdbench-diagnosis", 1)
    assert done.returncode == (0 if found.verdict == "neither" else 3)
    assert done.stderr == ""
    for symptom in found.symptoms:
        assert symptom.steps
        assert symptom.reference.startswith("https://")
    assert list(tmp_path.iterdir()) == []


def test_its_text_begins_with_the_verdict() -> None:
    """In 80 columns."""
    done = call("doctor", "/", timeout_seconds=30)
    lines = done.stdout.splitlines()

    assert lines[1].split()[0] in {"NEITHER", "DISK", "NETWORK", "BOTH"}
    assert max(map(len, lines)) <= 80


def test_what_does_not_exist_yet_is_its_parent(disk_path: Path) -> None:
    """As with `run`: etcd's directory is made by its first start."""
    done = call("doctor", disk_path / "etcd", "--json", timeout_seconds=30)

    assert json.loads(done.stdout)["format"] == "etcdbench-diagnosis"


@pytest.mark.parametrize(
    ("path", "words"),
    [("/etc/passwd", "is a file"), ("/nowhere/at/all", "does not exist"), ("/proc", "no disk")],
)
def test_what_is_no_directory_on_a_disk_is_one_line(path: str, words: str) -> None:
    """With a hint, and status 1."""
    done = call("doctor", path, timeout_seconds=30)

    assert done.returncode == 1
    assert words in complaint(done)[0]
    assert done.stdout == ""


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become nobody")
def test_nobody_gets_an_answer_too() -> None:
    """With less to see, and each of it said."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:  # not by a new Python, which nobody may not be allowed to start
        os.close(reading)
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
        found = doctoring.examine(Path("/"), pause=lambda _seconds: time.sleep(0.1))
        os.write(writing, msgspec.json.encode(found))
        os._exit(0)
    os.close(writing)
    with open(reading, "rb") as stream:  # noqa: PTH123 - Path.open takes no descriptor
        found = msgspec.json.decode(stream.read(), type=Diagnosis)
    _, status = os.waitpid(child, 0)

    assert status == 0
    assert found.looked_at
    restricted = Path("/proc/sys/kernel/dmesg_restrict").read_text().strip() == "1"
    if restricted and not Path("/run/systemd/system").exists():
        assert any("kernel's log" in one.what for one in found.unseen)
