"""Who measures when: fio's minute is held against one etcd or more, each in turn."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from benchmarks.fidelity.kept import Kept
from etcdbench.model import Run
from etcdbench.validating import Round
from etcdbench.validation import Observation
from etcdbench.workload import Arrivals


class Sides(Protocol):
    """The two sides of a comparison on one disk, as `etcdbench.validating.Validation` has them."""

    def predict(self, arrivals: Arrivals) -> tuple[Run, ...]:
        """Measure with fio."""
        ...

    def observe(self, arrivals: Arrivals) -> Observation:
        """Run an etcd."""
        ...


def in_turn(works: Sequence[tuple[Kept, Sides]], kind: Arrivals) -> Iterator[tuple[Kept, Round]]:
    """Let fio predict once, before or after the one etcd, or between the two.

    Where each turn of a round is the other's in the next one, a machine that becomes faster or slower
    in each of them is not taken for a difference between fio and an etcd.
    """
    odd = works[0][0].count(kind) % 2
    order = [*works][:: -1 if odd else 1]
    early = order[: (len(order) + odd) // 2]
    seen = [work.observe(kind) for _, work in early]
    predicted = order[0][1].predict(kind)
    seen += [work.observe(kind) for _, work in order[len(early) :]]
    for (known, _), observed in zip(order, seen, strict=True):
        yield known, Round(arrivals=kind, predicted=predicted, observed=observed)
