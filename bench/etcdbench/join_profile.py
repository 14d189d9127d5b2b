"""A node's join as data: what it makes etcd write, and what else it writes to a shared disk.

Every table of the profile says in `basis` where its numbers come from, and names in `assumed`
those that rest on an assumption only.
"""

from collections.abc import Iterator
from typing import Annotated, Literal

import msgspec

from etcdbench.records import Struct

Cni = Literal["flannel", "cilium", "calico"]
JoinPhase = Literal["register", "pull", "settle"]

Count = Annotated[int, msgspec.Meta(ge=0, le=10_000)]
SizeBytes = Annotated[int, msgspec.Meta(ge=1, le=100_000_000_000)]
Seconds = Annotated[float, msgspec.Meta(ge=0, le=3600)]


class Sourced(Struct, frozen=True, kw_only=True):
    """A table of numbers with their source.

    Attributes:
        basis: Where they come from.
        assumed: Names of those that are assumed.
    """

    basis: Annotated[str, msgspec.Meta(min_length=5, max_length=500)]
    assumed: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a mark that names no number of this table: it would hide an assumption."""
        unknown = set(self.assumed) - set(self.__struct_fields__)
        if unknown:
            raise ValueError(f"assumed names {min(unknown)}, which is not there")


class Background(Sourced, frozen=True, kw_only=True):
    """What a cluster at rest writes: leases and locks, by timers."""

    rate_per_second: Annotated[float, msgspec.Meta(gt=0, le=1000)]
    value_size_bytes: SizeBytes


class Clustering(Sourced, frozen=True, kw_only=True):
    """Writes come in groups: their mean number (geometric), and the gap within a group."""

    writes_mean: Annotated[float, msgspec.Meta(ge=1, le=100)]
    gap_seconds: Seconds


class PhaseLength(Sourced, frozen=True, kw_only=True):
    """How long a phase of one node's join lasts."""

    name: JoinPhase
    runtime_seconds: Annotated[float, msgspec.Meta(ge=1, le=600)]


class Objects(Sourced, frozen=True, kw_only=True):
    """How often one node's join writes a kind of object in each phase, and its size in etcd."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
    register: Count = 0
    pull: Count = 0
    settle: Count = 0
    value_size_bytes: SizeBytes

    def count(self, phase: JoinPhase) -> int:
        """Return the writes of a phase."""
        return {"register": self.register, "pull": self.pull, "settle": self.settle}[phase]


class Images(Sourced, frozen=True, kw_only=True):
    """What one node pulls: compressed, unpacked, and in how many blobs."""

    download_size_bytes: SizeBytes
    unpacked_size_bytes: SizeBytes
    blobs: Annotated[int, msgspec.Meta(ge=1, le=1000)]


class Files(Sourced, frozen=True, kw_only=True):
    """The files of unpacked images: log-normal, and a share of the bytes in a few large ones."""

    size_median_bytes: SizeBytes
    size_sigma: Annotated[float, msgspec.Meta(ge=0, le=5)]
    large_size_bytes: SizeBytes
    large_share: Annotated[float, msgspec.Meta(ge=0, le=1)]


class Containers(Sourced, frozen=True, kw_only=True):
    """The container runtime's own small files and databases."""

    count: Count
    fsyncs_each: Annotated[int, msgspec.Meta(ge=1, le=1000)]
    size_bytes: SizeBytes


class Reads(Sourced, frozen=True, kw_only=True):
    """What an agent reads from a cold cache when it starts."""

    size_bytes: SizeBytes
    bs_bytes: Annotated[int, msgspec.Meta(ge=512, le=1_048_576)]


class Logs(Sourced, frozen=True, kw_only=True):
    """Log lines, appended and not flushed."""

    rate_bytes_per_second: SizeBytes
    write_size_bytes: Annotated[int, msgspec.Meta(ge=1, le=1_048_576)]


class Join(Struct, frozen=True, kw_only=True):
    """The model of one node's join.

    Attributes:
        cni: The network plugin.
        background: What the cluster writes all the time.
        clustering: How writes gather.
        phases: Register, pull and settle, in this order.
        objects: What is written to etcd.
        images, files, containers, reads, logs: The neighbours on a shared disk.
    """

    cni: Cni
    background: Background
    clustering: Clustering
    phases: Annotated[tuple[PhaseLength, ...], msgspec.Meta(min_length=3, max_length=3)]
    objects: Annotated[tuple[Objects, ...], msgspec.Meta(min_length=1, max_length=100)]
    images: Images
    files: Files
    containers: Containers
    reads: Reads
    logs: Logs

    def __post_init__(self) -> None:
        """Refuse phases in another order: the layout of a burst rests on it."""
        if tuple(phase.name for phase in self.phases) != ("register", "pull", "settle"):
            raise ValueError("the phases of a join are register, pull, settle, in this order")

    @property
    def window_seconds(self) -> float:
        """Return how long one node's join lasts."""
        return sum(phase.runtime_seconds for phase in self.phases)

    def writes_per_node(self, phase: JoinPhase | None = None) -> int:
        """Return the writes of one node, in one phase or in all."""
        names: tuple[JoinPhase, ...] = tuple(length.name for length in self.phases)
        names = (phase,) if phase else names
        return sum(kind.count(name) for kind in self.objects for name in names)

    def tables(self) -> Iterator[tuple[str, Sourced]]:
        """Return every table with its name, for reports and tests."""
        for name in ("background", "clustering", "images", "files", "containers", "reads", "logs"):
            yield name, getattr(self, name)
        for length in self.phases:
            yield f"phase {length.name}", length
        for kind in self.objects:
            yield kind.name, kind

    def assumptions(self) -> tuple[str, ...]:
        """Return what rests on assumptions, as `table: numbers`."""
        return tuple(
            f"{name}: {', '.join(table.assumed)}" for name, table in self.tables() if table.assumed
        )
