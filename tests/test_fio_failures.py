"""What a fio that failed said, as one sentence with a hint."""

import pytest

from etcdbench.documents import Document, DocumentSplitter, Job
from etcdbench.errors import FioError
from etcdbench.fio_failures import check_status, deadlock
from etcdbench.process import Completed
from fakes import DATA, document, printed

RECORDED = DATA / "fio" / "3.33"
GOOD = printed(document(1000, {"wal": {1: 1}}))


def check(status: int, stdout: str = "", stderr: str = "", *, stopped: str | None = None) -> None:
    """Judge how a fio ended."""
    check_status(Completed(status, stdout, stderr), fed(stdout), stopped=stopped)


def fed(stdout: str) -> DocumentSplitter:
    """Return what is left of fio's output once it is cut into documents."""
    splitter = DocumentSplitter()
    splitter.feed(stdout)
    return splitter


@pytest.mark.parametrize(
    ("status", "stopped"), [(0, None), (0, "a limit"), (1, "a limit"), (-15, "a limit")]
)
def test_what_came_to_its_end_or_was_stopped_by_us_is_a_result(
    status: int, stopped: str | None
) -> None:
    """As long as there is a document."""
    check(status, GOOD, stopped=stopped)


def test_a_recorded_failure_is_one_sentence_with_a_fitting_hint() -> None:
    """The real output of a fio on a full disk: status 1, an error line, and JSON all the same."""
    stdout, stderr = ((RECORDED / f"full.{name}").read_text() for name in ("stdout", "stderr"))

    with pytest.raises(FioError, match=r"fio failed with status 1: .*No space left") as caught:
        check(1, stdout, stderr)

    assert "full" in caught.value.hint
    assert "\n" not in caught.value.message


@pytest.mark.parametrize(
    ("status", "stdout", "stderr", "sentence"),
    [
        (0, "", "", "without a result"),
        (0, "garbage\n", "", "without a result: garbage"),
        (0, "{\noops\n}\n", "", "without a result"),
        (0, f"{GOOD}{GOOD[:50]}\n", "", "cut off"),
        (-9, "", "", "killed by signal 9"),
        (1, "", "fio: bad option\n", "status 1: fio: bad option"),
        (1, "", "Input/output error\n", "Input/output error"),
        (1, "", "Read-only file system\n", "Read-only"),
    ],
)
def test_a_fio_that_fails_is_never_a_result(
    status: int, stdout: str, stderr: str, sentence: str
) -> None:
    """Whatever it prints, a failure is a failure."""
    with pytest.raises(FioError, match=sentence):
        check(status, stdout, stderr)


def test_a_fio_that_we_stopped_before_it_said_anything_is_no_result() -> None:
    """The reason is told."""
    with pytest.raises(FioError, match="returned nothing: its time was up"):
        check(-15, stopped="its time was up")


def test_sections_that_waited_for_a_stalled_one_are_a_reason() -> None:
    """fio gives them up after 5 s (EDEADLK); any other end is none."""
    stalled = Document(jobs=(Job(jobname="wal", error=35),))

    assert "over 5 s" in (deadlock(fed(printed(stalled))) or "")
    assert deadlock(fed(GOOD)) is None
    assert deadlock(fed("")) is None
