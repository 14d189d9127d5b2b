"""What all charts have in common: size, colours, style, axes in durations, and the SVG itself.

A drawing is SVG with real text, in the page's own ink; the same data gives the same bytes.
"""

# pyright: reportUnknownMemberType=false
# matplotlib leaves the types of its keyword arguments open.

import contextlib
import importlib.resources
import io
import re
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING

from matplotlib import style
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from etcdbench.units import format_seconds

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK = "#010203"
"""Stands for the page's own text colour in the style sheet; replaced in the drawing."""

NO_METADATA = dict.fromkeys(("Creator", "Date", "Format", "Type"))
"""No date, so that the same data gives the same bytes."""

COLOURS = ("#2a7fb8", "#c8553d", "#3f8f5a", "#8f6bb3", "#a0751a", "#767676")
"""Each has a contrast of over 3 on the light page and on the dark one."""

DASHES = ("-", "--", "-.", ":")
MARKERS = ("o", "s", "^", "D", "v", "P")

WIDTH_INCHES = 5.2
"""Narrow, so that its text can still be read on a phone."""


@contextlib.contextmanager
def chart(height_inches: float) -> "Generator[tuple[Figure, Axes], None, None]":
    """Give a figure in the style of ours."""
    looks = importlib.resources.files("etcdbench.reports").joinpath("chart.mplstyle")
    with importlib.resources.as_file(looks) as path, style.context(path):
        figure = Figure(figsize=(WIDTH_INCHES, height_inches), layout="constrained")
        yield figure, figure.subplots()


def svg(figure: Figure, key: str) -> str:
    """Return the drawing with the page's own ink, and names that no other chart has."""
    out = io.StringIO()
    with style.context({"svg.hashsalt": key, "svg.fonttype": "none", "text.parse_math": False}):
        figure.savefig(out, format="svg", metadata=NO_METADATA, transparent=True)
    text = out.getvalue()
    text = text[text.index("<svg") :].replace(INK, "currentColor")
    text = text.replace("<svg", '<svg aria-hidden="true"', 1)  # the page says what is to be seen
    return re.sub(r'( id="|url\(#|href="#)', rf"\g<1>{key}-", text)


def seconds_on(axes: "Axes", which: str) -> None:
    """Label a logarithmic axis with durations, at powers of ten."""
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_major_formatter(labels(_short))
    axis.set_minor_formatter(NullFormatter())


def labels(text_of: Callable[[float], str]) -> FuncFormatter:
    """Label each tick with what a function says of its value."""

    def label(value: float, _position: int) -> str:
        return text_of(value)

    return FuncFormatter(label)


def _short(seconds: float) -> str:
    """Return a duration without needless zeros (`10 ms`)."""
    number, _, unit = format_seconds(seconds).partition(" ")
    return f"{float(number):g} {unit}" if unit else number
