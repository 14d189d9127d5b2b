"""The campaign: who measures when, how far rounds differ, which cases the bounds are held against."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from benchmarks.fidelity import report
from benchmarks.fidelity.cases import Case, cases, edges_of
from benchmarks.fidelity.kept import Kept
from benchmarks.fidelity.spread import Spread, interval, spread
from benchmarks.fidelity.turns import in_turn
from etcdbench.histogram import Histogram
from etcdbench.metrics import Buckets
from etcdbench.model import Run
from etcdbench.validating import Round
from etcdbench.validation import Edge, Observation
from etcdbench.workload import Arrivals
from fakes import run_of, stream

MS = 1_000_000
FLUSHES = 6000
WAL = "wal_fsync"


def bins(above_1_ms: float, count: int) -> dict[int, int]:
    """Return flushes of which a share takes over 1 ms."""
    slow = round(above_1_ms * count)
    return {MS // 2: count - slow, 3 * MS // 2: slow}


def round_of(predicted: float, observed: float) -> Round:
    """Return a round with shares above 1 ms on both sides, in each second alike."""
    second = bins(predicted, FLUSHES // 60)
    seen = Buckets(histogram=Histogram.from_bins(bins(observed, FLUSHES)), sum_seconds=4.0)
    return Round(
        arrivals="regular",
        predicted=(
            run_of("steady", stream("wal", [second] * 60), stream("commit", [second] * 60)),
        ),
        observed=Observation(seconds=60.0, wal_fsync=seen, backend_commit=seen),
    )


def case_of(*shares: tuple[float, float], etcd: str = "3.5.16", disk: str = "own") -> Kept:
    """Return a case with a round for each pair of shares."""
    rounds = tuple(round_of(*pair) for pair in shares)
    return Kept(disk=disk, load="s", etcd_version=etcd, machine="x", rounds=rounds)


def first_edge(known: list[Case]) -> tuple[Case, Edge]:
    """Return the first edge of the WAL."""
    return next((case, edge) for case, name, edge in edges_of(known) if name == WAL)


def test_rounds_that_agree_do_not_differ() -> None:
    """The same ratio in every round leaves nothing beyond chance."""
    found = spread(cases([case_of((0.1, 0.2), (0.2, 0.4), (0.1, 0.2))]), WAL)

    assert found.degrees == 2
    assert found.factor == 1.0


def test_how_far_rounds_differ_is_pooled_over_cases() -> None:
    """Ratios of 1/2 and 2 are each a factor of two from their mean: one degree of freedom a case."""
    swinging = ((0.1, 0.2), (0.2, 0.1))
    found = spread(cases([case_of(*swinging), case_of(*swinging, disk="hdd")]), WAL)

    assert found.degrees == 2
    assert 2.4 < found.factor < 2.8  # log 4 / sqrt 2 is a factor of 2.66; chance is a little of it


def test_one_round_tells_nothing_of_how_far_rounds_differ() -> None:
    """No degrees of freedom, no interval."""
    known = cases([case_of((0.1, 0.1))])
    case, edge = first_edge(known)

    assert spread(known, WAL).degrees == 0
    assert interval(case, WAL, edge, spread(known, WAL)) is None


def test_an_interval_is_wider_where_rounds_differ() -> None:
    """It holds the ratio, and more than chance."""
    case, edge = first_edge(cases([case_of((0.1, 0.1))]))
    narrow = interval(case, WAL, edge, Spread(variance=0.0, degrees=8))
    wide = interval(case, WAL, edge, Spread(variance=0.1, degrees=8))

    assert narrow
    assert wide
    assert wide[0] < narrow[0] < 1 < narrow[1] < wide[1]


def test_the_bounds_are_held_against_etcds_that_wait_for_the_disk(tmp_path: Path) -> None:
    """One that applies puts beside its flushes has a table of its own, with its misses."""
    report.write([case_of((0.1, 0.1)), case_of((0.01, 0.2), etcd="3.5.1")], tmp_path)
    page = (tmp_path / "accuracy-campaign.md").read_text()
    counted, beside = page.split("Beside them", 1)

    assert "| regular | 3.5.16 | WAL fsync | 1 | 1.00 | 1.00 | 0 of 1" in counted
    assert "3.5.1 |" not in counted
    assert "| regular | 3.5.1 | WAL fsync | 1 | 20.00 | 0.05 | 1 of 1" in beside


@dataclass
class Noted:
    """Sides that measure nothing, and note who was asked, and for which arrivals."""

    etcd: str
    turns: list[tuple[str, Arrivals]]

    def predict(self, arrivals: Arrivals) -> tuple[Run, ...]:
        """Note fio's turn."""
        self.turns.append(("fio", arrivals))
        return round_of(0.1, 0.1).predicted

    def observe(self, arrivals: Arrivals) -> Observation:
        """Note an etcd's turn, in what it is said to have seen, too."""
        self.turns.append((self.etcd, arrivals))
        seen = round_of(0.1, 0.1).observed
        return Observation(
            seconds=float(len(self.turns)),
            wal_fsync=seen.wal_fsync,
            backend_commit=seen.backend_commit,
        )


@pytest.mark.parametrize(
    ("etcds", "rounds_before", "expected"),
    [
        (["3.4.23"], 0, ["fio", "3.4.23"]),
        (["3.4.23"], 1, ["3.4.23", "fio"]),
        (["3.4.23", "3.5.16"], 2, ["3.4.23", "fio", "3.5.16"]),
        (["3.4.23", "3.5.16"], 3, ["3.5.16", "fio", "3.4.23"]),
    ],
)
def test_each_turn_is_the_others_in_the_next_round(
    etcds: list[str], rounds_before: int, expected: list[str]
) -> None:
    """fio's minute lies beside each etcd's, and each case is given what its own etcd showed."""
    turns: list[tuple[str, Arrivals]] = []
    before = [(0.1, 0.1)] * rounds_before
    works = [(case_of(*before, etcd=etcd), Noted(etcd, turns)) for etcd in etcds]
    done = list(in_turn(works, "regular"))

    assert turns == [(who, "regular") for who in expected]
    assert {case.etcd_version: one.observed.seconds for case, one in done} == {
        etcd: 1.0 + expected.index(etcd) for etcd in etcds
    }
    assert len({id(one.predicted) for _, one in done}) == 1
