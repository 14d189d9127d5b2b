"""What stands out: the odd one among results that are alike, and what became worse since a baseline."""

from collections.abc import Mapping

from etcdbench.assessment import Assessment
from etcdbench.limits import ODD_RATIO_MIN, WORSE_RATIO_MIN
from etcdbench.model import Result, StreamName, Verdict
from etcdbench.records import Struct
from etcdbench.tails import Ratio, Tail, compared, tail

NAMES: dict[StreamName, str] = {"wal": "WAL flush", "commit": "backend commit"}
"""The streams that are compared, and what one of their operations is called."""


class Odd(Struct, frozen=True, kw_only=True):
    """A result that stands out from all others, which are alike.

    Attributes:
        name: Which one.
        stream: In what.
        next_name: The nearest other.
        ratio: Its p99 against that one's.
    """

    name: str
    stream: StreamName
    next_name: str
    ratio: Ratio


class Change(Struct, frozen=True, kw_only=True):
    """What became of a disk since its baseline, for one stream.

    Attributes:
        ratio: p99 now against then; None where that cannot be told.
        worse: Whether it certainly became worse by as much as matters.
    """

    name: str
    stream: StreamName
    ratio: Ratio | None
    worse: bool


def odd_one(results: Mapping[str, Result], stream: StreamName) -> Odd | None:
    """Return the result whose tail is certainly farther from the next than all others lie apart.

    Only the slowest and the fastest can be that; with fewer than three results nobody can say
    which of two is the odd one.
    """
    tails = [(name, found) for name, one in results.items() if (found := tail(one, stream))]
    if len(tails) < 3:  # noqa: PLR2004 - of two nobody is the odd one
        return None
    tails.sort(key=lambda item: item[1].p99_seconds)
    for odd, next_, others in (
        (tails[-1], tails[-2], tails[:-1]),
        (tails[0], tails[1], tails[1:]),
    ):
        ratio = _apart(odd[1], next_[1], looks=len(tails))
        others_apart = others[-1][1].p99_seconds / others[0][1].p99_seconds
        if max(ratio.low, 1 / ratio.high) > max(others_apart, ODD_RATIO_MIN):
            return Odd(name=odd[0], stream=stream, next_name=next_[0], ratio=ratio)
    return None


def _apart(one: Tail, other: Tail, *, looks: int) -> Ratio:
    """Compare two tails that are both known; so many looks share the error."""
    ratio = compared(one, other, error=0.05 / looks)
    if ratio is None:
        raise AssertionError("both tails are known")
    return ratio


def changes_of(
    name: str,
    results: Mapping[str, Result],
    meanings: Mapping[str, Assessment],
    *,
    baseline_name: str,
) -> list[Change]:
    """Hold a result against its baseline; a verdict that became a fail is worse, too."""
    now_fails = meanings[name].verdict is Verdict.FAIL
    failed_before = meanings[baseline_name].verdict is Verdict.FAIL
    changes: list[Change] = []
    for stream in NAMES:
        ratio = compared(tail(results[name], stream), tail(results[baseline_name], stream))
        worse = (ratio is not None and ratio.low > WORSE_RATIO_MIN) or (
            now_fails and not failed_before
        )
        changes.append(Change(name=name, stream=stream, ratio=ratio, worse=worse))
    return changes
