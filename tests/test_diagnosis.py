"""Symptoms put together."""

import pytest

from etcdbench.diagnosis import Blame, Side, Symptom, Unseen, Weight, diagnose


def symptom(side: Side, weight: Weight = "cause") -> Symptom:
    """Build a symptom."""
    return Symptom(
        code=f"{side}_{weight}", side=side, weight=weight, seen="", why="", steps=(), reference=""
    )


@pytest.mark.parametrize(
    ("sides", "blame"),
    [
        ((), "neither"),
        (("disk",), "disk"),
        (("network",), "network"),
        (("disk", "network"), "both"),
    ],
)
def test_causes_decide_whom_to_blame(sides: tuple[Side, ...], blame: Blame) -> None:
    """One side, both, neither."""
    assert diagnose([symptom(side) for side in sides], []).verdict == blame


def test_hints_decide_nothing_and_come_last() -> None:
    """However many there are."""
    found = diagnose([symptom("network", "hint"), symptom("disk")], [])

    assert found.verdict == "disk"
    assert [one.weight for one in found.symptoms] == ["cause", "hint"]


def test_figures_and_what_was_not_seen_are_kept() -> None:
    """They decide nothing."""
    found = diagnose([], [Unseen(what="a log", because="no right")], ["a figure"])

    assert found.verdict == "neither"
    assert (len(found.unseen), found.looked_at) == (1, ("a figure",))
