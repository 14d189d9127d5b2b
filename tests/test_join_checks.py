"""Fit for etcd while nodes join? Each check seen to pass, and to say that it does not."""

import msgspec
import pytest

from bursts import (
    COMMITS,
    MS,
    ONE_OVER,
    SECOND,
    SPANS,
    findings,
    measured,
    probes_of,
    runs_of,
    verdict,
)
from etcdbench import checks, join_checks, terminal
from etcdbench.join_result import JoinBurst
from etcdbench.judge import Evidence
from etcdbench.model import Result, Run, Verdict
from fakes import result_of, run_of, stream

GOOD = measured(runs_of(), probes=[probes_of(*[0.01] * 60)])


def test_a_good_disk_passes_every_check() -> None:
    """All speak but the one about a promoted member, and none of them has advice."""
    found = findings(GOOD)

    assert len(found) == len(join_checks.CHECKS) - 1
    assert {finding.verdict for finding in found.values()} == {Verdict.PASS}
    assert {finding.advice for finding in found.values()} == {""}
    assert {finding.phase for finding in found.values()} == {"join"}


def test_nothing_is_said_where_no_node_joined() -> None:
    """A result of before has no such check, and its verdict does not change."""
    steady = result_of(
        *(run_of("steady", stream("wal", [SECOND] * 16), stream("commit", [COMMITS] * 16)),) * 4
    )

    assert join_checks.assess(steady) == ()
    assert not any(finding.phase == "join" for finding in checks.assess(steady))


def test_what_a_join_shows_is_part_of_the_whole() -> None:
    """A disk that is good at rest and bad while nodes join fails."""
    steady = run_of("steady", stream("wal", [{MS: 150}] * 16), stream("commit", [COMMITS] * 16))
    result = measured(runs_of(wal={12 * MS: 20}))
    result = msgspec.structs.replace(
        result,
        runs=(*result.runs, *(steady,) * 4),
    )

    assert verdict(result, "join_wal_fsync_p99") is Verdict.FAIL
    assert checks.overall(checks.assess(result), result) is Verdict.FAIL


def test_every_check_has_a_source_or_is_our_own_and_a_name_for_people() -> None:
    """Limits of others carry the address that they come from."""
    for check, finding in findings(GOOD).items():
        assert finding.reference.startswith("https://") or check == "join_against_quiet"
        assert check in terminal.NAMES


# --- percentiles --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("burst", "check"),
    [
        (runs_of(wal={MS: 18, 12 * MS: 2}), "join_wal_fsync_p99"),
        (runs_of(commit={30 * MS: 8}), "join_backend_commit_p99"),
    ],
)
def test_each_percentile_fails_alone(burst: tuple[Run, ...], check: str) -> None:
    """The other one passes."""
    failing = {
        name
        for name, finding in findings(measured(burst)).items()
        if finding.verdict is Verdict.FAIL
    }

    assert failing == {check}


def test_the_quiet_phase_is_no_part_of_the_join() -> None:
    """Before the nodes come every flush takes 1.2 s: the join's percentile does not know it."""
    found = findings(measured(runs_of(quiet={1200 * MS: 20})))

    assert found["join_wal_fsync_p99"].verdict is Verdict.PASS
    assert found["join_wal_fsync_p99"].samples == 1060
    assert found["join_stall_election"].verdict is Verdict.PASS


def test_a_percentile_is_that_of_all_bursts() -> None:
    """Two of them have twice the flushes."""
    assert findings(measured(runs_of(), runs_of()))["join_wal_fsync_p99"].samples == 2120


def test_few_samples_without_one_over_the_limit_pass_and_say_what_they_prove() -> None:
    """106 clean flushes are fewer than the 299 that could prove 1 %: that is no fault of the disk."""
    found = findings(measured(runs_of(wal={MS: 2}, commit={8 * MS: 1})))
    wal, commit = found["join_wal_fsync_p99"], found["join_backend_commit_p99"]

    assert wal.verdict is commit.verdict is Verdict.PASS
    assert wal.because == (
        "none of 106 WAL flushes took over 10.0 ms; so few prove no more than at most 2.8 %"
    )
    assert commit.because.startswith("none of 53 backend commits took over 25.0 ms; so few prove")
    assert wal.advice == ""


def test_clean_samples_of_which_some_only_caught_up_pass_as_few_ones_do() -> None:
    """318 clean flushes, 53 of them no samples of their own: 265 are too few on any disk."""
    runs = tuple(
        msgspec.structs.replace(
            run,
            streams=(
                msgspec.structs.replace(
                    run.streams[0], catch_up_count=run.streams[0].histogram().count // 6
                ),
                run.streams[1],
            ),
        )
        for run in runs_of(wal={MS: 6})
    )
    finding = findings(measured(runs))["join_wal_fsync_p99"]

    assert finding.samples == 318
    assert finding.verdict is Verdict.PASS


