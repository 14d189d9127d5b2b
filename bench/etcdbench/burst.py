"""A join burst, compiled: phases with their flushes and commits, and the neighbours beside them."""

import math
import random
from collections.abc import Sequence
from typing import Literal

from etcdbench import etcd_model, join_model, neighbours
from etcdbench.etcd_model import INITIAL_PAGES
from etcdbench.histogram import Histogram
from etcdbench.jobfile import Part
from etcdbench.join_model import Span, Write
from etcdbench.join_profile import Join
from etcdbench.join_result import Topology
from etcdbench.records import Struct
from etcdbench.schedule import START_DELAY_MS, Load, Position, schedule
from etcdbench.workload import BackendSchedule, WalSchedule

KEY_SIZE_BYTES = 48
"""Length of a key such as /registry/pods/kube-system/kube-flannel-ds-abcde; with three copies a WAL
record is its value and about 240 bytes, as traced."""

LEAD_MS = 1000
"""A phase's sections start so long before their first I/O is due: fio starts them 0.1 to 0.3 s late."""


class Given(Struct, frozen=True, kw_only=True):
    """A burst that is not drawn from the model of a join.

    Attributes:
        kind: `capture`, or `control-plane` for a member that is promoted.
        requests: What reaches etcd.
        spans: Its phases.
        beside: What else is written.
        seconds_max: How long all of it takes at most.
    """

    kind: Literal["capture", "control-plane"]
    requests: Load
    spans: tuple[Span, ...]
    beside: tuple[neighbours.Neighbour, ...] = ()
    seconds_max: float


class Burst(Struct, frozen=True, kw_only=True):
    """How a join was asked for.

    Attributes:
        nodes: How many nodes join.
        jitter_seconds: Within which they start.
        quiet_seconds: How long only the background writes, before.
        pull_seconds_max: Where the pull phase is cut, and the burst with it; None for all of it.
        topology: Whether they pull their images on etcd's disk, or on its filesystem.
        scale: Share of the images' bytes that is written.
        given: What is run instead of the model.
    """

    nodes: int
    jitter_seconds: float
    quiet_seconds: float = 10.0
    pull_seconds_max: float | None = None
    topology: Topology = "dedicated"
    scale: float = 1.0
    given: Given | None = None


class Bursts(Struct, frozen=True, kw_only=True):
    """The bursts of a measurement.

    Attributes:
        join: The model of one node's join.
        burst: How a burst is to be.
        times: How often there is one, at most.
    """

    join: Join
    burst: Burst
    times: int

    @property
    def seconds(self) -> float:
        """Return how long all of them last at most."""
        given = self.burst.given
        each = given.seconds_max if given else spans_of(self.join, self.burst)[-1].end_seconds
        return self.times * each

    @property
    def image_bytes(self) -> int:
        """Return the most that one burst writes beside etcd's own files; removed after each."""
        if self.burst.given:
            return sum(neighbour.size_bytes for neighbour in self.burst.given.beside)
        if self.burst.topology == "dedicated":
            return 0
        return neighbours.bytes_max(self.join, nodes=self.burst.nodes, scale=self.burst.scale)

    def etcd_bytes_max(self) -> tuple[int, int]:
        """Return the bytes that WAL and database gain at most, in all of them."""
        wal, backend = _etcd_bytes_max(self.join, self.burst)
        return self.times * wal, self.times * backend


class Compiled(Struct, frozen=True, kw_only=True):
    """A burst as fio runs it.

    Attributes:
        spans: Its phases in time.
        parts: Their schedules, in the same order.
        neighbours: What else writes and reads.
        requests_per_second: How many requests reach etcd, in the mean.
        shared: Whether images are pulled onto etcd's disk.
        seconds_max: How long it takes, what else writes included.
    """

    spans: tuple[Span, ...]
    parts: tuple[Part, ...]
    neighbours: tuple[neighbours.Neighbour, ...]
    requests_per_second: float = 0.0
    shared: bool = False
    seconds_max: float


def compile_burst(
    join: Join,
    burst: Burst,
    *,
    flushes: Histogram,
    commits: Histogram,
    position: Position,
    rng: random.Random,
) -> Compiled:
    """Draw a burst and let etcd's two loops make flushes and commits of it.

    Args:
        join: The model.
        burst: How it was asked for.
        flushes: Flush times to draw from.
        commits: Commit times to draw from.
        position: Where to begin in the files.
        rng: Source of all draws.
    """
    spans = spans_of(join, burst)
    load = requests_of(join, burst, rng=rng)
    wal, backend = schedule(
        load,
        flushes=flushes,
        commits=commits,
        position=position,
        rng=rng,
    )
    beside = burst.given.beside if burst.given else ()
    if burst.topology != "dedicated":
        shared = neighbours.Shared(
            nodes=burst.nodes,
            scale=burst.scale,
            origin_ms=START_DELAY_MS,
            pull=next(span for span in spans if span.name == "pull"),
            end_seconds=spans[-1].end_seconds,
        )
        beside = neighbours.neighbours(join, shared, rng=rng)
    return Compiled(
        spans=spans,
        parts=split(wal, backend, spans),
        neighbours=beside,
        requests_per_second=len(load.due_seconds) / spans[-1].end_seconds,
        shared=burst.topology != "dedicated",
        seconds_max=burst.given.seconds_max if burst.given else spans[-1].end_seconds,
    )


