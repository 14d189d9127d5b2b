"""What all charts have in common."""

import re

from etcdbench import drawing
from test_figures import exceedance


def test_no_two_charts_of_a_page_share_an_identifier() -> None:
    """A page holds several; an id must be the only one of its name."""
    ids = [set(re.findall(r' id="([^"]+)"', exceedance(key))) for key in ("a", "b")]

    assert ids[0]
    assert not ids[0] & ids[1]


def test_every_reference_leads_to_an_identifier() -> None:
    """Clip paths and markers still find what they name."""
    svg = exceedance()
    ids = set(re.findall(r' id="([^"]+)"', svg))

    assert set(re.findall(r'(?:url\(#|href="#)([^)"]+)', svg)) <= ids


def test_ink_is_the_page_s_own() -> None:
    """Dark on light, light on dark."""
    svg = exceedance()

    assert "currentColor" in svg
    assert drawing.INK not in svg
