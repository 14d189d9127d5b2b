"""Uncertain things: intervals for shares and percentiles of correlated samples.

Pure functions on plain numbers and arrays; they know no model type.

The question behind "p99 under L" is "is the share of samples over L under 1 %?", so the interval
of that share is what is judged. Flushes are correlated (a device's housekeeping slows a whole
second), so a sample is worth less than one independent sample. How much less is the *design
effect*: the variance of the share between blocks of time over the variance that independent
samples would have. The interval is the exact binomial one (Clopper and Pearson 1934) on the
*effective* number of samples, as survey statistics does it: Korn and Graubard, "Confidence
intervals for proportions with small expected number of positive counts estimated from survey
data", Survey Methodology 24 (1998) 193-201. It is deterministic, it needs no normal
approximation where exceedances are few, and with none at all it gives the familiar rule
(299 samples prove 1 % at 95 %, 459 at 99 %).
"""

import math
from typing import TYPE_CHECKING

from scipy import special

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

CLUSTERING_SIGNIFICANCE = 0.05
"""A design effect counts when independent samples would show it less often than this."""

BLOCKS_MIN = 8
"""Fewer blocks than this say nothing about the variance between blocks."""

ERROR_TOTAL = 0.05
"""Chance of a wrong verdict, on each side, over all looks of a measurement."""

LOOKS_EVEN_MAX = 5
"""Up to this many looks share the error evenly."""

GROUPINGS = (1, 2, 4)
"""Blocks are looked at alone, in twos and in fours: slow changes show in longer blocks."""


def binomial_interval(
    *, exceedances: float, samples: float, error_low: float, error_high: float
) -> tuple[float, float]:
    """Return the exact (Clopper-Pearson) interval of a share; both counts may be fractional.

    Args:
        exceedances: How many of the samples are over the limit.
        samples: How many samples there are.
        error_low: Chance that the truth is below the interval.
        error_high: Chance that it is above.
    """
    if samples <= 0:
        return 0.0, 1.0
    rest = max(samples - exceedances, 0.0)
    low = float(special.betaincinv(exceedances, rest + 1, error_low)) if exceedances > 0 else 0.0
    high = float(special.betaincinv(exceedances + 1, rest, 1 - error_high)) if rest > 0 else 1.0
    return low, high


def design_effect(exceedances: "Floats", samples: "Floats") -> float:
    """Return by how much clustering in time inflates the variance of a share, at least 1.

    The largest over the groupings that chance does not explain: under independence the
    dispersion statistic follows a chi-square distribution with blocks - 1 degrees of freedom.

    Args:
        exceedances: Samples over the limit in each block; shape (blocks,).
        samples: Samples in each block; shape (blocks,).
    """
    effect = 1.0
    for size in GROUPINGS:
        over, total = _grouped(exceedances, size), _grouped(samples, size)
        if len(total[total > 0]) < BLOCKS_MIN:
            break
        effect = max(effect, overdispersion(over, total))
    return effect


def overdispersion(exceedances: "Floats", samples: "Floats") -> float:
    """Return by how much groups differ in their share more than chance explains, at least 1.

    Pearson's chi-square over its degrees of freedom, where its chance under one common share is
    less than `CLUSTERING_SIGNIFICANCE`.

    Args:
        exceedances: Samples over the limit in each group; shape (groups,).
        samples: Samples in each group; shape (groups,).
    """
    over, total = exceedances[samples > 0], samples[samples > 0]
    freedom = len(total) - 1
    share = over.sum() / total.sum() if freedom > 0 else 0.0
    if not 0 < share < 1:
        return 1.0
    dispersion = float((((over - share * total) ** 2) / (total * share * (1 - share))).sum())
    explained = float(special.chdtrc(freedom, dispersion)) >= CLUSTERING_SIGNIFICANCE
    return 1.0 if explained else dispersion / freedom


def share_interval(
    *,
    exceedances: "Floats",
    samples: "Floats",
    effect: float,
    error: float,
) -> tuple[float, float]:
    """Return an interval for the share of samples over a limit.

    Args:
        exceedances: Samples over the limit in each block; shape (blocks,).
        samples: Samples in each block; shape (blocks,).
        effect: Design effect.
        error: Chance, on each side, that the truth is outside.
    """
    total = float(samples.sum())
    if total <= 0:
        return 0.0, 1.0
    share = float(exceedances.sum()) / total
    effective = total / effect * _few_blocks_factor(len(samples), effect, error)
    return binomial_interval(
        exceedances=share * effective, samples=effective, error_low=error, error_high=error
    )


