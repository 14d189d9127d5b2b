"""fio's output, cut into documents."""

import msgspec
import pytest

from etcdbench.documents import LENGTH_MAX, Document, DocumentSplitter, Job
from fakes import DATA, document, printed

RECORDED = DATA / "fio" / "3.33"


def test_documents_are_cut_wherever_the_pieces_end() -> None:
    """However the pipe cuts the text, the same documents come out."""
    text = (RECORDED / "steady.stdout").read_text()
    whole, pieces = DocumentSplitter(), DocumentSplitter()
    whole.feed(text)
    for start in range(0, len(text), 997):
        pieces.feed(text[start : start + 997])

    assert len(whole.documents) >= 3
    assert pieces.documents == whole.documents


def test_messages_around_the_documents_are_kept_apart() -> None:
    """fio prints warnings before its JSON, in the same stream."""
    splitter = DocumentSplitter()
    splitter.feed("fio: something odd\n" + (RECORDED / "steady.stdout").read_text() + "bye\n")

    assert splitter.messages == ["fio: something odd", "bye"]
    assert len(splitter.documents) >= 3


def test_a_broken_document_is_not_a_document() -> None:
    """Half a document, or one that is no JSON, is dropped and the next one is read."""
    splitter = DocumentSplitter()
    good = document(1000, {"wal": {5: 1}})
    splitter.feed('{\n  "jobs" : [ oops\n}\n' + printed(good) + "{\n")

    assert splitter.documents == [good]
    assert splitter.cut_off


def test_the_newest_document_is_told_once() -> None:
    """A watcher hears of each document at most once."""
    splitter = DocumentSplitter()
    good = document(1000, {"wal": {5: 1}})
    splitter.feed(printed(good))

    assert splitter.newest() == good
    assert splitter.newest() is None


@pytest.mark.parametrize(
    "body",
    [
        '"jobs": "x"',
        '"jobs": [1]',
        '"jobs": [{"sync": 5}]',
        '"jobs": [{"write": {"io_bytes": -1}}]',
    ],
)
def test_a_document_of_another_shape_is_damage(body: str) -> None:
    """It is never taken for one that counted nothing, and what is wrong is said."""
    splitter = DocumentSplitter()
    splitter.feed(f"{{\n{body}\n}}\n")

    assert splitter.documents == []
    assert "is damaged: Expected" in splitter.messages[0]


def test_a_section_that_did_nothing_has_no_flushes() -> None:
    """Nor has one that fio does not name."""
    shown = Document(jobs=(Job(jobname="wal"),))

    assert shown.flushes("wal").count == shown.flushes("backend").count == 0


def test_only_what_we_read_of_a_document_is_kept() -> None:
    """A status has 46 kB beside a measurement; the latencies of its writes are none of ours."""
    text = (RECORDED / "steady.stdout").read_text()
    splitter = DocumentSplitter()
    splitter.feed(text)
    kept = msgspec.json.encode(splitter.documents)

    assert "slat_ns" in text
    assert b"slat_ns" not in kept
    assert len(kept) < len(text) / 4


def test_a_document_that_does_not_end_is_dropped() -> None:
    """It is no document of fio's, and would fill the memory."""
    splitter = DocumentSplitter()
    for piece in ("{\n", "x" * LENGTH_MAX):
        splitter.feed(piece)

    assert splitter.messages == ["a part of its result does not end"]
    assert not splitter.cut_off
