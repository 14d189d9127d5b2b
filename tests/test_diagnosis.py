"""Symptoms put together: the verdict follows from the causes."""

import pytest

from etcdbench.diagnosis import Side, Symptom, Unseen, Verdict, Weight, diagnose


def symptom(side: Side, weight: Weight) -> Symptom:
    """Build one."""
    return Symptom(
        code=f"{side}_{weight}",
        side=side,
        weight=weight,
        seen="something was seen",
        why="it matters",
        steps=("look at it", "mend it"),
        reference="https://example.org",
    )


@pytest.mark.parametrize(
    ("causes", "verdict"),
    [
        ((), "neither"),
        (("disk",), "disk"),
        (("network", "network"), "network"),
        (("network", "disk"), "both"),
    ],
)
def test_causes_decide(causes: tuple[Side, ...], verdict: Verdict) -> None:
    """Hints and what was not seen decide nothing."""
    found = diagnose(
        [
            symptom("disk", "hint"),
            *(symptom(side, "cause") for side in causes),
            symptom("network", "hint"),
        ],
        [Unseen(what="a log", because="only root may read it")],
        ["a figure"],
    )

    assert found.verdict == verdict
    assert [one.weight for one in found.symptoms] == ["cause"] * len(causes) + ["hint"] * 2
    assert (len(found.unseen), found.looked_at) == (1, ("a figure",))
