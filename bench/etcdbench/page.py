"""What a page holds, as data: sections of typed blocks. How it looks is in reports/."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from etcdbench.model import Verdict

SYMBOLS = {
    Verdict.PASS: "✓",
    Verdict.WARN: "!",
    Verdict.INCONCLUSIVE: "?",
    Verdict.FAIL: "✗",
}
"""Beside the word and the colour: never colour alone."""


@dataclass(frozen=True)
class Badge:
    """A verdict, as word, symbol and colour."""

    verdict: Verdict

    @property
    def symbol(self) -> str:
        """Return the sign that goes with the word."""
        return SYMBOLS[self.verdict]


@dataclass(frozen=True)
class Link:
    """An address of ours, never one from a file, and what it says."""

    text: str
    address: str


Cell = str | Badge | Link


@dataclass(frozen=True)
class Prose:
    """One paragraph."""

    kind: ClassVar = "prose"
    text: str


@dataclass(frozen=True, kw_only=True)
class Grid:
    """A table; the first cell of a row names it.

    Attributes:
        caption: What it shows.
        headings: One for each column.
        rows: As long as the headings.
        words: Whether the cells are words, which may break, and not figures.
    """

    kind: ClassVar = "grid"
    caption: str
    headings: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    words: bool = False


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A drawing of ours.

    Attributes:
        svg: The drawing, from its `<svg` on.
        alt: What is to be seen, for who cannot see it.
        caption: What it means.
    """

    kind: ClassVar = "chart"
    svg: str
    alt: str
    caption: str


@dataclass(frozen=True, kw_only=True)
class Notes:
    """Sentences, each with its advice and its source.

    Attributes:
        items: (sentence, verdict or None, advice or "", address or "").
    """

    kind: ClassVar = "notes"
    items: Sequence[tuple[str, Verdict | None, str, str]]


@dataclass(frozen=True, kw_only=True)
class Listing:
    """A text that is shown when it is asked for."""

    kind: ClassVar = "listing"
    summary: str
    text: str


Block = Prose | Grid | Chart | Notes | Listing


@dataclass(frozen=True, kw_only=True)
class Section:
    """A part of a page with its heading."""

    heading: str
    blocks: Sequence[Block]


@dataclass(frozen=True, kw_only=True)
class Part:
    """All that a page says of one thing: of a result, of a comparison.

    Attributes:
        heading: Its title.
        verdict: Its verdict, if it has one.
        lead: The sentence or two that matter most.
        sections: The rest.
    """

    heading: str
    verdict: Badge | None
    lead: Sequence[str]
    sections: Sequence[Section]


@dataclass(frozen=True, kw_only=True)
class Page:
    """A whole page.

    Attributes:
        title: For the browser's tab.
        parts: In order; several are listed at the top.
        footer: Who made it, of what.
    """

    title: str
    parts: Sequence[Part]
    footer: str
