"""`etcdbench validate` with a real etcd."""

import base64
import contextlib
import json
import os
import signal
import subprocess
import threading
import time
from pathlib import Path

import msgspec
import pytest

from cli import left_behind
from etcdbench import etcd, profile, validate_session, validating
from etcdbench.burst import Burst, Bursts
from etcdbench.errors import Interrupted
from etcdbench.etcd_programs import Programs, find_etcd
from etcdbench.schedule import Load
from etcdbench.stopping import StopRequest
from etcdbench.validate_session import Request, prepare
from etcdbench.workspace import workspace
from fakes import Silent

pytestmark = pytest.mark.etcd


def etcd_processes(directory: Path) -> list[str]:
    """Return the command lines of etcds with their data below a directory."""
    found: list[str] = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            words = entry.read_text(errors="replace").split("\0")
            found += [word for word in words if word.startswith(f"--data-dir={directory}")]
    return found


def test_a_validation_compares_both_metrics_for_both_arrivals(
    disk_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every field of the interface is there, counts are those of the time, nothing is left.

    An eighth of the usual time, but for check perf, whose minute is its own.
    """
    seconds = 8
    for module in (validating, validate_session):
        monkeypatch.setattr(module, "LOAD_SECONDS", float(seconds))
    validate_session.validate_disk(Request(path=disk_path, as_json=True))
    answer = json.loads(capsys.readouterr().out)

    for part, observed_seconds in ((answer["metrics"], 60), (answer["poisson"], seconds)):
        wal, commit = part["wal_fsync"], part["backend_commit"]
        assert 130 * seconds < wal["predicted"]["count"] < 155 * seconds
        assert 115 * observed_seconds < wal["observed"]["count"] < 155 * observed_seconds
        assert 7 * seconds < commit["predicted"]["count"] <= 10 * seconds + 5
        assert 7 * observed_seconds < commit["observed"]["count"] <= 10.4 * observed_seconds
        assert isinstance(wal["verdict_agrees"], bool)
    assert answer["metrics"]["wal_fsync"]["recipe"]["count"] == 23068672 // 2300
    assert left_behind(disk_path) == []
    assert etcd_processes(disk_path) == []


def stored(programs: Programs, server: etcd.Server) -> list[tuple[int, int, int]]:
    """Return length of key and value, and the version of each key that etcd holds."""
    argv: list[str | Path] = [
        programs.etcdctl,
        "--endpoints",
        server.url,
        "get",
        "--prefix",
        "etcdbench/",
        "-w",
        "json",
    ]
    done = subprocess.run(
        argv, env=os.environ | {"ETCDCTL_API": "3"}, capture_output=True, check=True
    )
    return sorted(
        (len(base64.b64decode(one["key"])), len(base64.b64decode(one["value"])), one["version"])
        for one in json.loads(done.stdout).get("kvs", [])
    )


def test_etcd_understands_our_puts_and_transactions(disk_path: Path, tmp_path: Path) -> None:
    """Keys and values have their sizes in it; a transaction leaves a key alone that is there."""
    programs = find_etcd(None)
    sizes = (30, 300, 3_000, 300_000)
    one = Load(
        due_seconds=(0.0, 0.01, 0.02, 0.03),
        key_sizes_bytes=(50, 60, 70, 80),
        value_sizes_bytes=sizes,
        key_copies=3,
    )
    other = msgspec.structs.replace(
        one,
        value_sizes_bytes=(99,) * 5,
        due_seconds=(0.0,) * 5,
        key_sizes_bytes=(50, 60, 70, 80, 90),
    )
    with (
        StopRequest().listen() as stop,
        workspace(disk_path, alone=True, on_leftover=print) as target,
        workspace(tmp_path, alone=True, on_leftover=print) as scratch,
        etcd.serving(programs, target=target, scratch=scratch, stop=stop) as server,
    ):
        etcd.send_requests(server, one, scratch=scratch, stop=stop)
        etcd.send_requests(server, other, scratch=scratch, stop=stop)
        after_transactions = stored(programs, server)
        puts = msgspec.structs.replace(other, key_copies=1)
        etcd.send_requests(server, puts, scratch=scratch, stop=stop)
        after_puts = stored(programs, server)

    first = list(zip((50, 60, 70, 80), sizes, strict=True))
    assert after_transactions == [*((*pair, 1) for pair in first), (90, 99, 1)]
    assert after_puts == [*((key, 99, 2) for key in (50, 60, 70, 80, 90))]


def test_a_join_is_the_same_requests_for_fio_and_for_etcd(disk_path: Path) -> None:
    """Both flush a two-node burst nearly as often; transactions of every size are accepted."""
    join = profile.load("node-join-flannel").profile.join
    assert join is not None
    burst = Burst(nodes=2, jitter_seconds=1.0, quiet_seconds=2.0, pull_seconds_max=10.0)
    left: list[Path] = []
    with StopRequest().listen() as stop:
        work = prepare(
            Request(path=disk_path), observer=Silent(), on_leftover=left.append, stop=stop
        )
        found = work.join_round(Bursts(join=join, burst=burst, times=1), number=1)
    ours = sum(stream.histogram().count for stream in found.streams("wal"))
    theirs = found.observed.wal_fsync.histogram.count

    assert found.arrivals == "join"
    assert {run.phase for run in found.predicted} == {"join-quiet", "join-register", "join-pull"}
    assert theirs == pytest.approx(ours, rel=0.15)
    assert found.observed.machine is not None
    assert 0 < (found.observed.machine.cpu_busy_share or 0) < 1
    assert left == []
    assert left_behind(disk_path) == []
    assert etcd_processes(disk_path) == []


def test_a_stop_signal_ends_etcd_and_leaves_nothing(
    disk_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While etcd is under load, too."""
    monkeypatch.setattr(validating, "LOAD_SECONDS", 4.0)  # etcd comes after the prediction
    seen: list[str] = []

    def stop_under_load() -> None:
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and not seen:
            time.sleep(0.1)
            seen.extend(etcd_processes(disk_path))
        time.sleep(2)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=stop_under_load, daemon=True).start()
    with pytest.raises(Interrupted):
        validate_session.validate_disk(Request(path=disk_path))

    assert seen
    assert left_behind(disk_path) == []
    assert etcd_processes(disk_path) == []
