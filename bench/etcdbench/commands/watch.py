"""`etcdbench watch`: look on while etcd works, and keep what was seen."""

from pathlib import Path

import click

EXIT_STATUS = {"pass": 0, "warn": 0, "fail": 3, "inconclusive": 4}


@click.command()
@click.argument("path", type=click.Path(path_type=Path), required=False)
@click.option(
    "--metrics",
    "metrics_url",
    metavar="URL",
    help="etcd's metrics; http://127.0.0.1:2381/metrics, kubeadm's own, if not given.",
)
@click.option(
    "--cacert",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Who signed etcd's certificate, for https.",
)
@click.option(
    "--cert", type=click.Path(path_type=Path), metavar="FILE", help="Certificate to show to etcd."
)
@click.option("--key", type=click.Path(path_type=Path), metavar="FILE", help="Its key.")
@click.option(
    "--for",
    "runtime",
    metavar="TIME",
    help="How long, such as 90s, 10m, 2h or 3d; until Ctrl-C if not given.",
)
@click.option(
    "--interval", default="1s", metavar="TIME", help="Time between two readings; 1s if not given."
)
@click.option(
    "--probe",
    is_flag=True,
    help="Also flush 4 KiB of ours at each reading; refused where an etcd is live on the disk.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Where to keep the result; named by host and time if not given.",
)
@click.option("--force", is_flag=True, help="Overwrite FILE.")
@click.pass_context
def watch(
    ctx: click.Context,
    /,
    path: Path | None,
    *,
    metrics_url: str | None,
    cacert: Path | None,
    cert: Path | None,
    key: Path | None,
    runtime: str | None,
    interval: str,
    probe: bool,
    output: Path | None,
    force: bool,
) -> None:
    """Watch the disk under the directory PATH, and etcd's own times, while etcd works.

    PATH is where etcd keeps its data, /var/lib/etcd if not given. Nothing is written but the
    result, unless --probe is given. Ctrl-C ends it and shows the summary; standard output
    gets a line a reading where it is no terminal.

    \b
    Exit status, by Ctrl-C too: 0 pass or warn, 1 error, 2 usage, 3 fail,
    4 inconclusive.
    """  # noqa: D301 - \b is click's mark for lines to be left as they are
    from etcdbench.scrape import Certificates
    from etcdbench.watch_session import Request, watch_disk

    request = Request(
        path=path,
        metrics_url=metrics_url,
        certificates=Certificates(authority=cacert, certificate=cert, key=key),
        runtime=runtime,
        interval=interval,
        probe=probe,
        output=output,
        force=force,
    )
    ctx.exit(EXIT_STATUS[watch_disk(request)])
