"""`etcdbench run` on disks of known behaviour: the right verdict for each."""

import json
import subprocess
import time
from pathlib import Path

import pytest

import lab
from cli import call, complaint, left_behind, start, wait_for_fio
from etcdbench import store

pytestmark = pytest.mark.lab


@pytest.mark.parametrize(
    ("behaviour", "verdict", "status"),
    [
        (lab.GOOD_NVME, "pass", 0),
        (lab.CONSUMER_SATA, "pass", 0),
        (lab.HDD, "fail", 3),
    ],
    ids=["good-nvme", "consumer-sata", "hdd"],
)
def test_a_disk_of_known_behaviour_gets_the_right_verdict(
    tmp_path: Path, behaviour: str, verdict: str, status: int
) -> None:
    """Flushes of 60 us and 1.2 ms carry load s, flushes of 4 ms beside commits do not."""
    with lab.simulated_disk(tmp_path, "disk", behaviour) as mounted:
        done = call("run", mounted, "--quick", "--json", "-o", tmp_path / "r.json")
        left = left_behind(mounted)
    answer = json.loads(done.stdout)

    assert (answer["verdict"], done.returncode) == (verdict, status)
    assert left == ["lost+found"]
    assert [device.kind for device in store.read(tmp_path / "r.json").target.devices] == ["loop"]
    assert "device_loop" in {caveat["code"] for caveat in answer["caveats"]}


def test_the_mean_flush_time_is_the_disks(tmp_path: Path) -> None:
    """A disk without any spread: every flush takes what the disk says, and little more."""
    with lab.simulated_disk(tmp_path, "disk", "flush_us=3000 write_us=1") as mounted:
        done = call("run", mounted, "--quick", "--rate", "20", "--json", "-o", tmp_path / "r.json")
    wal = json.loads(done.stdout)["histograms"]["wal.steady"]

    assert 0.003 < wal["mean_seconds"] < 0.008
    assert wal["share_above"]["0.002"] == 1.0


def test_a_disk_that_fails_in_mid_run_is_one_line(tmp_path: Path) -> None:
    """I/O errors, and the journal that is aborted by them: told, with what to look at."""
    with lab.simulated_disk(tmp_path, "disk", lab.GOOD_NVME) as mounted:
        with start("run", mounted, "--quick", "-o", tmp_path / "r.json") as process:
            wait_for_fio(mounted)
            time.sleep(2)
            (tmp_path / lab.FAIL_NAME).touch()
            out, err = process.communicate(timeout=60)
        (tmp_path / lab.FAIL_NAME).unlink()
    done = subprocess.CompletedProcess((), process.returncode, out, err)
    wrong, hint = complaint(done)

    assert done.returncode == 1
    assert "Input/output error" in wrong or "Read-only file system" in wrong
    assert "dmesg" in hint
