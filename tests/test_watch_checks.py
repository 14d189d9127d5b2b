"""What a watch means."""

import msgspec
import pytest

from etcdbench import checks
from etcdbench.model import Finding, Result, Verdict
from fakes import result_of
from watches import STALL, result_of_watch


def findings(result: Result) -> dict[str, Finding]:
    """Return what is found by its name."""
    return {one.id: one for one in checks.assess(result)}


def test_an_etcd_within_its_limits_passes() -> None:
    """All of its samples were far below them, and nothing stalled."""
    result = result_of_watch(wal={4: 100}, commit={8: 100})
    found = findings(result)

    assert {name: one.verdict for name, one in found.items()} == {
        "wal_fsync_p99": Verdict.PASS,
        "backend_commit_p99": Verdict.PASS,
        "watch_stalls": Verdict.PASS,
    }
    assert checks.overall(tuple(found.values()), result) is Verdict.PASS
    assert found["watch_stalls"].because == "no stall over 100 ms was seen"


def test_an_etcd_beyond_its_limits_fails() -> None:
    """A tenth of its fsyncs took over 16 ms, far more than 1 %."""
    found = findings(result_of_watch(wal={4: 90, 32: 10}, commit={8: 100}))

    assert found["wal_fsync_p99"].verdict is Verdict.FAIL
    assert found["backend_commit_p99"].verdict is Verdict.PASS


def test_a_few_samples_decide_nothing() -> None:
    """It has to be watched longer: there is no option that measures more."""
    found = findings(result_of_watch(wal={4: 2}, commit={8: 100}))["wal_fsync_p99"]

    assert found.verdict is Verdict.INCONCLUSIVE
    assert found.advice == "watch longer, or when etcd is busier"


def test_an_etcd_that_told_nothing_decides_nothing() -> None:
    """The reason is the scraper's, and what helps is its option."""
    found = findings(result_of_watch(scrapes=0, scrape_failure="http://x does not answer: refused"))

    assert found["wal_fsync_p99"].verdict is Verdict.INCONCLUSIVE
    assert "does not answer: refused" in found["wal_fsync_p99"].because
    assert "--metrics" in found["wal_fsync_p99"].advice
    assert found["watch_stalls"].verdict is Verdict.PASS


def test_a_stall_is_a_warning_with_its_moment_and_writer() -> None:
    """Below the election timeout etcd keeps its leader."""
    found = findings(result_of_watch(stalls=(STALL,), stall_count=3))["watch_stalls"]

    assert found.verdict is Verdict.WARN
    assert found.measured_seconds == 0.31
    assert found.because == (
        "3 stalls; the worst: after 3.00 s flushes of the disk took 310 ms in the mean; "
        "wrote most in 17.0 s: rsync (42) 1.20 GB"
    )


@pytest.mark.parametrize(
    ("seen_in", "wait_seconds", "verdict"),
    [
        ("flush", 1.0, Verdict.FAIL),
        ("wal", 1.024, Verdict.FAIL),
        ("commit", 2.048, Verdict.WARN),
        ("pressure", 1.0, Verdict.WARN),
    ],
)
def test_a_flush_over_the_election_timeout_fails(
    seen_in: str, wait_seconds: float, verdict: Verdict
) -> None:
    """Only where etcd's log waited as well: neither a commit nor all tasks are a flush."""
    stall = msgspec.structs.replace(STALL, seen_in=seen_in, wait_seconds=wait_seconds)
    found = findings(result_of_watch(stalls=(stall,), stall_count=1))["watch_stalls"]

    assert found.verdict is verdict


def test_a_flush_of_ours_that_failed_fails() -> None:
    """The disk refuses what etcd needs."""
    found = findings(result_of_watch(probed=True, probe_failure="Input/output error"))

    assert found["watch_stalls"].verdict is Verdict.FAIL
    assert "Input/output error" in found["watch_stalls"].because


def test_where_nothing_could_be_read_no_health_is_claimed() -> None:
    """No disk is known, and no page came."""
    found = findings(result_of_watch(disks=(), scrapes=0))["watch_stalls"]

    assert "nothing that would show one" in found.because
    assert found.verdict is Verdict.INCONCLUSIVE


def test_other_results_are_not_judged_here() -> None:
    """A measurement has no stalls of a watch."""
    assert "watch_stalls" not in findings(result_of())
