"""etcd's metrics pages, recorded from a real one and made up."""

import pytest

from etcdbench import metrics
from etcdbench.errors import EtcdError
from etcdbench.histogram import ETCD_BUCKET_EDGES_NS

MS = 1_000_000


def page(counts: list[int], *, total_seconds: float = 1.0, name: str = metrics.WAL_FSYNC) -> str:
    """Build a page with one histogram, from counts per bucket (the last one is beyond)."""
    lines = [f"# HELP {name} help", f"# TYPE {name} histogram"]
    seen = 0
    edges = [f"{edge / 1e9:g}" for edge in ETCD_BUCKET_EDGES_NS]
    for edge, count in zip([*edges, "+Inf"], counts, strict=True):
        seen += count
        lines.append(f'{name}_bucket{{le="{edge}"}} {seen}')
    lines += [f"{name}_sum {total_seconds}", f"{name}_count {seen}"]
    return "\n".join(lines) + "\n"


NOTHING = [0] * 15


def test_what_was_gained_is_the_difference_of_two_pages() -> None:
    """Ten fsyncs up to 1 ms before; then 5 up to 8 ms and one beyond 8.192 s."""
    before = metrics.read_samples(page([10, *NOTHING[1:]], total_seconds=0.005))
    after = metrics.read_samples(page([10, 0, 0, 5, *[0] * 10, 1], total_seconds=9.035))

    gained = metrics.gained(before, after, metrics.WAL_FSYNC)

    assert gained.histogram.bins() == {8 * MS: 5, metrics.BEYOND_NS: 1}
    assert gained.histogram.share_above(4 * MS) == 1.0
    assert gained.histogram.share_above(8 * MS) == pytest.approx(1 / 6)
    assert gained.mean_seconds == pytest.approx(9.03 / 6)


def test_pooling_adds_samples_and_sums() -> None:
    """Two runs are one larger run."""
    empty = metrics.read_samples(page(NOTHING, total_seconds=0))
    one = metrics.gained(empty, metrics.read_samples(page([3, *NOTHING[1:]])), metrics.WAL_FSYNC)

    assert (one + one).histogram.count == 6
    assert (one + one).mean_seconds == pytest.approx(1 / 3)
    assert metrics.Buckets().mean_seconds is None


def test_a_page_without_the_histogram_is_an_error() -> None:
    """Another program's page, or a very old etcd's."""
    other = metrics.read_samples(page(NOTHING, name="other"))

    with pytest.raises(EtcdError, match="have no etcd_disk_wal_fsync"):
        metrics.gained(other, other, metrics.WAL_FSYNC)


def test_counts_that_went_down_are_an_error() -> None:
    """etcd was started anew between the pages."""
    high = metrics.read_samples(page([10, *NOTHING[1:]]))
    low = metrics.read_samples(page([4, *NOTHING[1:]]))

    with pytest.raises(EtcdError, match="went down"):
        metrics.gained(high, low, metrics.WAL_FSYNC)


@pytest.mark.parametrize("text", ["{", 'a{b="c" 1\n', "a b c d\n", "<html>\n"])
def test_what_is_no_page_is_an_error(text: str) -> None:
    """A proxy's error page does not become a number."""
    with pytest.raises(EtcdError):
        metrics.gained(metrics.read_samples(text), metrics.read_samples(text), metrics.WAL_FSYNC)


def test_the_first_of_several_names_counts() -> None:
    """Older versions call the database's size otherwise."""
    samples = metrics.read_samples("etcd_debugging_mvcc_db_total_size_in_bytes 7\n")

    assert metrics.counter(samples, metrics.DATABASE_BYTES) == 7
    assert metrics.counter(samples, ("absent",)) is None
