"""What becomes of an etcd that fails."""

import contextlib
import random
import stat
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

from etcdbench import etcd
from etcdbench.errors import EtcdError, Interrupted
from etcdbench.etcd_programs import Programs
from etcdbench.schedule import even_load
from etcdbench.stopping import StopRequest
from etcdbench.workload import Requests
from etcdbench.workspace import Workspace, workspace

STAND_IN = """#!{python}
# Answers as a healthy etcd does on its client port; refuses every put.
import http.server, os, pathlib, sys, threading, urllib.parse

flags = dict(flag.lstrip("-").split("=", 1) for flag in sys.argv[1:])
pathlib.Path("{pid_file}").write_text(str(os.getpid()))
pathlib.Path({data}).mkdir(parents=True)
{life}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, text):
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def do_GET(self):
        self.answer(200, b'{{"health": "true"}}' if self.path == "/health" else b"up 1\\n")

    def log_message(self, *words):
        pass


port = urllib.parse.urlsplit(flags["listen-client-urls"]).port
http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()
"""


def program(folder: Path, body: str, name: str = "etcd") -> Path:
    """Put a shell script in place of a program."""
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{body}")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


@contextlib.contextmanager
def directories(tmp_path: Path) -> Generator[tuple[Workspace, Workspace], None, None]:
    """Make our directories on the target and in memory."""
    target, scratch = tmp_path / "target", tmp_path / "scratch"
    target.mkdir()
    scratch.mkdir()
    with (
        workspace(target, alone=True, on_leftover=print) as ours,
        workspace(scratch, alone=False, on_leftover=print) as logs,
    ):
        yield ours, logs


def serve(tmp_path: Path, body: str) -> None:
    """Try to serve with a program in place of etcd."""
    server = program(tmp_path / "bin", body)
    with (
        directories(tmp_path) as (ours, logs),
        etcd.serving(
            Programs(etcd=server, etcdctl=server, version="3.5.1"),
            target=ours,
            scratch=logs,
            stop=StopRequest(),
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


@contextlib.contextmanager
def stand_in(
    tmp_path: Path,
    *,
    etcdctl: str = "",
    data: str = 'flags["data-dir"] + "/member/wal"',
    life: str = "",
) -> Generator[tuple[Programs, etcd.Server, Workspace], None, None]:
    """Serve with a stand-in for etcd, and a shell script for etcdctl."""
    folder = tmp_path / "bin"
    control = program(folder, etcdctl, "etcdctl")
    server = folder / "etcd"
    server.write_text(
        STAND_IN.format(python=sys.executable, pid_file=tmp_path / "pid", data=data, life=life)
    )
    server.chmod(0o755)
    programs = Programs(etcd=server, etcdctl=control, version="3.5.1")
    with (
        directories(tmp_path) as (ours, logs),
        etcd.serving(programs, target=ours, scratch=logs, stop=StopRequest()) as running,
    ):
        yield programs, running, logs


def nothing_is_left(tmp_path: Path) -> bool:
    """Say whether the stand-in is gone and both directories are empty."""
    pid = int((tmp_path / "pid").read_text())
    folders = [tmp_path / "target", tmp_path / "scratch"]
    return not Path(f"/proc/{pid}").exists() and not any(any(f.iterdir()) for f in folders)


def check(programs: Programs, server: etcd.Server, scratch: Workspace) -> None:
    """Load it with `check perf`."""
    etcd.check_perf(programs, server, load="s", scratch=scratch, stop=StopRequest())


def test_an_etcd_that_keeps_its_data_elsewhere_is_refused(tmp_path: Path) -> None:
    """A wrapper with its own data directory would be measured on another disk."""
    with (
        pytest.raises(EtcdError, match="does not write into"),
        stand_in(tmp_path, data=f'"{tmp_path}/elsewhere"'),
    ):
        raise AssertionError("it must not be served")
    assert nothing_is_left(tmp_path)


def test_a_check_perf_that_fails_is_one_sentence(tmp_path: Path) -> None:
    """With its last words."""
    with (
        pytest.raises(EtcdError, match="status 4: no endpoints"),
        stand_in(tmp_path, etcdctl="echo 'no endpoints' >&2; exit 4") as (programs, server, logs),
    ):
        check(programs, server, logs)
    assert nothing_is_left(tmp_path)


def test_metrics_are_read_while_check_perf_still_loads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its end, in which it deletes everything, is left out."""
    monkeypatch.setattr(etcd, "CHECK_PERF_SECONDS", 0.3)
    command = "sleep 1; echo '60 / 60PASS: Throughput is 150'"

    with stand_in(tmp_path, etcdctl=command) as (programs, server, logs):
        page = etcd.check_perf(programs, server, load="s", scratch=logs, stop=StopRequest())
    assert page == {("up", ""): 1.0}


def test_check_perf_takes_one_core_at_most_and_etcd_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On all cores the client makes etcd's flushes wait; etcd itself runs as it would."""
    monkeypatch.setattr(etcd, "CHECK_PERF_SECONDS", 0.3)
    monkeypatch.delenv("GOMAXPROCS", raising=False)
    client = f'echo "$GOMAXPROCS" > {tmp_path}/client; sleep 1; echo "PASS: Throughput is 150"'
    life = f"pathlib.Path('{tmp_path}/etcd').write_text(str(os.environ.get('GOMAXPROCS')))"

    with stand_in(tmp_path, etcdctl=client, life=life) as (programs, server, logs):
        check(programs, server, logs)

    assert (tmp_path / "client").read_text() == "1\n"
    assert (tmp_path / "etcd").read_text() == "None"


def test_a_check_perf_that_ends_at_once_is_no_load(tmp_path: Path) -> None:
    """Though it says PASS: nothing was read while it loaded."""
    with (
        pytest.raises(EtcdError, match="check perf failed"),
        stand_in(tmp_path, etcdctl="echo 'PASS: Throughput is 150'") as (programs, server, logs),
    ):
        check(programs, server, logs)


def test_an_etcd_that_dies_under_load_is_noticed(tmp_path: Path) -> None:
    """The load is stopped, and its client too."""
    life = "threading.Timer(1.0, os._exit, [9]).start()"
    with (
        pytest.raises(EtcdError, match="etcd died"),
        stand_in(tmp_path, etcdctl="exec sleep 60", life=life) as (programs, server, logs),
    ):
        check(programs, server, logs)
    assert nothing_is_left(tmp_path)


def test_refused_requests_are_an_error(tmp_path: Path) -> None:
    """A load that did not arrive predicts nothing."""
    load = even_load(Requests(rate_per_second=50.0), seconds=0.2, rng=random.Random(1))
    with (
        pytest.raises(EtcdError, match=r"refused 10 of 10 requests \([A-Z_]+: "),
        stand_in(tmp_path) as (_, server, logs),
    ):
        etcd.send_requests(server, load, scratch=logs, stop=StopRequest())


def test_a_user_who_stops_ends_the_load(tmp_path: Path) -> None:
    """And etcd with it."""
    stop = StopRequest()
    stop.requested = True
    with (
        pytest.raises(Interrupted),
        stand_in(tmp_path, etcdctl="exec sleep 60") as (programs, server, logs),
    ):
        etcd.check_perf(programs, server, load="s", scratch=logs, stop=stop)
    assert nothing_is_left(tmp_path)
