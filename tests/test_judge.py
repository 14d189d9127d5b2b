"""Judging an interval: certain when it is, undecided when it is not."""

import random

import msgspec
import pytest

from etcdbench import judge
from etcdbench.histogram import ETCD_BUCKET_EDGES_NS
from etcdbench.judge import Criterion, Evidence
from etcdbench.model import Finding, Result, Verdict
from fakes import result_of, run_of, stream

MS = 1_000_000
CRITERION = Criterion(
    check="wal_fsync_p99",
    stream="wal",
    what="WAL flushes",
    limit_ns=10 * MS,
    reference="https://example.org",
)


def judged(*seconds: dict[int, int], error: float = 0.05, catch_up: int = 0) -> Finding:
    """Judge a WAL of these seconds."""
    return judge.judge_p99(
        Evidence(result=wal(*seconds, catch_up=catch_up), phase="steady", error=error), CRITERION
    )


def wal(*seconds: dict[int, int], catch_up: int = 0) -> Result:
    """Build a result whose only round has these seconds of WAL flushes."""
    return result_of(run_of("steady", stream("wal", seconds, catch_up=catch_up)))


@pytest.mark.parametrize(
    ("second", "verdict"),
    [
        ({MS: 150}, Verdict.PASS),
        ({MS: 100, 12 * MS: 50}, Verdict.FAIL),
        ({MS: 1485, 12 * MS: 15}, Verdict.INCONCLUSIVE),
    ],
)
def test_the_interval_decides(second: dict[int, int], verdict: Verdict) -> None:
    """Far below passes, far above fails, at the limit nothing is certain."""
    assert judged(*[second] * 10).verdict is verdict


def test_a_few_clean_samples_prove_nothing() -> None:
    """100 flushes without one over the limit are no pass."""
    assert judged({MS: 100}).verdict is Verdict.INCONCLUSIVE


def test_no_samples_are_no_pass() -> None:
    """An empty stream is undecided, with no figure."""
    empty = judged()

    assert empty.verdict is Verdict.INCONCLUSIVE
    assert empty.measured_seconds is None
    assert empty.because == "no WAL flushes were measured"


def test_clustered_exceedances_are_worth_less() -> None:
    """The same share of 0.5 %: spread evenly it passes, in one bad second it does not."""
    evenly = judged(*[{MS: 199, 12 * MS: 1}] * 30)
    clustered = judged(*[{MS: 200}] * 29, {MS: 170, 12 * MS: 30})

    assert evenly.verdict is Verdict.PASS
    assert clustered.verdict is Verdict.INCONCLUSIVE


