"""The campaign's table and chart, from what was kept."""

import importlib.resources
import io
import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from benchmarks.fidelity.kept import Kept
from etcdbench.drawing import labels
from etcdbench.histogram import ETCD_BUCKET_EDGES_NS, Histogram, merge
from etcdbench.limits import WAL_LIMIT_NS
from etcdbench.model import Verdict
from etcdbench.validate_session import compare_rounds
from etcdbench.validating import Kind
from etcdbench.validation import SHARE_MIN, Comparison, Edge

SAMPLES_ENOUGH = 400
"""With so many samples beyond an edge on both sides another round adds nothing."""

Bounds = dict[str, tuple[float, float]]
"""Metric -> what every edge's interval has to meet."""

LOAD_BOUNDS: Bounds = {"wal_fsync": (0.75, 1.33), "backend_commit": (0.65, 1.55)}
JOIN_BOUNDS: Bounds = {"wal_fsync": (0.70, 1.40), "backend_commit": (0.65, 1.55)}
JOIN_SHARE_MIN = 0.01
"""From this share of etcd's on, an edge of a join counts: joins have few samples."""

SHARE_MAX = 0.995
"""Where etcd has nearly all its samples above an edge, anybody gets that right: no part of the summary."""

FIXED_NAMES = {"svg.hashsalt": "campaign"}
"""The same figures give the same file."""

RATIO_SHOWN_MIN = 0.02
"""The chart's lower end; the recipe's ratios below, which are mostly 0, lie on it."""

NAMES = {"wal_fsync": "WAL fsync", "backend_commit": "backend commit"}
ALLOWED_SHARE = 0.01
KINDS: tuple[Kind, ...] = ("regular", "poisson", "join")


@dataclass(frozen=True)
class Case:
    """One disk, load, etcd and kind of arrivals, compared; `parts` are the machines'."""

    disk: str
    load: str
    etcd_version: str
    arrivals: Kind
    parts: Sequence[Kept]
    recipe: Histogram | None
    metrics: dict[str, Comparison]

    @property
    def rounds(self) -> str:
        """Say how many rounds there are on which machine."""
        return ", ".join(f"{part.machine} {part.count(self.arrivals)}" for part in self.parts)

    @property
    def recipe_passes(self) -> bool | None:
        """Say what the recipe's user would conclude; None where it was not run."""
        if self.recipe is None:
            return None
        return (self.recipe.share_above(WAL_LIMIT_NS) or 0.0) < ALLOWED_SHARE


def enough(known: Kept, arrivals: Kind) -> bool:
    """Say whether every edge that counts has samples enough beyond it, on both sides."""
    chosen = [one for one in known.rounds if one.arrivals == arrivals]
    pairs = (
        (
            merge(stream.histogram() for one in chosen for stream in one.streams("wal")),
            merge(one.observed.wal_fsync.histogram for one in chosen),
        ),
        (
            merge(stream.histogram() for one in chosen for stream in one.streams("commit")),
            merge(one.observed.backend_commit.histogram for one in chosen),
        ),
    )
    return bool(chosen) and all(
        min(ours.above(edge), theirs.above(edge)) >= SAMPLES_ENOUGH
        for ours, theirs in pairs
        for edge in ETCD_BUCKET_EDGES_NS
        if (theirs.share_above(edge) or 0.0) >= SHARE_MIN
    )


def cases(everything: Sequence[Kept], *, together: bool = True) -> list[Case]:
    """Compare all that is kept, with the rounds of all machines together or each machine by itself."""
    groups: dict[tuple[str, str, str, str], list[Kept]] = {}
    recipes: dict[str, list[Histogram]] = {}
    for kept in everything:
        machine = "" if together else kept.machine
        key = (kept.disk_of_all, kept.load, kept.etcd_version, machine)
        groups.setdefault(key, []).append(kept)
        if kept.recipe:
            recipes.setdefault(kept.disk_of_all, []).append(kept.recipe)
    found: list[Case] = []
    for (disk, load, version, _), group in groups.items():
        recipe = merge(recipes[disk]) if disk in recipes else None
        for arrivals in KINDS:
            parts = [kept for kept in group if kept.count(arrivals)]
            if parts:
                rounds = [one for kept in parts for one in kept.rounds]
                metrics = compare_rounds(rounds, arrivals, recipe or Histogram())
                found.append(Case(disk, load, version, arrivals, parts, recipe, metrics))
    return found


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
    yield "Edges with 0.5 % to 99.5 % of etcd's samples above them:"
    yield ""
    yield from _summary(loads, LOAD_BOUNDS, SHARE_MIN)
    if joins:
        yield ""
        yield "Joining nodes, edges with 1 % to 99.5 %:"
        yield ""
        yield from _summary(joins, JOIN_BOUNDS, JOIN_SHARE_MIN)
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
    for case, metric, edge in _edges(known):
        ratio = "-" if edge.ratio is None else f"{edge.ratio:.2f} ({edge.low:.2f}..{edge.high:.2f})"
        bounds = JOIN_BOUNDS if case.arrivals == "join" else LOAD_BOUNDS
        if _outside(edge, bounds[metric]):
            ratio = f"**{ratio}**"
        yield (
            f"| {case.disk} | {case.load} | {case.etcd_version} | {case.arrivals} "
            f"| {NAMES[metric]} | {edge.edge_seconds * 1000:g} ms | {edge.observed:.2%} "
            f"| {edge.predicted:.2%} | {ratio} | {_number(edge.etcd_ratio)} "
            f"| {_number(_recipe_ratio(edge))} |"
        )


