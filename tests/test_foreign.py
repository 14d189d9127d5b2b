"""Results of others: nothing is made up."""

import pytest

from etcdbench import foreign, store
from fakes import run_of, stream


def test_what_nobody_told_is_empty() -> None:
    """The file stands in place of the target; it can be kept and read again."""
    result = foreign.result_of(
        run_of("fio", stream("wal", [{1: 1}])), name="x.json", origin="fio", created_at="then"
    )

    assert result.is_foreign
    assert result.is_recipe
    assert result.target.path == "x.json"
    assert result.target.devices == ()
    assert store.decode(store.encode(result), name="x") == result


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "1970-01-01T00:00:00+00:00"),
        (-5.5, "1970-01-01T00:00:00+00:00"),
        (1795544787.9, "2026-11-24T18:26:27+00:00"),
        (1e30, "4147-08-20T07:32:16+00:00"),
    ],
)
def test_a_time_out_of_all_bounds_is_the_nearest_bound(seconds: float, text: str) -> None:
    """A file's date is no reason to fail."""
    assert foreign.iso(seconds) == text
