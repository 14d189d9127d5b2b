"""How many nodes may join, from bursts that were run."""

import msgspec

from etcdbench import capacity, checks
from etcdbench.join_result import JoinBurst, PhaseSpan
from etcdbench.model import Result, Run, Settings, Verdict
from fakes import result_of, run_of, stream

MS = 1_000_000
SPANS = (
    PhaseSpan(name="quiet", begin_seconds=0.5, end_seconds=5.5),
    PhaseSpan(name="register", begin_seconds=5.5, end_seconds=13.5),
    PhaseSpan(name="pull", begin_seconds=13.5, end_seconds=43.5),
)


def phases(latency_ms: int, count: int) -> tuple[Run, ...]:
    """Build the runs of a burst whose every flush takes so long."""
    return tuple(
        run_of(
            f"join-{span.name}",
            stream("wal", [{latency_ms * MS: count}] * 5),
            stream("commit", [{2 * latency_ms * MS: count}] * 5),
        )
        for span in SPANS
    )


def searched(*tries: tuple[int, int], jitter: float = 5.0, last_jitter: float = 5.0) -> Result:
    """Build a search: nodes and flush time of each burst; the last one may be spread."""
    runs: list[Run] = []
    bursts: list[JoinBurst] = []
    for number, (nodes, latency_ms) in enumerate(tries):
        last = number == len(tries) - 1
        bursts.append(
            JoinBurst(
                cni="cilium",
                nodes=nodes,
                jitter_seconds=last_jitter if last else jitter,
                topology="dedicated",
                cut=True,
                first_run=len(runs),
                spans=SPANS,
            )
        )
        runs += phases(latency_ms, 60)
    settings = Settings(profile="steady", bursts_max=3, capacity=True)
    return result_of(*runs, bursts=tuple(bursts), settings=settings)


def test_the_largest_that_passes_and_the_smallest_that_fails_are_named() -> None:
    """600 clean flushes prove 1 %; 30 ms is over the limit for certain."""
    (found,) = capacity.of(searched((50, 30), (1, 1), (10, 1), (11, 30)))

    assert (found.carried, found.fails_at, found.largest) == (10, 11, 50)
    assert [one.answer for one in found.tried] == ["fail", "pass", "pass", "fail"]


def test_the_stagger_that_carries_the_rest_is_advised() -> None:
    """Eleven fail within 5 s and pass within 30 s."""
    result = searched((50, 30), (1, 1), (10, 1), (11, 30), (11, 1), last_jitter=30.0)
    (finding,) = capacity.findings(result)

    assert finding.verdict is Verdict.PASS
    assert "with Cilium 10 nodes may join within 5 s; 11 are too many: 100 %" in finding.because
    assert "spread 11 over 30 s" in finding.advice


def test_a_disk_that_carries_none_fails() -> None:
    """Not even one node."""
    (finding,) = capacity.findings(searched((50, 30), (1, 30)))

    assert finding.verdict is Verdict.FAIL
    assert "not even one node" in finding.because
    assert finding.advice


def test_a_disk_that_carries_all_passes() -> None:
    """And nothing is claimed beyond what was tried."""
    (finding,) = capacity.findings(searched((50, 1)))

    assert finding.verdict is Verdict.PASS
    assert "50 nodes may join within 5 s, the largest number that was tried" in finding.because


def test_bursts_that_were_alike_are_judged_together() -> None:
    """Each alone has too few clean samples for a look's error; and other bursts do not count."""
    result = searched((50, 30), (1, 1), (1, 1))
    same = capacity.alike(result, result.bursts[-1])

    assert [burst.nodes for burst in same] == [1, 1]
    assert len(capacity.only(result, same).runs) == 6
    assert capacity.answer(same, result).bursts == 2


def test_few_samples_pass_only_when_no_further_burst_may_follow() -> None:
    """Three bursts of one node are all that there is."""
    few = [
        msgspec.structs.replace(
            run, streams=(stream("wal", [{MS: 5}]), stream("commit", [{MS: 5}]))
        )
        for run in searched((1, 1), (1, 1), (1, 1)).runs
    ]
    result = msgspec.structs.replace(searched((1, 1), (1, 1), (1, 1)), runs=tuple(few))

    assert capacity.answer(result.bursts[:1], result).answer == "unsure"
    assert capacity.answer(result.bursts, result).answer == "pass"


def test_a_search_is_judged_by_its_capacities_and_nothing_else() -> None:
    """There is no steady phase to judge."""
    result = searched((50, 1))

    assert [finding.id for finding in checks.assess(result)] == ["join_capacity_cilium"]
    assert checks.overall(checks.assess(result), result) is Verdict.PASS


def test_without_a_search_there_is_no_capacity() -> None:
    """An ordinary join says nothing about other numbers of nodes."""
    assert capacity.of(result_of()) == ()


def test_a_burst_that_fio_gave_up_was_too_much() -> None:
    """The disk did not answer for five seconds; one that the user stopped says nothing."""
    known = searched((50, 1))
    for stopped, answer in (("an I/O had not ended", "fail"), ("interrupted", "pass")):
        runs = tuple(msgspec.structs.replace(run, stopped=stopped) for run in known.runs)
        result = msgspec.structs.replace(known, runs=runs)

        assert capacity.answer(result.bursts, result).answer == answer
