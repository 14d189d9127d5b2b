"""The campaign's page, from what was kept."""

import math
import statistics
from collections.abc import Iterable, Sequence
from pathlib import Path

from scipy import stats as distributions

from benchmarks.fidelity.cases import (
    JOIN_BOUNDS,
    JOIN_SHARE_MIN,
    LOAD_BOUNDS,
    NAMES,
    SHARE_MAX,
    Bounds,
    Case,
    cases,
    edges_of,
    outside,
    recipe_ratio,
)
from benchmarks.fidelity.chart import chart
from benchmarks.fidelity.kept import Kept
from benchmarks.fidelity.spread import interval, spread
from etcdbench.machine import MachineLoad
from etcdbench.model import Verdict
from etcdbench.validation import SHARE_MIN, Edge


def write(everything: Sequence[Kept], folder: Path) -> None:
    """Write the page and the chart beside it."""
    known = cases(everything)
    (folder / "accuracy-campaign.svg").write_text(chart(known))
    page = (*_page(known), "", *_machines(everything, cases(everything, together=False)))
    (folder / "accuracy-campaign.md").write_text("\n".join(page) + "\n")


def _page(known: Sequence[Case]) -> Iterable[str]:
    yield "# The campaign: prediction against etcd, edge by edge"
    yield ""
    yield "Written by `python tests/benchmarks/fidelity report`; what it means is in"
    yield "[accuracy.md](accuracy.md)."
    yield ""
    yield "![ratio of prediction and etcd](accuracy-campaign.svg)"
    yield ""
    loads = [case for case in known if case.arrivals != "join"]
    joins = [case for case in known if case.arrivals == "join"]
    counted = [case for case in loads if case.counts]
    yield "Edges with 0.5 % to 99.5 % of etcd's samples above them:"
    yield ""
    yield from _summary(counted, LOAD_BOUNDS, SHARE_MIN)
    if beside := [case for case in loads if not case.counts]:
        yield ""
        yield from _beside(beside)
    if joins:
        yield ""
        yield "Joining nodes, edges with 1 % to 99.5 %:"
        yield ""
        yield from _summary(joins, JOIN_BOUNDS, JOIN_SHARE_MIN)
    yield ""
    yield from _rounds_differ([case for case in counted if case.arrivals == "regular"])
    yield ""
    yield from _bias(loads)
    yield ""
    yield "## Verdicts"
    yield ""
    yield "| disk | load | etcd | arrivals | rounds | WAL: etcd, we, recipe | commit: etcd, we |"
    yield "|---|---|---|---|---|---|---|"
    for case in known:
        wal, commit = case.metrics["wal_fsync"], case.metrics["backend_commit"]
        recipe = {None: "-", True: "pass", False: "fail"}[case.recipe_passes]
        yield (
            f"| {case.disk} | {case.load} | {case.etcd_version} | {case.arrivals} "
            f"| {case.rounds} "
            f"| {wal.observed_verdict.value}, {wal.predicted_verdict.value}, {recipe} "
            f"| {commit.observed_verdict.value}, {commit.predicted_verdict.value} |"
        )
    yield ""
    yield "## Edges"
    yield ""
    yield "Where etcd's share is at least 0.5 %. *etcd/etcd*: its largest share over its smallest"
    yield "between rounds. Ratios need ten samples on either side. Bold: outside the bounds."
    yield ""
    yield (
        "| disk | load | etcd | arrivals | metric | above | etcd's share | ours "
        "| ratio (95 %) | etcd/etcd | recipe's ratio |"
    )
    yield "|---|---|---|---|---|---|---|---|---|---|---|"
    for case, metric, edge in edges_of(known):
        ratio = "-" if edge.ratio is None else f"{edge.ratio:.2f} ({edge.low:.2f}..{edge.high:.2f})"
        bounds = JOIN_BOUNDS if case.arrivals == "join" else LOAD_BOUNDS
        if outside(edge, bounds[metric]):
            ratio = f"**{ratio}**"
        yield (
            f"| {case.disk} | {case.load} | {case.etcd_version} | {case.arrivals} "
            f"| {NAMES[metric]} | {edge.edge_seconds * 1000:g} ms | {edge.observed:.2%} "
            f"| {edge.predicted:.2%} | {ratio} | {_number(edge.etcd_ratio)} "
            f"| {_number(recipe_ratio(edge))} |"
        )


