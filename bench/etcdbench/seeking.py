"""Run bursts until it is known how many nodes may join at once, and how far to spread the rest."""

import math
import time
from collections.abc import Callable

import msgspec

from etcdbench.burst import Burst, Bursts
from etcdbench.search import BURSTS_EACH, Answer, Search

SECONDS_MAX = 1800.0
BYTES_MAX = 100_000_000_000
"""A search that has taken so long, or has written so much, tries nothing further."""

STAGGERS_SECONDS = (15.0, 30.0, 60.0, 120.0)
"""Within which so many nodes as fail at once are let start, until they pass."""


def times_max(bursts: Bursts) -> int:
    """Return how many bursts a search may run at most: as many as there is time for."""
    return math.ceil(SECONDS_MAX / (bursts.seconds / bursts.times)) + 1


def etcd_bytes_max(bursts: Bursts) -> int:
    """Return what WAL and database gain at most in a search."""
    return times_max(bursts) * sum(bursts.etcd_bytes_max())


def bytes_max(bursts: Bursts) -> int:
    """Return what a search writes at most: the last burst may go over the limit."""
    images = times_max(bursts) * bursts.image_bytes
    last = bursts.image_bytes + sum(bursts.etcd_bytes_max())
    return min(images + etcd_bytes_max(bursts), BYTES_MAX + last)


def seek(
    largest: Burst,
    *,
    run: Callable[[Burst], None],
    answer: Callable[[], Answer],
    bytes_written: Callable[[], int],
) -> None:
    """Find the boundary, then the stagger that carries what is just beyond it.

    Args:
        largest: The burst with the largest number of nodes.
        run: Runs a burst.
        answer: Says what all bursts show that were like the last one.
        bytes_written: Says what has been written so far.
    """
    ends_at, already = time.monotonic() + SECONDS_MAX, bytes_written()

    def late() -> bool:
        return time.monotonic() > ends_at or bytes_written() - already > BYTES_MAX

    def attempt(burst: Burst) -> Answer:
        found: Answer = "unsure"
        for _ in range(BURSTS_EACH):
            run(burst)
            found = answer()
            if found != "unsure" or late():
                break
        return found

    search = Search(largest=largest.nodes)
    while (nodes := search.next()) is not None and not late():
        search.tell(nodes, attempt(msgspec.structs.replace(largest, nodes=nodes)))
    # Images are pulled at once whenever their nodes start: a stagger spreads them not at all.
    if search.failed is None or not search.carried or largest.topology != "dedicated":
        return
    for jitter in STAGGERS_SECONDS:
        if jitter <= largest.jitter_seconds or late():
            continue
        wider = msgspec.structs.replace(largest, nodes=search.failed, jitter_seconds=jitter)
        if attempt(wider) == "pass":
            return
