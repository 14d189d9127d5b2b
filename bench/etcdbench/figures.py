"""The kinds of charts, from plain numbers.

Names in charts are ours (phases, streams, numbers), never text from a file: what a result is
called stands in the page's own text.
"""

# pyright: reportUnknownMemberType=false
# matplotlib leaves the types of its keyword arguments open.

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from matplotlib.ticker import NullFormatter

from etcdbench.drawing import COLOURS, DASHES, INK, MARKERS, chart, labels, seconds_on, svg
from etcdbench.units import format_seconds, format_share

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True, kw_only=True)
class Curve:
    """One line of a chart.

    Attributes:
        name: What it is called in the legend.
        points: (x, y); which units, each chart says.
        strong: Whether it is drawn before the others' pale lines.
    """

    name: str
    points: Sequence[tuple[float, float]]
    strong: bool = True


@dataclass(frozen=True, kw_only=True)
class Band:
    """A stretch of time with a name."""

    name: str
    begin_seconds: float
    end_seconds: float


@dataclass(frozen=True, kw_only=True)
class Spread:
    """Where the devices of a class lie.

    Attributes:
        name: Name of the class.
        seconds: Each device's figure.
        own: Figures of the user's own, drawn over it.
    """

    name: str
    seconds: Sequence[float]
    own: Sequence[float] = ()


