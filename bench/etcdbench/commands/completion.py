"""`etcdbench completion`: the completion script of a shell."""

import click
from click.shell_completion import get_completion_class

from etcdbench.commands import etcdbench


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the completion script of SHELL.

    For bash: etcdbench completion bash > /etc/bash_completion.d/etcdbench
    """
    found = get_completion_class(shell)
    if found is None:
        raise AssertionError("click knows these three shells")
    click.echo(found(etcdbench, {}, "etcdbench", "_ETCDBENCH_COMPLETE").source())
