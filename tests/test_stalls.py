"""The longest flushes: any over a limit counts, named with its moment, or with its range."""

import msgspec
import pytest

from etcdbench import stalls
from etcdbench.histogram import ETCD_BUCKET_EDGES_NS
from etcdbench.judge import Evidence
from etcdbench.model import Finding, Result, Verdict
from fakes import result_of, run_of, stream

MS = 1_000_000


def wal(*seconds: dict[int, int]) -> Result:
    """Build a result whose only round has these seconds of WAL flushes."""
    return result_of(run_of("steady", stream("wal", seconds)))


def test_the_longest_flush_is_named_with_its_moment() -> None:
    """Over one second fails, and the sentence says in which second of which round."""
    result = wal({MS: 150}, {MS: 149, 1500 * MS: 1}, {MS: 150})

    finding = stalls.judge_longest(
        Evidence(result=result, phase="steady"),
        check="wal_stall_election",
        limit_ns=1000 * MS,
        verdict=Verdict.FAIL,
        reference="https://example.org",
    )

    assert finding is not None
    assert finding.verdict is Verdict.FAIL
    assert "1 of 450 WAL flushes took over 1.00 s" in finding.because
    assert "second 2 of round 1" in finding.because


def test_a_flush_that_never_ended_counts_although_no_histogram_holds_it() -> None:
    """fio was silent for 20 s when it was stopped: that is a lost leader."""
    stuck = msgspec.structs.replace(
        wal({MS: 150}).runs[0], stopped="fio did not end within 36 s", silent_seconds=20.0
    )
    finding = stalls.judge_longest(
        Evidence(result=result_of(stuck), phase="steady"),
        check="wal_stall_election",
        limit_ns=1000 * MS,
        verdict=Verdict.FAIL,
        reference="https://example.org",
    )

    assert finding is not None
    assert finding.verdict is Verdict.FAIL
    assert "had not ended after 20.0 s" in finding.because


def test_no_flush_over_the_limit_says_none() -> None:
    """A clean tail passes with the longest flush named all the same."""
    finding = stalls.judge_longest(
        Evidence(result=wal({MS: 150}), phase="steady"),
        check="wal_stall_heartbeat",
        limit_ns=100 * MS,
        verdict=Verdict.WARN,
        reference="https://example.org",
    )

    assert finding is not None
    assert finding.verdict is Verdict.PASS
    assert finding.because.startswith("none of 150")


def bucketed(bins: dict[int, int], *, rare_share: float = 0.0) -> Finding:
    """Hold flushes that only etcd's buckets know against the election timeout."""
    ranged = msgspec.structs.replace(stream("wal", [bins]), edges_ns=ETCD_BUCKET_EDGES_NS)
    finding = stalls.judge_longest(
        Evidence(result=result_of(run_of("live", ranged), origin="metrics"), phase="live"),
        check="wal_stall_election",
        limit_ns=1000 * MS,
        verdict=Verdict.FAIL,
        reference="https://example.org",
        rare_share=rare_share,
    )
    assert finding is not None
    return finding


@pytest.mark.parametrize(
    ("slowest_ms", "verdict", "sentence"),
    [
        (512, Verdict.PASS, "none of 101 WAL flushes took over 1.00 s; the longest took 256..512"),
        (1024, Verdict.INCONCLUSIVE, "up to 1 of 101"),
        (2048, Verdict.FAIL, "1 of 101"),
        (16384, Verdict.FAIL, "the longest took over 8.19 s"),
    ],
)
def test_a_bucket_around_the_limit_decides_nothing(
    slowest_ms: int, verdict: Verdict, sentence: str
) -> None:
    """0.5 to 1.02 s may be over a second; 1.02 to 2.05 s is; the last bucket has no end."""
    finding = bucketed({MS: 100, slowest_ms * MS: 1})

    assert finding.verdict is verdict
    assert sentence in finding.because
    assert finding.measured_seconds is None
    assert finding.low_seconds is not None


def test_a_rare_stall_of_a_long_life_is_a_warning() -> None:
    """One in a hundred thousand; one in a hundred is not rare."""
    rare = bucketed({MS: 100_000, 2048 * MS: 1}, rare_share=1e-4)

    assert rare.verdict is Verdict.WARN
    assert "a warning only" in rare.because
    assert bucketed({MS: 100, 2048 * MS: 1}, rare_share=1e-4).verdict is Verdict.FAIL
    assert bucketed({MS: 100}, rare_share=1e-4).verdict is Verdict.PASS


def test_flushes_of_others_without_times_have_no_moment() -> None:
    """One block says nothing of when."""
    result = msgspec.structs.replace(wal({MS: 150, 9 * MS: 1}), origin="fio")
    finding = stalls.judge_longest(
        Evidence(result=result, phase="steady"),
        check="wal_stall_heartbeat",
        limit_ns=100 * MS,
        verdict=Verdict.WARN,
        reference="https://example.org",
    )

    assert finding is not None
    assert finding.because.endswith("the longest took 9.00 ms")
