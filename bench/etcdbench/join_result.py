"""What a join burst left besides its flushes and commits, as types."""

from typing import Annotated, Literal

import msgspec

from etcdbench.records import Count, Real, Seconds, Struct, Whole


class Probe(Struct, frozen=True, kw_only=True):
    """What somebody who logs in met: how long a flush, a rename and cold reads took.

    Attributes:
        at_seconds: When it began, since fio's start.
    """

    at_seconds: Seconds
    flush_seconds: Seconds
    rename_seconds: Seconds
    read_seconds: Seconds

    @property
    def wait_seconds(self) -> float:
        """Return how long the login waited: it needs all three, one after the other."""
        return self.flush_seconds + self.rename_seconds + self.read_seconds


class Second(Struct, frozen=True, kw_only=True):
    """One second of a burst, as the machine saw it.

    Attributes:
        at_seconds: Since fio's start.
        bytes_written: By all sections of fio until then.
        io_some_share, io_full_share: Share of the time since the last second in which some, or
            all, tasks waited for I/O; None where the kernel does not tell.
    """

    at_seconds: Seconds
    bytes_written: Whole
    io_some_share: Real | None = None
    io_full_share: Real | None = None


class PhaseSpan(Struct, frozen=True, kw_only=True):
    """A phase of a burst in time, since fio's start."""

    name: Annotated[str, msgspec.Meta(min_length=1)]
    begin_seconds: Seconds
    end_seconds: Seconds


Topology = Literal["dedicated", "shared-disk", "shared-filesystem"]


class JoinBurst(Struct, frozen=True, kw_only=True):
    """One burst of joining nodes; its flushes and commits are in `Result.runs`.

    Attributes:
        cni: The network plugin.
        nodes: How many nodes joined.
        jitter_seconds: Within which they started.
        topology: Whether their images share etcd's disk or filesystem.
        scale: Share of the images' bytes that was written.
        cut: Whether the pull phase was cut short.
        first_run: Index in `Result.runs` of its quiet phase; the others follow.
        spans: Its phases.
        seconds: The machine's timeline.
        probes: The bystander's; empty where the images are not on etcd's disk.
        neighbour_bytes: What was to be written beside etcd's files.
        snapshot_seconds: How long a promoted member's snapshot took, its fsync too; None where
            there was none, or it did not come to its end.
        assumptions: What of the model is assumed.
    """

    cni: str
    nodes: Count
    jitter_seconds: Seconds
    topology: Topology
    scale: Real = 1.0
    cut: bool = False
    first_run: Count = 0
    spans: Annotated[tuple[PhaseSpan, ...], msgspec.Meta(min_length=1)]
    seconds: tuple[Second, ...] = ()
    probes: tuple[Probe, ...] = ()
    neighbour_bytes: Whole = 0
    snapshot_seconds: Seconds | None = None
    assumptions: tuple[str, ...] = ()
