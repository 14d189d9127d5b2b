"""The largest cluster class: monotonic, with the reason in words."""

from etcdbench import ladder
from etcdbench.model import Result, Run, Settings, Verdict
from etcdbench.workload import Requests
from fakes import result_of, run_of, stream

MS = 1_000_000
GOOD, BAD = {MS: 300}, {MS: 200, 20 * MS: 100}


def rung(phase: str, rate: float, second: dict[int, int], commit_ns: int = 8 * MS) -> Run:
    """Build a rung of three seconds."""
    return run_of(
        phase,
        stream("wal", [second] * 3),
        stream("commit", [{commit_ns: 9}] * 3),
        rate_per_second=rate,
    )


def climbed(*runs: Run, load: str | None = "s", rate: float = 150.0) -> Result:
    """Build a result after the ladder."""
    return result_of(
        *runs,
        settings=Settings(profile="steady", load=load, rounds_max=9),
        requests=Requests(rate_per_second=rate),
        climbed=True,
    )


def test_the_class_is_the_last_rung_before_the_first_that_fails() -> None:
    """s and m hold, l does not: the class is m, and the reason is named."""
    result = climbed(
        rung("steady", 150, GOOD),
        rung("ladder-m", 1000, GOOD),
        rung("ladder-l", 8000, BAD),
    )
    finding = ladder.cluster_class_reached(result)

    assert ladder.cluster_class(result) == "m"
    assert finding is not None
    assert finding.verdict is Verdict.PASS
    assert "at class l 33.3 % of WAL flushes took over 10.0 ms" in finding.because
    assert "6.67 times the rate asked for" in finding.because


def test_a_higher_rung_that_holds_does_not_undo_a_lower_one_that_fails() -> None:
    """Classes are monotonic, unlike those of `check perf`."""
    result = climbed(
        rung("steady", 150, GOOD), rung("ladder-m", 1000, BAD), rung("ladder-l", 8000, GOOD)
    )

    assert ladder.cluster_class(result) == "s"


def test_a_disk_that_fails_at_its_own_load_carries_none() -> None:
    """The main phase stands for the rung of its rate."""
    result = climbed(rung("steady", 150, BAD))
    finding = ladder.cluster_class_reached(result)

    assert ladder.cluster_class(result) == "none"
    assert finding is not None
    assert finding.verdict is Verdict.WARN
    assert finding.advice


def test_a_rate_between_two_classes_that_holds_is_no_warning() -> None:
    """3,000/s holds, class l does not, class m is below: the class is information."""
    runs = (
        rung("ladder-s", 150, GOOD),
        rung("ladder-m", 1000, GOOD),
        rung("ladder-l", 8000, BAD),
    )
    holds = climbed(rung("steady", 3000, GOOD), *runs, load=None, rate=3000.0)
    fails = climbed(rung("steady", 3000, BAD), *runs, load=None, rate=3000.0)

    for result, verdict in ((holds, Verdict.PASS), (fails, Verdict.WARN)):
        finding = ladder.cluster_class_reached(result)
        assert finding is not None
        assert finding.verdict is verdict


def test_commits_fail_a_rung_only_when_that_is_certain() -> None:
    """27 commits of 40 ms are certain; one slow commit in 27 is not."""
    slow = climbed(rung("steady", 150, GOOD, commit_ns=40 * MS))
    once = climbed(
        run_of(
            "steady",
            stream("wal", [GOOD] * 3),
            stream("commit", [{8 * MS: 9}, {8 * MS: 8, 40 * MS: 1}, {8 * MS: 9}]),
        )
    )

    assert "backend commits" in (ladder.why_rung_fails(slow, "ladder-s") or "")
    assert ladder.why_rung_fails(once, "ladder-s") is None


def test_one_flush_over_a_second_is_too_much_for_a_rung() -> None:
    """One of 900 passes the percentile, and would cost a leader."""
    stalled = climbed(rung("steady", 150, GOOD), rung("ladder-m", 1000, {MS: 299, 2000 * MS: 1}))

    assert ladder.cluster_class(stalled) == "s"


def test_without_a_ladder_there_is_no_class() -> None:
    """--quick has none."""
    result = result_of(rung("steady", 150, GOOD))

    assert ladder.cluster_class(result) is None
    assert ladder.cluster_class_reached(result) is None


def test_a_rung_without_samples_does_not_hold() -> None:
    """What was not measured is not carried."""
    result = climbed(rung("steady", 150, GOOD), run_of("ladder-m", rate_per_second=1000.0))

    assert ladder.cluster_class(result) == "s"
