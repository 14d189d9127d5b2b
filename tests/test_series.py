"""A series of bounded length."""

import itertools

import pytest

from etcdbench.series import Series


def spans(count: int, *, longest: int = 8) -> list[tuple[int, int]]:
    """Add so many items of one unit each, and return where each kept one begins and ends."""
    series = Series[tuple[int, int]](lambda first, second: (first[0], second[1]), longest=longest)
    for number in range(count):
        series.add((number, number + 1))
    return list(series.items)


def test_a_short_series_is_kept_item_by_item() -> None:
    """Nothing is joined that need not be."""
    assert spans(8) == [(number, number + 1) for number in range(8)]


@pytest.mark.parametrize("count", [9, 10, 31, 32, 33, 1000, 99_999])
def test_a_long_one_covers_everything_in_equal_parts(count: int) -> None:
    """No time is lost or counted twice; all parts but the last are of one length."""
    kept = spans(count)
    lengths = {end - begin for begin, end in kept[:-1]}

    assert kept[0][0] == 0
    assert kept[-1][1] == count
    assert all(before[1] == after[0] for before, after in itertools.pairwise(kept))
    assert len(lengths) == 1
    assert 4 <= len(kept) <= 8
