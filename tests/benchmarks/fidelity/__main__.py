"""Hold the prediction against a real etcd on many disks, and show how close it is.

    python tests/benchmarks/fidelity measure --machine NAME [--etcd BIN]... [--only NAME] [--own DIR]
    python tests/benchmarks/fidelity report

`measure` takes two and a half minutes for each disk, load and repeat, one more for a second etcd, five
for each join and etcd (`--loads join-5-0,join-20-5`: nodes with Cilium, seconds of jitter); what was
measured is kept, so it may be stopped and started again. It goes round by round over all disks, and
leaves a case out that has enough. The turns of a round of a load are fio, etcd and in the next one
etcd, fio; with two etcds of which each is held against the same fio, one, fio, the other, and in the
next one the other way round. `report` writes docs/accuracy-campaign.md and its chart.
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
from benchmarks.fidelity.turns import in_turn
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
@click.option("--etcd", "etcds", multiple=True, type=click.Path(path_type=Path))
@click.option("--own", default=Path(), type=click.Path(path_type=Path))
@click.option("--results", default=RESULTS, type=click.Path(path_type=Path))
def measure(
    *,
    machine: str,
    repeats: int,
    arrivals: Arrivals,
    loads: str,
    only: str,
    etcds: Sequence[Path],
    own: Path,
    results: Path,
) -> None:
    """Measure what is missing."""
    if missing := lab.why_no_lab():
        raise click.ClickException(missing)
    versions = {find_etcd(etcd).version: etcd for etcd in etcds or (None,)}
    with StopRequest().listen() as stop:
        for repeat, load, disk in _wanted(repeats, loads.split(","), only.split(",")):
            kind = "join" if _joins(load) else arrivals
            short: list[tuple[kept.Kept, Path | None]] = []
            for version, etcd in versions.items():
                blank = kept.Kept(disk=disk.name, load=load, etcd_version=version, machine=machine)
                known = kept.read(results, blank)
                if known.count(kind) < repeat and not cases.enough(known, kind):
                    short.append((known, etcd))
            if not short:
                continue
            began = time.monotonic()
            try:
                stop.check()
                said = _cases(disk, short, kind, own=own, results=results, stop=stop)
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


def _cases(
    disk: Disk,
    short: Sequence[tuple[kept.Kept, Path | None]],
    kind: Kind,
    *,
    own: Path,
    results: Path,
    stop: StopRequest,
) -> str:
    """Measure one round of each etcd on one disk, and at load s the recipe where it was not yet."""
    with (
        tempfile.TemporaryDirectory() as scratch,
        disk.mounted(Path(scratch), own) as directory,
    ):
        works: list[tuple[kept.Kept, Validation]] = []
        for known, etcd in short:
            work = prepare(
                Request(path=directory, load="m" if known.load == "m" else "s", etcd=etcd),
                observer=Silent(),
                on_leftover=lambda path: click.echo(f"left over: {path}"),
                stop=stop,
            )
            works.append((known, work))
        done: list[kept.Kept] = []
        for before, one in _joined(works) if kind == "join" else in_turn(works, kind):
            done.append(kept.with_round(before, one))
            kept.write(results, done[-1])
        if done[0].load == "s" and not any(known.recipe for known in done):
            kept.write(results, kept.with_recipe(done[0], works[0][1].recipe()))
        return ", ".join(f"{known.count(kind)} of {known.etcd_version}" for known in done)


def _joined(
    works: Sequence[tuple[kept.Kept, Validation]],
) -> Iterator[tuple[kept.Kept, Round]]:
    for known, work in works:
        joins = _joins(known.load)
        assert joins
        yield known, work.join_round(joins, number=known.count("join") + 1)


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
