"""What a page tells of one result."""

import msgspec

from etcdbench.render import render
from fakes import result_of
from results import result
from test_report_charts import joined
from test_report_page import page


def test_a_page_has_the_order_in_which_it_is_read() -> None:
    """Verdict, checks, charts, joins, disk, caveats, method, limits."""
    found = page(msgspec.structs.replace(joined(), interrupted="by hand")).parts[0]

    assert found.lead[0].endswith(".")
    assert [section.heading for section in found.sections] == [
        "The checks",
        "What was measured",
        "While nodes join",
        "The disk",
        "Keep in mind",
        "How it was measured",
        "Whose limits",
    ]


def test_a_page_says_what_was_not_measured() -> None:
    """Nobody may take silence for a pass."""
    assert "a burst of joining nodes; larger cluster classes" in render(page(result(500)))
    assert "a burst of joining nodes" not in render(page(joined()))


def test_an_empty_result_has_a_page_all_the_same() -> None:
    """Interrupted before the first flush."""
    assert "INCONCLUSIVE" in render(page(result_of(complete=False)))
