"""Where text is printed: a terminal as wide as it is, anything else 80 columns wide."""

import os
import sys

from rich.console import Console

PLAIN_WIDTH = 80


class _QuietConsole(Console):
    """A console whose reader may go away: that ends neither a measurement nor its verdict."""

    def on_broken_pipe(self) -> None:
        """Print nothing any more."""
        self.quiet = True
        os.dup2(
            os.open(os.devnull, os.O_WRONLY), (sys.stderr if self.stderr else sys.stdout).fileno()
        )


def console(*, stderr: bool) -> Console:
    """Return a console: the terminal's width, or 80 columns; NO_COLOR is honoured by rich."""
    found = _QuietConsole(stderr=stderr, highlight=False, markup=False, emoji=False)
    if not found.is_terminal:
        found = _QuietConsole(
            stderr=stderr, highlight=False, markup=False, emoji=False, width=PLAIN_WIDTH
        )
    return found
