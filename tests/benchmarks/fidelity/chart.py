"""The campaign's chart."""

import importlib.resources
import io
from collections.abc import Sequence

from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from benchmarks.fidelity.cases import LOAD_BOUNDS, NAMES, Case, edges_of, recipe_ratio
from etcdbench.drawing import labels
from etcdbench.validation import Edge

FIXED_NAMES = {"svg.hashsalt": "campaign"}
"""The same figures give the same file."""

RATIO_SHOWN_MIN = 0.02
"""The chart's lower end; the recipe's ratios below, which are mostly 0, lie on it."""


def chart(known: Sequence[Case]) -> str:
    """Draw every edge's ratio over etcd's share, beside etcd's own repeatability and the recipe."""
    looks = importlib.resources.files("etcdbench.reports").joinpath("chart.mplstyle")
    with importlib.resources.as_file(looks) as path, style.context([path, FIXED_NAMES]):
        figure = Figure(figsize=(9, 4.2), layout="constrained")
        both: tuple[Axes, Axes] = figure.subplots(1, 2, sharey=True)
        for axes, metric in zip(both, NAMES, strict=True):
            _panel(
                axes,
                metric,
                [(case, edge) for case, name, edge in edges_of(known) if name == metric],
            )
        both[0].set_ylabel("share predicted / share of etcd")
        figure.legend(*both[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
        out = io.StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None})
    return out.getvalue()


def _panel(axes: Axes, metric: str, found: Sequence[tuple[Case, Edge]]) -> None:
    edges = [edge for _, edge in found]
    low, high = LOAD_BOUNDS[metric]
    axes.axhspan(low, high, color="#dddddd", alpha=0.5, linewidth=0)
    axes.axhline(1, color="#444444", linewidth=1)
    recipes = [(edge.observed, ratio) for edge in edges if (ratio := recipe_ratio(edge))]
    repeats = [(edge.observed, edge.etcd_ratio) for edge in edges if edge.etcd_ratio]
    for points, name, colour, marker in (
        (recipes, "popular recipe", "#b5341e", "x"),
        (repeats, "etcd against etcd (largest / smallest)", "#6b6b6b", "^"),
    ):
        if points:
            axes.scatter(
                [100 * x for x, _ in points],
                [max(y, RATIO_SHOWN_MIN) for _, y in points],
                s=16,
                color=colour,
                marker=marker,
                label=name,
                linewidths=1,
            )
    for counts, name, colour in (
        (False, "against an etcd that applies beside its flushes", "#8fc3da"),
        (True, "etcdbench, 95 % interval", "#0b6e99"),
    ):
        ratios = [edge for case, edge in found if case.counts is counts and edge.ratio is not None]
        axes.errorbar(
            [100 * edge.observed for edge in ratios],
            [edge.ratio or 0.0 for edge in ratios],
            yerr=[
                [(edge.ratio or 0.0) - (edge.low or 0.0) for edge in ratios],
                [(edge.high or 0.0) - (edge.ratio or 0.0) for edge in ratios],
            ],
            fmt="o",
            markersize=4,
            color=colour,
            elinewidth=1,
            label=name,
        )
    axes.set(
        xscale="log",
        yscale="log",
        xlabel="etcd's share of samples above the edge, %",
        title=NAMES[metric],
        ylim=(RATIO_SHOWN_MIN, 10),
    )
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(labels("{:g}".format))
        axis.set_minor_formatter(NullFormatter())
