"""The command line: one command a file, imported only when it is called.

`COMMANDS` is the one place that a new command touches; its order is that of `--help`.
"""

import importlib
from typing import Any

import click

COMMANDS: tuple[tuple[str, str], ...] = (
    ("run", "Measure a directory's disk and say whether etcd will be healthy on it."),
    ("report", "Show results again, or as one page to send to somebody."),
    ("compare", "Put disks or nodes side by side; say which to buy or to promote."),
    ("profiles", "List what can be written to the disk, show it, export it for plain fio."),
    ("watch", "Look on while etcd works: flushes, stalls and who writes meanwhile."),
    ("validate", "Hold the prediction against a real etcd on the same disk."),
    ("doctor", "Say whether a node hangs because of its disk or its network; changes nothing."),
    ("completion", "Print the completion script of a shell."),
)


class LazyGroup(click.Group):
    """A group that imports a command when it is called, so that help comes at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of `COMMANDS`."""
        del ctx
        return [name for name, _ in COMMANDS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        del ctx
        if cmd_name not in dict(COMMANDS):
            return None
        module: Any = importlib.import_module(f"etcdbench.commands.{cmd_name}")
        command = getattr(module, cmd_name)
        return command if isinstance(command, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(COMMANDS)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="etcdbench", message="etcdbench %(version)s")
def etcdbench() -> None:
    """Will etcd be healthy on this disk? Ask before Kubernetes runs there.

    \b
    Exit status: 0 pass or warn, 1 error, 2 usage, 3 fail, 4 inconclusive,
    130 interrupted.
    """  # noqa: D301 - \b is click's mark for lines to be left as they are