def test_clusters_far_below_the_limit_say_nothing_about_it() -> None:
    """Slow seconds of 0.4 ms on a disk of 0.3 ms do not make it undecided at 10 ms."""
    usual, slow = {3 * MS // 10: 150}, {3 * MS // 10: 130, 4 * MS // 10: 20}

    assert judged(*[usual] * 7, slow, error=0.01).verdict is Verdict.PASS


def test_clusters_near_the_limit_do() -> None:
    """The same slow second at 9 ms does: the next one may be over it."""
    usual, slow = {3 * MS // 10: 150}, {3 * MS // 10: 130, 9 * MS: 20}

    assert judged(*[usual] * 7, slow, error=0.01).verdict is Verdict.INCONCLUSIVE


def test_flushes_that_caught_up_are_no_samples_of_their_own() -> None:
    """600 clean flushes pass; not when 400 of them only caught up after a stall."""
    assert judged(*[{MS: 150}] * 4).verdict is Verdict.PASS
    assert judged(*[{MS: 150}] * 4, catch_up=400).verdict is Verdict.INCONCLUSIVE


def test_flushes_that_caught_up_do_not_dilute_the_share() -> None:
    """0.7 % of all over 10 ms, two in five only catching up: 1.17 % of the real ones."""
    second = {MS: 993, 12 * MS: 7}

    assert judged(*[second] * 100).verdict is Verdict.PASS
    assert judged(*[second] * 100, catch_up=40_000).verdict is not Verdict.PASS


def test_the_finding_holds_the_exact_and_etcds_figure() -> None:
    """Constant 9 ms: the exact p99 is 9 ms, etcd's buckets read 15.9 ms."""
    finding = judged(*[{9 * MS: 150}] * 5)

    assert finding.measured_seconds == 0.009
    assert finding.etcd_would_report_seconds == pytest.approx(0.01592)
    assert finding.samples == 750
    assert finding.verdict is Verdict.PASS


def test_a_fail_has_advice_and_a_pass_has_none() -> None:
    """Advice comes with what is wrong only."""
    assert judged(*[{12 * MS: 150}] * 5).advice
    assert not judged(*[{MS: 150}] * 5).advice


@pytest.mark.parametrize(
    ("bins", "verdict", "sentence"),
    [
        ({MS: 990, 8 * MS: 10}, Verdict.PASS, "0 % of WAL flushes took over 10.0 ms, at most"),
        ({MS: 900, 16 * MS: 100}, Verdict.INCONCLUSIVE, "0 % to 10.0 % of WAL flushes"),
        (
            {MS: 900, 32 * MS: 100},
            Verdict.FAIL,
            "10.0 % of WAL flushes took over 10.0 ms, at least",
        ),
        ({MS: 900, 16 * MS: 50, 32 * MS: 50}, Verdict.FAIL, "5 % to 10.0 % of WAL flushes"),
    ],
)
def test_a_range_around_the_limit_widens_the_interval(
    bins: dict[int, int], verdict: Verdict, sentence: str
) -> None:
    """What is certainly over the limit makes its lower end, what may be over it the upper one."""
    ranged = msgspec.structs.replace(stream("wal", [bins]), edges_ns=ETCD_BUCKET_EDGES_NS)
    finding = judge.judge_p99(
        Evidence(result=result_of(run_of("steady", ranged)), phase="steady"), CRITERION
    )

    assert finding.verdict is verdict
    assert sentence in finding.because


def test_the_p99_of_ranges_is_a_range() -> None:
    """From the bucket in which it lies; etcd's own figure is exact."""
    ranged = msgspec.structs.replace(
        stream("wal", [{MS: 9000, 4 * MS: 1000}]), edges_ns=ETCD_BUCKET_EDGES_NS
    )
    finding = judge.judge_p99(
        Evidence(result=result_of(run_of("steady", ranged)), phase="steady"), CRITERION
    )

    assert finding.measured_seconds is None
    assert (finding.low_seconds, finding.high_seconds) == pytest.approx((0.002, 0.004), abs=1e-8)
    assert finding.etcd_would_report_seconds == pytest.approx(0.0038)


def test_a_p99_of_which_neither_end_is_known_has_no_interval() -> None:
    """Too few samples, all in the first bucket: it may be anything."""
    ranged = msgspec.structs.replace(stream("wal", [{MS: 60}]), edges_ns=ETCD_BUCKET_EDGES_NS)
    finding = judge.judge_p99(
        Evidence(result=result_of(run_of("steady", ranged)), phase="steady"), CRITERION
    )

    assert (finding.low_seconds, finding.high_seconds) == (None, None)


def test_at_the_limit_with_bad_seconds_a_wrong_verdict_is_rare() -> None:
    """1 % over the limit, in one second of ten: at most one in ten verdicts is sure of anything."""
    rng = random.Random(1)
    sure = 0
    for _ in range(50):
        seconds = [
            {MS: 135, 12 * MS: 15} if rng.random() < 0.1 else {MS: 140, 2 * MS: 10}
            for _ in range(100)
        ]
        sure += judged(*seconds).verdict is not Verdict.INCONCLUSIVE

    assert sure <= 5
