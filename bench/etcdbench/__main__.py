"""The program: one command line, one place where errors become one line and a status."""

import os
import signal
import sys
from types import FrameType

import click

from etcdbench.commands import etcdbench
from etcdbench.errors import EtcdbenchError, Interrupted

STDERR = 2


def main() -> None:
    """Run the command line and exit with its status."""
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, leave)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    try:
        status = etcdbench.main(prog_name="etcdbench", standalone_mode=False)
    except EtcdbenchError as error:
        complain(error)
        status = error.exit_status
    except click.ClickException as error:
        error.show()
        status = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        complain(Interrupted())
        status = Interrupted.exit_status
    except BrokenPipeError:
        sys.stderr.close()  # whoever read our output has gone: that is no error
        status = 0
    except OSError as error:
        place = f" ({error.filename})" if error.filename else ""
        complain(
            EtcdbenchError(
                f"the system refused something: {error.strerror}{place}",
                hint="look for a full disk or /dev/shm, and at dmesg for I/O errors",
            )
        )
        status = EtcdbenchError.exit_status
    sys.exit(status if isinstance(status, int) else 0)


def complain(error: EtcdbenchError) -> None:
    """Print what is wrong and what to do about it."""
    from etcdbench.units import printable  # noqa: PLC0415 - only on failure

    print(f"etcdbench: {printable(error.message)}", file=sys.stderr)  # noqa: T201 - this is where it is said
    print(f"hint: {printable(error.hint)}", file=sys.stderr)  # noqa: T201 - this is where it is said


def leave(_number: int, _frame: FrameType | None) -> None:
    """End at once: before a measurement listens itself, and after it, there is nothing to remove.

    No exception: one that is raised in the middle of an import gets lost there, or becomes another.
    """
    said = Interrupted()
    os.write(STDERR, f"etcdbench: {said.message}\nhint: {said.hint}\n".encode())
    os._exit(Interrupted.exit_status)


if __name__ == "__main__":
    main()