def test_as_many_samples_as_prove_it_are_judged_as_ever() -> None:
    """1,060 clean flushes prove the limit, and the sentence does not excuse itself."""
    assert "for certain; 1 % is allowed" in findings(GOOD)["join_wal_fsync_p99"].because


def test_nothing_measured_is_no_pass() -> None:
    """A burst without a commit is undecided about commits."""
    finding = findings(measured(runs_of(commit={})))["join_backend_commit_p99"]

    assert finding.verdict is Verdict.INCONCLUSIVE
    assert finding.because == "no backend commits were measured"


SOME_OVER = runs_of(wal_at=dict.fromkeys(range(15, 55, 5), ONE_OVER))
"""8 of 1,060, 0.75 %: neither surely under 1 % nor surely over it."""

MORE_OVER = runs_of(wal_at=dict.fromkeys(range(15, 60, 3), ONE_OVER))
"""15 of 1,060, 1.4 %: not surely over it."""


def test_some_over_the_limit_in_a_single_join_are_a_warning() -> None:
    """Under 1 %, but not for certain: the advice is to repeat it."""
    finding = findings(measured(SOME_OVER))["join_wal_fsync_p99"]

    assert finding.verdict is Verdict.WARN
    assert finding.because.startswith("0.75 % of 1,060 WAL flushes took over 10.0 ms; 1 % is")
    assert "--full" in finding.advice


def test_some_over_the_limit_are_undecided_where_the_join_is_repeated() -> None:
    """With ten of them there is more to come."""
    assert verdict(measured(SOME_OVER, bursts_max=10), "join_wal_fsync_p99") is Verdict.INCONCLUSIVE


def test_over_one_percent_is_more_than_a_warning() -> None:
    """1.4 % of a single join, not for certain over 1 %: undecided, not warned of."""
    assert verdict(measured(MORE_OVER), "join_wal_fsync_p99") is Verdict.INCONCLUSIVE


# --- stalls -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("latency_ms", "check", "expected"),
    [
        (150, "join_stall_heartbeat", Verdict.WARN),
        (1200, "join_stall_election", Verdict.FAIL),
        (90, "join_stall_heartbeat", Verdict.PASS),
        (900, "join_stall_election", Verdict.PASS),
    ],
)
def test_one_long_flush_counts(latency_ms: int, check: str, expected: Verdict) -> None:
    """One of 1,060 passes the percentile, and is told all the same."""
    result = measured(runs_of(wal_at={20: {MS: 19, latency_ms * MS: 1}}))

    assert verdict(result, "join_wal_fsync_p99") is Verdict.PASS
    assert verdict(result, check) is expected


@pytest.mark.parametrize(("second", "phase"), [(11, "register"), (20, "pull"), (50, "settle")])
def test_a_stall_names_its_second_and_its_phase(second: int, phase: str) -> None:
    """A round has a number, a burst has phases."""
    result = measured(runs_of(wal_at={second: {MS: 19, 1200 * MS: 1}}))

    because = findings(result)["join_stall_election"].because

    assert f"ended in second {second + 1} of a burst ({phase})" in because


def test_a_flush_that_never_ended_counts_although_no_histogram_holds_it() -> None:
    """fio was silent for 20 s when it was stopped."""
    runs = runs_of()
    stuck = msgspec.structs.replace(runs[2], stopped="fio did not end", silent_seconds=20.0)
    result = measured((*runs[:2], stuck, runs[3]))

    assert verdict(result, "join_stall_election") is Verdict.FAIL


# --- against quiet ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("during_ms", "expected", "said"),
    [(1, Verdict.PASS, "1.00 times"), (1.5, Verdict.PASS, "1.50 times"), (4, Verdict.WARN, "4.00")],
)
def test_flushes_that_take_twice_as_long_as_before_are_a_warning(
    during_ms: float, expected: Verdict, said: str
) -> None:
    """Far below every limit, and yet the join is what slows them."""
    finding = findings(measured(runs_of(wal={int(during_ms * MS): 20})))["join_against_quiet"]

    assert finding.verdict is expected
    assert said in finding.because
    assert bool(finding.advice) == (expected is Verdict.WARN)
    assert finding.samples == 63


