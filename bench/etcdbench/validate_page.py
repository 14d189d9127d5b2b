"""A validation as a page: both sides' distributions, and the shares at etcd's bucket edges."""

from collections.abc import Mapping

from etcdbench import figures
from etcdbench.figures import Curve
from etcdbench.limits import COMMIT_LIMIT_NS, WAL_LIMIT_NS
from etcdbench.model import Result
from etcdbench.page import Block, Chart, Grid, Page, Part, Prose, Section
from etcdbench.report_sections import keep_in_mind
from etcdbench.terminal import disk_lines
from etcdbench.validate_view import (
    HEADINGS,
    TITLES,
    Proof,
    edge_cells,
    flow_sentence,
    parts,
    sentence,
    subject,
)
from etcdbench.validation import Comparison

LIMITS_NS = {"wal_fsync": WAL_LIMIT_NS, "backend_commit": COMMIT_LIMIT_NS}

EDGES_SHOWN = slice(0, 10)
"""From 1 ms to 512 ms: beyond, there is hardly anything to see."""


def page(proof: Proof, blank: Result) -> Page:
    """Return the page; the same proof gives the same page."""
    title = f"etcdbench against etcd {proof.etcd_version}, {subject(proof)}"
    sections = [
        Section(
            heading=heading,
            blocks=[
                Prose(flow_sentence(flow)),
                *(
                    block
                    for name, one in comparisons.items()
                    for block in _metric(name, one, key=f"p{number}")
                ),
            ],
        )
        for number, (heading, comparisons, flow) in enumerate(parts(proof), start=1)
    ]
    if notes := keep_in_mind(proof.caveats):
        sections.append(notes)
    return Page(
        title=title,
        parts=[
            Part(
                heading=title,
                verdict=None,
                lead=[line.plain for line in disk_lines(blank)],
                sections=sections,
            )
        ],
        footer=f"Made by etcdbench {blank.etcdbench_version}.",
    )


def _metric(name: str, comparison: Comparison, *, key: str) -> list[Block]:
    svg = figures.exceedance(
        _curves(comparison),
        key=f"{key}-{name}",
        limit_seconds=LIMITS_NS[name] / 1e9,
        marked=True,
    )
    said = sentence(comparison)
    return [
        Chart(svg=svg, alt=f"{TITLES[name]}, predicted and observed. {said}", caption=said),
        Grid(
            caption=f"{TITLES[name]}: share of samples above each of etcd's bucket edges",
            headings=(f"{TITLES[name]} over", *HEADINGS),
            rows=[edge_cells(edge) for edge in comparison.edges],
        ),
    ]


def _curves(comparison: Comparison) -> list[Curve]:
    sides = {
        "predicted": comparison.predicted.share_above,
        "etcd": comparison.observed.share_above,
        "recipe": comparison.recipe.share_above if comparison.recipe else {},
    }
    return [Curve(name=name, points=_points(shares)) for name, shares in sides.items() if shares]


def _points(shares: Mapping[str, float]) -> list[tuple[float, float]]:
    return [(float(edge), share) for edge, share in shares.items()][EDGES_SHOWN]
