"""From results to verdicts: what was not measured, or only gently, is never a pass."""

import pytest

from etcdbench import checks
from etcdbench.judge import Evidence
from etcdbench.model import Result, Run, Settings, Verdict
from fakes import result_of, run_of, stream

MS = 1_000_000
WAL_GOOD = stream("wal", [{MS: 150}] * 16)
WAL_BAD = stream("wal", [{MS: 100, 12 * MS: 50}] * 16)
COMMIT_GOOD = stream("commit", [{8 * MS: 10}] * 16)
COMMIT_BAD = stream("commit", [{30 * MS: 10}] * 16)


def healthy(rounds: int = 4) -> tuple[Run, ...]:
    """Return rounds of a good disk."""
    return (run_of("steady", WAL_GOOD, COMMIT_GOOD),) * rounds


def verdicts(result: Result) -> dict[str, Verdict]:
    """Return the verdict of each check."""
    return {finding.id: finding.verdict for finding in checks.assess(result)}


def overall(result: Result) -> Verdict:
    """Return the verdict of a result."""
    return checks.overall(checks.assess(result), result)


def test_a_good_disk_passes_every_check() -> None:
    """WAL, commits, stalls and spread."""
    assert set(verdicts(result_of(*healthy())).values()) == {Verdict.PASS}
    assert overall(result_of(*healthy())) is Verdict.PASS


@pytest.mark.parametrize(
    ("wal", "commit", "failing"),
    [(WAL_BAD, COMMIT_GOOD, "wal_fsync_p99"), (WAL_GOOD, COMMIT_BAD, "backend_commit_p99")],
)
def test_either_percentile_alone_fails_the_disk(wal: object, commit: object, failing: str) -> None:
    """The worst check decides."""
    result = result_of(*(run_of("steady", wal, commit),) * 3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]

    assert verdicts(result)[failing] is Verdict.FAIL
    assert overall(result) is Verdict.FAIL


def test_commits_that_were_not_measured_are_not_a_pass() -> None:
    """A result with a good WAL and no commit is inconclusive."""
    assert overall(result_of(*(run_of("steady", WAL_GOOD),) * 4)) is Verdict.INCONCLUSIVE


def test_nothing_measured_is_inconclusive() -> None:
    """A result without runs never passes."""
    assert overall(result_of()) is Verdict.INCONCLUSIVE


def test_a_quick_run_is_not_asked_about_commits() -> None:
    """It judges the WAL only, and may pass on it."""
    quick = result_of(
        run_of("steady", WAL_GOOD),
        settings=Settings(profile="steady", load="s", mode="quick", rounds_max=5),
    )

    assert "backend_commit_p99" not in verdicts(quick)
    assert overall(quick) is Verdict.PASS


@pytest.mark.parametrize(
    ("latency_ms", "check", "verdict"),
    [
        (150, "wal_stall_heartbeat", Verdict.WARN),
        (1200, "wal_stall_election", Verdict.FAIL),
    ],
)
def test_one_long_flush_counts(latency_ms: int, check: str, verdict: Verdict) -> None:
    """One in 9,600 passes the percentile, and is told all the same."""
    stalled = stream("wal", [{MS: 149, latency_ms * MS: 1}, *[{MS: 150}] * 15])
    result = result_of(*healthy(3), run_of("steady", stalled, COMMIT_GOOD))

    assert verdicts(result)["wal_fsync_p99"] is Verdict.PASS
    assert verdicts(result)[check] is verdict


def test_rounds_that_are_not_alike_are_a_warning() -> None:
    """A disk that is four times as slow in one round must be measured again."""
    slower = stream("wal", [{4 * MS: 150}] * 16)

    assert (
        verdicts(result_of(*healthy(), run_of("steady", slower, COMMIT_GOOD)))["spread"]
        is Verdict.WARN
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"settings": Settings(profile="steady", load="s", beside_etcd=True, rounds_max=9)},
        {"interrupted": "by the user", "complete": False},
        {"complete": False},
    ],
)
def test_gentle_or_cut_off_is_never_a_pass(changes: dict[str, object]) -> None:
    """What was measured beside a live etcd, or not to its end, is inconclusive at best."""
    assert overall(result_of(*healthy(), **changes)) is Verdict.INCONCLUSIVE


def test_a_pass_of_the_recipe_proves_nothing() -> None:
    """The recipe can fail a disk; it cannot pass one."""
    good = result_of(run_of("recipe", WAL_GOOD), requests=None)
    bad = result_of(run_of("recipe", WAL_BAD), requests=None)

    assert overall(good) is Verdict.INCONCLUSIVE
    assert overall(bad) is Verdict.FAIL


def test_others_fio_proves_no_more_than_the_recipe() -> None:
    """Commits are not asked for, and streams of several jobs are no rounds."""
    good = result_of(run_of("fio", WAL_GOOD, WAL_GOOD), requests=None, origin="fio")
    bad = result_of(run_of("fio", WAL_BAD), requests=None, origin="fio")

    assert set(verdicts(good)) == {"wal_fsync_p99", "wal_stall_heartbeat", "wal_stall_election"}
    assert overall(good) is Verdict.INCONCLUSIVE
    assert overall(bad) is Verdict.FAIL


def test_a_live_etcds_metrics_decide_by_themselves() -> None:
    """They hold commits, too, and a pass needs both."""
    live = result_of(run_of("live", WAL_GOOD, COMMIT_GOOD), requests=None, origin="metrics")
    half = result_of(run_of("live", WAL_GOOD), requests=None, origin="metrics")

    assert verdicts(live)["wal_fsync_p99"] is Verdict.PASS
    assert "backend_commit_p99" in verdicts(live)
    assert overall(half) is Verdict.INCONCLUSIVE


def test_calibration_and_ladder_are_not_the_main_phase() -> None:
    """A slow calibration does not fail the disk."""
    result = result_of(run_of("calibrate", WAL_BAD, COMMIT_BAD), *healthy())

    assert result.main_phases() == ("steady",)
    assert overall(result) is Verdict.PASS


def test_every_phase_of_a_users_profile_is_judged() -> None:
    """A disk that fails in the second phase fails."""
    result = result_of(*healthy(), *(run_of("busy", WAL_BAD, COMMIT_GOOD),) * 3)

    assert overall(result) is Verdict.FAIL


def test_a_look_is_decided_when_neither_percentile_is_open() -> None:
    """16 s of commits are too few; 64 s are enough."""
    early = Evidence(result=result_of(*healthy(1)), phase="steady", error=0.0125)
    late = Evidence(result=result_of(*healthy(4)), phase="steady", error=0.0125)

    assert not checks.decided(early)
    assert checks.decided(late)


def test_every_finding_names_its_source_or_is_our_own() -> None:
    """Limits of etcd's carry the address they come from."""
    for finding in checks.assess(result_of(*healthy())):
        assert finding.reference.startswith("https://") or finding.id == "spread"
