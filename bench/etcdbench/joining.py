"""What the user asked of a join burst -> the burst, and where its images go."""

from pathlib import Path
from typing import Literal

import msgspec

from etcdbench import profile, promotion, replay
from etcdbench.burst import Burst, Bursts
from etcdbench.errors import UsageError
from etcdbench.images import Joining, fewer, place_of, scaled
from etcdbench.join_profile import Cni, Join
from etcdbench.join_result import Topology
from etcdbench.machine import Target
from etcdbench.records import Struct
from etcdbench.units import parse_size
from etcdbench.workload import Requests

QUIET_SECONDS = 10.0

SHORT_NODES = 5
SHORT_QUIET_SECONDS = 5.0
SHORT_PULL_SECONDS = 30.0
"""The burst of a default measurement: five nodes with Cilium, cut after half a minute of pulling."""

BURSTS_FULL = 10
"""So many joins has `--full` at most: one of them is too few flushes for a 99th percentile."""

NODES_MAX = 1000
PROMOTION_RATE_MAX = 2000.0
DATABASE_SIZE = "500MB"
DATABASE_BYTES_MIN = 1_000_000
DATABASE_BYTES_MAX = 8_000_000_000
"""etcd's guide suggests no larger quota: https://etcd.io/docs/v3.6/dev-guide/limit/"""

CAPACITY_NODES_MAX = 50
"""A search begins here; more than that at once nobody lets join."""

JITTER_SECONDS = 5.0


class JoinRequest(Struct, frozen=True, kw_only=True):
    """What the user asked for, as typed; None where nothing was.

    Attributes:
        nodes: How many nodes join.
        cni: Their network plugin.
        topology: Whether their images share etcd's disk.
        image_directory: Where images live.
        jitter_seconds: Within which the nodes start.
        left_out: Whether there is to be no burst.
        capture: A capture whose writes are to be the burst.
        promoted: Whether this node is to become a member.
        database_size: Size of the database that it receives then, as typed.
    """

    nodes: int | None = None
    cni: Cni | None = None
    topology: Topology | Literal["auto"] | None = None
    image_directory: Path | None = None
    jitter_seconds: float | None = None
    left_out: bool = False
    capture: Path | None = None
    promoted: bool = False
    database_size: str | None = None

    @property
    def given(self) -> str | None:
        """Return the option that brings its own writes, if one was given."""
        if self.capture:
            return "--replay"
        return "--control-plane-join" if self.promoted else None

    @property
    def shaped(self) -> bool:
        """Say whether any option that shapes the burst was given."""
        return any(
            option is not None
            for option in (
                self.nodes,
                self.cni,
                self.topology,
                self.image_directory,
                self.jitter_seconds,
            )
        )


def joining(
    request: JoinRequest,
    target: Target,
    *,
    requests: Requests | None,
    full: bool,
    without: str | None,
) -> Joining | None:
    """Find out what burst was asked for, and whether it can be run; nothing is written.

    Args:
        request: What the user asked for.
        target: What is measured.
        requests: What the cluster writes on a quiet day; None for a recipe.
        full: Whether to repeat the burst.
        without: The option that leaves no room for a burst, if one was given.

    Raises:
        UsageError: Options do not go together, or a number will not do.
        PreflightError: Images cannot be written where they live.
    """
    without = "--no-join" if request.left_out else without
    if without and request.shaped:
        raise UsageError(
            f"{without} leaves out the join burst that other options shape",
            hint=f"leave {without} out, or --join, --cni, --topology, --image-dir and --jitter",
        )
    if request.database_size and not request.promoted:
        raise UsageError(
            "--db-size is the size of a promoted member's database",
            hint="give --control-plane-join as well, or leave it out",
        )
    if request.given and (without or request.shaped or (request.capture and request.promoted)):
        raise UsageError(
            f"{request.given} brings its own writes, and no images",
            hint="leave the other options about joins out, and --quick and --beside-etcd",
        )
    if without or requests is None:
        return None
    times = BURSTS_FULL if full else 1
    if request.given:
        return Joining(
            bursts=Bursts(join=_model(request), burst=_given(request, requests), times=times)
        )
    if not request.shaped:
        join = _model(request)
        return Joining(bursts=Bursts(join=join, burst=_short_burst(full=full), times=times))
    bursts = bursts_of(request, times=times)
    topology, images = place_of(request.topology, request.image_directory, target)
    burst = msgspec.structs.replace(bursts.burst, topology=topology)
    bursts = msgspec.structs.replace(bursts, burst=burst)
    return Joining(bursts=scaled(bursts, images), images=images)


