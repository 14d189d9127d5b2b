"""A page as HTML."""

import re
from html.parser import HTMLParser

from etcdbench.model import Verdict
from etcdbench.page import (
    Badge,
    Block,
    Chart,
    Grid,
    Link,
    Listing,
    Notes,
    Page,
    Part,
    Prose,
    Section,
)
from etcdbench.render import render

EVIL = "</script><img src=x onerror=alert(1)>"
VOID = {"meta", "br", "img", "link", "hr"}


def page(text: str = "words") -> Page:
    """Build a page with every kind of block, all saying the same."""
    blocks: list[Block] = [
        Prose(text),
        Grid(
            caption=text,
            headings=(text, "verdict", "where"),
            rows=[(text, Badge(Verdict.FAIL), Link(text, "https://etcd.io"))],
        ),
        Chart(svg="<svg></svg>", alt=text, caption=text),
        Notes(items=[(text, Verdict.WARN, text, "https://etcd.io")]),
        Listing(summary=text, text=text),
    ]
    part = Part(
        heading=text,
        verdict=Badge(Verdict.PASS),
        lead=[text],
        sections=[Section(heading=text, blocks=blocks)],
    )
    return Page(title=text, parts=[part, part], footer=text)


class Tags(HTMLParser):
    """Notes what a page is made of; fails where a tag is not closed."""

    def __init__(self) -> None:
        """Nothing is open."""
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open a tag."""
        self.attributes |= {name for name, _ in attrs}
        self.ids += [value or "" for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close the last one."""
        assert self.open.pop() == tag


def parsed(html: str) -> Tags:
    """Parse a page."""
    tags = Tags()
    tags.feed(html)
    tags.close()
    assert tags.open == []
    return tags


def test_a_page_is_well_formed_and_its_names_are_its_own() -> None:
    """Every tag is closed, no id comes twice."""
    tags = parsed(render(page()))

    assert len(tags.ids) == len(set(tags.ids)) > 3


def test_a_page_needs_nothing_from_outside() -> None:
    """No script, no request; a policy that forbids both."""
    html = render(page())

    assert "default-src 'none'" in html
    assert not re.search(r"<script|<link|<img|src=|@import|url\((?!#)", html)
    assert not any(name.startswith("on") for name in parsed(html).attributes)


def test_what_comes_from_outside_is_text_everywhere() -> None:
    """Each kind of block escapes."""
    html = render(page(EVIL))

    assert "<img" not in html
    assert "</script" not in html
    assert html.count("&lt;img") > 10


def test_control_characters_are_shown_as_such() -> None:
    """A terminal's commands mean nothing here, and are no text either."""
    assert "\x1b" not in render(page("\x1b[31mred"))


def test_a_verdict_is_word_symbol_and_colour() -> None:
    """Never colour alone."""
    html = render(page())

    assert 'class="badge fail"><span aria-hidden="true">✗</span> FAIL' in html


def test_the_same_page_gives_the_same_bytes() -> None:
    """No clock in it."""
    assert render(page()) == render(page())
