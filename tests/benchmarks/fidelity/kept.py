"""What the campaign keeps: every round, with latencies put into narrow buckets."""

import bisect
import gzip
from collections.abc import Sequence
from pathlib import Path

import msgspec

from etcdbench.histogram import ETCD_BUCKET_EDGES_NS, Histogram
from etcdbench.limits import COMMIT_LIMIT_NS, WAL_LIMIT_NS
from etcdbench.model import Run, Stream
from etcdbench.validating import Round

_FASTEST_NS = 10_000
_BUCKET_WIDTH = 1.02
_BUCKET_COUNT = 800
_EDGES_NS = sorted(
    {*ETCD_BUCKET_EDGES_NS, WAL_LIMIT_NS, COMMIT_LIMIT_NS}
    | {round(_FASTEST_NS * _BUCKET_WIDTH**number) for number in range(_BUCKET_COUNT)}
)
"""etcd's edges and our limits, where every share has to be exact, and between them buckets so narrow
that a model which makes latencies longer can be tried on what was kept. Rounds from before
2026-11-29, 09:20 have the former only."""

OWN = "own"
"""The name of each machine's own disk."""


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """All rounds of one disk under one load with one etcd on one machine.

    Attributes:
        disk: Its name.
        load: Cluster class, or a join as `join-NODES-JITTER`.
        etcd_version: The real etcd's.
        machine: Which machine they were measured on; docs/accuracy.md describes each.
        rounds: What both sides showed.
        recipe: The popular recipe's flushes; None where another load's file has them.
    """

    disk: str
    load: str
    etcd_version: str
    machine: str
    rounds: tuple[Round, ...] = ()
    recipe: Histogram | None = None

    @property
    def file_name(self) -> str:
        """Return where it is kept."""
        return f"{self.disk}.{self.load}.etcd-{self.etcd_version}.{self.machine}.json.gz"

    @property
    def disk_of_all(self) -> str:
        """Return the disk's name among all machines, each of which has an own one."""
        return f"{self.disk}-{self.machine}" if self.disk == OWN else self.disk

    def count(self, arrivals: str) -> int:
        """Return how many rounds of one kind of arrivals there are."""
        return sum(one.arrivals == arrivals for one in self.rounds)


def read(folder: Path, blank: Kept) -> Kept:
    """Return what is kept of a case, or the blank."""
    path = folder / blank.file_name
    if not path.exists():
        return blank
    return msgspec.json.decode(gzip.decompress(path.read_bytes()), type=Kept)


def read_all(folder: Path) -> list[Kept]:
    """Return every case."""
    return [
        msgspec.json.decode(gzip.decompress(path.read_bytes()), type=Kept)
        for path in sorted(folder.glob("*.json.gz"))
    ]


def write(folder: Path, kept: Kept) -> None:
    """Keep a case, whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / kept.file_name
    part = path.with_suffix(".part")
    part.write_bytes(gzip.compress(msgspec.json.encode(kept), mtime=0))
    part.replace(path)


def with_round(known: Kept, one: Round) -> Kept:
    """Add a round."""
    return msgspec.structs.replace(known, rounds=(*known.rounds, slim(one)))


def with_recipe(known: Kept, recipe: Histogram) -> Kept:
    """Add the recipe."""
    return msgspec.structs.replace(known, recipe=coarse(recipe))


def slim(one: Round) -> Round:
    """Drop schedules and job files, and put latencies into buckets."""
    return msgspec.structs.replace(one, predicted=tuple(_slim_run(run) for run in one.predicted))


def _slim_run(run: Run) -> Run:
    return msgspec.structs.replace(
        run,
        job_file="",
        wal=None,
        backend=None,
        streams=tuple(_slim_stream(stream) for stream in run.streams if stream.name != "backend"),
    )


def _slim_stream(stream: Stream) -> Stream:
    return msgspec.structs.replace(
        stream,
        blocks=tuple(
            msgspec.structs.replace(block, histogram=coarse(block.histogram))
            for block in stream.blocks
        ),
    )


def coarse(histogram: Histogram) -> Histogram:
    """Put each latency at the upper edge of its bucket, where every share above an edge stays."""
    bins: dict[int, int] = {}
    for latency_ns, count in histogram.bins().items():
        edge_ns = _upper(latency_ns, _EDGES_NS)
        bins[edge_ns] = bins.get(edge_ns, 0) + count
    return Histogram.from_bins(bins)


def _upper(latency_ns: int, edges_ns: Sequence[int]) -> int:
    index = bisect.bisect_left(edges_ns, latency_ns)
    return edges_ns[index] if index < len(edges_ns) else latency_ns
