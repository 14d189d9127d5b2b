"""Charts as SVG with real text; the same data gives the same bytes."""

# pyright: reportUnknownMemberType=false
# matplotlib leaves the types of its keyword arguments open.

import importlib.resources
import io
from collections.abc import Mapping, Sequence

from matplotlib import style
from matplotlib.figure import Figure

EDGES_SHOWN = slice(0, 10)
"""From 1 ms to 512 ms: beyond, there is hardly anything to see."""

_LINES = (("#0b6e99", "o", "-"), ("#b5341e", "s", "--"), ("#6b6b6b", "^", ":"))
"""Colour, marker and dash: never colour alone."""


def exceedance(
    curves: Mapping[str, Sequence[tuple[float, float]]], *, title: str, limit_seconds: float
) -> str:
    """Draw the share of samples above each latency, both axes logarithmic.

    Args:
        curves: Name -> (latency in seconds, share above it); shares of 0 are left out.
        title: What is drawn.
        limit_seconds: Where 1 % is allowed at most.
    """
    looks = importlib.resources.files("etcdbench.reports").joinpath("chart.mplstyle")
    with importlib.resources.as_file(looks) as path, style.context(path):
        figure = Figure(figsize=(6.4, 3.6), layout="constrained")
        axes = figure.subplots()
        for (name, points), (colour, marker, dash) in zip(curves.items(), _LINES, strict=False):
            seen = [(1000 * latency, 100 * share) for latency, share in points if share > 0]
            axes.plot(
                [x for x, _ in seen],
                [y for _, y in seen],
                label=name,
                color=colour,
                marker=marker,
                linestyle=dash,
            )
        axes.axvline(1000 * limit_seconds, color="#444444", linewidth=1)
        axes.axhline(1, color="#444444", linewidth=1)
        axes.set(
            xscale="log",
            yscale="log",
            xlabel="latency above, ms",
            ylabel="share of samples, %",
            title=title,
        )
        axes.legend(frameon=False)
        out = io.StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None})
    return out.getvalue()