def exceedance(
    curves: Sequence[Curve], *, key: str, limit_seconds: float, marked: bool = False
) -> str:
    """Draw the share of samples above each latency, both axes logarithmic.

    Where a curve crosses the line "p99" its 99th percentile is read off, left of the limit if it
    holds.

    Args:
        curves: Points are (latency in seconds, share above it); shares of 0 are left out.
        key: Name of the chart within its page.
        limit_seconds: Where 1 % is allowed at most.
        marked: Whether points are few, and so marked.
    """
    with chart(3.2) as (figure, axes):
        for number, curve in enumerate(curves):
            seen = [(x, y) for x, y in curve.points if y > 0]
            axes.plot(
                [x for x, _ in seen],
                [y for _, y in seen],
                color=COLOURS[number % len(COLOURS)],
                linestyle=DASHES[number % len(DASHES)],
                marker=MARKERS[number % len(MARKERS)] if marked else None,
                alpha=1.0 if curve.strong else 0.35,
                label=curve.name,
            )
        axes.set(xscale="log", yscale="log", ylim=(None, 1.3))
        axes.set(xlabel="latency", ylabel="share of samples above it")
        seconds_on(axes, "x")
        axes.yaxis.set_major_formatter(labels(format_share))
        axes.yaxis.set_minor_formatter(NullFormatter())
        for percent, share in (("p99", 0.01), ("p99.9", 0.001)):
            _rule(axes, share, percent)
        axes.axvline(limit_seconds, color=INK, linewidth=1.2)
        axes.annotate(
            f"limit {format_seconds(limit_seconds)}",
            (limit_seconds, 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(4, -4),
            textcoords="offset points",
            va="top",
            color=INK,
        )
        _legend(figure, axes)
    return svg(figure, key)


def timeline(
    series: Sequence[Curve],
    bands: Sequence[Band],
    *,
    key: str,
    limit_seconds: float,
    stall_seconds: float,
) -> str:
    """Draw the longest latency of each second, phases shaded and stalls marked.

    Args:
        series: Points are (moment in seconds, latency in seconds).
        bands: The phases, in order.
        key: Name of the chart within its page.
        limit_seconds: Drawn as a line.
        stall_seconds: What is longer is marked and named.
    """
    with chart(3.1) as (figure, axes):
        for number, band in enumerate(bands):
            if number % 2 == 0:
                axes.axvspan(
                    band.begin_seconds, band.end_seconds, color="#808080", alpha=0.12, lw=0
                )
        for number, curve in enumerate(series):
            axes.plot(
                [x for x, _ in curve.points],
                [y for _, y in curve.points],
                linestyle="",
                marker=MARKERS[number % len(MARKERS)],
                markersize=3.6,
                color=COLOURS[number % len(COLOURS)],
                label=curve.name,
            )
        axes.axhline(limit_seconds, color=INK, linewidth=1.2)
        axes.set(yscale="log", xlabel="seconds of measurement", ylabel="longest of each second")
        seconds_on(axes, "y")
        _mark_stalls(axes, series, stall_seconds)
        _name_bands(axes, bands)
        axes.grid(visible=False, axis="x")
        _legend(figure, axes)
    return svg(figure, key)


def rates(
    series: Sequence[Curve], classes: Sequence[tuple[str, float]], *, key: str, limit_seconds: float
) -> str:
    """Draw latency against the rate of requests.

    Args:
        series: Points are (requests per second, latency in seconds).
        classes: Cluster classes and their rates, marked at the top.
        key: Name of the chart within its page.
        limit_seconds: Drawn as a line.
    """
    with chart(2.9) as (figure, axes):
        for number, curve in enumerate(series):
            axes.plot(
                [x for x, _ in curve.points],
                [y for _, y in curve.points],
                marker=MARKERS[number % len(MARKERS)],
                linestyle=DASHES[number % len(DASHES)],
                color=COLOURS[number % len(COLOURS)],
                label=curve.name,
            )
        axes.axhline(limit_seconds, color=INK, linewidth=1.2)
        axes.set(xscale="log", yscale="log", xlabel="requests per second", ylabel="flush latency")
        axes.xaxis.set_major_formatter(labels("{:,.0f}".format))
        axes.set_xticks([rate for _, rate in classes])
        axes.minorticks_off()
        seconds_on(axes, "y")
        for name, rate in classes:
            axes.axvline(rate, color="#808080", linewidth=0.8, linestyle=":")
            axes.annotate(
                name,
                (rate, 1.0),
                xycoords=("data", "axes fraction"),
                xytext=(0, 2),
                textcoords="offset points",
                ha="center",
            )
        _legend(figure, axes)
    return svg(figure, key)


def spreads(rows: Sequence[Spread], *, key: str, limit_seconds: float, label: str) -> str:
    """Draw for each class of device where its members lie, the user's own over them.

    Args:
        rows: Top to bottom.
        key: Name of the chart within its page.
        limit_seconds: Drawn as a line.
        label: What the figures are.
    """
    with chart(0.9 + 0.38 * len(rows)) as (figure, axes):
        for number, row in enumerate(rows):
            if row.seconds:
                ends = [min(row.seconds), max(row.seconds)]
                axes.plot(ends, [number, number], color="#808080", alpha=0.35, linewidth=9)
                axes.plot(
                    row.seconds, [number] * len(row.seconds), ".", color="#808080", markersize=7
                )
            if row.own:
                axes.plot(row.own, [number] * len(row.own), "D", color=COLOURS[0], markersize=7)
        axes.axvline(limit_seconds, color=INK, linewidth=1.2)
        axes.set(xscale="log", xlabel=label, ylim=(len(rows) - 0.5, -0.5))
        axes.set_yticks(range(len(rows)), [row.name for row in rows])
        axes.grid(visible=False, axis="y")
        seconds_on(axes, "x")
    return svg(figure, key)


def _rule(axes: "Axes", share: float, name: str) -> None:
    """Draw the line at which a percentile is read off; not below the figures."""
    low, _ = axes.get_ylim()
    if share < low:
        return
    axes.axhline(share, color="#808080", linewidth=0.9, linestyle=(0, (1, 2)))
    axes.annotate(
        name,
        (0.0, share),
        xycoords=("axes fraction", "data"),
        xytext=(3, 2),
        textcoords="offset points",
    )


def _mark_stalls(axes: "Axes", series: Sequence[Curve], stall_seconds: float) -> None:
    """Ring the first series' stalls and name the longest; more names would hide one another."""
    stalls = [point for point in series[0].points if point[1] > stall_seconds]
    if not stalls:
        return
    axes.plot(
        [moment for moment, _ in stalls],
        [latency for _, latency in stalls],
        linestyle="",
        marker="o",
        markersize=8,
        markerfacecolor="none",
        markeredgecolor=INK,
        markeredgewidth=0.8,
    )
    _, high = axes.get_ylim()
    axes.set_ylim(top=3 * high)
    moment, latency = max(stalls, key=lambda point: point[1])
    axes.annotate(
        format_seconds(latency),
        (moment, latency),
        xytext=(0, 8),
        textcoords="offset points",
        ha="center",
        fontweight="bold",
    )


def _name_bands(axes: "Axes", bands: Sequence[Band]) -> None:
    """Write each phase's name over it, as far as there is room."""
    if not bands:
        return
    whole = max(band.end_seconds for band in bands)
    axes.set_xlim(0, whole)
    for band in bands:
        if (band.end_seconds - band.begin_seconds) / whole < 0.011 * len(band.name):
            continue
        axes.annotate(
            band.name,
            ((band.begin_seconds + band.end_seconds) / 2, 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(0, 3),
            textcoords="offset points",
            ha="center",
            fontsize=8.5,
        )


def _legend(figure: "Figure", axes: "Axes") -> None:
    """Put the legend below, where it hides nothing; one curve needs none."""
    handles, labels = axes.get_legend_handles_labels()
    if len(labels) > 1:
        figure.legend(handles, labels, loc="outside lower center", ncols=min(len(labels), 4))
