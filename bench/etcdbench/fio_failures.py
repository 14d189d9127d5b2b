"""What a fio that failed said -> one sentence, and what to do about it. Pure."""

import errno

from etcdbench import process
from etcdbench.documents import DocumentSplitter
from etcdbench.errors import FioError


def deadlock(splitter: DocumentSplitter) -> str | None:
    """Say so where fio gave sections up that waited for over 5 s for one that was stalled."""
    for document in splitter.documents[-1:]:
        if any(job.error == errno.EDEADLK for job in document.jobs):
            return "an I/O had not ended for over 5 s, and fio gave up"
    return None


def check_status(
    done: process.Completed, splitter: DocumentSplitter, *, stopped: str | None
) -> None:
    """Turn a failure of fio into one sentence; fio writes JSON even when it fails.

    Args:
        done: How it ended.
        splitter: What it printed.
        stopped: Why we stopped it; None if it came to its own end.

    Raises:
        FioError: It failed, or returned nothing.
    """
    if splitter.cut_off and done.status == 0 and not stopped:
        raise FioError("fio's output was cut off", hint="run it again; look at dmesg if it recurs")
    if splitter.documents and (stopped or done.status == 0):
        return
    if stopped:
        raise FioError(
            f"fio was stopped and had returned nothing: {stopped}",
            hint="the disk does not answer; look at the kernel's log (dmesg) for I/O errors",
        )
    messages = [line for line in [*splitter.messages, *done.stderr.splitlines()] if line.strip()]
    said = f": {messages[0].strip()[:300]}" if messages else ""
    code = splitter.documents[-1].error if splitter.documents else 0
    if done.status is not None and done.status < 0:
        raise FioError(
            f"fio was killed by signal {-done.status}{said}",
            hint="see whether the kernel ran out of memory (dmesg), then run again",
        )
    if done.status != 0:
        raise FioError(
            f"fio failed with status {done.status}{said}", hint=_failure_hint(code, said)
        )
    raise FioError(
        f"fio ended without a result{said}",
        hint="run `fio --version` and the exported job by hand: etcdbench profiles show NAME --export DIR",
    )


def _failure_hint(code: int, said: str) -> str:
    """Say what to do about the error that fio met."""
    if code == errno.ENOSPC or "No space left" in said:
        return (
            "the filesystem, or the pool or file below it, is full: free some room, or measure "
            "another directory"
        )
    if code == errno.EIO or "Input/output error" in said:
        return "the disk returned an I/O error: look at dmesg and at its SMART data; do not put etcd on it"
    if code == errno.EROFS or "Read-only file system" in said:
        return "the filesystem is or became read-only: look at dmesg"
    return "run the exported job by hand: etcdbench profiles show NAME --export DIR"
