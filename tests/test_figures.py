"""Charts."""

import xml.etree.ElementTree as ET

from etcdbench import figures
from etcdbench.figures import Band, Curve, Spread

CURVES = (
    Curve(name="predicted", points=[(0.001, 0.9), (0.002, 0.5), (0.004, 0.0)]),
    Curve(name="etcd", points=[(0.001, 0.8), (0.02, 0.0005)]),
)


def exceedance(key: str = "k") -> str:
    """Draw a small one."""
    return figures.exceedance(CURVES, key=key, limit_seconds=0.01, marked=True)


def timeline() -> str:
    """Draw a small one with a stall."""
    points = [(1.0, 0.002), (2.0, 1.25), (3.0, 0.003)]
    bands = [
        Band(name="steady", begin_seconds=0, end_seconds=2),
        Band(name="pull", begin_seconds=2, end_seconds=4),
    ]
    return figures.timeline(
        [Curve(name="WAL flushes", points=points)],
        bands,
        key="t",
        limit_seconds=0.01,
        stall_seconds=0.1,
    )


def test_a_chart_is_svg_with_its_names_as_text() -> None:
    """Readable by a screen reader and by a search."""
    svg = exceedance()

    assert svg.startswith("<svg")
    for word in ("predicted", "etcd", "latency", "p99", "limit 10.0 ms", "10 ms", "10.0 %"):
        assert f">{word}</text>" in svg, word


def test_the_same_data_gives_the_same_bytes() -> None:
    """No date, no random identifiers."""
    assert exceedance() == exceedance()
    assert timeline() == timeline()


def test_charts_are_well_formed() -> None:
    """A browser takes anything; a parser does not."""
    for svg in (exceedance(), timeline()):
        ET.fromstring(svg)  # noqa: S314 - our own drawing


def test_a_timeline_names_phases_and_stalls() -> None:
    """The moment that matters can be read off."""
    svg = timeline()

    for word in ("steady", "pull", "1.25 s"):
        assert f">{word}</text>" in svg, word


def test_rates_mark_the_classes() -> None:
    """Each class stands at its rate."""
    svg = figures.rates(
        [Curve(name="p99", points=[(150, 0.001), (1000, 0.004)])],
        [("s", 150), ("m", 1000)],
        key="r",
        limit_seconds=0.01,
    )

    for word in ("s", "m", "requests per second"):
        assert f">{word}</text>" in svg, word


def test_spreads_name_each_class() -> None:
    """Ranges of published figures, the user's own over them."""
    svg = figures.spreads(
        [
            Spread(name="measured here", seconds=(), own=(0.001,)),
            Spread(name="Optane", seconds=(0.0001, 0.0002)),
        ],
        key="s",
        limit_seconds=0.01,
        label="a typical flush",
    )

    for word in ("measured here", "Optane", "a typical flush"):
        assert f">{word}</text>" in svg, word
