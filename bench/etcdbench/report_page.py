"""Results as a page: each a part of its own, the verdict first."""

from collections.abc import Sequence

from etcdbench.model import Verdict
from etcdbench.page import Badge, Page, Part
from etcdbench.report_facts import Shown, capital
from etcdbench.report_sections import SECTIONS
from etcdbench.terminal import disk_lines, headline, why


def page(shown: Sequence[Shown]) -> Page:
    """Return the page of one or more results."""
    first = shown[0]
    versions = sorted({one.result.etcdbench_version for one in shown})
    return Page(
        title=f"etcdbench: {_name(first)}, {first.meaning.verdict}"
        if len(shown) == 1
        else f"etcdbench: {len(shown)} results",
        parts=[part(one) for one in shown],
        footer=f"Made by etcdbench {', '.join(versions)} of {', '.join(one.name for one in shown)}.",
    )


def part(shown: Shown) -> Part:
    """Return what is told of one result."""
    meaning = shown.meaning
    lead = [capital(headline(meaning, shown.result)) + "."]
    if meaning.verdict is not Verdict.PASS:
        lead.append(capital(why(meaning)) + ".")
    lead += [line.plain for line in disk_lines(shown.result)]
    return Part(
        heading=_name(shown),
        verdict=Badge(meaning.verdict),
        lead=lead,
        sections=[section for make in SECTIONS if (section := make(shown)) is not None],
    )


def _name(shown: Shown) -> str:
    """Name a result by host and directory; of others' files only the file is known."""
    result = shown.result
    return ": ".join(filter(None, (result.environment.hostname, result.target.path)))
