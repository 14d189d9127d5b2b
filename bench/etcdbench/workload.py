"""What is written to the disk, as types: requests, phases, profiles and their schedules."""

from typing import Annotated, Literal

import msgspec

from etcdbench.join_profile import Join
from etcdbench.records import Struct

Arrivals = Literal["regular", "poisson"]
PhaseName = Annotated[str, msgspec.Meta(pattern="^[a-z][a-z0-9-]{0,39}$")]
CALIBRATE = "calibrate"
RUNG_PREFIX = "ladder-"
JOIN_PREFIX = "join-"
"""Phases of ours, beside those of a profile: learning the flush time, the rungs of the ladder, and
the phases of a join burst."""

SNAPSHOT, FOLLOW, REPLAY = "snapshot", "follow", "replay"
"""Phases of bursts that are not drawn from the model: a promoted member's, and a capture's."""

PROMOTED = "control-plane"
"""What stands in place of a network plugin where a member is promoted."""

JOIN = "join"
JOIN_QUIET = "join-quiet"
"""All phases of a join burst together, and the quiet one before them, which is not among them;
nor is a promoted member's snapshot: until it has it, it flushes nothing of the cluster's."""

RatePerSecond = Annotated[float, msgspec.Meta(gt=0, le=100_000)]


def is_main_phase(name: str) -> bool:
    """Say whether a phase is one of the main profile's, and not one of ours."""
    return name not in (CALIBRATE, JOIN) and not name.startswith((RUNG_PREFIX, JOIN_PREFIX))


def belongs(name: str, phase: str) -> bool:
    """Say whether a run of phase `name` is one of `phase`, which may be `JOIN`."""
    apart = (JOIN_QUIET, f"{JOIN_PREFIX}{SNAPSHOT}")
    in_burst = name.startswith(JOIN_PREFIX) and name not in apart
    return name == phase or (phase == JOIN and in_burst)


class Requests(Struct, frozen=True, kw_only=True):
    """The stream of write requests that reaches etcd.

    Attributes:
        rate_per_second: Mean arrivals per second.
        arrivals: At equal distances (as `etcdctl check perf` sends) or as a Poisson process.
        key_size_bytes: Bytes of one key.
        value_size_bytes: Bytes of one value.
        key_copies: How often a WAL record holds the key: 1 for a plain put, 3 for the
            compare-and-put transaction of kube-apiserver.
    """

    rate_per_second: RatePerSecond
    arrivals: Arrivals = "regular"
    key_size_bytes: Annotated[int, msgspec.Meta(ge=1, le=1_500_000)] = 276
    value_size_bytes: Annotated[int, msgspec.Meta(ge=0, le=1_500_000)] = 1024
    key_copies: Literal[1, 3] = 1


class Phase(Struct, frozen=True, kw_only=True):
    """One stretch of a profile: one fio invocation.

    Attributes:
        name: Its name in results and checks.
        runtime_seconds: How long the load lasts.
        rate_per_second: Requests per second where they differ from the profile's.
        repeat: Once, or in rounds until every check is decided or the time is up.
    """

    name: PhaseName
    runtime_seconds: Annotated[float, msgspec.Meta(ge=1, le=3600)]
    rate_per_second: RatePerSecond | None = None
    repeat: Literal["once", "until-decided"] = "once"


class Recipe(Struct, frozen=True, kw_only=True):
    """A closed-loop fdatasync job with fio's own option names, for what people publish."""

    rw: Literal["write"]
    ioengine: Literal["sync", "psync"]
    fdatasync: Annotated[int, msgspec.Meta(ge=1, le=1000)]
    size_bytes: Annotated[int, msgspec.Meta(ge=4096, le=1_000_000_000)]
    bs_bytes: Annotated[int, msgspec.Meta(ge=1, le=1_048_576)]


class Profile(Struct, frozen=True, kw_only=True):
    """What is written to the disk.

    Attributes:
        title: One line for lists.
        description: What it stands for, with its sources.
        requests: The request stream; None for a recipe.
        recipe: The recipe; None for a workload of etcd's.
        join: The model of a joining node; None for all else.
        phases: In order; empty for a recipe and a join.
    """

    format: Literal["etcdbench-profile"]
    version: Literal[1]
    title: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    description: Annotated[str, msgspec.Meta(max_length=4000)] = ""
    requests: Requests | None = None
    recipe: Recipe | None = None
    join: Join | None = None
    phases: Annotated[tuple[Phase, ...], msgspec.Meta(max_length=32)] = ()


class WalSchedule(Struct, frozen=True, kw_only=True):
    """When the WAL is flushed and how much each flush writes.

    Attributes:
        due_ms: Milliseconds since fio's start; shape (n,).
        sizes_bytes: Bytes of each batch; shape (n,).
        start_offset_bytes: Where in the run's WAL the first batch goes, counted over segments.
    """

    due_ms: tuple[int, ...]
    sizes_bytes: tuple[int, ...]
    start_offset_bytes: int = 0


class BackendSchedule(Struct, frozen=True, kw_only=True):
    """When the database commits and how many pages each commit writes.

    Attributes:
        due_ms: Milliseconds since fio's start; shape (n,).
        new_pages: Pages that each commit adds at the end of the file, often 0 where it holds few puts;
            shape (n,).
        start_page: Pages that the file holds before the first commit.
    """

    due_ms: tuple[int, ...]
    new_pages: tuple[int, ...]
    start_page: int = 0
