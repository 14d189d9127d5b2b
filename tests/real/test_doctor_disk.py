"""`etcdbench doctor` on disks of known behaviour: slow, silent, healthy."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

import lab
from cli import call

pytestmark = pytest.mark.lab

WRITER = """
import os, sys, time
log = os.open(sys.argv[1], os.O_CREAT | os.O_WRONLY, 0o600)
while True:
    os.write(log, b"x" * 2300)
    os.fdatasync(log)
    time.sleep(0.02)
"""


@contextlib.contextmanager
def etcd_like_writer(folder: Path) -> Generator[None, None, None]:
    """Write and flush in the background as an etcd does that is not very busy."""
    with subprocess.Popen([sys.executable, "-c", WRITER, folder / "log"]) as process:
        time.sleep(1.0)
        try:
            yield
        finally:
            process.kill()


def examine(path: Path) -> dict[str, Any]:
    """Ask the doctor about a directory."""
    done = call("doctor", path, "--json", timeout_seconds=30)
    answer: dict[str, Any] = json.loads(done.stdout)

    assert done.returncode == (0 if answer["verdict"] == "neither" else 3)
    return answer


def about(answer: dict[str, Any], device: str) -> list[str]:
    """Return the codes of the causes that name a device."""
    return [
        one["code"]
        for one in answer["symptoms"]
        if one["side"] == "disk" and one["weight"] == "cause" and device in one["seen"]
    ]


def device_of(scratch: Path, name: str) -> str:
    """Return the kernel's name of a simulated disk."""
    return Path((scratch / f"{name}.dev").read_text().strip()).name


def simulator(scratch: Path) -> int:
    """Return the process that is the simulated disk."""
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (entry / "cmdline").read_bytes().startswith(os.fsencode(scratch / "simdisk")):
                return int(entry.name)
    raise AssertionError("the simulated disk does not run")


def test_a_slow_disk_is_named(tmp_path: Path) -> None:
    """Flushes of 80 ms, and somebody who waits for them."""
    with lab.simulated_disk(tmp_path, "slow", "flush_us=80000") as mounted:
        with etcd_like_writer(mounted):
            answer = examine(mounted)
        device = device_of(tmp_path, "slow")

    assert "slow_flushes" in about(answer, device)
    (found,) = (one for one in answer["symptoms"] if one["code"] == "slow_flushes")
    assert found["seen"].startswith("flushes take 8")
    assert str(mounted) in found["seen"]


@pytest.mark.parametrize("busy", [True, False], ids=["busy", "idle"])
def test_a_healthy_disk_is_not_blamed(tmp_path: Path, *, busy: bool) -> None:
    """Whether something writes to it or not."""
    with lab.simulated_disk(tmp_path, "good", lab.GOOD_NVME) as mounted:
        with etcd_like_writer(mounted) if busy else contextlib.nullcontext():
            answer = examine(mounted)
        device = device_of(tmp_path, "good")

    assert about(answer, device) == []
    assert any(device in sentence for sentence in answer["looked_at"])


def test_a_disk_that_hangs_does_not_hang_the_doctor(tmp_path: Path) -> None:
    """No request ends, not even the kill of who waits; the answer comes all the same."""
    with lab.simulated_disk(tmp_path, "dead", lab.GOOD_NVME) as mounted:
        process = simulator(tmp_path)
        with etcd_like_writer(mounted):
            os.kill(process, signal.SIGSTOP)
            try:
                time.sleep(1.0)
                began = time.monotonic()
                answer = examine(mounted)
                took_seconds = time.monotonic() - began
            finally:
                os.kill(process, signal.SIGCONT)
        device = device_of(tmp_path, "dead")
        time.sleep(1.0)  # what waited is written now, and then lets the disk go

    assert about(answer, device) == ["disk_silent"]
    assert took_seconds < 15
