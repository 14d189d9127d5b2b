"""What one run of a measurement hands on to the next: how far the files grew, how fast it flushes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from etcdbench import etcd_model
from etcdbench.histogram import Histogram
from etcdbench.model import Stream
from etcdbench.schedule import Position, position_after
from etcdbench.workload import BackendSchedule, Requests, WalSchedule

GUESS_FLUSH_NS = 20_000_000
GUESS_COMMIT_NS = 40_000_000
"""What the very first calibration assumes; the second one knows. Rather too slow than too fast: a
slow disk could not keep up with what a fast one is given."""

CALIBRATE_AGAIN = 0.2
"""A flush time that moved by more than this between two calibrations asks for a third."""

RATE_MOVED = 0.02
"""But only if the flush rate that follows moved by more than this: where the disk is much faster
than the requests come, the schedule does not depend on the flush time."""


@dataclass(kw_only=True)
class Learned:
    """What is known between two runs.

    Attributes:
        rate_per_second_max: What a live etcd beside us allows.
        position: Where the files end.
        flushes, commits: Latencies of the last run.
    """

    rate_per_second_max: float = math.inf
    position: Position = field(default_factory=Position)
    flushes: Histogram = field(default_factory=lambda: Histogram.from_bins({GUESS_FLUSH_NS: 1}))
    commits: Histogram = field(default_factory=lambda: Histogram.from_bins({GUESS_COMMIT_NS: 1}))

    def learn(self, streams: Sequence[Stream], wal: WalSchedule, backend: BackendSchedule) -> None:
        """Move on in the files, and take this run's latencies for the next one's schedule."""
        self.position = position_after(wal, backend)
        for stream in streams:
            merged = stream.histogram()
            if merged.count and stream.name == "wal":
                self.flushes = merged
            if merged.count and stream.name == "commit":
                self.commits = merged


def moved(means_ns: Sequence[float], requests: Requests) -> bool:
    """Say whether the last two calibrations would lead to different schedules.

    Args:
        means_ns: Mean flush time of each calibration; at least one.
        requests: The request stream.
    """
    before, now = means_ns[-2:] if len(means_ns) > 1 else (means_ns[-1], means_ns[-1])
    if abs(now - before) <= CALIBRATE_AGAIN * max(before, 1.0):
        return False
    rates = [
        etcd_model.expected_flush_rate(
            requests.rate_per_second,
            flush_seconds=mean_ns / 1e9,
            poisson=requests.arrivals == "poisson",
        )
        for mean_ns in (before, now)
    ]
    return abs(rates[1] - rates[0]) > RATE_MOVED * rates[0]
