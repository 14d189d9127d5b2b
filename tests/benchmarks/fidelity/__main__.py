"""Hold the prediction against a real etcd on many disks, and show how close it is.

    python tests/benchmarks/fidelity measure --machine NAME [--etcd BIN] [--only NAME] [--own DIR]
    python tests/benchmarks/fidelity report

`measure` takes two and a half minutes for each disk, load and repeat, five for each join
(`--loads join-5-0,join-20-5`: nodes with Cilium, seconds of jitter); what was measured is kept, so it
may be stopped and started again. It goes round by round over all disks, and leaves a case out that
has enough. Every other round of a load, not of a join, begins with etcd. `report` writes docs/accuracy-campaign.md and its chart.
"""

import itertools
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import lab
from benchmarks.fidelity import cases, kept
from benchmarks.fidelity import report as page
from benchmarks.fidelity.disks import DISKS, JOIN_DISKS, Disk
from etcdbench.burst import Bursts
from etcdbench.errors import EtcdbenchError, Interrupted
from etcdbench.etcd_programs import find_etcd
from etcdbench.joining import JoinRequest, bursts_of
from etcdbench.stopping import StopRequest
from etcdbench.validate_session import Request, prepare
from etcdbench.validating import Kind, Round, Validation
from etcdbench.workload import Arrivals
from fakes import Silent

RESULTS = Path(__file__).parent / "results"


@click.group()
def main() -> None:
    """Measure the campaign, or write its page."""


@main.command()
@click.option("--machine", required=True, help="A name for this machine: rounds are kept by it.")
@click.option("--repeats", default=5, show_default=True)
@click.option("--arrivals", default="regular", type=click.Choice(["regular", "poisson"]))
@click.option("--loads", default="s,m", show_default=True)
@click.option("--only", default="", help="Parts of disks' names, with commas between them.")
@click.option("--etcd", type=click.Path(path_type=Path))
@click.option("--own", default=Path(), type=click.Path(path_type=Path))
@click.option("--results", default=RESULTS, type=click.Path(path_type=Path))
def measure(
    *,
    machine: str,
    repeats: int,
    arrivals: Arrivals,
    loads: str,
    only: str,
    etcd: Path | None,
    own: Path,
    results: Path,
) -> None:
    """Measure what is missing."""
    if missing := lab.why_no_lab():
        raise click.ClickException(missing)
    version = find_etcd(etcd).version
    with StopRequest().listen() as stop:
        for repeat, load, disk in _wanted(repeats, loads.split(","), only.split(",")):
            blank = kept.Kept(disk=disk.name, load=load, etcd_version=version, machine=machine)
            known = kept.read(results, blank)
            kind = "join" if _joins(load) else arrivals
            if known.count(kind) >= repeat or cases.enough(known, kind):
                continue
            began = time.monotonic()
            try:
                stop.check()
                said = _case(disk, known, kind, etcd=etcd, own=own, results=results, stop=stop)
            except Interrupted as error:
                raise click.ClickException(f"{error}") from error
            except EtcdbenchError as error:
                said = f"{error}"
            click.echo(f"{repeat} {load} {disk.name}: {said}, {time.monotonic() - began:.0f} s")
            sys.stdout.flush()


def _wanted(
    repeats: int, loads: Sequence[str], only: Sequence[str]
) -> Iterator[tuple[int, str, Disk]]:
    """Go round by round over all loads and disks that were asked for."""
    for repeat, load, disk in itertools.product(range(1, repeats + 1), loads, DISKS):
        if any(part in disk.name for part in only) and (
            disk.name in JOIN_DISKS or not _joins(load)
        ):
            yield repeat, load, disk


def _case(
    disk: Disk,
    known: kept.Kept,
    kind: Kind,
    *,
    etcd: Path | None,
    own: Path,
    results: Path,
    stop: StopRequest,
) -> str:
    """Measure one round of one case, and in the first one at load s the recipe."""
    with (
        tempfile.TemporaryDirectory() as scratch,
        disk.mounted(Path(scratch), own) as directory,
    ):
        work = prepare(
            Request(path=directory, load="m" if known.load == "m" else "s", etcd=etcd),
            observer=Silent(),
            on_leftover=lambda path: click.echo(f"left over: {path}"),
            stop=stop,
        )
        known = kept.with_round(known, _round(work, known, kind))
        kept.write(results, known)
        if known.recipe is None and known.load == "s":
            known = kept.with_recipe(known, work.recipe())
            kept.write(results, known)
        return f"{known.count(kind)} rounds"


def _round(work: Validation, known: kept.Kept, kind: Kind) -> Round:
    if kind == "join":
        joins = _joins(known.load)
        assert joins
        return work.join_round(joins, number=known.count(kind) + 1)
    return work.round(kind, etcd_first=known.count(kind) % 2 == 1)


def _joins(load: str) -> Bursts | None:
    """Return the burst that a load of the campaign stands for; None for a cluster class."""
    name, *numbers = load.split("-")
    if name != "join":
        return None
    nodes, jitter = numbers
    wanted = JoinRequest(
        nodes=int(nodes), cni="cilium", jitter_seconds=float(jitter), topology="dedicated"
    )
    return bursts_of(wanted, times=1)


@main.command()
@click.option("--results", default=RESULTS, type=click.Path(path_type=Path))
def report(*, results: Path) -> None:
    """Write the page and its chart."""
    page.write(kept.read_all(results), Path(__file__).parents[3] / "docs")


if __name__ == "__main__":
    main()
