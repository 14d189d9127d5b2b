"""What becomes of an etcd that fails."""

import stat
from pathlib import Path

import pytest

from etcdbench import etcd, process
from etcdbench.errors import EtcdError
from etcdbench.etcd_programs import Programs
from etcdbench.workspace import workspace


def program(folder: Path, body: str, name: str = "etcd") -> Path:
    """Put a shell script in place of a program."""
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{body}")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def serve(tmp_path: Path, body: str) -> None:
    """Try to serve with a program in place of etcd."""
    server = program(tmp_path / "bin", body)
    target, scratch = tmp_path / "target", tmp_path / "scratch"
    target.mkdir()
    scratch.mkdir()
    with (
        workspace(target, alone=True, on_leftover=print) as ours,
        workspace(scratch, alone=False, on_leftover=print) as logs,
        etcd.serving(
            Programs(etcd=server, etcdctl=server, version="3.5.1"),
            target=ours,
            scratch=logs,
            stop=process.StopRequest(),
        ),
    ):
        raise AssertionError("it must not become ready")


def test_an_etcd_that_dies_at_once_is_one_sentence_with_its_last_words(tmp_path: Path) -> None:
    """And nothing is left."""
    with pytest.raises(EtcdError, match="did not start: disk is full"):
        serve(tmp_path, "echo 'disk is full' >&2; exit 1")
    assert list((tmp_path / "target").iterdir()) == []


def test_an_etcd_that_never_becomes_ready_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After its time it is ended, and the sentence says so."""
    monkeypatch.setattr(etcd, "READY_SECONDS", 0.5)

    with pytest.raises(EtcdError, match="not ready after"):
        serve(tmp_path, f"echo $$ > {tmp_path}/pid; exec sleep 60")
    pid = int((tmp_path / "pid").read_text())
    assert not Path(f"/proc/{pid}").exists()


def test_a_taken_port_is_tried_again(tmp_path: Path) -> None:
    """Three times in all: another program may be quicker."""
    with pytest.raises(EtcdError, match="address already in use"):
        serve(
            tmp_path, f"echo x >> {tmp_path}/tries; echo 'bind: address already in use' >&2; exit 1"
        )
    assert len((tmp_path / "tries").read_text().split()) == etcd.PORT_TRIES


def test_etcds_own_variables_are_not_handed_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ETCD_WAL_DIR would move its WAL to another disk."""
    monkeypatch.setenv("ETCD_WAL_DIR", "/elsewhere")

    with pytest.raises(EtcdError, match="did not start: wal=;"):
        serve(tmp_path, 'echo "wal=$ETCD_WAL_DIR;" >&2; exit 1')
