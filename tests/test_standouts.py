"""What stands out."""

import pytest

from etcdbench.comparison import compare
from results import result


def test_the_odd_one_out_is_named_with_its_size() -> None:
    """Two nodes are alike, the third is not."""
    found = compare({"a": result(500), "b": result(520, seed=2), "c": result(2000, seed=3)})

    assert [(odd.name, odd.stream) for odd in found.odd] == [("c", "wal"), ("c", "commit")]
    assert found.odd[0].ratio.low < 4 < found.odd[0].ratio.high * 1.1


@pytest.mark.parametrize("medians", [(500, 510, 520), (500, 1000, 2000), (500, 2000)])
def test_nobody_stands_out_among_like_or_equally_spread(medians: tuple[int, ...]) -> None:
    """Nor of two."""
    results = {str(n): result(median, seed=n) for n, median in enumerate(medians)}

    assert compare(results).odd == ()


def test_a_disk_that_became_worse_is_seen() -> None:
    """Certainly, and by as much as matters."""
    before = ("before", result(500))
    found = compare({"now": result(1500, seed=2)}, baseline=before)

    assert found.worse
    assert [change.worse for change in found.changes] == [True, True]


@pytest.mark.parametrize("median", [500, 400, 530])
def test_a_disk_that_did_not_is_left_alone(median: int) -> None:
    """Neither chance nor a little is worse."""
    assert not compare({"now": result(median, seed=2)}, baseline=("before", result(500))).worse
