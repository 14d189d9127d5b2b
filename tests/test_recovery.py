"""When flushes are back at the level of before, after images came onto the same disk."""

import msgspec
import pytest

from bursts import MS, ONE_OVER, findings, measured, runs_of, verdict
from etcdbench.model import Result, Verdict
from fakes import run_of, stream

STALL = {MS: 19, 1_250 * MS: 1}
"""What a second looks like in which the kernel wrote back what was unpacked."""


def after_a_quiet_day(result: Result, longest_ms: int) -> Result:
    """Put sixteen seconds of `steady` behind a burst, with a longest flush of so many ms."""
    steady = run_of("steady", stream("wal", [{MS: 149, longest_ms * MS: 1}] * 16))
    return msgspec.structs.replace(result, runs=(*result.runs, steady))


@pytest.mark.parametrize(
    ("until", "seconds", "expected"),
    [(47, 3.5, Verdict.PASS), (53, 9.5, Verdict.PASS), (54, 10.5, Verdict.WARN)],
)
def test_a_disk_that_stays_slow_for_long_after_the_pull_is_a_warning(
    until: int, seconds: float, expected: Verdict
) -> None:
    """Ten seconds are what a controller's lock bears."""
    slow = dict.fromkeys(range(44, until), ONE_OVER)

    finding = findings(measured(runs_of(wal_at=slow), shared=True))["join_recovery"]

    assert finding.verdict is expected
    assert finding.measured_seconds == pytest.approx(seconds)
    assert "after the pull phase's planned end a flush still took over 10.0 ms" in finding.because


def test_what_is_written_back_only_later_counts() -> None:
    """The kernel keeps unpacked files half a minute in memory: flushes stall when it writes them."""
    result = measured(runs_of(wal_at={57: STALL}), shared=True)

    finding = findings(after_a_quiet_day(result, 5))["join_recovery"]

    assert finding.verdict is Verdict.WARN
    assert finding.measured_seconds == pytest.approx(14.5)
    assert finding.because == (
        "14.5 s after the pull phase's planned end a flush still took over 10.0 ms"
    )
    assert finding.advice


@pytest.mark.parametrize(("longest_ms", "seconds"), [(700, 0.0), (600, 14.5)])
def test_what_the_quiet_day_has_too_is_chance(longest_ms: int, seconds: float) -> None:
    """A disk that stalls anyway has not been slowed by the join; the percentile judges that."""
    result = measured(runs_of(wal_at={57: STALL}), shared=True)

    finding = findings(after_a_quiet_day(result, longest_ms))["join_recovery"]

    assert finding.measured_seconds == pytest.approx(seconds)


def test_a_disk_that_is_slow_during_the_pull_only_has_recovered_at_once() -> None:
    """What is slow while images come is no matter of recovery."""
    result = measured(runs_of(wal_at={30: ONE_OVER}), shared=True)
    finding = findings(result)["join_recovery"]

    assert finding.verdict is Verdict.PASS
    assert finding.measured_seconds == 0
    assert finding.because == "after the pull phase no flush took over 10.0 ms"


@pytest.mark.parametrize(
    ("quiet", "late"),
    [({MS: 20}, {9 * MS: 20}), ({MS: 19, 8 * MS: 1}, {15 * MS: 20})],
)
def test_the_level_is_twice_the_quiet_one_and_never_below_the_limit(
    quiet: dict[int, int], late: dict[int, int]
) -> None:
    """9 ms are under 10 ms, and 15 ms under twice the 8 ms that were seen before."""
    result = measured(runs_of(quiet=quiet, wal_at={44: late}), shared=True)

    assert findings(result)["join_recovery"].measured_seconds == 0


def test_the_slowest_burst_is_the_one_that_is_told() -> None:
    """One of two took 15.5 s to recover."""
    slow = runs_of(wal_at=dict.fromkeys(range(44, 59), ONE_OVER))

    assert verdict(measured(slow, runs_of(), shared=True), "join_recovery") is Verdict.WARN
    assert verdict(measured(runs_of(), slow, shared=True), "join_recovery") is Verdict.WARN


def test_where_no_images_were_written_there_is_nothing_to_recover_from() -> None:
    """Nor in a burst that ended with the pull."""
    assert "join_recovery" not in findings(measured(runs_of()))
    assert "join_recovery" not in findings(measured(runs_of(cut=True), shared=True))


def test_a_burst_that_was_stopped_during_the_pull_says_nothing_about_recovery() -> None:
    """No flush was seen after the images had come: that is not the quiet level."""
    runs = runs_of(wal_at={second: {} for second in range(20, 63)})
    stopped = tuple(msgspec.structs.replace(run, stopped="interrupted") for run in runs)

    assert "join_recovery" not in findings(measured(stopped, shared=True))
