"""A real etcd: started on loopback with a private directory, loaded, scraped, stopped."""

import contextlib
import http.client
import os
import re
import shutil
import socket
import sys
import time
from collections.abc import Callable, Generator
from pathlib import Path

import msgspec

from etcdbench import metrics, process, scrape
from etcdbench.background import Background
from etcdbench.errors import EtcdError, Interrupted
from etcdbench.etcd_programs import Programs
from etcdbench.schedule import Load
from etcdbench.stopping import StopRequest
from etcdbench.workspace import Workspace

READY_SECONDS = 20.0
SCRAPE_TIMEOUT_SECONDS = 10.0
PORT_TRIES = 3
"""Between asking the kernel for a port and using it somebody else may take it."""

CHECK_PERF_SECONDS = 58.0
"""`etcdctl check perf` always loads for a minute, and then deletes all its keys in one transaction.
That is no part of the load: one commit of tens of megabytes. So the metrics are read before it."""

LOAD_GRACE_SECONDS = 60.0
"""A load may take this much longer than planned: a slow disk makes requests wait."""


class Server:
    """An etcd that answers.

    Attributes:
        url: Its client address.
        flags: Its command line without the program.
    """

    def __init__(self, child: Background, url: str, flags: tuple[str, ...]) -> None:
        """Use `serving` to get one."""
        self._child = child
        self.url = url
        self.flags = flags

    def scrape(self) -> metrics.Samples:
        """Return its metrics.

        Raises:
            EtcdError: It does not answer.
        """
        try:
            return scrape.fetch(
                scrape.read_address(self.url), timeout_seconds=SCRAPE_TIMEOUT_SECONDS
            )
        except EtcdError as error:
            raise EtcdError(
                f"{error.message}{_last_words(self._child)}",
                hint="the disk may be too slow for it; look at dmesg",
            ) from error

    @property
    def ended(self) -> bool:
        """Say whether it died."""
        return self._child.ended

    def complain(self, what: str) -> EtcdError:
        """Return an error with its last words."""
        return EtcdError(f"{what}{_last_words(self._child)}", hint="look at etcd's log above")


@contextlib.contextmanager
def serving(
    programs: Programs, *, target: Workspace, scratch: Workspace, stop: StopRequest
) -> Generator[Server, None, None]:
    """Run an etcd of one member on loopback, with its data in our directory, and remove them.

    Raises:
        EtcdError: It does not start, or writes elsewhere.
        Interrupted: The user wants us to stop.
    """
    data = target.path / "etcd"
    child, url, flags = _start(programs, data, target=target, scratch=scratch, stop=stop)
    try:
        if not (data / "member" / "wal").is_dir():
            raise EtcdError(
                f"etcd does not write into {data}", hint="give a plain etcd, not a wrapper"
            )
        yield Server(child, url, flags)
    finally:
        child.stop()
        shutil.rmtree(data, ignore_errors=True)


def check_perf(
    programs: Programs, server: Server, *, load: str, scratch: Workspace, stop: StopRequest
) -> metrics.Samples:
    """Load etcd with `etcdctl check perf`, whose requests come at equal distances.

    Returns:
        Its metrics after `CHECK_PERF_SECONDS` of load.

    Raises:
        EtcdError: It did not come to its end.
        Interrupted: The user wants us to stop.
    """
    argv = [str(programs.etcdctl), "--endpoints", server.url, "check", "perf", "--load", load]
    pages: list[metrics.Samples] = []

    def look(seconds: float) -> None:
        if seconds >= CHECK_PERF_SECONDS and not pages:
            pages.append(server.scrape())

    done = _follow(
        argv, server, scratch=scratch, stop=stop, seconds_max=60 + LOAD_GRACE_SECONDS, look=look
    )
    # Its progress bar may end on the same line.
    if not (pages and re.search(r"(PASS|FAIL): Throughput", done.stdout)):
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()
        last = f": {said[-1][:200]}" if said else ""
        raise server.complain(f"etcdctl check perf failed with status {done.status}{last}")
    return pages[0]


def send_requests(
    server: Server, load: Load, *, scratch: Workspace, stop: StopRequest
) -> metrics.Samples:
    """Load etcd with our own client (`etcdbench.client`), in a process of its own.

    Returns:
        Its metrics when the last request had been answered.

    Raises:
        EtcdError: It failed, or etcd refused requests.
        Interrupted: The user wants us to stop.
    """
    file = scratch.path / "requests.json"
    file.write_bytes(msgspec.json.encode(load))
    argv = [sys.executable, "-m", "etcdbench.client", server.url, str(file)]
    seconds_max = (
        load.due_seconds[-1] + LOAD_GRACE_SECONDS if load.due_seconds else LOAD_GRACE_SECONDS
    )
    done = _follow(argv, server, scratch=scratch, stop=stop, seconds_max=seconds_max)
    try:
        sent, answered, refusal = msgspec.json.decode(done.stdout, type=tuple[int, int, str])
    except msgspec.DecodeError as error:
        said = done.stderr.strip().splitlines()[-1:] or [""]
        raise server.complain(f"the load client failed: {said[0][:200]}") from error
    if answered < sent:
        raise server.complain(
            f"etcd refused {sent - answered} of {sent} requests ({refusal[:200]})"
        )
    return server.scrape()


