"""`etcdbench doctor`: a node hangs; is it the disk or the network?"""

from pathlib import Path

import click


@click.command()
@click.argument("path", type=click.Path(path_type=Path), required=False)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
@click.pass_context
def doctor(ctx: click.Context, /, path: Path | None, *, as_json: bool) -> None:
    """Say whether this node hangs because of its disk or because of its network.

    PATH is a directory on the disk in question; without it, where etcd keeps its data
    (/var/lib/etcd, or those of k3s, rke2 and k0s), else /.

    It only looks: at the kernel's counters for two seconds, at logs, and at settings. It takes
    less than five seconds, works without root, and says what it could not see. Nothing is
    written or changed.

    Exit status: 0 if neither was seen to be the cause, 3 if the disk, the network or both were.
    """
    from etcdbench.doctoring import doctor as examine

    ctx.exit(0 if examine(path, as_json=as_json).verdict == "neither" else 3)
