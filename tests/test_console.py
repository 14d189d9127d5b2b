"""Where text is printed."""

import subprocess
import sys


def test_a_reader_that_goes_away_is_no_error() -> None:
    """What is printed then goes nowhere."""
    code = (
        "from etcdbench.console import console\n"
        "out = console(stderr=False)\n"
        "for number in range(100000): out.print(number)\n"
        "assert out.quiet"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()

        assert process.wait(timeout=30) == 0