def _beside(known: Sequence[Case]) -> Iterable[str]:
    """Show what the bounds are not held against."""
    yield "Beside them an etcd that, alone in its cluster, [applies puts while it flushes"
    yield "them](accuracy-causes.md#an-etcd-that-applies-puts-beside-its-flushes), which the prediction does not"
    yield "stand for:"
    yield ""
    yield from _summary(known, LOAD_BOUNDS, SHARE_MIN)


def _rounds_differ(known: Sequence[Case]) -> Iterable[str]:
    """Hold the bounds against intervals that know from all cases how far rounds differ."""
    yield "## How far rounds differ"
    yield ""
    yield "One standard deviation of the ratio of a round's prediction and its etcd, without chance, as a"
    yield "factor, under `check perf` (`spread.py`); and the same edges with intervals that have it in them,"
    yield "whether their case has several rounds or one."
    yield ""
    yield "| load | metric | rounds beyond a case's first | factor | edges | outside | inside as a whole |"
    yield "|---|---|---|---|---|---|---|"
    for load in sorted({case.load for case in known}):
        chosen = [case for case in known if case.load == load]
        for metric, (low, high) in LOAD_BOUNDS.items():
            rounds = spread(chosen, metric)
            found = [
                limits
                for case, name, edge in edges_of(chosen)
                if name == metric
                and SHARE_MIN <= edge.observed <= SHARE_MAX
                and (limits := interval(case, metric, edge, rounds))
            ]
            outside_ = sum(lowest > high or highest < low for lowest, highest in found)
            whole = sum(low <= lowest and highest <= high for lowest, highest in found)
            factor = _number(rounds.factor if rounds.degrees else None)
            yield (
                f"| {load} | {NAMES[metric]} | {rounds.degrees} | {factor} "
                f"| {len(found)} | {outside_} | {whole} |"
            )


def _bias(known: Sequence[Case]) -> Iterable[str]:
    """Say what intervals, which may be wide, cannot hide: which way cases are off together."""
    yield "## Bias"
    yield ""
    yield "The geometric mean of the ratios, each case once (the mean over its edges), and its 95 % interval over"
    yield "the disks."
    yield ""
    yield "| arrivals | load | etcd | metric | cases | mean ratio (95 %) | too slow, too fast |"
    yield "|---|---|---|---|---|---|---|"
    groups = sorted({(case.arrivals, case.load, case.etcd_version) for case in known}, reverse=True)
    for group in groups:
        chosen = [case for case in known if (case.arrivals, case.load, case.etcd_version) == group]
        for metric in LOAD_BOUNDS:
            means = [
                statistics.fmean(logs)
                for case in chosen
                if (
                    logs := [
                        math.log(edge.ratio)
                        for edge in case.metrics[metric].edges
                        if edge.ratio and edge.observed <= SHARE_MAX
                    ]
                )
            ]
            slow = sum(mean > 0 for mean in means)
            cells = (*group, NAMES[metric], str(len(means)), _mean(means))
            yield f"| {' | '.join(cells)} | {slow}, {len(means) - slow} |"


def _mean(logs: Sequence[float]) -> str:
    if len(logs) < 2:
        return "-"
    low, high = distributions.t.interval(
        0.95, len(logs) - 1, statistics.fmean(logs), statistics.stdev(logs) / math.sqrt(len(logs))
    )
    mean, low, high = (math.exp(value) for value in (statistics.fmean(logs), low, high))
    return f"{mean:.2f} ({low:.2f}..{high:.2f})"


def _stolen(loads: Iterable[MachineLoad | None]) -> str:
    """Say which share of the CPU time the host took: the median and the worst."""
    known = [load.cpu_steal_share or 0.0 for load in loads if load]
    return f"{statistics.median(known):.1%}, {max(known):.1%}" if known else "-"


