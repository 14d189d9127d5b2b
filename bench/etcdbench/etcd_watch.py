"""A live etcd's own histograms, watched before and while we measure beside it.

What our load does to it is seen where it matters: in its own flushes. They are also a reason to let
go, besides those of `guard`.
"""

import time
from collections.abc import Callable, Sequence

from etcdbench import metrics
from etcdbench.errors import EtcdError
from etcdbench.histogram import ETCD_BUCKET_EDGES_NS
from etcdbench.model import Block, LiveMetrics, Stream, StreamName
from etcdbench.plan import BESIDE_CEILING_NS

QUIET_SECONDS = 10.0
"""So long etcd is watched without our load."""

SCRAPE_SECONDS = 2.0
"""etcd is asked about as often as this."""

FIRST_TIMEOUT_SECONDS = 2.0
TIMEOUT_SECONDS = 0.25
"""While we measure nothing else is watched until the page has come, so that it must come soon."""

MISSES_MAX = 2
"""An etcd that does not answer so many times in a row is let go."""

EDGE_NS = max(edge for edge in ETCD_BUCKET_EDGES_NS if edge <= BESIDE_CEILING_NS)
"""etcd's buckets have no edge at 100 ms: what is above 64 ms may be above 100 ms."""

NAMES = (metrics.WAL_FSYNC, metrics.BACKEND_COMMIT)
"""How the lines begin that are read of a page."""

_STREAMS: tuple[StreamName, ...] = ("wal", "commit")

Fetch = Callable[[float], metrics.Samples]
"""Seconds that it may take -> etcd's page."""


class EtcdWatch:
    """One live etcd under watch.

    Attributes:
        url: Where its metrics are.
        reason: Why it must be let go; None as long as nothing speaks against us.
    """

    def __init__(
        self, url: str, fetch: Fetch, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Look for the first time.

        Args:
            url: Where its metrics are.
            fetch: Fetches them.
            clock: Gives the time in seconds and never steps.

        Raises:
            EtcdError: They cannot be had, or are not etcd's.
        """
        self.url = url
        self.reason: str | None = None
        self._fetch, self._clock = fetch, clock
        self._misses = self._quiet_blocks = 0
        self._blocks: list[tuple[Block, ...]] = []
        self._page = fetch(FIRST_TIMEOUT_SECONDS)
        self._began = self._looked_at = self._page_at = clock()
        self._gained(self._page)

    def watch_quiet(
        self, *, check_stop: Callable[[], None], sleep: Callable[[float], None] = time.sleep
    ) -> None:
        """Watch it for a while before we do anything; what is seen later is seen beside us.

        Raises:
            Interrupted: The user wants us to stop.
        """
        while self._clock() - self._began < QUIET_SECONDS and self.why_stop() is None:
            check_stop()
            sleep(0.1)
        self.look()
        self._quiet_blocks = len(self._blocks)

    def why_stop(self) -> str | None:
        """Return why etcd must be let go, if it must; look first if it is time to."""
        if self._clock() - self._looked_at >= SCRAPE_SECONDS:
            self.look()
        return self.reason

    def look(self) -> None:
        """Look now."""
        self._looked_at = self._clock()
        try:
            page = self._fetch(TIMEOUT_SECONDS)
        except EtcdError:
            self._misses += 1
            if self._misses >= MISSES_MAX:
                self.reason = self.reason or "etcd's metrics did not answer"
            return
        self._misses = 0
        try:
            blocks = self._gained(page)
        except EtcdError as error:
            self.reason = self.reason or error.message
            return
        self._page, self._page_at = page, self._looked_at
        self._blocks.append(blocks)
        if blocks[0].histogram.above(EDGE_NS):
            what = f"etcd's own WAL had a flush of over {EDGE_NS // 1_000_000} ms"
            self.reason = self.reason or what

    def record(self) -> LiveMetrics:
        """Return what it said until now."""
        return LiveMetrics(
            url=self.url,
            before=_streams(self._blocks[: self._quiet_blocks]),
            beside=_streams(self._blocks[self._quiet_blocks :]),
        )

    def _gained(self, page: metrics.Samples) -> tuple[Block, ...]:
        """Return a block of each stream: what was gained since the last page.

        Raises:
            EtcdError: It is no page of etcd's, or etcd was started anew.
        """
        return tuple(
            Block(
                start_seconds=round(self._page_at - self._began, 2),
                length_seconds=round(self._looked_at - self._page_at, 2),
                histogram=metrics.gained(self._page, page, name).histogram,
            )
            for name in NAMES
        )


def _streams(blocks: Sequence[tuple[Block, ...]]) -> tuple[Stream, ...]:
    return tuple(
        Stream(
            name=name,
            blocks=tuple(block[number] for block in blocks),
            edges_ns=ETCD_BUCKET_EDGES_NS,
        )
        for number, name in enumerate(_STREAMS)
    )
