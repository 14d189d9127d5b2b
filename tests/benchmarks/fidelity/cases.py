"""The campaign's rounds put together: what is compared, and which of its edges count."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from benchmarks.fidelity.kept import Kept
from etcdbench.etcd_versions import applies_beside_flush
from etcdbench.histogram import ETCD_BUCKET_EDGES_NS, Histogram, merge
from etcdbench.limits import WAL_LIMIT_NS
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
    def counts(self) -> bool:
        """Say whether its etcd does what the prediction stands for: it waits for the disk."""
        return not applies_beside_flush(self.etcd_version)

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


def edges_of(known: Sequence[Case]) -> Iterable[tuple[Case, str, Edge]]:
    """Yield every edge with its case and metric."""
    for case in known:
        for metric, comparison in case.metrics.items():
            for edge in comparison.edges:
                yield case, metric, edge


def recipe_ratio(edge: Edge) -> float | None:
    """Return the recipe's share over etcd's; None where it was not run."""
    return None if edge.recipe is None else edge.recipe / edge.observed


def outside(edge: Edge, bounds: tuple[float, float]) -> bool:
    """Say whether an edge's interval does not meet the bounds."""
    low, high = bounds
    return edge.low is not None and edge.high is not None and (edge.low > high or edge.high < low)
