"""A validation as a page: self-contained, the same every time, and never a way to run code."""

import re

from etcdbench import validate_page
from etcdbench.model import Result
from etcdbench.render import render
from etcdbench.validate_view import Proof
from fakes import device, result_of, target
from proofs import proof


def page_of(proof: Proof, blank: Result) -> str:
    """Return the HTML."""
    return render(validate_page.page(proof, blank))


def test_the_same_proof_gives_the_same_page() -> None:
    """No clock and no order of chance is in it."""
    assert page_of(proof(), result_of()) == page_of(proof(), result_of())


def test_a_page_needs_nothing_from_outside() -> None:
    """No script, no request; a policy that forbids both."""
    page = page_of(proof(), result_of())

    assert "default-src 'none'" in page
    assert not re.search(r"<script|<link|<img|src=|@import|url\((?!#)", page)


def test_names_from_outside_are_text() -> None:
    """A disk model, or an etcd's version, that is markup stays text."""
    evil = "</title><img src=x onerror=alert(1)>"
    page = page_of(proof(evil), result_of(target=target(device(model=evil))))

    assert "<img" not in page
    assert "&lt;img" in page


def test_every_metric_has_its_chart_with_real_text_and_its_table() -> None:
    """Two kinds of arrivals, two metrics."""
    page = page_of(proof(), result_of())

    assert page.count("<svg") == page.count("<table") == 4
    assert ">share of samples above it</text>" in page


def test_an_etcd_that_applies_beside_its_flushes_is_said_to() -> None:
    """With what to do; of one that waits nothing is said."""
    assert "issue 14370" in page_of(proof("3.5.1"), result_of())
    assert "Keep in mind" not in page_of(proof("3.5.16"), result_of())
