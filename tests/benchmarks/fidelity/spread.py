"""How far rounds of one case differ, known from all cases, and what that makes of an edge's interval.

A case's own one to three rounds cannot tell how far its rounds differ; all cases of a load together
can. A round's prediction and its etcd meet the machine in the same minutes, so their ratio is taken
round by round. With y the logarithm of that ratio, v its variance by chance (binomial, times what
samples cluster within the round) and k rounds:

    tau^2 = max(0, sum over cases of (k - 1) (s^2(y) - mean(v)) / sum of (k - 1))
    V     = sum over the case's rounds of w^2 (v + tau^2),    w the round's share of the samples beyond
    interval: log ratio +- t sqrt(V), degrees of freedom (sum of (k - 1)) (V / (tau^2 sum w^2))^2

The last is Satterthwaite's. s^2(y) - mean(v) is averaged over a case's edges first, since they are not
independent. This way was chosen by somebody who did not know which edges are outside.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean, variance

from scipy import stats as distributions

from benchmarks.fidelity.cases import Case, edges_of
from etcdbench import judge, stats
from etcdbench.histogram import Histogram, merge
from etcdbench.validating import Round
from etcdbench.validation import SAMPLES_MIN, Edge

SAMPLES_TELLING = 50
"""Rounds tell how far they differ where both sides have so many samples beyond the edge."""

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Spread:
    """How far rounds differ: the variance of the logarithm of their ratio, and from how many rounds."""

    variance: float
    degrees: int

    @property
    def factor(self) -> float:
        """Return one standard deviation as a factor."""
        return math.exp(math.sqrt(self.variance))


@dataclass(frozen=True)
class Turn:
    """One round at one edge."""

    ours: float
    theirs: float
    log_ratio: float
    by_chance: float


def spread(known: Sequence[Case], metric: str) -> Spread:
    """Pool how far rounds differ over cases; all of them should be of one load."""
    excess, degrees = 0.0, 0
    for case in known:
        turns = [
            found
            for _, name, edge in edges_of([case])
            if name == metric
            and len(found := turns_of(case, metric, edge)) > 1
            and min(min(turn.ours, turn.theirs) for turn in found) >= SAMPLES_TELLING
        ]
        if turns:
            own = fmean(
                variance(turn.log_ratio for turn in found) - fmean(turn.by_chance for turn in found)
                for found in turns
            )
            excess += (len(turns[0]) - 1) * own
            degrees += len(turns[0]) - 1
    return Spread(variance=max(excess / degrees, 0.0) if degrees else 0.0, degrees=degrees)


def interval(case: Case, metric: str, edge: Edge, rounds: Spread) -> tuple[float, float] | None:
    """Return the 95 % interval of an edge's ratio; None where there is too little to say."""
    turns = turns_of(case, metric, edge)
    if edge.ratio is None or not turns or not rounds.degrees:
        return None
    ours, theirs = (
        math.fsum(side) for side in zip(*((t.ours, t.theirs) for t in turns), strict=True)
    )
    weights = [(turn.ours / ours + turn.theirs / theirs) / 2 for turn in turns]
    squares = math.fsum(weight**2 for weight in weights)
    chance = math.fsum(
        weight**2 * turn.by_chance for weight, turn in zip(weights, turns, strict=True)
    )
    total = chance + rounds.variance * squares
    if rounds.variance:
        degrees = rounds.degrees * (total / (rounds.variance * squares)) ** 2
    else:
        degrees = math.inf
    quantile = float(distributions.t.ppf((1 + CONFIDENCE) / 2, degrees))
    width = math.exp(quantile * math.sqrt(total))
    return edge.ratio / width, edge.ratio * width


def turns_of(case: Case, metric: str, edge: Edge) -> list[Turn]:
    """Return each round of a case at an edge; none where a side of one has too little beyond it."""
    rounds = [one for part in case.parts for one in part.rounds if one.arrivals == case.arrivals]
    edge_ns = round(edge.edge_seconds * 1e9)
    turns = list(_turns(rounds, metric, edge_ns))
    return turns if len(turns) == len(rounds) else []


def _turns(rounds: Sequence[Round], metric: str, edge_ns: int) -> Iterator[Turn]:
    for one in rounds:
        wal = metric == "wal_fsync"
        streams = one.streams("wal" if wal else "commit")
        buckets = one.observed.wal_fsync if wal else one.observed.backend_commit
        sides = (merge(stream.histogram() for stream in streams), buckets.histogram)
        if min(side.above(edge_ns) for side in sides) * len(rounds) < SAMPLES_MIN:
            continue
        over = judge.share_over(streams, edge_ns, error=stats.ERROR_TOTAL)
        effect = sides[0].count / over.effective if over.effective else 1.0
        shares = [side.above(edge_ns) / side.count for side in sides]
        yield Turn(
            ours=sides[0].above(edge_ns),
            theirs=sides[1].above(edge_ns),
            log_ratio=math.log(shares[0] / shares[1]),
            by_chance=effect * math.fsum(_by_chance(side, edge_ns) for side in sides),
        )


def _by_chance(side: Histogram, edge_ns: int) -> float:
    """Return the variance of the logarithm of a share, were its samples independent."""
    beyond = side.above(edge_ns)
    return (1 - beyond / side.count) / beyond
