"""fio's output, cut into documents."""

import json

from etcdbench.documents import DocumentSplitter, jobs_of
from fakes import DATA

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
    splitter.feed('{\n  "jobs" : [ oops\n}\n' + json.dumps({"a": 1}, indent=1) + "\n{\n")

    assert splitter.documents == [{"a": 1}]


def test_the_newest_document_is_told_once() -> None:
    """A watcher hears of each document at most once."""
    splitter = DocumentSplitter()
    splitter.feed(json.dumps({"a": 1}, indent=1) + "\n")

    assert splitter.newest() == {"a": 1}
    assert splitter.newest() is None


def test_a_document_that_is_none_has_no_jobs() -> None:
    """Neither a missing list, nor one of something else."""
    assert jobs_of({}) == jobs_of({"jobs": "x"}) == jobs_of({"jobs": [1]}) == []
