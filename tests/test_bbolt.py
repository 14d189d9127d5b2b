"""When a commit makes the database's file longer, against bbolt's rules and traces of etcd."""

import random

import pytest

from etcdbench import etcd_model
from etcdbench.bbolt import INNER_PAGES, Database, split
from etcdbench.burst import requests_of
from etcdbench.joining import JoinRequest, bursts_of
from etcdbench.schedule import Load

YOUNG_PAGES = 7
"""What etcd's file has when the first client comes. Traced."""


def growth(load: Load, *, commit_seconds: float) -> list[int]:
    """Let a young database take a load."""
    database = Database(YOUNG_PAGES)
    items = iter(zip(load.key_sizes_bytes, load.value_sizes_bytes, strict=True))
    commits = etcd_model.backend_commits(
        load.due_seconds, draw_commit_seconds=lambda: commit_seconds
    )
    return [
        database.commit(
            etcd_model.item_bytes(key_size_bytes=key, value_size_bytes=value)
            for key, value in (next(items) for _ in range(commit.puts))
        )
        for commit in commits
    ]


def zero_share(grown: list[int]) -> float:
    """Return the share of commits that grew nothing."""
    return sum(pages == 0 for pages in grown) / len(grown)


def test_a_joins_commits_mostly_find_free_pages_as_traced() -> None:
    """Five Cilium nodes, etcd 3.4.23: 499 commits, 67 % without growth, 1.55 pages each."""
    bursts = bursts_of(JoinRequest(nodes=5, cni="cilium", topology="dedicated"), times=1)
    load = requests_of(bursts.join, bursts.burst, rng=random.Random(1))

    grown = growth(load, commit_seconds=0.005)

    assert pytest.approx(499, rel=0.04) == len(grown)
    assert pytest.approx(0.67, abs=0.03) == zero_share(grown)
    assert pytest.approx(1.55, rel=0.1) == sum(grown) / len(grown)


def test_a_few_small_puts_a_second_as_traced() -> None:
    """A hundred of 1,000 bytes at 5/s: 0.57 pages a commit, 45 to 47 % none (3.4.23, 3.5.1)."""
    rng = random.Random(1)
    due: list[float] = []
    now = 0.0
    for _ in range(100):
        now += rng.expovariate(5)
        due.append(now)
    load = Load(
        due_seconds=tuple(due),
        key_sizes_bytes=(60,) * 100,
        value_sizes_bytes=(1000,) * 100,
        key_copies=1,
    )

    grown = growth(load, commit_seconds=0.002)

    assert pytest.approx(0.57, abs=0.05) == sum(grown) / len(grown)
    assert pytest.approx(0.46, abs=0.06) == zero_share(grown)


def test_many_puts_grow_the_file_each_time_as_the_formula_says() -> None:
    """Fifteen puts of 1 KiB find no place: the mean is that of `new_pages`."""
    database = Database(YOUNG_PAGES)
    item = etcd_model.item_bytes(key_size_bytes=276, value_size_bytes=1024)

    grown = [database.commit([item] * 15) for _ in range(600)]

    expected = etcd_model.new_pages(15, key_size_bytes=276, value_size_bytes=1024)
    assert min(grown) > 0
    assert pytest.approx(expected, rel=0.02) == sum(grown) / len(grown)


def test_what_a_commit_frees_the_next_one_may_take_and_not_itself() -> None:
    """One small item: the second commit needs another set of pages, the third the first set."""
    database = Database(2)

    assert [database.commit([100]) for _ in range(4)] == [1 + INNER_PAGES, 1 + INNER_PAGES, 0, 0]


def test_a_run_of_pages_is_taken_only_where_it_is_long_enough() -> None:
    """A leaf of five pages does not fit into scattered single ones."""
    database = Database(2)
    for _ in range(3):
        database.commit([100])

    assert database.commit([18_000]) >= 5


@pytest.mark.parametrize(
    ("items", "leaves"),
    [
        ([], [0]),
        ([9000] * 4, [4]),
        ([1120] * 5, [2, 3]),
        ([1360] * 5, [2, 3]),
        ([1360] * 8, [2, 2, 4]),
        ([100] * 45, [36, 9]),
        ([20] * 205, [183, 22]),
    ],
)
def test_leaves_are_split_as_bbolt_does(items: list[int], leaves: list[int]) -> None:
    """Up to four items stay together; beyond, a leaf takes two at least and leaves three."""
    assert [len(leaf) for leaf in split(items)] == leaves
