"""Intervals that cover the truth as often as they say."""

import numpy as np
import pytest
from numpy.typing import NDArray

from etcdbench import stats

Floats = NDArray[np.float64]


def floats(counts: object) -> Floats:
    """Return counts as the floats that the functions take."""
    return np.asarray(counts, dtype=np.float64)


@pytest.mark.parametrize(("error", "needed"), [(0.05, 299), (0.01, 459)])
def test_no_exceedance_proves_one_percent_from_the_known_number_on(
    error: float, needed: int
) -> None:
    """299 clean samples prove "under 1 %" at 95 %, 459 at 99 %; one fewer does not."""

    def upper(samples: int) -> float:
        return stats.binomial_interval(
            exceedances=0, samples=samples, error_low=error, error_high=error
        )[1]

    assert upper(needed) < 0.01 <= upper(needed - 1)
    assert needed == stats.samples_needed(share=0.01, error=error)


def test_the_interval_is_clopper_and_pearsons() -> None:
    """10 of 100 gives 4.90 % to 17.62 % at 95 % two-sided, as in every table."""
    low, high = stats.binomial_interval(
        exceedances=10, samples=100, error_low=0.025, error_high=0.025
    )

    assert low == pytest.approx(0.0490, abs=1e-4)
    assert high == pytest.approx(0.1762, abs=1e-4)


def test_nothing_measured_gives_the_whole_range() -> None:
    """Without samples the share may be anything."""
    assert (0.0, 1.0) == stats.binomial_interval(
        exceedances=0, samples=0, error_low=0.05, error_high=0.05
    )
    assert (0.0, 1.0) == stats.share_interval(
        exceedances=np.zeros(3), samples=np.zeros(3), effect=1.0, error=0.05
    )


def test_independent_samples_have_no_design_effect() -> None:
    """What chance explains is not taken for clustering (19 times in 20)."""
    rng = np.random.default_rng(1)
    total = np.full(40, 150.0)
    effects = [stats.design_effect(floats(rng.binomial(150, 0.05, 40)), total) for _ in range(200)]

    assert 0.8 < np.mean(np.array(effects) == 1.0)


def test_clustering_is_found_and_its_size_is_right() -> None:
    """Exceedances that come ten at a time are worth a tenth of their number."""
    rng = np.random.default_rng(2)
    effects = [
        stats.design_effect(10 * floats(rng.binomial(15, 0.05, 400)), np.full(400, 150.0))
        for _ in range(20)
    ]

    assert pytest.approx(10, rel=0.2) == np.mean(effects)


def test_slow_changes_are_found_in_longer_blocks() -> None:
    """A disk that alternates between good and bad every four seconds is found out."""
    bad = np.tile(np.repeat([0.0, 15.0], 4), 8)

    effect = stats.design_effect(bad, np.full(len(bad), 150.0))

    assert effect > stats.design_effect(np.tile([0.0, 15.0], 32), np.full(64, 150.0))


def test_few_blocks_say_nothing_about_clustering() -> None:
    """Below eight blocks the variance between them is not trusted."""
    assert 1.0 == stats.design_effect(np.array([0.0, 100.0]), np.array([150.0, 150.0]))


def test_the_interval_covers_the_truth_at_its_rate_where_samples_cluster() -> None:
    """With exceedances ten at a time, a 5 % error on a side is at most 8 % in 400 trials."""
    rng = np.random.default_rng(3)
    missed = 0
    for _ in range(400):
        over, total = 10 * floats(rng.binomial(15, 0.01, 60)), np.full(60, 150.0)
        effect = stats.design_effect(over, total)
        _, high = stats.share_interval(exceedances=over, samples=total, effect=effect, error=0.05)
        missed += high < 0.01

    assert missed / 400 < 0.08


def test_the_quantiles_interval_and_the_shares_interval_agree() -> None:
    """The p99's upper end is over the limit exactly when the share's is over 1 %."""
    rng = np.random.default_rng(4)
    disagreements = 0
    for _ in range(50):
        values = np.sort(rng.exponential(1.0, 2000))
        limit = 4.8

        def quantile(level: float, values: Floats = values) -> float:
            return float(values[min(int(np.ceil(level * len(values))) - 1, len(values) - 1)])

        over = float((values > limit).sum())
        _, share_high = stats.share_interval(
            exceedances=np.array([over]), samples=np.array([2000.0]), effect=1.0, error=0.05
        )
        _, p99_high = stats.quantile_interval(
            quantile=quantile, level=0.99, samples=2000, error=0.05
        )
        disagreements += (share_high < 0.01) != (p99_high is not None and p99_high <= limit)

    assert 0 == disagreements


def test_an_end_that_no_sample_can_show_is_unknown() -> None:
    """With 100 samples the p99's upper end is None, not the maximum."""
    low, high = stats.quantile_interval(
        quantile=lambda level: level, level=0.99, samples=100, error=0.05
    )

    assert low is not None
    assert high is None


@pytest.mark.parametrize("looks", [1, 2, 3, 5, 6, 9, 20])
def test_all_looks_together_spend_the_whole_error_and_no_more(looks: int) -> None:
    """However often the data is looked at, the chance of a wrong verdict stays 5 % a side."""
    errors = stats.spending(looks)

    assert looks == len(errors)
    assert pytest.approx(0.05) == sum(errors)
    assert min(errors) > 0