def requests_of(join: Join, burst: Burst, *, rng: random.Random) -> Load:
    """Draw the requests of a burst: with the same source of draws they are the same."""
    if burst.given:
        return burst.given.requests
    writes = join_model.writes(
        join,
        nodes=burst.nodes,
        jitter_seconds=burst.jitter_seconds,
        quiet_seconds=burst.quiet_seconds,
        rng=rng,
    )
    return load_of(cut(writes, spans_of(join, burst)))


def rng_of(seed: int, number: int) -> random.Random:
    """Return the source of draws of a measurement's burst of that number (from 0)."""
    return random.Random(f"{seed}/burst-{number}")  # noqa: S311 - a load, not a secret


def spans_of(join: Join, burst: Burst) -> tuple[Span, ...]:
    """Lay out the phases of a burst."""
    if burst.given:
        return burst.given.spans
    return join_model.spans(
        join,
        jitter_seconds=burst.jitter_seconds,
        quiet_seconds=burst.quiet_seconds,
        pull_seconds_max=burst.pull_seconds_max,
    )


def _etcd_bytes_max(join: Join, burst: Burst) -> tuple[int, int]:
    """Return the bytes that WAL and database gain at most, in one burst."""
    length = spans_of(join, burst)[-1].end_seconds
    puts = _puts_of(burst.given.requests) if burst.given else _puts_max(join, burst, length)
    wal = sum(
        number
        * etcd_model.wal_record_bytes(
            key_size_bytes=key, value_size_bytes=value, key_copies=etcd_model.TRANSACTION_KEY_COPIES
        )
        for number, key, value in puts
    )
    grown = sum(
        etcd_model.new_pages(number, key_size_bytes=key, value_size_bytes=value)
        for number, key, value in puts
    )
    count = sum(number for number, _, _ in puts)
    commits = min(count, length / etcd_model.COMMIT_INTERVAL_SECONDS)
    pages = grown + commits * (etcd_model.PATH_PAGES + 2)
    return wal, math.ceil(pages) * etcd_model.PAGE_BYTES


Puts = list[tuple[int, int, int]]
"""How many, key bytes, value bytes."""


def _puts_of(load: Load) -> Puts:
    sizes = zip(load.key_sizes_bytes, load.value_sizes_bytes, strict=True)
    return [(1, key, value) for key, value in sizes]


def _puts_max(join: Join, burst: Burst, length_seconds: float) -> Puts:
    """Return the puts of a whole burst: a cut one has fewer."""
    puts = [
        (burst.nodes * kind.count(phase.name), KEY_SIZE_BYTES, kind.value_size_bytes)
        for kind in join.objects
        for phase in join.phases
    ]
    other = math.ceil(length_seconds * join.background.rate_per_second) + 1
    return [*puts, (other, KEY_SIZE_BYTES, join.background.value_size_bytes)]


def cut(writes: Sequence[Write], spans: Sequence[Span]) -> list[Write]:
    """Leave out what comes after the last phase's end: a cut burst is a burst's beginning."""
    return [write for write in writes if write.due_seconds <= spans[-1].end_seconds]


def load_of(writes: Sequence[Write]) -> Load:
    """Return writes as the requests of a schedule."""
    return Load(
        due_seconds=tuple(write.due_seconds for write in writes),
        value_sizes_bytes=tuple(write.value_size_bytes for write in writes),
        key_sizes_bytes=(KEY_SIZE_BYTES,) * len(writes),
        key_copies=etcd_model.TRANSACTION_KEY_COPIES,
    )


def split(wal: WalSchedule, backend: BackendSchedule, spans: Sequence[Span]) -> tuple[Part, ...]:
    """Deal flushes and commits out to the phases in which they are due."""
    parts: list[Part] = []
    offset, page = wal.start_offset_bytes, backend.start_page
    flush_index = commit_index = 0
    for span in spans:
        last = span is spans[-1]
        end_ms = None if last else START_DELAY_MS + int(1000 * span.end_seconds)
        flush_end = _first_after(wal.due_ms, end_ms, flush_index)
        commit_end = _first_after(backend.due_ms, end_ms, commit_index)
        sizes = wal.sizes_bytes[flush_index:flush_end]
        pages = backend.new_pages[commit_index:commit_end]
        parts.append(
            Part(
                suffix=f".{span.name}",
                start_ms=max(0, START_DELAY_MS + int(1000 * span.begin_seconds) - LEAD_MS),
                wal=WalSchedule(
                    due_ms=wal.due_ms[flush_index:flush_end],
                    sizes_bytes=sizes,
                    start_offset_bytes=offset,
                ),
                backend=BackendSchedule(
                    due_ms=backend.due_ms[commit_index:commit_end],
                    new_pages=pages,
                    start_page=page,
                ),
            )
        )
        offset, flush_index = offset + sum(sizes), flush_end
        page, commit_index = (page or INITIAL_PAGES) + sum(pages), commit_end
    return tuple(parts)


def _first_after(due_ms: Sequence[int], end_ms: int | None, begin: int) -> int:
    """Return the index of the first due time that is not before the end."""
    if end_ms is None:
        return len(due_ms)
    return next(
        (index for index in range(begin, len(due_ms)) if due_ms[index] >= end_ms), len(due_ms)
    )
