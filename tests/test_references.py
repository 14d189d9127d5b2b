"""Published figures."""

from etcdbench import references
from fakes import result_of
from results import result


def test_every_figure_has_its_address_and_a_number() -> None:
    """Nothing without a source."""
    for figure in references.published():
        assert figure.address.startswith("https://")
        assert figure.typical_ms or figure.p99_ms


def test_the_bus_does_not_decide_among_them_either() -> None:
    """The slowest published NVMe SSD is slower than the fastest SATA SSD."""
    ranges = references.ranges()

    assert max(ranges["consumer NVMe SSD"]) > max(ranges["consumer SATA SSD"])
    assert min(ranges["consumer SATA SSD"]) < min(ranges["consumer NVMe SSD"])


def test_a_disk_is_placed_among_classes() -> None:
    """By its typical flush."""
    assert "consumer NVMe SSD" in references.placed(0.0007)
    assert "outside" in references.placed(3.0)


def test_a_chart_shows_where_it_lies() -> None:
    """With the disk's own figure in words."""
    chart = references.chart([result(700)], "k")

    assert chart is not None
    assert "A typical flush took " in chart.caption
    assert ">Optane</text>" in chart.svg


def test_nothing_measured_is_nothing_placed() -> None:
    """No flush, no place."""
    assert references.chart([result_of()], "k") is None
