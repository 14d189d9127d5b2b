"""A comparison as a page."""

from etcdbench.candidates import choose
from etcdbench.compare_page import page
from etcdbench.comparison import compare
from etcdbench.render import render
from results import result

EVIL = "</script><img src=x onerror=alert(1)>"


def html(names: list[str]) -> str:
    """Return the page of results with these names."""
    results = {name: result(400 + 300 * n, host=name, seed=n) for n, name in enumerate(names)}
    found = compare(results)
    return render(page(found, results, choose(found, 1)))


def test_a_page_ranks_shows_curves_and_names_whom_to_promote() -> None:
    """In this order."""
    text = html(["a", "b", "c"])

    places = [text.index(word) for word in ("The ranking", "Whom to promote", "Distributions")]
    assert places == sorted(places)
    assert text.count("<svg") == 3


def test_names_are_text_also_beside_charts() -> None:
    """Curves have numbers, so no name reaches a drawing."""
    text = html([EVIL, "b"])

    assert "<img" not in text
    assert "&lt;img" in text


def test_many_results_stay_a_small_page() -> None:
    """Fifty of them."""
    assert len(html([f"node{n}" for n in range(50)])) < 4_000_000