def _follow(
    argv: list[str],
    server: Server,
    *,
    scratch: Workspace,
    stop: StopRequest,
    seconds_max: float,
    look: Callable[[float], None] = lambda _: None,
) -> process.Completed:
    """Run a load client to its end.

    In a real cluster clients run elsewhere, so this one gets only the CPU that etcd and the
    kernel do not want, and runs on one core at a time: `etcdctl` on all of them sends its requests
    in clumps, and more of etcd's flushes wait for a CPU (docs/accuracy-causes.md).
    """

    def on_tick(seconds: float, _process_id: int) -> str | None:
        if server.ended:
            return "etcd died"
        if seconds > seconds_max:
            return "the load did not end in time"
        look(seconds)
        return None

    done, reason = process.follow(
        argv,
        cwd=scratch.path,
        keep_open=(scratch.lock_fd,),
        on_output=lambda _: None,
        on_tick=on_tick,
        stop=stop,
        environment=_environment() | {"GOMAXPROCS": "1"},
        spare_cpu_only=True,
    )
    if reason and stop.requested:
        raise Interrupted
    if reason:
        raise server.complain(reason)
    return done


def _start(
    programs: Programs,
    data: Path,
    *,
    target: Workspace,
    scratch: Workspace,
    stop: StopRequest,
) -> tuple[Background, str, tuple[str, ...]]:
    """Start etcd on ports that the kernel picks; if somebody took one meanwhile, try again."""
    for left in range(PORT_TRIES - 1, -1, -1):
        client, peer = (f"http://127.0.0.1:{port}" for port in _free_ports(2))
        flags = (
            f"--data-dir={data}",
            "--name=etcdbench",
            f"--listen-client-urls={client}",
            f"--advertise-client-urls={client}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=etcdbench={peer}",
        )
        child = Background(
            [str(programs.etcd), *flags],
            cwd=target.path,
            keep_open=(target.lock_fd, scratch.lock_fd),
            log=scratch.path / "etcd.log",
            environment=_environment(),
        )
        try:
            _wait_until_ready(child, client, stop)
        except EtcdError:
            child.stop()
            shutil.rmtree(data, ignore_errors=True)
            if left and "address already in use" in child.printed():
                continue
            raise
        except Interrupted:
            child.stop()
            shutil.rmtree(data, ignore_errors=True)
            raise
        return child, client, flags
    raise AssertionError("the last try raises or returns")


def _wait_until_ready(child: Background, url: str, stop: StopRequest) -> None:
    deadline = time.monotonic() + READY_SECONDS
    host, _, port = url.removeprefix("http://").partition(":")
    while time.monotonic() < deadline:
        stop.check()
        if child.ended:
            raise EtcdError(
                f"etcd did not start{_last_words(child)}", hint="try it by hand: etcd --version"
            )
        connection = http.client.HTTPConnection(host, int(port), timeout=1)
        try:
            connection.request("GET", "/health")
            if b"true" in connection.getresponse().read():
                return
        except (OSError, http.client.HTTPException):
            time.sleep(0.1)
        finally:
            connection.close()
    raise EtcdError(
        f"etcd was not ready after {READY_SECONDS:.0f} s{_last_words(child)}",
        hint="the disk may be too slow for it to start; look at dmesg",
    )


def _last_words(child: Background) -> str:
    """Return the last line that etcd printed, for an error's sentence."""
    lines = child.printed().strip().splitlines()
    return f": {lines[-1][:300]}" if lines else ""


def _environment() -> dict[str, str]:
    """Return our environment without etcd's own variables, which would move its data elsewhere."""
    kept = {key: text for key, text in os.environ.items() if not key.startswith("ETCD")}
    return {**kept, "ETCDCTL_API": "3"}


def _free_ports(count: int) -> list[int]:
    """Return ports on loopback that the kernel picked just now."""
    with contextlib.ExitStack() as stack:
        listeners = [stack.enter_context(socket.socket()) for _ in range(count)]
        for listener in listeners:
            listener.bind(("127.0.0.1", 0))
        return [int(listener.getsockname()[1]) for listener in listeners]
