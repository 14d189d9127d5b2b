"""Plans: what is announced is an upper bound of what is done."""

import pytest

from etcdbench import profile
from etcdbench.errors import UsageError
from etcdbench.model import Settings
from etcdbench.plan import Plan, class_rates, make_plan

LADDER = profile.load("ladder")


def plan(
    mode: str = "default",
    *,
    name: str = "steady",
    rate: float | None = None,
    value_size: int | None = None,
    beside_etcd: bool = False,
) -> Plan:
    """Make a plan with the options that matter."""
    return make_plan(
        main=profile.load(name),
        ladder=LADDER,
        settings=Settings(profile=name, mode=mode, beside_etcd=beside_etcd),  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        rate_per_second=rate,
        value_size_bytes=value_size,
    )


def test_the_classes_are_those_of_check_perf() -> None:
    """150, 1,000, 8,000 and 15,000 writes per second."""
    assert class_rates(LADDER) == {"s": 150, "m": 1000, "l": 8000, "xl": 15000}


def test_the_default_run_ends_within_three_minutes_and_a_gigabyte_and_a_half() -> None:
    """The cap is 180 s (fio's starts take some of it), the bytes at most 1.5 GB."""
    default = plan()

    assert default.seconds_max() < 180
    assert default.bytes_max() < 1_500_000_000


def test_a_quick_run_writes_less_and_judges_the_wal_only() -> None:
    """At most 300 MB, no ladder, no commits."""
    quick = plan("quick")

    assert quick.bytes_max() < 300_000_000
    assert quick.ladder == ()
    assert not quick.judge_commits


def test_quick_can_answer_within_twenty_seconds() -> None:
    """Calibration and one round leave room for starting Python and fio thrice."""
    quick = plan("quick")

    assert sum(quick.calibrate_seconds) + quick.phases[0].runtime_seconds <= 16


def test_a_full_run_looks_once() -> None:
    """Without early looks all of the error is spent on the one at the end."""
    assert plan("full").errors == (0.05,)
    assert sum(plan().errors) == pytest.approx(0.05)


def test_the_recipe_needs_no_calibration() -> None:
    """It is run as it is, alone."""
    recipe = plan(name="recipe")

    assert recipe.calibrate_seconds == ()
    assert recipe.requests is None
    assert recipe.bytes_max() == 23068672


def test_a_higher_rate_writes_more_and_needs_more_room() -> None:
    """The announcement follows the load."""
    assert plan().bytes_max() < plan(rate=8000).bytes_max() < plan(rate=8000).room_bytes()


@pytest.mark.parametrize(("mode", "rate"), [("default", 3), ("full", 2), ("quick", 10)])
def test_a_rate_that_can_prove_nothing_is_refused(mode: str, rate: float) -> None:
    """Before three minutes are spent on it; a little more is enough."""
    with pytest.raises(UsageError, match="needed to prove anything"):
        plan(mode, rate=rate)
    assert plan(mode, rate=rate + 2).requests is not None


def test_the_ladder_has_its_own_values() -> None:
    """A class is a class: large values of the main phase do not multiply its bytes."""
    large = plan(rate=4, value_size=100_000)

    assert large.bytes_max() < 1_000_000_000
    assert large.ladder_requests == LADDER.profile.requests


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
