"""What our load did to a live etcd: its own p99 before and beside us."""

import pytest

from etcdbench import beside_check, checks
from etcdbench.model import Finding, LiveMetrics, Settings, Stream, Verdict
from fakes import result_of, run_of, stream

MS = 1_000_000


def etcds(bins: dict[int, int]) -> tuple[Stream, ...]:
    """Return etcd's streams: WAL flushes at their buckets' upper edges, and no commit."""
    return (stream("wal", [bins]), stream("commit", [{}]))


def finding(before: dict[int, int], beside: dict[int, int]) -> Finding:
    """Return what is said."""
    seen = LiveMetrics(url="http://x", before=etcds(before), beside=etcds(beside))
    found = beside_check.live_etcd_wal(result_of(live_metrics=seen))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("before", "beside", "verdict"),
    [
        ({2 * MS: 1000}, {2 * MS: 5000}, Verdict.PASS),
        ({2 * MS: 1000}, {2 * MS: 980, 4 * MS: 20}, Verdict.PASS),
        ({2 * MS: 1000}, {2 * MS: 980, 8 * MS: 20}, Verdict.WARN),
        ({16 * MS: 1000}, {16 * MS: 1000}, Verdict.WARN),
        ({2 * MS: 100}, {2 * MS: 1000}, Verdict.INCONCLUSIVE),
        ({}, {}, Verdict.INCONCLUSIVE),
    ],
    ids=["the same", "a little slower", "doubled", "over the limit", "too few", "none"],
)
def test_an_etcd_that_was_disturbed_is_a_warning(
    before: dict[int, int], beside: dict[int, int], verdict: Verdict
) -> None:
    """More than double, or over etcd's own limit; too few flushes tell nothing."""
    found = finding(before, beside)

    assert found.verdict is verdict
    assert bool(found.advice) == (verdict is Verdict.WARN)


def test_both_figures_are_said() -> None:
    """As etcd's buckets show them, with the number of flushes."""
    found = finding({2 * MS: 1000}, {4 * MS: 1000})

    assert found.because == (
        "etcd's own WAL flushes: p99 1.99 ms of 1,000 before, p99 3.98 ms of 1,000 beside our load"
    )
    assert found.samples == 1000
    assert found.etcd_would_report_seconds == pytest.approx(0.00398)


def test_of_too_few_flushes_only_the_slowest_is_said() -> None:
    """No percentile is made up."""
    found = finding({}, {2 * MS: 40, 8 * MS: 1})

    assert "none before, 41, none over 8.00 ms, beside our load" in found.because


def test_where_no_etcd_was_watched_nothing_is_said() -> None:
    """And among the checks it stands where one was."""
    run = run_of("steady", stream("wal", [{MS: 150}] * 16))
    seen = LiveMetrics(url="http://x", before=etcds({MS: 1000}), beside=etcds({MS: 1000}))
    settings = Settings(profile="steady", beside_etcd=True)
    watched = result_of(run, live_metrics=seen, settings=settings)

    assert beside_check.live_etcd_wal(result_of(run)) is None
    assert "live_etcd_wal" in {one.id for one in checks.assess(watched)}
    assert checks.overall(checks.assess(watched), watched) is Verdict.INCONCLUSIVE
