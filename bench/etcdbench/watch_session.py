"""One watch from the request to the verdict; it writes nothing but its result, unless told to."""

import contextlib
import datetime
import importlib.metadata
import time
from collections.abc import Callable, Generator
from pathlib import Path

import msgspec

from etcdbench import etcd_pages, preflight, scrape, system
from etcdbench.assessment import assess
from etcdbench.devices import disk_names
from etcdbench.diskstats import disk_counters
from etcdbench.errors import PreflightError, ResultFileError, UsageError
from etcdbench.flush_probe import FILE_MAX_BYTES, FlushProbe
from etcdbench.machine import LiveEtcd, MachineLoad, Target
from etcdbench.metrics import Samples
from etcdbench.model import Result, Run, Settings, Verdict
from etcdbench.monitor import Instruments, Monitor, Pace, Watch
from etcdbench.process import TICK_SECONDS
from etcdbench.records import Struct
from etcdbench.scrape import Certificates
from etcdbench.stopping import StopRequest
from etcdbench.store import OutputFile, encode, file_name
from etcdbench.units import parse_duration
from etcdbench.watch_model import LIVE
from etcdbench.watch_screen import WatchScreen
from etcdbench.workspace import workspace
from etcdbench.writers import Writers

DEFAULT_PATH = Path("/var/lib/etcd")

SAVE_SECONDS = 300.0
"""How often the result is saved meanwhile, with one flush of the disk that holds the file."""

SCRAPE_TIMEOUT_SECONDS = 2.0
INTERVAL_SECONDS_MIN = 0.5
INTERVAL_SECONDS_MAX = 3600.0
RUNTIME_SECONDS_MAX = 366 * 86_400.0

CUT_OFF = "it was cut off before its end"


class Request(Struct, frozen=True, kw_only=True):
    """What the user asked for, as typed.

    Attributes:
        path: Directory whose disk is watched; None for that of `DEFAULT_PATH`.
        metrics_url: Where etcd's metrics are; None for `DEFAULT_URL`, if anybody answers there.
        certificates: Files for TLS.
        runtime: How long to watch; None for until somebody ends it.
        interval: Time between two readings.
        probe: Whether to flush something of ours at each reading.
        output: Where to keep the result; None for a name of our own.
        force: Whether an existing file may be overwritten.
    """

    path: Path | None = None
    metrics_url: str | None = None
    certificates: Certificates = Certificates()
    runtime: str | None = None
    interval: str = "1s"
    probe: bool = False
    output: Path | None = None
    force: bool = False


def watch_disk(request: Request) -> Verdict:
    """Watch until it is over, keep the result, print what it means.

    To be stopped (Ctrl-C, SIGTERM) is how a watch usually ends, so it is no interruption.

    Raises:
        EtcdbenchError: See its subclasses.
    """
    pace = _pace(request)
    metrics_url, fetch = _scraper(request)
    with StopRequest().listen() as stop, WatchScreen() as screen:
        target = preflight.find_target(request.path or DEFAULT_PATH, write=request.probe)
        live = preflight.demand_no_live_etcd(target, beside_etcd=True)
        if request.probe:
            _demand_nobody(live)
        blank = _blank(target, live)
        keep = OutputFile(request.output or file_name(blank.environment), force=request.force)
        if request.metrics_url is not None:
            etcd_pages.demand_etcd(fetch())  # an address that was given must be right
        monitor = _monitor(target, metrics_url, pace, probed=request.probe)
        blank = msgspec.structs.replace(blank, watched=monitor.watched())
        screen.announce(blank, runtime_seconds=pace.runtime_seconds, output=keep.path)
        with _flushes(target, screen, wanted=request.probe) as probe:
            blank = msgspec.structs.replace(blank, created_at=_now())
            before = system.load_sample()
            Watch(
                monitor=monitor,
                instruments=_instruments(monitor, fetch, probe, stop, screen),
                pace=pace,
                told=_Telling(blank, monitor, keep, screen).tell,
            ).run()
        machine = system.machine_load(before, system.load_sample())
        result = result_of(blank, monitor, machine=machine)
        try:
            keep.write(encode(result))
        finally:
            meaning = assess(result, result_file=str(keep.path) if keep.written else None)
            screen.summarize(meaning, result)
    return meaning.verdict


def result_of(
    blank: Result, monitor: Monitor, *, machine: MachineLoad, cut_off: bool = False
) -> Result:
    """Return what was seen so far as a result.

    Args:
        blank: Where it was seen.
        monitor: What was seen.
        machine: How busy the machine was.
        cut_off: Whether this may be the last that is heard of it.
    """
    streams = monitor.streams()
    run = Run(
        phase=LIVE,
        started_at=blank.created_at,
        wall_seconds=monitor.at_seconds,
        job_file="",
        streams=streams,
        bytes_written=0,
        machine=machine,
    )
    return msgspec.structs.replace(
        blank,
        runs=(run,) if streams else (),
        watched=monitor.watched(),
        complete=not cut_off,
        interrupted=CUT_OFF if cut_off else None,
        wall_seconds=monitor.at_seconds,
    )


