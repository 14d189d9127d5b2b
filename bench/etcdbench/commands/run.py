"""`etcdbench run`: measure a disk, keep the result, say what it means."""

from pathlib import Path
from typing import Literal

import click

EXIT_STATUS = {"pass": 0, "warn": 0, "fail": 3, "inconclusive": 4}


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option(
    "--load",
    type=click.Choice(["s", "m", "l", "xl"]),
    help="Cluster class: 150, 1,000, 8,000 or 15,000 writes/s; s if not given.",
)
@click.option("--rate", type=float, metavar="R", help="Requests per second of your own cluster.")
@click.option(
    "--value-size", metavar="B", help="Bytes of a value, such as 512 or 2KiB; 1KiB if not given."
)
@click.option("--quick", is_flag=True, help="Judge the WAL only: about 20 s, at most a minute.")
@click.option(
    "--full",
    is_flag=True,
    help="Measure to the cap of 3 minutes, and let nodes join up to ten times: 25 minutes.",
)
@click.option(
    "--profile",
    "profile_name",
    default="steady",
    metavar="NAME|FILE",
    help="What to write; see `etcdbench profiles`.",
)
@click.option(
    "--join",
    type=int,
    metavar="N",
    help="Let N nodes join in full length (five if another join option is given). Without any "
    "join option: five, cut after 30 s, images elsewhere.",
)
@click.option(
    "--cni",
    type=click.Choice(["flannel", "cilium", "calico"]),
    help="Network plugin of the joining nodes; cilium if not given, flannel and cilium with "
    "--join-capacity.",
)
@click.option(
    "--topology",
    type=click.Choice(["auto", "dedicated", "shared-disk", "shared-filesystem"]),
    help="Whether their images are pulled onto this disk: dedicated if the nodes are other "
    "machines; auto, the default with a join option, looks where this machine keeps images.",
)
@click.option(
    "--image-dir",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Where container images live.",
)
@click.option(
    "--jitter",
    type=float,
    metavar="S",
    help="All nodes start within S seconds; 5 if not given, 0 is the worst.",
)
@click.option(
    "--replay",
    "capture",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Replay a capture instead: CSV of seconds, key bytes, value bytes.",
)
@click.option(
    "--control-plane-join",
    "promote",
    is_flag=True,
    help="Instead let this node become a member: receive a database, flush it, follow.",
)
@click.option(
    "--db-size",
    metavar="SIZE",
    help="Size of that database, 500MB if not given; yours is etcd_mvcc_db_total_size_in_bytes.",
)
@click.option(
    "--join-capacity",
    is_flag=True,
    help="Find out how many nodes may join at once, and nothing else; up to an hour.",
)
@click.option("--no-join", is_flag=True, help="Leave the node-join burst out.")
@click.option(
    "--beside-etcd",
    is_flag=True,
    help="Measure gently beside a live etcd, without joins; never ends in a pass.",
)
@click.option(
    "--metrics",
    metavar="URL",
    help="With --beside-etcd: where that etcd serves its metrics, over HTTP; tried if not given: "
    "http://127.0.0.1:2381/metrics.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Where to keep the result; named by host and time if not given.",
)
@click.option(
    "--html",
    "page",
    type=click.Path(path_type=Path),
    metavar="PAGE",
    help="Write one HTML page with charts, too.",
)
@click.option("--force", is_flag=True, help="Overwrite FILE and PAGE.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
@click.pass_context
def run(
    ctx: click.Context,
    /,
    path: Path,
    *,
    load: str | None,
    rate: float | None,
    value_size: str | None,
    quick: bool,
    full: bool,
    profile_name: str,
    join: int | None,
    cni: Literal["flannel", "cilium", "calico"] | None,
    topology: Literal["auto", "dedicated", "shared-disk", "shared-filesystem"] | None,
    image_dir: Path | None,
    jitter: float | None,
    capture: Path | None,
    promote: bool,
    db_size: str | None,
    join_capacity: bool,
    no_join: bool,
    beside_etcd: bool,
    metrics: str | None,
    output: Path | None,
    page: Path | None,
    force: bool,
    as_json: bool,
) -> None:
    """Measure the disk under the directory PATH; say whether etcd will be healthy on it.

    PATH is where etcd keeps its data, usually /var/lib/etcd. Everything is written into one
    directory of our own there, and removed in the end.

    \b
    Exit status: 0 pass or warn, 1 error, 2 usage, 3 fail, 4 inconclusive,
    130 interrupted.
    """  # noqa: D301 - \b is click's mark for lines to be left as they are
    from etcdbench.joining import JoinRequest
    from etcdbench.session import Request, measure_disk

    request = Request(
        path=path,
        load=load,
        rate_per_second=rate,
        value_size=value_size,
        mode=_mode(quick=quick, full=full),
        profile=profile_name,
        join=JoinRequest(
            nodes=join,
            cni=cni,
            topology=topology,
            image_directory=image_dir,
            jitter_seconds=jitter,
            left_out=no_join,
            capture=capture,
            database_size=db_size,
            promoted=promote,
        ),
        join_capacity=join_capacity,
        beside_etcd=beside_etcd,
        metrics=metrics,
        output=output,
        page=page,
        force=force,
        as_json=as_json,
    )
    ctx.exit(EXIT_STATUS[measure_disk(request)])


def _mode(*, quick: bool, full: bool) -> Literal["default", "quick", "full"]:
    if quick and full:
        raise click.UsageError("--quick and --full exclude each other")
    return "quick" if quick else "full" if full else "default"
