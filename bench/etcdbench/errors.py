"""The one tree of errors: what is wrong, what to do about it, and the exit status that says so.

EtcdbenchError (1)
    UsageError (2)   options that do not go together, or values that they cannot have
    PreflightError   the target, the machine or an option's value will not do; nothing was written
    ProfileError     a profile file cannot be used
    ResultFileError  a result file cannot be read or written
    FioError         fio is missing, too old, or failed
    EtcdError        etcd is missing, did not start, or failed
    Interrupted (130) the user, or the system, asked us to stop
"""

from typing import ClassVar


class EtcdbenchError(Exception):
    """A failure that the user can do something about.

    Attributes:
        message: One sentence: what is wrong, and with what.
        hint: One sentence: what to do.
    """

    exit_status: ClassVar[int] = 1

    def __init__(self, message: str, *, hint: str) -> None:
        """Keep both sentences; `str()` gives the message."""
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(EtcdbenchError):
    """Options that do not go together, or values that they cannot have."""

    exit_status = 2


class PreflightError(EtcdbenchError):
    """This target, machine or request will not do; not a byte was written."""


class ProfileError(EtcdbenchError):
    """A profile cannot be used."""


class ResultFileError(EtcdbenchError):
    """A result file cannot be read or written."""


class FioError(EtcdbenchError):
    """Fio is missing, too old, or did not do what it was told."""


class EtcdError(EtcdbenchError):
    """A real etcd is missing, did not start, or did not do what it was told."""


class Interrupted(EtcdbenchError):  # noqa: N818 - it is nobody's error
    """Somebody pressed Ctrl-C, or the system sent SIGTERM or SIGHUP."""

    exit_status = 130

    def __init__(self, but: str = "") -> None:
        """Say so, and what did not end as it should."""
        super().__init__(
            f"interrupted{but}"
            if but
            else "interrupted: fio was stopped and our files were removed",
            hint="run it again when the machine is free (with --force if -o named a file)",
        )
