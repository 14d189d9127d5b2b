"""The search finds the boundary, whatever it is, with few tries."""

import pytest

from etcdbench.search import Answer, Search


def tries(search: Search, boundary: int, *, unsure: frozenset[int] = frozenset()) -> list[int]:
    """Answer until the search is done; return what was tried."""
    tried: list[int] = []
    while (number := search.next()) is not None:
        tried.append(number)
        known: Answer = "pass" if number <= boundary else "fail"
        search.tell(number, "unsure" if number in unsure else known)
    return tried


@pytest.mark.parametrize("boundary", range(51))
def test_every_boundary_is_found_in_a_few_tries(boundary: int) -> None:
    """Both neighbours are known in the end, after ten tries at most."""
    search = Search(largest=50)

    tried = tries(search, boundary)

    assert search.carried == boundary
    assert search.failed == (boundary + 1 if boundary < 50 else None)
    assert len(tried) <= 10
    assert len(set(tried)) == len(tried)


def test_a_disk_that_carries_all_is_known_at_once() -> None:
    """One try at the largest number."""
    assert tries(Search(largest=50), 50) == [50]


def test_a_disk_that_carries_none_is_known_after_two() -> None:
    """The largest and one node."""
    assert tries(Search(largest=50), 0) == [50, 1]


def test_an_unsure_number_is_neither_carried_nor_failed() -> None:
    """The search goes on below it, and says which certainly fails."""
    search = Search(largest=50)
    tried = tries(search, 10, unsure=frozenset({9, 10}))

    assert search.carried == 8
    assert search.failed in {n for n in tried if n > 10}


def test_where_one_node_makes_too_few_flushes_more_are_tried() -> None:
    """Seven pass for certain, and so will one."""
    search = Search(largest=50)
    tried = tries(search, 10, unsure=frozenset({1}))

    assert tried[:3] == [50, 1, 7]
    assert (search.carried, search.failed) == (10, 11)


def test_where_all_but_the_largest_are_unsure_the_search_ends() -> None:
    """Nothing is carried, and nothing is tried twice."""
    search = Search(largest=50)
    tried = tries(search, 0, unsure=frozenset(range(1, 50)))

    assert tried == [50, 1, 7, 3, 2]
    assert (search.carried, search.failed) == (0, 50)
