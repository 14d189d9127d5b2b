"""Whom to promote: the best of several nodes for a number of control-plane places."""

from etcdbench.comparison import Comparison, Row
from etcdbench.model import Verdict
from etcdbench.records import Struct
from etcdbench.units import format_seconds

FIT = (Verdict.PASS, Verdict.WARN)
"""Only what was shown to be fit is promoted."""


class Choice(Struct, frozen=True, kw_only=True):
    """Whether a node is to be promoted, and why."""

    name: str
    chosen: bool
    because: str


def choose(comparison: Comparison, places: int) -> tuple[Choice, ...]:
    """Choose the best nodes for so many places; fewer where fewer are fit."""
    fit = [row for row in comparison.rows if row.verdict in FIT]
    chosen = [row.name for row in fit[:places]]
    last = fit[min(places, len(fit)) - 1] if fit and places else None
    return tuple(
        Choice(
            name=row.name,
            chosen=row.name in chosen,
            because=_why(row) if row.name in chosen else _why_not(row, last),
        )
        for row in comparison.rows
    )


def _why(row: Row) -> str:
    reached = f", cluster class {row.class_}" if row.class_ else ""
    warned = f"; but: {row.because}" if row.verdict is Verdict.WARN else ""
    return f"WAL p99 {format_seconds(row.wal_p99_seconds)}{reached}{warned}"


def _why_not(row: Row, last: Row | None) -> str:
    if row.verdict is Verdict.FAIL:
        return f"it fails: {row.because}"
    if row.verdict is Verdict.INCONCLUSIVE:
        return f"it is not certain that it is fit: {row.because}; measure it with --full"
    if last is None:
        return "no place was asked for"
    if row.rank == last.rank:
        return f"no difference to {last.name} was shown: either would do"
    return (
        f"fit, but its WAL p99 of {format_seconds(row.wal_p99_seconds)} is longer than the "
        f"{format_seconds(last.wal_p99_seconds)} of {last.name}, the last that was chosen"
    )
