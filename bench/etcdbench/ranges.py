"""Samples of which only a range is known, looked at from both ends.

etcd's buckets and fio's lists of percentiles tell between which two edges a sample lies, and no
more. So each is taken once at the lower and once at the upper end of its range: what both say is
certain, and what they say differently is an interval.
"""

import bisect
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from etcdbench.histogram import Histogram, merge
from etcdbench.model import Stream

ENDLESS_NS = 1 << 62
"""The upper end of the last range, which has none."""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """Samples from both ends of their ranges; the same twice where each is known.

    Attributes:
        lowest: Each sample as short as it may have been.
        highest: Each sample as long as it may have been, up to `ENDLESS_NS`.
    """

    lowest: Histogram
    highest: Histogram

    def agreed(self, figure: Callable[[Histogram], float | None]) -> float | None:
        """Return a figure where both ends agree on it, else None."""
        low, high = figure(self.lowest), figure(self.highest)
        return low if low == high else None


def seen(streams: Iterable[Stream]) -> Seen:
    """Return all samples of some streams."""
    known = [of_histogram(stream.histogram(), stream.edges_ns) for stream in streams]
    return Seen(
        lowest=merge(one.lowest for one in known), highest=merge(one.highest for one in known)
    )


def of_histogram(histogram: Histogram, edges_ns: tuple[int, ...]) -> Seen:
    """Return samples that stand at the upper edges of their ranges from both ends.

    A range begins a nanosecond above the edge below it, so that two edges one nanosecond apart
    stand for a sample that is known.

    Args:
        histogram: The samples; those above the last edge stand anywhere above it.
        edges_ns: The upper edges of the ranges, ascending; empty where each sample is known.
    """
    if not edges_ns:
        return Seen(lowest=histogram, highest=histogram)
    lowest: dict[int, int] = {}
    highest: dict[int, int] = {}
    for latency_ns, count in histogram.bins().items():
        number = bisect.bisect_left(edges_ns, latency_ns)
        low = edges_ns[number - 1] + 1 if number else 0
        high = edges_ns[number] if number < len(edges_ns) else ENDLESS_NS
        lowest[low] = lowest.get(low, 0) + count
        highest[high] = highest.get(high, 0) + count
    return Seen(lowest=Histogram.from_bins(lowest), highest=Histogram.from_bins(highest))
