"""Comparing a prediction with what etcd showed."""

import pytest

from etcdbench import validation
from etcdbench.histogram import Histogram
from etcdbench.metrics import Buckets
from etcdbench.model import Verdict
from fakes import stream

MS = 1_000_000
LIMIT = 10 * MS


def buckets(bins: dict[int, int], *, total_seconds: float = 1.0) -> Buckets:
    """Build what etcd showed: counts at the upper edges of its buckets."""
    return Buckets(histogram=Histogram.from_bins(bins), sum_seconds=total_seconds)


GOOD = buckets({MS: 9000, 2 * MS: 900, 4 * MS: 100})
PREDICTED_GOOD = stream("wal", [{MS // 2: 90, 3 * MS // 2: 9, 3 * MS: 1}] * 100)


def test_equal_distributions_have_ratios_of_one() -> None:
    """Each edge that counts, with an interval around 1."""
    compared = validation.compare([PREDICTED_GOOD], [GOOD], limit_ns=LIMIT)

    assert [edge.edge_seconds for edge in compared.edges] == [0.001, 0.002]
    for edge in compared.edges:
        assert edge.ratio == pytest.approx(1.0)
        assert edge.low is not None
        assert edge.high is not None
        assert edge.low < 1 < edge.high
    assert compared.worst_ratio == pytest.approx(1.0)


def test_the_worst_ratio_may_be_below_one() -> None:
    """Half as many is as far off as twice as many."""
    half = stream("wal", [{MS // 2: 95, 3 * MS // 2: 4, 3 * MS: 1}] * 100)

    assert validation.compare([half], [GOOD], limit_ns=LIMIT).worst_ratio == pytest.approx(0.5)


def test_edges_with_hardly_any_of_etcds_samples_do_not_count() -> None:
    """0.4 % beyond an edge is not compared."""
    rare = buckets({MS: 9960, 2 * MS: 40})

    assert validation.compare([PREDICTED_GOOD], [rare], limit_ns=LIMIT).edges == ()


def test_a_ratio_of_a_few_samples_is_not_given() -> None:
    """Five samples are chance."""
    few = stream("wal", [{MS // 2: 995, 3 * MS // 2: 5}])
    edge = validation.compare([few], [GOOD], limit_ns=LIMIT).edges[0]

    assert edge.ratio is None


def test_etcds_own_repeatability_stands_beside() -> None:
    """1 % in one repeat and 2 % in the other is a factor of two."""
    compared = validation.compare(
        [PREDICTED_GOOD],
        [buckets({MS: 9900, 2 * MS: 100}), buckets({MS: 9800, 2 * MS: 200})],
        limit_ns=LIMIT,
    )

    assert compared.etcd_repeatability_ratio == pytest.approx(2.0)
    assert (
        validation.compare([PREDICTED_GOOD], [GOOD], limit_ns=LIMIT).etcd_repeatability_ratio
        is None
    )


def test_an_interval_has_in_it_how_far_etcds_runs_differ() -> None:
    """5 and 15 % cannot prove a ratio that 10 and 10 % prove."""
    steady = [buckets({MS: 9000, 2 * MS: 1000})] * 2
    moving = [buckets({MS: 9500, 2 * MS: 500}), buckets({MS: 8500, 2 * MS: 1500})]
    (narrow,) = validation.compare([PREDICTED_GOOD], steady, limit_ns=LIMIT).edges
    (wide,) = validation.compare([PREDICTED_GOOD], moving, limit_ns=LIMIT).edges

    assert narrow.ratio == wide.ratio
    assert narrow.low is not None
    assert wide.low is not None
    assert wide.low < 0.7 * narrow.low


def test_an_interval_has_in_it_how_far_the_predictions_runs_differ() -> None:
    """5 and 15 % predicted in two runs are not 10 and 10 %."""
    observed = [buckets({MS: 9000, 2 * MS: 1000})] * 2
    low, even, high = (
        stream("wal", [{MS // 2: 100 - over, 3 * MS // 2: over}] * 100) for over in (5, 10, 15)
    )
    (narrow,) = validation.compare([even, even], observed, limit_ns=LIMIT).edges
    (wide,) = validation.compare([low, high], observed, limit_ns=LIMIT).edges

    assert narrow.ratio == wide.ratio
    assert narrow.low is not None
    assert wide.low is not None
    assert wide.low < 0.7 * narrow.low


def test_an_interval_has_in_it_how_samples_cluster_at_its_own_edge() -> None:
    """One second in ten has all that is above 1 ms; nothing comes near the limit."""
    observed = [buckets({MS: 9000, 2 * MS: 1000})]
    spread = stream("wal", [{MS // 2: 90, 3 * MS // 2: 10}] * 100)
    clustered = stream("wal", ([{MS // 2: 100}] * 9 + [{3 * MS // 2: 100}]) * 10)
    (narrow,) = validation.compare([spread], observed, limit_ns=LIMIT).edges
    (wide,) = validation.compare([clustered], observed, limit_ns=LIMIT).edges

    assert narrow.ratio == wide.ratio
    assert narrow.low is not None
    assert wide.low is not None
    assert wide.low < 0.7 * narrow.low


@pytest.mark.parametrize(
    ("bins", "verdict"),
    [
        ({MS: 10_000}, Verdict.PASS),
        ({MS: 9000, 32 * MS: 1000}, Verdict.FAIL),
        ({MS: 9000, 16 * MS: 1000}, Verdict.INCONCLUSIVE),
    ],
)
def test_buckets_decide_only_beyond_the_edges_around_the_limit(
    bins: dict[int, int], verdict: Verdict
) -> None:
    """10 % between 8 and 16 ms may all be under 10 ms, or none."""
    compared = validation.compare([PREDICTED_GOOD], [buckets(bins)], limit_ns=LIMIT)

    assert compared.observed_verdict is verdict


def test_verdicts_differ_only_where_both_are_sure() -> None:
    """A pass against a fail differs; against an undecided one it does not."""
    bad, unsure = buckets({32 * MS: 10_000}), buckets({MS: 9000, 16 * MS: 1000})

    assert not validation.compare([PREDICTED_GOOD], [bad], limit_ns=LIMIT).verdict_agrees
    assert validation.compare([PREDICTED_GOOD], [unsure], limit_ns=LIMIT).verdict_agrees
    assert validation.compare([PREDICTED_GOOD], [GOOD], limit_ns=LIMIT).verdict_agrees


def test_the_exact_p99_and_both_reports_are_there() -> None:
    """Only we know the exact one."""
    compared = validation.compare(
        [stream("wal", [{9 * MS: 100}] * 10)], [buckets({16 * MS: 1000})], limit_ns=LIMIT
    )

    assert compared.predicted_p99_seconds == 0.009
    assert compared.predicted_report_seconds == pytest.approx(0.01592)
    assert compared.observed_report_seconds == pytest.approx(0.01592)


def test_nothing_observed_is_nothing_compared() -> None:
    """No samples, no edges, no verdict."""
    compared = validation.compare([PREDICTED_GOOD], [Buckets()], limit_ns=LIMIT)

    assert compared.edges == ()
    assert compared.observed_verdict is Verdict.INCONCLUSIVE
    assert compared.observed.count == 0


def test_the_recipe_stands_beside_where_it_is_given() -> None:
    """Its share at the same edge."""
    recipe = Histogram.from_bins({MS // 2: 50, 3 * MS: 50})
    compared = validation.compare([PREDICTED_GOOD], [GOOD], limit_ns=LIMIT, recipe=recipe)

    assert compared.recipe is not None
    assert compared.edges[0].recipe == 0.5
