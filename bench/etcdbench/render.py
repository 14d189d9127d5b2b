"""A page as one self-contained HTML file: no script, no request, the same bytes every time."""

import importlib.resources

import jinja2
import markupsafe

from etcdbench.page import Chart, Page
from etcdbench.units import printable


def render(page: Page) -> str:
    """Return the HTML of a page; whatever came from outside is text in it."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("etcdbench.reports", ""),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_printed,
    )
    css = importlib.resources.files("etcdbench.reports").joinpath("page.css").read_text()
    return environment.get_template("page.html").render(
        page=page,
        css=markupsafe.Markup(css),  # noqa: S704 - our own file
        drawing=_drawing,
    )


def _drawing(chart: Chart) -> markupsafe.Markup:
    """Return a chart's markup: it is ours, and matplotlib has escaped the text in it."""
    return markupsafe.Markup(chart.svg)  # noqa: S704 - our own drawing


def _printed(value: object) -> object:
    """Show control characters as question marks: in HTML, too, they are no text."""
    if isinstance(value, str) and not isinstance(value, markupsafe.Markup):
        return "\n".join(printable(line) for line in value.split("\n"))
    return value
