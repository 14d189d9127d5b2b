"""`etcdbench report`: show results again, or as one page to send to somebody."""

from pathlib import Path

import click


@click.command()
@click.argument(
    "results", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="RESULT..."
)
@click.option(
    "-o",
    "--output",
    "page",
    type=click.Path(path_type=Path),
    metavar="PAGE",
    help="Write one HTML page, which needs nothing else; else it is shown here.",
)
@click.option("--force", is_flag=True, help="Overwrite PAGE.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each result.")
def report(results: tuple[Path, ...], page: Path | None, *, force: bool, as_json: bool) -> None:
    """Show each RESULT: its verdict, checks, caveats and, on a page, its charts.

    RESULT is a file that `etcdbench run` has written.
    """
    from etcdbench import reading

    reading.report(results, page=page, force=force, as_json=as_json)