def quantile_interval(
    *,
    quantile: "Callable[[float], float | None]",
    level: float,
    samples: float,
    error: float,
) -> tuple[float | None, float | None]:
    """Return an interval for a quantile from the order statistics that bracket it.

    The interval's ends are the quantiles at the levels between which the true level lies with
    the binomial distribution of `samples` draws; where no order statistic is high enough the
    upper end is None (unknown), never the maximum.

    Args:
        quantile: The sample quantile as a function of the level.
        level: The wanted level (0.99).
        samples: Effective number of samples.
        error: Chance, on each side, that the truth is outside.
    """
    if samples < 1:
        return None, None
    beyond = 1 - level
    # Find how few samples may lie beyond the upper end, and how many beyond the lower one, by
    # inverting the interval that judges shares: the two can never contradict each other.
    high_share = _largest_share_under(beyond, samples, error)
    low_share = _smallest_share_over(beyond, samples, error)
    high = None if high_share is None else quantile(1 - high_share)
    return quantile(1 - low_share), high


def log_ratio_interval(
    before: "Floats", during: "Floats", *, error: float
) -> tuple[float, float, float] | None:
    """Return how many times as large values became, with an interval: Welch's on logarithms.

    Args:
        before: Positive values, one for each block; shape (m,).
        during: The same of another time; shape (n,).
        error: Chance, on each side, that the truth is outside.

    Returns:
        Ratio of the geometric means, lower and upper end; None with fewer than two blocks.
    """
    if min(len(before), len(during)) < 2:  # noqa: PLR2004 - one block has no spread
        return None
    logs = [[math.log(value) for value in blocks] for blocks in (before, during)]
    means = [math.fsum(values) / len(values) for values in logs]
    parts = [
        math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1) / len(values)
        for values, mean in zip(logs, means, strict=True)
    ]
    width, freedom = 0.0, 1.0
    if sum(parts) > 0:
        freedom = sum(parts) ** 2 / math.fsum(
            part**2 / (len(values) - 1) for part, values in zip(parts, logs, strict=True)
        )
        width = -float(special.stdtrit(freedom, error)) * math.sqrt(sum(parts))
    middle = means[1] - means[0]
    return math.exp(middle), math.exp(middle - width), math.exp(middle + width)


def samples_needed(*, share: float, error: float) -> int:
    """Return how many samples without any exceedance prove that their share is under a limit.

    The smallest n with (1 - share)^n < error: 299 for 1 % at an error of 5 %.
    """
    return math.floor(math.log(error) / math.log1p(-share)) + 1


def spending(looks: int) -> tuple[float, ...]:
    """Return the error that each look at growing data may spend, on each side; they sum to 5 %.

    The third look gets the largest part: there, after about 48 s, the commits of a healthy disk
    (9.2 a second or more) can first prove that fewer than 1 % of them are over the limit. Few
    looks share evenly. Alpha spending: Lan and DeMets, "Discrete sequential boundaries for
    clinical trials", Biometrika 70 (1983) 659-663; the sum bounds the error of the whole by
    Bonferroni's inequality.
    """
    if looks <= LOOKS_EVEN_MAX:
        return (ERROR_TOTAL / max(looks, 1),) * max(looks, 1)
    first = (0.0025, 0.0025, 0.0125)
    rest = (ERROR_TOTAL - sum(first)) / (looks - len(first))
    return first + (rest,) * (looks - len(first))


def _grouped(values: "Floats", size: int) -> "Floats":
    """Sum neighbouring blocks in groups; an incomplete last group is left out."""
    whole = len(values) // size * size
    grouped: Floats = values[:whole].reshape(-1, size).sum(axis=1)
    return grouped


def _few_blocks_factor(blocks: int, effect: float, error: float) -> float:
    """Return Korn and Graubard's reduction (z/t)^2 for a variance known from few blocks only."""
    if effect <= 1 or blocks < BLOCKS_MIN:
        return 1.0
    normal = float(special.ndtri(error))
    student = float(special.stdtrit(blocks - 1, error))
    return (normal / student) ** 2


def _largest_share_under(beyond: float, samples: float, error: float) -> float | None:
    """Return the largest observed share whose interval is wholly under `beyond`."""

    def upper(share: float) -> float:
        return binomial_interval(
            exceedances=share * samples, samples=samples, error_low=error, error_high=error
        )[1]

    if upper(0.0) > beyond:
        return None
    return _bisect(lambda share: upper(share) <= beyond, inside=0.0, outside=beyond)


def _smallest_share_over(beyond: float, samples: float, error: float) -> float:
    """Return the smallest observed share whose interval is wholly over `beyond`."""

    def lower(share: float) -> float:
        return binomial_interval(
            exceedances=share * samples, samples=samples, error_low=error, error_high=error
        )[0]

    return _bisect(lambda share: lower(share) >= beyond, inside=1.0, outside=beyond)


def _bisect(holds: "Callable[[float], bool]", *, inside: float, outside: float) -> float:
    """Return the share nearest to `outside` for which `holds` is still true."""
    for _ in range(40):
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if holds(middle) else (inside, middle)
    return inside