def _machines(everything: Sequence[Kept], apart: Sequence[Case]) -> Iterable[str]:
    """Say what each machine has measured, how quiet it was, and how it comes out by itself."""
    yield "## Machines"
    yield ""
    yield "CPU time that the host took is that of fio's rounds. Each machine by itself: a simulated disk's time"
    yield "is in part its simulation's, which a slow CPU makes longer."
    yield ""
    yield "| machine | rounds | from | to | CPU time stolen, median and worst |"
    yield "|---|---|---|---|---|"
    names = sorted({one.machine for one in everything})
    for machine in names:
        rounds = [round_ for one in everything if one.machine == machine for round_ in one.rounds]
        runs = [run for round_ in rounds for run in round_.predicted]
        days = sorted(run.started_at[:10] for run in runs)
        stolen = [run.machine.cpu_steal_share or 0.0 for run in runs]
        yield (
            f"| {machine} | {len(rounds)} | {days[0]} | {days[-1]} "
            f"| {statistics.median(stolen):.1%}, {max(stolen):.1%} |"
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
                for _, name, edge in _edges(chosen)
                if name == metric and share_min <= edge.observed <= SHARE_MAX
            ]
            cells = (arrivals, version, NAMES[metric], *_summary_cells(edges, bounds[metric]))
            yield f"| {' | '.join(cells)} |"
    yield ""
    yield from _verdict_counts(known)


def _summary_cells(edges: Sequence[Edge], bounds: tuple[float, float]) -> Iterable[str]:
    low, high = bounds
    ratios = [edge.ratio for edge in edges if edge.ratio]
    missed = [edge for edge in edges if _outside(edge, bounds)]
    repeats = [edge.etcd_ratio for edge in edges if edge.etcd_ratio]
    recipes = [ratio for edge in edges if (ratio := _recipe_ratio(edge)) is not None]
    yield str(len(ratios))
    yield _typical(ratios)
    yield _worst(ratios)
    yield f"{len(missed)} of {len(ratios)} ({low}..{high})"
    yield f"{_typical(repeats)}, {_worst(repeats)}"
    yield f"{_typical(recipes)}, {_worst(recipes)}"


def _outside(edge: Edge, bounds: tuple[float, float]) -> bool:
    """Say whether an edge's interval does not meet the bounds."""
    low, high = bounds
    return edge.low is not None and edge.high is not None and (edge.low > high or edge.high < low)


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


def _edges(known: Sequence[Case]) -> Iterable[tuple[Case, str, Edge]]:
    for case in known:
        for metric, comparison in case.metrics.items():
            for edge in comparison.edges:
                yield case, metric, edge


def _recipe_ratio(edge: Edge) -> float | None:
    return None if edge.recipe is None else edge.recipe / edge.observed


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


def chart(known: Sequence[Case]) -> str:
    """Draw every edge's ratio over etcd's share, beside etcd's own repeatability and the recipe."""
    looks = importlib.resources.files("etcdbench.reports").joinpath("chart.mplstyle")
    with importlib.resources.as_file(looks) as path, style.context([path, FIXED_NAMES]):
        figure = Figure(figsize=(9, 4.2), layout="constrained")
        both: tuple[Axes, Axes] = figure.subplots(1, 2, sharey=True)
        for axes, metric in zip(both, NAMES, strict=True):
            _panel(axes, metric, [edge for _, name, edge in _edges(known) if name == metric])
        both[0].set_ylabel("share predicted / share of etcd")
        figure.legend(*both[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
        out = io.StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None})
    return out.getvalue()


def _panel(axes: Axes, metric: str, edges: Sequence[Edge]) -> None:
    low, high = LOAD_BOUNDS[metric]
    axes.axhspan(low, high, color="#dddddd", alpha=0.5, linewidth=0)
    axes.axhline(1, color="#444444", linewidth=1)
    recipes = [(edge.observed, ratio) for edge in edges if (ratio := _recipe_ratio(edge))]
    repeats = [(edge.observed, edge.etcd_ratio) for edge in edges if edge.etcd_ratio]
    ratios = [edge for edge in edges if edge.ratio is not None]
    for points, name, colour, marker in (
        (recipes, "popular recipe", "#b5341e", "x"),
        (repeats, "etcd against etcd (largest / smallest)", "#6b6b6b", "^"),
    ):
        if points:
            axes.scatter(
                [100 * x for x, _ in points],
                [max(y, RATIO_SHOWN_MIN) for _, y in points],
                s=16,
                color=colour,
                marker=marker,
                label=name,
                linewidths=1,
            )
    axes.errorbar(
        [100 * edge.observed for edge in ratios],
        [edge.ratio or 0.0 for edge in ratios],
        yerr=[
            [(edge.ratio or 0.0) - (edge.low or 0.0) for edge in ratios],
            [(edge.high or 0.0) - (edge.ratio or 0.0) for edge in ratios],
        ],
        fmt="o",
        markersize=4,
        color="#0b6e99",
        elinewidth=1,
        label="etcdbench, 95 % interval",
    )
    axes.set(
        xscale="log",
        yscale="log",
        xlabel="etcd's share of samples above the edge, %",
        title=NAMES[metric],
        ylim=(RATIO_SHOWN_MIN, 10),
    )
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(labels("{:g}".format))
        axis.set_minor_formatter(NullFormatter())
