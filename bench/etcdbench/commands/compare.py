"""`etcdbench compare`: several disks or nodes side by side, or one before and after."""

from pathlib import Path

import click


@click.command()
@click.argument(
    "results", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="RESULT..."
)
@click.option(
    "--baseline",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="An earlier result: has the disk become worse since?",
)
@click.option(
    "--promote",
    "places",
    type=click.IntRange(min=1),
    metavar="K",
    help="Say which K of the nodes to promote to control plane.",
)
@click.option(
    "--html", "page", type=click.Path(path_type=Path), metavar="PAGE", help="Write a page, too."
)
@click.option("--anyway", is_flag=True, help="Compare what was not measured alike, and say so.")
@click.option("--force", is_flag=True, help="Overwrite PAGE.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
@click.pass_context
def compare(
    ctx: click.Context,
    /,
    results: tuple[Path, ...],
    *,
    baseline: Path | None,
    places: int | None,
    page: Path | None,
    anyway: bool,
    force: bool,
    as_json: bool,
) -> None:
    """Rank each RESULT by verdict and tail; name ties and the one that stands out.

    Exit status: 0; 3 if a disk has certainly become worse than its baseline, or if fewer than K
    nodes are fit.
    """
    from etcdbench import reading

    well = reading.compare_results(
        reading.CompareRequest(
            paths=results,
            baseline=baseline,
            places=places,
            page=page,
            anyway=anyway,
            force=force,
            as_json=as_json,
        )
    )
    ctx.exit(0 if well else 3)
