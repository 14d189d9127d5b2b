"""etcd's metrics pages, one after the other."""

import pytest

from etcdbench.errors import EtcdError
from etcdbench.etcd_pages import Gain, Pages
from etcdbench.metrics import Samples
from watches import MS, samples


def bins(gain: Gain | None) -> tuple[dict[int, int], dict[int, int]]:
    """Return what was gained, in bins."""
    assert gain is not None
    return gain.wal.histogram.bins(), gain.commit.histogram.bins()


def test_what_is_gained_from_page_to_page() -> None:
    """The first page is where counting begins."""
    pages = Pages()

    assert pages.take(samples(wal={8: 5}, commit={32: 1}), 0.0) is None
    gain = pages.take(samples(wal={8: 9, 16: 1}, commit={32: 3}), 5.0)
    assert bins(gain) == ({8 * MS: 4, 16 * MS: 1}, {32 * MS: 2})
    assert gain is not None
    assert (gain.at_seconds, gain.length_seconds) == (0.0, 5.0)


def test_a_gap_is_made_up_for() -> None:
    """Pages that did not come lose nothing: the next gain covers the gap."""
    pages = Pages()
    pages.take(samples(wal={8: 5}), 0.0)
    gain = pages.take(samples(wal={8: 500}), 60.0)

    assert bins(gain)[0] == {8 * MS: 495}
    assert gain is not None
    assert gain.length_seconds == 60.0


@pytest.mark.parametrize(
    "after",
    [samples(wal={8: 2}), samples(wal={8: 900}, started=2.0)],
    ids=["counts went down", "another process"],
)
def test_an_etcd_that_was_started_anew_is_noted(after: Samples) -> None:
    """Its counts begin anew, whether or not they have overtaken the old ones already."""
    pages = Pages()
    pages.take(samples(wal={8: 5}), 0.0)

    assert pages.take(after, 5.0) is None
    assert pages.restarts == 1


def test_the_new_etcd_is_followed_then() -> None:
    """From its own first page on."""
    pages = Pages()
    pages.take(samples(wal={8: 5}), 0.0)
    pages.take(samples(wal={8: 1}, started=2.0), 5.0)

    assert bins(pages.take(samples(wal={8: 4}, started=2.0), 10.0))[0] == {8 * MS: 3}
    assert pages.restarts == 1


def test_a_page_of_another_program_is_an_error_and_changes_nothing() -> None:
    """It is a gap like any other."""
    pages = Pages()
    pages.take(samples(wal={8: 5}), 0.0)
    with pytest.raises(EtcdError, match="have no etcd_disk_wal"):
        pages.take({("other", ""): 1.0}, 5.0)

    assert bins(pages.take(samples(wal={8: 6}), 10.0))[0] == {8 * MS: 1}


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1.0, 1e300])
def test_numbers_that_cannot_be_are_an_error(value: float) -> None:
    """Whoever answers there, no page ends a watch."""
    for name in samples(wal={8: 5}):
        with pytest.raises(EtcdError):
            Pages().take({**samples(wal={8: 5}), name: value}, 0.0)
