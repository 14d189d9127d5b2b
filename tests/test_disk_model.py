"""Small words of sentences, and sums."""

from doctors import activity, facts, place
from etcdbench.disk_model import holding


def test_a_disk_is_said_with_what_it_holds() -> None:
    """And alone where it holds nothing."""
    assert holding("sda", [place("etcd"), place("root")]) == (
        "sda, which holds etcd and the root filesystem"
    )
    assert holding("sda", ()) == "sda"


def test_places_are_found_by_their_disk() -> None:
    """Both of them, and none of another disk."""
    seen = facts(places=(place("etcd"), place("journal", "sdb"), place("root")))

    assert [one.role for one in seen.held_by("sda")] == ["etcd", "root"]
    assert seen.held_by("sdc") == ()


def test_sums_of_a_disk() -> None:
    """What ended, and how much of the time went into flushes."""
    one = activity(reads=1, writes=2, flushes=4, flush_mean_seconds=0.25, read_mean_seconds=0.5)

    assert (one.ended, one.flush_total_seconds, one.slowest_mean_seconds) == (7, 1.0, 0.5)
    assert activity(flushes=None, flush_mean_seconds=None).flush_total_seconds == 0