class _Telling:
    """Shows each reading, and saves the result now and then."""

    def __init__(
        self, blank: Result, monitor: Monitor, keep: OutputFile, screen: WatchScreen
    ) -> None:
        self._blank = blank
        self._monitor = monitor
        self._keep = keep
        self._screen = screen
        self._next_save_seconds = SAVE_SECONDS

    def tell(self) -> None:
        """Tell of the newest reading."""
        self._screen.show(self._monitor, self._blank)
        if self._monitor.at_seconds < self._next_save_seconds:
            return
        self._next_save_seconds = self._monitor.at_seconds + SAVE_SECONDS
        result = result_of(self._blank, self._monitor, machine=MachineLoad(), cut_off=True)
        try:
            self._keep.write(encode(result))
        except ResultFileError as error:
            self._screen.cannot_save(error.message)


# --- what is asked ------------------------------------------------------------------------------


def _pace(request: Request) -> Pace:
    """Turn the request into seconds.

    Raises:
        UsageError: A duration will not do.
    """
    interval = _seconds("--interval", request.interval)
    if not INTERVAL_SECONDS_MIN <= interval <= INTERVAL_SECONDS_MAX:
        raise UsageError("--interval is out of range", hint="give 0.5s to 1h")
    runtime = None if request.runtime is None else _seconds("--for", request.runtime)
    if runtime is not None and not interval <= runtime <= RUNTIME_SECONDS_MAX:
        raise UsageError("--for is out of range", hint="give one interval to 366d")
    return Pace(interval_seconds=interval, runtime_seconds=runtime)


def _seconds(option: str, text: str) -> float:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise UsageError(f"{option}: {error}", hint=f"give for example {option} 10m") from error


def _scraper(request: Request) -> tuple[str, Callable[[], Samples]]:
    """Return where etcd's metrics are, and what fetches them.

    Raises:
        UsageError: That is no address, or needs no certificates.
        PreflightError: The certificates cannot be used.
    """
    address = scrape.read_address(request.metrics_url or scrape.DEFAULT_URL)
    if address.secure:
        context = scrape.tls_context(request.certificates)
    elif request.certificates == Certificates():
        context = None
    else:
        raise UsageError(
            f"{address.url} needs no certificates",
            hint="leave --cacert, --cert and --key out, or write https://",
        )

    def fetch() -> Samples:
        return scrape.fetch(
            address, timeout_seconds=SCRAPE_TIMEOUT_SECONDS, context=context, names=etcd_pages.NAMES
        )

    return address.url, fetch


def _demand_nobody(live: tuple[LiveEtcd, ...]) -> None:
    """Refuse to flush beside an etcd: even a small flush makes it wait.

    Raises:
        PreflightError: There is one.
    """
    for one in live:
        raise PreflightError(
            f"{one.name} (process {one.pid}) is live on this disk, and --probe would disturb it",
            hint="leave --probe out: the disk's counters and etcd's metrics tell enough",
        )


# --- what is read -------------------------------------------------------------------------------


def _blank(target: Target, live: tuple[LiveEtcd, ...]) -> Result:
    """Return a result in which nothing was seen yet."""
    return Result(
        created_at=_now(),
        etcdbench_version=importlib.metadata.version("etcdbench"),
        settings=Settings(profile="watch"),
        requests=None,
        profile_text="",
        target=target,
        # Without a chain: the disk need not be at rest, nor does our own control group matter.
        environment=system.environment(chain=(), fio_version="", scratch_filesystem="tmpfs"),
        live_etcd=live,
        origin="watch",
    )


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")


def _monitor(target: Target, metrics_url: str, pace: Pace, *, probed: bool) -> Monitor:
    disks = disk_names(target.devices)
    caches = {one.write_cache for one in target.devices if one.name in disks}
    return Monitor(
        interval_seconds=pace.interval_seconds,
        metrics_url=metrics_url,
        disks=tuple(sorted(disks)),
        needs_flushes=caches != {"write through"},
        probed=probed,
    )


@contextlib.contextmanager
def _flushes(
    target: Target, screen: WatchScreen, *, wanted: bool
) -> Generator[FlushProbe | None, None, None]:
    """Make a file to flush, and remove it in the end; nothing where that is not wanted."""
    if not wanted:
        yield None
        return
    preflight.demand_room(target, room_bytes=2 * FILE_MAX_BYTES)
    parent = Path(target.measured_path)
    with workspace(parent, alone=True, on_leftover=screen.warn_of_leftover) as ours:
        screen.announce_probe(ours.path)
        with FlushProbe(ours.path) as probe:
            yield probe


def _instruments(
    monitor: Monitor,
    fetch: Callable[[], Samples],
    probe: FlushProbe | None,
    stop: StopRequest,
    screen: WatchScreen,
) -> Instruments:
    disks = frozenset(monitor.watched().disks)
    writers = Writers()

    def wait(seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not stop.requested and (left := deadline - time.monotonic()) > 0:
            time.sleep(min(left, TICK_SECONDS))

    return Instruments(
        clock=time.monotonic,
        wait=wait,
        wanted=lambda: not stop.requested and not screen.reader_has_gone,
        flush=probe.flush if probe else None,
        counters=lambda: (disk_counters(disks=disks), system.stall("io")),
        scrape=fetch,
        keep_up=writers.keep_up,
        busiest=writers.busiest,
    )
