"""Charts."""

from etcdbench import figures

CURVES = {"predicted": [(0.001, 0.9), (0.002, 0.5), (0.004, 0.0)], "etcd": [(0.001, 0.8)]}


def test_a_chart_is_svg_with_its_names_as_text() -> None:
    """Readable by a screen reader and by a search."""
    svg = figures.exceedance(CURVES, title="WAL fsync", limit_seconds=0.01)

    assert "<svg" in svg
    for word in ("WAL fsync", "predicted", "etcd", "latency above, ms"):
        assert f">{word}</text>" in svg


def test_the_same_data_gives_the_same_bytes() -> None:
    """No date, no random identifiers."""
    one, two = (figures.exceedance(CURVES, title="x", limit_seconds=0.01) for _ in range(2))

    assert one == two