def _given(request: JoinRequest, requests: Requests) -> Burst:
    """Return the burst of a capture, or of a member that is promoted.

    Raises:
        UsageError: It is no capture, or no size of a database.
    """
    if request.capture:
        return replay.burst_of(replay.read_capture(request.capture))
    try:
        size_bytes = parse_size(request.database_size or DATABASE_SIZE)
    except ValueError as error:
        raise UsageError(f"--db-size: {error}", hint="give bytes, such as 500MB") from error
    if not DATABASE_BYTES_MIN <= size_bytes <= DATABASE_BYTES_MAX:
        raise UsageError(
            f"--db-size {request.database_size} is out of range",
            hint="give 1 MB to 8 GB, the most that etcd's guide suggests",
        )
    if requests.rate_per_second > PROMOTION_RATE_MAX:
        raise UsageError(
            f"{requests.rate_per_second:g} writes a second are too many for a promotion",
            hint=f"give --rate {PROMOTION_RATE_MAX:g} or less, or --load s or m",
        )
    return promotion.burst_of(requests, size_bytes=size_bytes)


def capacities(request: JoinRequest, target: Target) -> tuple[Joining, ...]:
    """Return the largest burst of each search that was asked for: of one plugin, or of two.

    Raises:
        UsageError: A number will not do, or there is no room for the images of one node.
        PreflightError: Images cannot be written where they live.
    """
    if request.nodes is not None or request.left_out or request.given:
        raise UsageError(
            "--join-capacity looks for the number of nodes itself",
            hint="leave --join, --no-join, --replay and --control-plane-join out",
        )
    topology, images = place_of(request.topology, request.image_directory, target)
    plugins: tuple[Cni, ...] = (request.cni,) if request.cni else ("flannel", "cilium")
    found: list[Joining] = []
    for cni in plugins:
        wanted = msgspec.structs.replace(request, cni=cni, nodes=CAPACITY_NODES_MAX)
        bursts = bursts_of(wanted, times=1)
        cut = SHORT_PULL_SECONDS if topology == "dedicated" else None
        burst = msgspec.structs.replace(bursts.burst, topology=topology, pull_seconds_max=cut)
        bursts = msgspec.structs.replace(bursts, burst=burst)
        found.append(Joining(bursts=fewer(bursts, images), images=images))
    return tuple(found)


def bursts_of(request: JoinRequest, *, times: int) -> Bursts:
    """Return the bursts that were asked for, as if images were elsewhere.

    Raises:
        UsageError: A number will not do.
    """
    join = _model(request)
    nodes = SHORT_NODES if request.nodes is None else request.nodes
    if not 1 <= nodes <= NODES_MAX:
        raise UsageError(f"--join {nodes} is out of range", hint=f"give 1 to {NODES_MAX:,}")
    jitter = JITTER_SECONDS if request.jitter_seconds is None else request.jitter_seconds
    if not 0 <= jitter <= join.window_seconds:  # not a number, either
        raise UsageError(
            f"--jitter {jitter:g} is out of range: one node's join lasts {join.window_seconds:g} s",
            hint=f"give 0 to {join.window_seconds:g}",
        )
    burst = Burst(nodes=nodes, jitter_seconds=jitter, quiet_seconds=QUIET_SECONDS)
    return Bursts(join=join, burst=burst, times=times)


def _model(request: JoinRequest) -> Join:
    join = profile.load(profile.JOINS[request.cni or "cilium"]).profile.join
    if join is None:
        raise AssertionError("a profile of a join has one")
    return join


def _short_burst(*, full: bool) -> Burst:
    """Return the burst of a measurement that asked for none."""
    return Burst(
        nodes=SHORT_NODES,
        jitter_seconds=JITTER_SECONDS,
        quiet_seconds=SHORT_QUIET_SECONDS,
        pull_seconds_max=None if full else SHORT_PULL_SECONDS,
    )
