"""Plans are made of options and profiles; what cannot prove anything is refused."""

import pytest

from etcdbench.errors import UsageError
from plans import LADDER, plan


def test_a_full_run_looks_once() -> None:
    """Without early looks all of the error is spent on the one at the end."""
    assert plan("full").errors == (0.05,)
    assert sum(plan().errors) == pytest.approx(0.05)


@pytest.mark.parametrize(("mode", "rate"), [("default", 3), ("full", 2), ("quick", 10)])
def test_a_rate_that_can_prove_nothing_is_refused(mode: str, rate: float) -> None:
    """Before three minutes are spent on it; a little more is enough."""
    with pytest.raises(UsageError, match="needed to prove anything"):
        plan(mode, rate=rate)
    assert plan(mode, rate=rate + 2).requests is not None


def test_the_load_is_a_class_exactly_when_its_requests_are() -> None:
    """However they were typed: 150 a second of 1,024 bytes is class s, of 2,048 none."""
    assert plan().settings.load == "s"
    assert plan(value_size=1024).settings.load == "s"
    assert plan(rate=1000, value_size=1024).settings.load == "m"
    assert plan(value_size=2048).settings.load is None
    assert plan(rate=200).settings.load is None


def test_beside_a_live_etcd_no_value_is_large() -> None:
    """Ten records a second of a megabyte would not be gentle."""
    gentle = plan(value_size=1_000_000, beside_etcd=True).requests

    assert gentle is not None
    assert gentle.value_size_bytes == 4096


def test_beside_a_live_etcd_there_is_no_ladder() -> None:
    """The ladder would be the opposite of gentle."""
    assert plan(beside_etcd=True).ladder == ()


@pytest.mark.parametrize(
    ("rate", "value_size"), [(0, None), (-5, None), (1e9, None), (5, -1), (5, 10**9)]
)
def test_requests_that_no_etcd_has_are_refused(rate: float, value_size: int | None) -> None:
    """One sentence for a rate or a size out of range."""
    with pytest.raises(UsageError, match="no etcd has such requests"):
        plan(rate=rate, value_size=value_size)


def test_the_ladder_has_its_own_values() -> None:
    """A class is a class: large values of the main phase do not multiply its bytes."""
    large = plan(rate=4, value_size=100_000)

    assert large.bytes_max() < 1_000_000_000
    assert large.ladder_requests == LADDER.profile.requests


def test_the_recipe_needs_no_calibration() -> None:
    """It is run as it is, alone."""
    recipe = plan(name="recipe")

    assert recipe.calibrate_seconds == ()
    assert recipe.requests is None
    assert recipe.bytes_max() == 23068672
