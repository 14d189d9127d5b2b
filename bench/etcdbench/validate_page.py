"""A validation as one self-contained HTML page."""

import importlib.resources
from collections.abc import Mapping

import jinja2
import markupsafe

from etcdbench import figures
from etcdbench.limits import COMMIT_LIMIT_NS, WAL_LIMIT_NS
from etcdbench.model import Result
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


def render(proof: Proof, blank: Result) -> str:
    """Return the page; the same proof gives the same text."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("etcdbench.reports", ""),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
    )
    css = importlib.resources.files("etcdbench.reports").joinpath("page.css").read_text()
    return environment.get_template("validation.html").render(
        title=f"etcdbench against etcd {proof.etcd_version}, {subject(proof)}",
        css=markupsafe.Markup(css),  # noqa: S704 - our own file
        lines=[line.plain for line in disk_lines(blank)],
        parts=[
            {
                "heading": heading,
                "flow": flow_sentence(flow),
                "metrics": [_metric(name, one) for name, one in comparisons.items()],
            }
            for heading, comparisons, flow in parts(proof)
        ],
    )


def _metric(name: str, comparison: Comparison) -> dict[str, object]:
    chart = figures.exceedance(
        _curves(comparison), title=TITLES[name], limit_seconds=LIMITS_NS[name] / 1e9
    )
    return {
        "title": TITLES[name],
        "chart": markupsafe.Markup(chart[chart.index("<svg") :]),  # noqa: S704 - our own drawing
        "sentence": sentence(comparison),
        "headings": (f"{TITLES[name]} over", *HEADINGS),
        "rows": [edge_cells(edge) for edge in comparison.edges],
    }


def _curves(comparison: Comparison) -> dict[str, list[tuple[float, float]]]:
    sides = {
        "predicted": comparison.predicted.share_above,
        "etcd": comparison.observed.share_above,
        "recipe": comparison.recipe.share_above if comparison.recipe else {},
    }
    return {name: _points(shares) for name, shares in sides.items() if shares}


def _points(shares: Mapping[str, float]) -> list[tuple[float, float]]:
    return [(float(edge), share) for edge, share in shares.items()][figures.EDGES_SHOWN]