def test_three_times_as_long_in_the_mean_but_not_for_certain_is_no_warning() -> None:
    """Seconds of 0.1 ms and of 90 ms in turn: the interval reaches below twice."""
    wild = {second: {(MS // 10 if second % 2 else 90 * MS): 20} for second in range(10, 63)}

    finding = findings(measured(runs_of(wal_at=wild, quiet=SECOND)))["join_against_quiet"]

    assert finding.verdict is Verdict.PASS


def test_without_a_quiet_phase_there_is_nothing_to_compare_with() -> None:
    """Where no flush was seen before the join, the check is silent."""
    empty: dict[int, dict[int, int]] = {second: {} for second in range(10)}

    assert "join_against_quiet" not in findings(measured(runs_of(wal_at=empty)))


# --- bystander ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("longest_seconds", "expected"),
    [(0.9, Verdict.PASS), (1.0, Verdict.PASS), (2.0, Verdict.WARN), (6.0, Verdict.FAIL)],
)
def test_somebody_who_logs_in_notices_a_second_and_gives_up_after_five(
    longest_seconds: float, expected: Verdict
) -> None:
    """One wait among fifty decides."""
    probes = probes_of(*[0.01] * 50, longest_seconds)
    finding = findings(measured(runs_of(), probes=[probes]))["join_bystander"]

    assert finding.verdict is expected
    assert finding.measured_seconds == longest_seconds
    assert finding.samples == 51
    assert bool(finding.advice) == (expected is not Verdict.PASS)


def test_the_share_of_arrivals_is_that_of_time_over_all_bursts() -> None:
    """10 s of 60 in one burst of two: 9 s are too early by over 1 s, 5 s by over 5 s."""
    probes = [probes_of(*[0.01] * 50, 10.0), probes_of(*[1.0] * 60)]
    finding = findings(measured(runs_of(), runs_of(), probes=probes))["join_bystander"]

    assert finding.because == (
        "somebody who logs in would wait up to 10.0 s for the disk; "
        "7.5 % of arrivals over 1 s, 4.2 % over 5 s"
    )


def test_where_nobody_probed_nothing_is_said_of_logins() -> None:
    """Images on another disk have no bystander."""
    assert "join_bystander" not in findings(measured(runs_of()))


# --- when to stop -------------------------------------------------------------------------------


CLEAR = runs_of(commit={8 * MS: 12})
"""Enough of both even for the first of ten looks, which may err once in 400 times."""


@pytest.mark.parametrize(
    ("burst", "decided"),
    [
        (CLEAR, True),
        (runs_of(wal={12 * MS: 20}, commit={30 * MS: 12}), True),
        (SOME_OVER, False),
        (MORE_OVER, False),
    ],
)
def test_bursts_end_when_neither_percentile_is_open(burst: tuple[Run, ...], decided: bool) -> None:  # noqa: FBT001 - a parameter of a test
    """Surely good or surely bad is enough; at the limit there is another."""
    assert join_checks.decided(measured(burst, bursts_max=10), 0) is decided


def test_a_burst_without_a_commit_is_not_the_last() -> None:
    """What was not measured is open."""
    assert not join_checks.decided(measured(runs_of(commit={}), bursts_max=10), 0)


def test_clean_bursts_that_prove_nothing_yet_are_not_the_last() -> None:
    """Ten times may prove what once cannot: that is why `--full` repeats the join."""
    few = runs_of(wal={MS: 2}, commit={8 * MS: 1})

    assert not join_checks.decided(measured(few, bursts_max=10), 0)


def test_more_bursts_decide_what_one_did_not() -> None:
    """0.28 % over the limit are too few to tell after the first look, and plenty after the fourth."""
    some = runs_of(wal_at=dict.fromkeys((20, 30, 40), ONE_OVER), commit={8 * MS: 12})

    assert not join_checks.decided(measured(some, bursts_max=10), 0)
    assert join_checks.decided(measured(*[some] * 4, bursts_max=10), 3)


def test_a_look_too_many_is_judged_like_the_last() -> None:
    """Two looks share 5 %; a third one, which was not planned, takes no more than they."""
    result = measured(*[SOME_OVER] * 3, bursts_max=2)

    assert [join_checks._evidence(result, look).error for look in (0, 1, 2)] == [0.025] * 3


# --- a member that is promoted ------------------------------------------------------------------


def promoted(seconds: float | None) -> Result:
    """Build the promotion of a member that had its database after so long."""
    burst = JoinBurst(
        cni="control-plane",
        nodes=1,
        jitter_seconds=0.0,
        topology="dedicated",
        spans=SPANS,
        neighbour_bytes=1_100_000_000,
        snapshot_seconds=seconds,
    )
    return result_of(*runs_of(), bursts=(burst,))


@pytest.mark.parametrize(
    ("seconds", "verdict", "sentence"),
    [
        (12.0, Verdict.PASS, "1.10 GB was received and flushed in 12.0 s; the network alone"),
        (21.0, Verdict.WARN, "takes 10.0 s at 1 Gbit/s"),
        (None, Verdict.FAIL, "not on the disk in time"),
    ],
)
def test_a_promoted_members_database_is_held_against_the_network(
    seconds: float | None, verdict: Verdict, sentence: str
) -> None:
    """Twice as long is worth a warning; one that never came is a fail."""
    found = join_checks.promotion_ready(evidence(promoted(seconds)))

    assert found is not None
    assert found.verdict is verdict
    assert sentence in found.because


def test_a_joining_worker_is_no_member() -> None:
    """Nothing is said of a database."""
    assert join_checks.promotion_ready(evidence(result_of(*runs_of()))) is None


def evidence(result: Result) -> Evidence:
    """Build what a check looks at."""
    return Evidence(result=result, phase="join")
