"""`etcdbench profiles`: list what can be written, show it, export it for plain fio."""

from pathlib import Path

import click

MILLISECONDS = click.FloatRange(min=0.01, max=10_000)


@click.group(invoke_without_command=True)
@click.pass_context
def profiles(ctx: click.Context) -> None:
    """List what can be written to the disk."""
    from etcdbench import profile

    if ctx.invoked_subcommand is None:
        for name in profile.names():
            click.echo(f"{name:<10} {profile.load(name).profile.title}")


@profiles.command()
@click.argument("name")
@click.option(
    "--export",
    "folder",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Write the job files that plain fio runs by hand.",
)
@click.option(
    "--flush-ms",
    type=MILLISECONDS,
    default=2.0,
    show_default=True,
    help="Flush time that the batches suppose.",
)
@click.option(
    "--commit-ms",
    type=MILLISECONDS,
    default=10.0,
    show_default=True,
    help="Backend commit time that the schedule supposes.",
)
def show(name: str, folder: Path | None, flush_ms: float, commit_ms: float) -> None:
    """Show the profile NAME (or a profile file of your own) and its fio job files."""
    from etcdbench import export, profile

    loaded = profile.load(name)
    if folder:
        for path in export.export(loaded, folder, flush_ms=flush_ms, commit_ms=commit_ms):
            click.echo(path)
        return
    click.echo(loaded.text.rstrip())
    for phase in export.compile_phases(
        loaded, folder=Path("DIR"), flush_ms=flush_ms, commit_ms=commit_ms
    ):
        click.echo(f"\n# --- {phase.name}/job.fio ---\n")
        click.echo(phase.job.job_file.rstrip())
