"""Logs are read to a bound, in all the forms in which they lie about."""

import datetime
import json
import os
import time
from pathlib import Path

import pytest

from doctors import Installed
from etcdbench import log_lines
from trees import write_files

SLOW = '{"level":"warn","msg":"slow fdatasync","took":"1.5s"}'
ERROR = "I/O error, dev sda, sector 7 op 0x1:(WRITE)"


def entry(text: object, *, age_seconds: float = 60.0) -> str:
    """Return a line of `journalctl -o json`."""
    moment = str(int((time.time() - age_seconds) * 1e6))
    return json.dumps({"MESSAGE": text, "__REALTIME_TIMESTAMP": moment}) + "\n"


def pod_line(text: str, *, age_seconds: float = 60.0) -> str:
    """Return a line as the container runtime writes it, with nanoseconds."""
    moment = datetime.datetime.now(datetime.UTC) - datetime.timedelta(seconds=age_seconds)
    return f"{moment:%Y-%m-%dT%H:%M:%S.%f}123Z stderr F {text}\n"


def test_the_kernels_buffer_is_read(tmp_path: Path) -> None:
    """Its own lines of trouble within a day; not what programs wrote there, nor old lines."""
    records = [
        f"3,1,{(200_000 - 3600) * 1_000_000},-;{ERROR}",
        " SUBSYSTEM=block",
        f"6,2,{(200_000 - 100) * 1_000_000},-;usb 1-1: new device",
        f"11,3,{(200_000 - 100) * 1_000_000},-;{ERROR}",  # facility 1: a program
        f"3,4,{(200_000 - 90_000) * 1_000_000},-;{ERROR}",  # 25 hours ago
        "garbage",
    ]
    write_files(
        tmp_path,
        {"dev/kmsg": "\n".join(records) + "\n", "proc/uptime": "200000.00 1.0\n"},
    )
    found = log_lines.kernel_lines(Installed(tmp_path), journal_readable=False, root=tmp_path)

    assert found is not None
    assert [(line.text, line.age_seconds) for line in found] == [(ERROR, 3600)]


def test_without_the_buffer_the_journal_is_asked(tmp_path: Path) -> None:
    """For the kernel's lines of the last day, no more than a bound."""
    programs = Installed(tmp_path / "bin")
    programs.install("journalctl", entry(ERROR) + entry("usb 1-1: new device"))
    found = log_lines.kernel_lines(programs, journal_readable=True, root=tmp_path)

    assert found is not None
    assert [line.text for line in found] == [ERROR]
    (asked,) = programs.asked("journalctl")
    assert "-k --since=-86400s" in asked
    assert "--lines=4000" in asked


def test_a_log_that_nobody_may_read_is_unknown(tmp_path: Path) -> None:
    """Which is not the same as a silent one."""
    programs = Installed(tmp_path / "bin")

    assert log_lines.kernel_lines(programs, journal_readable=False, root=tmp_path) is None
    assert log_lines.kernel_lines(programs, journal_readable=True, root=tmp_path) is None
    assert log_lines.etcd_lines(programs) is None


def test_etcds_lines_of_the_journal_are_read(tmp_path: Path) -> None:
    """Also those that are no UTF-8, which journald gives as numbers; garbage is left out."""
    programs = Installed(tmp_path / "bin")
    lines = [
        entry(SLOW),
        entry(list(b"slow fdatasync \xff")),
        entry("compacted"),
        entry(None),
        entry([1, "x"]),
        entry([999]),
        entry(SLOW, age_seconds=4000),
        '{"MESSAGE": 7, "__REALTIME_TIMESTAMP": "soon"}\n',
        "no json\n",
        "[]\n",
    ]
    programs.install("journalctl", "".join(lines))
    found = log_lines.etcd_lines(programs)

    assert found is not None
    assert [line.text for line in found] == [SLOW, "slow fdatasync \N{REPLACEMENT CHARACTER}"]
    assert found[0].age_seconds == pytest.approx(60, abs=20)
    assert "_COMM=etcd + _SYSTEMD_UNIT=k3s.service" in programs.asked("journalctl")[0]


def test_etcds_pod_is_read(tmp_path: Path) -> None:
    """Its newest log, lines of the last hour."""
    folder = "var/log/pods/kube-system_etcd-cp-1_0123/etcd"
    old = pod_line(SLOW)
    new = pod_line(SLOW, age_seconds=4000) + pod_line("fine") + pod_line(SLOW) + "garbage\n"
    write_files(tmp_path, {f"{folder}/0.log": old, f"{folder}/1.log": new})
    write_files(tmp_path, {"var/log/pods/kube-system_coredns_1/coredns/0.log": pod_line(SLOW)})
    os.utime(tmp_path / folder / "0.log", (1, 1))

    assert [line.text for line in log_lines.pod_lines(root=tmp_path)] == [SLOW]
    assert log_lines.pod_lines(root=tmp_path / "nothing") == ()


def test_only_the_end_of_a_pods_log_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may hold gigabytes."""
    last = pod_line(SLOW)
    monkeypatch.setattr(log_lines, "POD_LOG_BYTES_MAX", len(last))
    write_files(
        tmp_path, {"var/log/pods/kube-system_etcd-cp_1/etcd/0.log": pod_line(SLOW) * 9 + last}
    )

    assert len(log_lines.pod_lines(root=tmp_path)) == 1


def test_a_time_that_is_none_is_left_out(tmp_path: Path) -> None:
    """Logs are others' text."""
    lines = "".join(f"{moment} stderr F {SLOW}\n" for moment in ("yesterday", "0001-01-01"))
    write_files(tmp_path, {"var/log/pods/kube-system_etcd-cp_1/etcd/0.log": lines})

    assert log_lines.pod_lines(root=tmp_path) == ()


def test_the_files_of_the_system_journal_are_found(tmp_path: Path) -> None:
    """In memory and on disk."""
    names = ("run/log/journal/1/system.journal", "var/log/journal/1/system.journal")
    write_files(tmp_path, dict.fromkeys(names, "x"))

    assert log_lines.system_journals(root=tmp_path) == tuple(tmp_path / name for name in names)
