"""etcd's metrics pages, one after the other -> what its histograms gained from page to page."""

from dataclasses import dataclass

from etcdbench import metrics
from etcdbench.errors import EtcdError
from etcdbench.metrics import BACKEND_COMMIT, WAL_FSYNC, Buckets, Samples

STARTED = "process_start_time_seconds"
"""When the process began, of Go's own collector: another time is another etcd."""

VALUE_MAX = 1 << 53
"""Counts up to here are exact in the page's numbers; no etcd gets there."""

NAMES = (WAL_FSYNC, BACKEND_COMMIT, STARTED)
"""How the lines begin that are read of a page."""


@dataclass(frozen=True, kw_only=True)
class Gain:
    """What etcd did between two pages.

    Attributes:
        at_seconds: When the earlier page was read, since the watch began.
        length_seconds: From there to the later one.
        wal, commit: Its WAL fsyncs and its backend commits meanwhile.
    """

    at_seconds: float
    length_seconds: float
    wal: Buckets
    commit: Buckets


class Pages:
    """Follows one etcd from page to page.

    A page that does not come is a gap in time and loses nothing: the next gain is from the last
    page that came. Only what an etcd did between its last page and its end is lost.

    Attributes:
        restarts: How often etcd was started anew.
    """

    def __init__(self) -> None:
        """No page has come yet."""
        self.restarts = 0
        self._page: Samples | None = None
        self._at_seconds = 0.0

    def take(self, page: Samples, at_seconds: float) -> Gain | None:
        """Take in a page; None for the first one of each etcd.

        Raises:
            EtcdError: It is not etcd's.
        """
        demand_etcd(page)
        before, began = self._page, self._at_seconds
        self._page, self._at_seconds = page, at_seconds
        if before is None:
            return None
        if before.get((STARTED, "")) != page.get((STARTED, "")):
            self.restarts += 1
            return None
        try:
            wal = metrics.gained(before, page, WAL_FSYNC)
            commit = metrics.gained(before, page, BACKEND_COMMIT)
        except EtcdError:  # it went down
            self.restarts += 1
            return None
        return Gain(at_seconds=began, length_seconds=at_seconds - began, wal=wal, commit=commit)


def demand_etcd(page: Samples) -> None:
    """See that a page has etcd's histograms.

    Raises:
        EtcdError: It is another program's, or that of a very old etcd.
    """
    if not all(0 <= value < VALUE_MAX for value in page.values()):
        raise EtcdError(
            "a page of etcd's metrics has values that cannot be", hint="look at it with curl"
        )
    for name in (WAL_FSYNC, BACKEND_COMMIT):
        metrics.gained(page, page, name)
