"""Joins become writes: so many, when, and how they gather."""

import itertools
import random
import statistics

import pytest

from etcdbench import join_model, profile
from etcdbench.join_model import Write
from etcdbench.join_profile import Cni, Join


def join(cni: Cni) -> Join:
    """Return the model of a join."""
    found = profile.load(profile.JOINS[cni]).profile.join
    assert found is not None
    return found


def writes(
    cni: Cni, nodes: int, *, jitter: float = 5.0, quiet: float = 0.0, seed: int = 1
) -> list[Write]:
    """Draw a burst."""
    return join_model.writes(
        join(cni),
        nodes=nodes,
        jitter_seconds=jitter,
        quiet_seconds=quiet,
        rng=random.Random(seed),
    )


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize(
    ("cni", "nodes", "total"),
    [
        ("flannel", 1, 374),
        ("flannel", 5, 718),
        ("flannel", 20, 2008),
        ("cilium", 1, 477),
        ("cilium", 5, 993),
        ("cilium", 20, 2928),
    ],
)
def test_the_totals_do_not_depend_on_chance(cni: Cni, nodes: int, total: int, seed: int) -> None:
    """In a window of 120 s, with what the cluster writes anyway."""
    assert len(writes(cni, nodes, jitter=0.0, seed=seed)) == total


def test_writes_come_in_order_of_time() -> None:
    """However many nodes overlap."""
    dues = [write.due_seconds for write in writes("cilium", 5)]

    assert dues == sorted(dues)
    assert dues[0] >= 0


def test_without_jitter_all_nodes_register_at_once() -> None:
    """Their 37 writes each fall into three seconds, and the gaps within a group."""
    early = [write for write in writes("cilium", 20, jitter=0.0) if write.due_seconds <= 3.2]

    assert len(early) >= 20 * 37


@pytest.mark.parametrize("cut", [None, 30.0])
def test_phases_leave_no_gap(cut: float | None) -> None:
    """Each begins where the one before it ends, in a cut burst too."""
    spans = join_model.spans(
        join("calico"), jitter_seconds=5, quiet_seconds=10, pull_seconds_max=cut
    )

    assert spans[0].begin_seconds == 0
    assert all(a.end_seconds == b.begin_seconds for a, b in itertools.pairwise(spans))


def test_in_the_quiet_only_the_background_writes() -> None:
    """2.9 a second."""
    quiet = [write for write in writes("cilium", 5, quiet=10.0) if write.due_seconds < 10]

    assert len(quiet) == 29
    assert {write.value_size_bytes for write in quiet} == {400}


def test_writes_gather_in_groups() -> None:
    """Of four in the mean, four milliseconds apart."""
    dues = [write.due_seconds for write in writes("cilium", 1, jitter=0.0, seed=3)]
    gaps = [later - earlier for earlier, later in itertools.pairwise(dues)]

    assert 0.5 < sum(0.0039 < gap < 0.0041 for gap in gaps) / 129 < 0.85


def test_groups_have_the_mean_that_is_asked_for() -> None:
    """Geometric, from one."""
    rng = random.Random(1)
    drawn = [join_model._group_size(4.0, rng) for _ in range(20_000)]

    assert min(drawn) == 1
    assert statistics.mean(drawn) == pytest.approx(4, rel=0.03)
    assert join_model._group_size(1.0, rng) == 1


def test_phases_follow_each_other() -> None:
    """Registering lasts as long as the nodes start apart, and its own three seconds."""
    spans = join_model.spans(join("flannel"), jitter_seconds=5, quiet_seconds=10)

    assert [span.name for span in spans] == ["quiet", "register", "pull", "settle"]
    assert [span.end_seconds for span in spans] == [10, 18, 45, 135]
    assert all(a.end_seconds == b.begin_seconds for a, b in itertools.pairwise(spans))


def test_a_cut_pull_ends_the_burst() -> None:
    """There is nothing to settle."""
    spans = join_model.spans(join("cilium"), jitter_seconds=5, quiet_seconds=5, pull_seconds_max=30)

    assert [span.name for span in spans] == ["quiet", "register", "pull"]
    assert spans[-1].end_seconds == 43
