"""Whom to promote."""

from etcdbench.candidates import choose
from etcdbench.comparison import compare
from results import result


def test_the_best_are_promoted_and_the_others_told_why_not() -> None:
    """A slow one that is fit, and one that fails."""
    found = compare(
        {
            "fast": result(300),
            "well": result(600, seed=2),
            "slow": result(1500, seed=3),
            "failing": result(9000, seed=4),
        }
    )
    choices = choose(found, 2)

    assert [choice.chosen for choice in choices] == [True, True, False, False]
    assert "longer than" in choices[2].because
    assert choices[3].because.startswith("it fails")


def test_who_ties_with_a_chosen_one_may_take_its_place() -> None:
    """No difference is made up."""
    found = compare({"a": result(500), "b": result(500, seed=2)})

    assert choose(found, 1)[1].because.startswith("no difference to a was shown") or choose(
        found, 1
    )[1].because.startswith("no difference to b was shown")


def test_what_is_not_fit_takes_no_place() -> None:
    """Even where a place stays free."""
    found = compare({"a": result(500), "b": result(9000, seed=2)})

    assert sum(choice.chosen for choice in choose(found, 2)) == 1
