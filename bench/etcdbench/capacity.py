"""How many nodes may join at once: derived from the bursts that a search has run."""

from collections.abc import Iterable, Sequence

import msgspec

from etcdbench import advice, join_checks, stats
from etcdbench.join_result import JoinBurst, Topology
from etcdbench.limits import FAQ
from etcdbench.model import Finding, Result, Verdict
from etcdbench.records import Struct
from etcdbench.search import BURSTS_EACH, Answer
from etcdbench.timeline import runs_of

INTERRUPTED = "interrupted"
"""Why a run ended that the user stopped; anything else was too much for the disk."""


class Tried(Struct, frozen=True, kw_only=True):
    """One number of nodes that was tried, and what came of it.

    Attributes:
        because: The reason, where a check failed.
    """

    nodes: int
    jitter_seconds: float
    bursts: int
    answer: Answer
    because: str = ""


class Capacity(Struct, frozen=True, kw_only=True):
    """How many nodes may join at once with one network plugin.

    Attributes:
        cni, topology, jitter_seconds: What was tried.
        carried: The largest number that certainly passes, 0 where none does.
        fails_at: The smallest larger one that certainly fails; None where none did.
        largest: The largest number that was tried.
        staggered_jitter_seconds: Within how long `fails_at` nodes may start and pass; None where
            that was not needed, or no stagger that was tried is enough.
        tried: All of it, in order of time.
    """

    cni: str
    topology: Topology
    jitter_seconds: float
    carried: int
    fails_at: int | None
    largest: int
    staggered_jitter_seconds: float | None
    tried: tuple[Tried, ...]


def answer(bursts: Sequence[JoinBurst], result: Result) -> Tried:
    """Say what bursts of one kind show together.

    Args:
        bursts: All that were run alike, so far.
        result: What they are a part of.
    """
    errors = stats.spending(BURSTS_EACH)
    findings = join_checks.run(
        only(result, bursts), error=errors[min(len(bursts), len(errors)) - 1]
    )
    failed = [one.because for one in findings if one.verdict is Verdict.FAIL]
    failed += [
        run.stopped
        for burst in bursts
        for run in runs_of(result, burst)
        if run.stopped and run.stopped != INTERRUPTED
    ]
    percentiles = [one for one in findings if one.id.endswith("_p99")]
    sure = percentiles and all(one.verdict is Verdict.PASS for one in percentiles)
    return Tried(
        nodes=bursts[0].nodes,
        jitter_seconds=bursts[0].jitter_seconds,
        bursts=len(bursts),
        answer="fail" if failed else "pass" if sure else "unsure",
        because=failed[0] if failed else "",
    )


def alike(result: Result, burst: JoinBurst) -> tuple[JoinBurst, ...]:
    """Return the bursts of a result that were asked for as this one was."""
    return tuple(one for one in result.bursts if _kind(one) == _kind(burst))


def only(result: Result, bursts: Sequence[JoinBurst]) -> Result:
    """Return a result that holds these bursts and nothing else."""
    runs = [run for burst in bursts for run in runs_of(result, burst)]
    moved: list[JoinBurst] = []
    for burst in bursts:
        first = sum(len(earlier.spans) for earlier in moved)
        moved.append(msgspec.structs.replace(burst, first_run=first))
    return msgspec.structs.replace(result, runs=tuple(runs), bursts=tuple(moved))


def of(result: Result) -> tuple[Capacity, ...]:
    """Return the capacities that a result shows, in the order in which they were looked for."""
    if not result.settings.capacity:
        return ()
    places: dict[tuple[str, Topology], None] = {
        (burst.cni, burst.topology): None for burst in result.bursts
    }
    return tuple(_capacity(result, cni, topology) for cni, topology in places)


def findings(result: Result) -> tuple[Finding, ...]:
    """Return one finding for each capacity."""
    return tuple(_finding(one, result) for one in of(result))


def _capacity(result: Result, cni: str, topology: Topology) -> Capacity:
    bursts = [one for one in result.bursts if (one.cni, one.topology) == (cni, topology)]
    kinds = dict.fromkeys(map(_kind, bursts))
    tried = tuple(answer([one for one in bursts if _kind(one) == kind], result) for kind in kinds)
    jitter = bursts[0].jitter_seconds
    at_once = [one for one in tried if one.jitter_seconds == jitter]
    staggered = [one for one in tried if one.jitter_seconds != jitter and one.answer == "pass"]
    carried = max(_numbers(at_once, "pass"), default=0)
    return Capacity(
        cni=cni,
        topology=topology,
        jitter_seconds=jitter,
        carried=carried,
        fails_at=min((n for n in _numbers(at_once, "fail") if n > carried), default=None),
        largest=max(one.nodes for one in at_once),
        staggered_jitter_seconds=min((one.jitter_seconds for one in staggered), default=None),
        tried=tried,
    )


def _kind(burst: JoinBurst) -> tuple[str, Topology, int, float]:
    return burst.cni, burst.topology, burst.nodes, burst.jitter_seconds


def _numbers(tried: Iterable[Tried], wanted: Answer) -> list[int]:
    return [one.nodes for one in tried if one.answer == wanted]


def _finding(capacity: Capacity, result: Result) -> Finding:
    name = capacity.cni.capitalize()
    verdict = Verdict.PASS
    if not capacity.carried:
        verdict = Verdict.FAIL if capacity.fails_at == 1 else Verdict.INCONCLUSIVE
    return Finding(
        id=f"join_capacity_{capacity.cni}",
        phase="join",
        verdict=verdict,
        samples=sum(one.bursts for one in capacity.tried),
        because=f"with {name} {_carried(capacity)}{_beyond(capacity)}",
        advice=_stagger(capacity)
        if capacity.fails_at and capacity.carried
        else ""
        if verdict is Verdict.PASS
        else advice.for_slow_flushes(result.target),
        reference=FAQ,
    )


def _carried(capacity: Capacity) -> str:
    within = f"within {capacity.jitter_seconds:g} s"
    if capacity.fails_at == 1:
        return f"not even one node may join {within}"
    if not capacity.carried:
        return f"it is not certain that even one node may join {within}"
    nodes = "1 node" if capacity.carried == 1 else f"{capacity.carried} nodes"
    return f"{nodes} may join {within}"


def _beyond(capacity: Capacity) -> str:
    if capacity.carried == capacity.largest:
        return ", the largest number that was tried"
    if capacity.fails_at is None:
        return "; more is not certain either way"
    reason = next(
        one.because
        for one in capacity.tried
        if one.nodes == capacity.fails_at and one.answer == "fail"
    )
    between = capacity.fails_at - capacity.carried - 1
    unsure = f" ({between} between are not certain)" if between else ""
    if capacity.fails_at == 1:
        return f": {reason}"
    return f"; {capacity.fails_at} are too many: {reason}{unsure}"


def _stagger(capacity: Capacity) -> str:
    if capacity.staggered_jitter_seconds is None:
        return f"let at most {capacity.carried} join at a time"
    return (
        f"let at most {capacity.carried} join at a time, or spread {capacity.fails_at} over "
        f"{capacity.staggered_jitter_seconds:g} s"
    )