def _machines(everything: Sequence[Kept], apart: Sequence[Case]) -> Iterable[str]:
    """Say what each machine has measured, how quiet it was, and how it comes out by itself."""
    yield "## Machines"
    yield ""
    yield "CPU time that the host took, the median and the worst of fio's rounds and of etcd's (of which older"
    yield "rounds do not know it). Each machine by itself: a simulated disk's time is in part its simulation's,"
    yield "which a slow CPU makes longer."
    yield ""
    yield "| machine | rounds | from | to | stolen beside fio | beside etcd |"
    yield "|---|---|---|---|---|---|"
    names = sorted({one.machine for one in everything})
    for machine in names:
        rounds = [round_ for one in everything if one.machine == machine for round_ in one.rounds]
        runs = [run for round_ in rounds for run in round_.predicted]
        days = sorted(run.started_at[:10] for run in runs)
        yield (
            f"| {machine} | {len(rounds)} | {days[0]} | {days[-1]} "
            f"| {_stolen(run.machine for run in runs)} "
            f"| {_stolen(round_.observed.machine for round_ in rounds)} |"
        )
    for machine in names:
        chosen = [
            case for case in apart if case.arrivals != "join" and case.parts[0].machine == machine
        ]
        if chosen:
            yield ""
            yield f"### Machine {machine}"
            yield ""
            yield from _summary(chosen, LOAD_BOUNDS, SHARE_MIN)


def _summary(known: Sequence[Case], bounds: Bounds, share_min: float) -> Iterable[str]:
    """Sum up by kind of arrivals and etcd's version: what holds for one need not for another."""
    yield "| arrivals | etcd | metric | edges | median ratio | worst ratio | outside the bounds | etcd/etcd median, worst | recipe median, worst |"
    yield "|---|---|---|---|---|---|---|---|---|"
    groups = sorted({(case.arrivals, case.etcd_version) for case in known}, reverse=True)
    for arrivals, version in groups:
        chosen = [
            case for case in known if (case.arrivals, case.etcd_version) == (arrivals, version)
        ]
        for metric in bounds:
            edges = [
                edge
                for _, name, edge in edges_of(chosen)
                if name == metric and share_min <= edge.observed <= SHARE_MAX
            ]
            cells = (arrivals, version, NAMES[metric], *_summary_cells(edges, bounds[metric]))
            yield f"| {' | '.join(cells)} |"
    yield ""
    yield from _verdict_counts(known)


def _summary_cells(edges: Sequence[Edge], bounds: tuple[float, float]) -> Iterable[str]:
    low, high = bounds
    ratios = [edge.ratio for edge in edges if edge.ratio]
    missed = [edge for edge in edges if outside(edge, bounds)]
    repeats = [edge.etcd_ratio for edge in edges if edge.etcd_ratio]
    recipes = [ratio for edge in edges if (ratio := recipe_ratio(edge)) is not None]
    yield str(len(ratios))
    yield _typical(ratios)
    yield _worst(ratios)
    yield f"{len(missed)} of {len(ratios)} ({low}..{high})"
    yield f"{_typical(repeats)}, {_worst(repeats)}"
    yield f"{_typical(recipes)}, {_worst(recipes)}"


def _verdict_counts(known: Sequence[Case]) -> Iterable[str]:
    for metric, name in NAMES.items():
        pairs = [
            (case.metrics[metric].observed_verdict, case.metrics[metric].predicted_verdict)
            for case in known
        ]
        decided = [pair for pair in pairs if pair[0] is not Verdict.INCONCLUSIVE]
        open_ = sum(ours is Verdict.INCONCLUSIVE for _, ours in decided)
        wrong = sum(ours not in {theirs, Verdict.INCONCLUSIVE} for theirs, ours in decided)
        yield (
            f"{name}: of {len(pairs)} verdicts etcd's own histogram supports "
            f"{len(decided)}; of those we have {len(decided) - wrong - open_} right, {wrong} wrong, "
            f"{open_} inconclusive."
        )
        yield ""
    judged = [
        (case.recipe_passes, case.metrics["wal_fsync"].observed_verdict)
        for case in known
        if case.recipe_passes is not None
        and case.metrics["wal_fsync"].observed_verdict is not Verdict.INCONCLUSIVE
    ]
    wrong = sum(passes != (theirs is Verdict.PASS) for passes, theirs in judged)
    if judged:
        yield f"The recipe is wrong in {wrong} of {len(judged)}."


def _typical(ratios: Sequence[float]) -> str:
    """Return the median of how far ratios are from 1, either way."""
    far = [abs(math.log(ratio)) if ratio else math.inf for ratio in ratios]
    return f"{math.exp(statistics.median(far)):.2f}" if far else "-"


def _worst(ratios: Sequence[float]) -> str:
    if not ratios:
        return "-"
    return f"{max(ratios, key=lambda ratio: abs(math.log(ratio)) if ratio else math.inf):.2f}"


def _number(ratio: float | None) -> str:
    return "-" if ratio is None else f"{ratio:.2f}"
