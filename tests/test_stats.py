"""Intervals that cover the truth as often as they say."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import ttest_ind

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


def test_runs_that_differ_more_than_chance_explains_are_overdispersed() -> None:
    """5 and 15 % of 1000 each: chi-square 55.6 with one degree of freedom; 5 and 5.5 % are chance."""
    total = np.full(2, 1000.0)

    assert stats.overdispersion(np.array([50.0, 150.0]), total) == pytest.approx(55.56, abs=0.01)
    assert stats.overdispersion(np.array([50.0, 55.0]), total) == 1.0
    assert stats.overdispersion(np.array([50.0]), np.array([1000.0])) == 1.0
    assert stats.overdispersion(np.array([50.0, 0.0]), np.array([1000.0, 0.0])) == 1.0


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


def test_equal_values_became_once_as_large_and_nothing_else() -> None:
    """Without any spread the interval is one number."""
    found = stats.log_ratio_interval(floats([0.002] * 5), floats([0.002] * 9), error=0.05)

    assert found == pytest.approx((1.0, 1.0, 1.0))


def test_values_without_spread_give_their_ratio() -> None:
    """From 1 ms to 3 ms is three times; and back a third."""
    slow, fast = floats([0.003] * 4), floats([0.001] * 4)

    assert stats.log_ratio_interval(fast, slow, error=0.05) == pytest.approx((3.0, 3.0, 3.0))
    assert stats.log_ratio_interval(slow, fast, error=0.05) == pytest.approx((1 / 3,) * 3)


@pytest.mark.parametrize(("before", "during"), [(0, 9), (1, 9), (9, 1), (9, 0)])
def test_one_block_has_no_spread_and_so_no_interval(before: int, during: int) -> None:
    """On either side."""
    assert (
        stats.log_ratio_interval(floats([0.001] * before), floats([0.002] * during), error=0.05)
        is None
    )


def test_the_ratios_interval_holds_the_truth_at_its_rate() -> None:
    """Three times as large, with other spreads and numbers of blocks: 5 % miss it on each side."""
    rng = np.random.default_rng(5)
    below = above = 0
    for _ in range(600):
        before, during = rng.lognormal(-7, 0.2, 8), 3 * rng.lognormal(-7, 0.6, 40)
        found = stats.log_ratio_interval(before, during, error=0.05)
        assert found is not None
        ratio, low, high = found
        assert low < ratio < high
        below, above = below + (high < 3), above + (low > 3)

    assert 0.02 < below / 600 < 0.08
    assert 0.02 < above / 600 < 0.08


@pytest.mark.parametrize("error", [0.05, 0.01])
def test_the_ratios_interval_is_welchs_on_logarithms(error: float) -> None:
    """As scipy has it."""
    rng = np.random.default_rng(6)
    before, during = rng.lognormal(-7, 0.2, 8), rng.lognormal(-6, 0.6, 40)
    expected = ttest_ind(np.log(during), np.log(before), equal_var=False).confidence_interval(
        1 - 2 * error
    )

    found = stats.log_ratio_interval(before, during, error=error)

    assert found is not None
    assert found[0] == pytest.approx(np.exp(np.log(during).mean() - np.log(before).mean()))
    assert found[1:] == pytest.approx((np.exp(expected.low), np.exp(expected.high)))
