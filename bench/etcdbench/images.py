"""Where the images of joining nodes go: beside etcd, on its disk, or nowhere here; and how many bytes."""

import contextlib
import shutil
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Literal

import msgspec

from etcdbench import neighbours, preflight
from etcdbench.burst import Bursts
from etcdbench.errors import PreflightError, UsageError
from etcdbench.join_result import Topology
from etcdbench.machine import Target
from etcdbench.neighbours import FOLDER
from etcdbench.plan import ROOM_MARGIN_BYTES
from etcdbench.records import Struct
from etcdbench.topology import image_directory, topology_of
from etcdbench.workspace import Workspace, remove_stale, workspace

IMAGE_BYTES_MAX = 40_000_000_000
"""More than this is scaled down: it would wear the disk and prove nothing more."""

ROOM_SHARE = 0.5
"""Share of the free room that images may take: nobody's disk is filled up by us."""

KUBELET_FREE_SHARE = 0.16
"""Below 15 % free the kubelet removes images and evicts pods (its default hard eviction threshold:
https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/)."""

SCALE_MIN = 0.01
"""One per cent of the images is no pull any more."""


class Joining(Struct, frozen=True, kw_only=True):
    """Bursts that can be run.

    Attributes:
        bursts: How they are to be.
        images: Where the images go; None where they share nothing with etcd.
    """

    bursts: Bursts
    images: Target | None = None


def place_of(
    topology: Topology | Literal["auto"] | None, directory: Path | None, target: Target
) -> tuple[Topology, Target | None]:
    """Return the topology, and where images go if that shares anything with etcd."""
    # Without a word about images they are elsewhere: a worker pulls onto its own disk.
    wanted = topology or ("auto" if directory else "dedicated")
    if directory and wanted in ("dedicated", "shared-filesystem"):
        raise UsageError(
            f"--image-dir says nothing new with --topology {wanted}",
            hint="leave one of them out, or give --topology auto or shared-disk",
        )
    if wanted == "dedicated":
        return "dedicated", None
    if wanted == "shared-filesystem":
        return "shared-filesystem", target
    images = preflight.find_target(directory or image_directory(), write=False)
    seen = topology_of(target, images)
    if wanted == "auto" and seen == "dedicated":
        return seen, None
    if wanted == "auto" and seen == "shared-filesystem":
        return seen, target
    if seen == "dedicated":
        raise UsageError(
            f"{images.measured_path} shares no disk with {target.measured_path}",
            hint="give --image-dir a directory on the same disk, or --topology shared-filesystem",
        )
    return "shared-disk", _writable(directory)


def _writable(directory: Path | None) -> Target:
    """Find out what lies below the directory of the images.

    Raises:
        PreflightError: They cannot be written there.
    """
    try:
        return preflight.find_target(directory or image_directory())
    except PreflightError as error:
        raise PreflightError(
            f"images cannot be written: {error.message}",
            hint="run it as root, give --image-dir a directory of your own, or --topology "
            "dedicated (nodes elsewhere) or shared-filesystem",
        ) from error


def fewer(bursts: Bursts, images: Target | None) -> Bursts:
    """Let no more nodes join than there is room for: images are never scaled in a search."""
    if images is None:
        return bursts
    each = bursts.image_bytes / bursts.burst.nodes
    nodes = min(bursts.burst.nodes, int(_room_bytes(images) / each))
    if not nodes:
        raise UsageError(
            f"{images.mount_point} has no room for the images of one node",
            hint="free some room, or give --topology dedicated",
        )
    burst = msgspec.structs.replace(bursts.burst, nodes=nodes)
    return msgspec.structs.replace(bursts, burst=burst)


def _room_bytes(images: Target) -> float:
    """Return what images may take: a share of the free room, and no more than is bearable."""
    room = shutil.disk_usage(images.measured_path)
    spare = room.free - KUBELET_FREE_SHARE * room.total - 2 * ROOM_MARGIN_BYTES
    return max(min(IMAGE_BYTES_MAX, room.free * ROOM_SHARE, spare), 0.0)


def scaled(bursts: Bursts, images: Target | None) -> Bursts:
    """Scale the images down to the room that there is, and to what is bearable."""
    if images is None:
        return bursts
    whole = bursts.image_bytes
    small = neighbours.bytes_max(bursts.join, nodes=bursts.burst.nodes, scale=0.0)
    scale = min(1.0, (_room_bytes(images) - small) / (whole - small))
    if scale < SCALE_MIN:
        raise UsageError(
            f"{images.mount_point} has no room for the images of {bursts.burst.nodes} nodes",
            hint="free some room, let fewer nodes join, or give --topology dedicated",
        )
    burst = msgspec.structs.replace(bursts.burst, scale=scale)
    return msgspec.structs.replace(bursts, burst=burst)


@contextlib.contextmanager
def images_beside(
    ours: Workspace, join: Joining | None, *, on_leftover: Callable[[Path], None]
) -> Generator[Path | None, None, None]:
    """Make the place of the images below our directory; a link, where they live elsewhere.

    Gives the directory that is linked to, None where there is none. What dead runs left where
    images live on this machine is removed first.
    """
    remove_stale(image_directory(), alone=False)
    place = ours.path / FOLDER
    if join is None or join.images is None:
        yield None
    elif (
        join.bursts.burst.topology == "shared-filesystem"
        or (folder := Path(join.images.measured_path)) == ours.path.parent
    ):
        place.mkdir()
        yield None
    else:
        with workspace(folder, alone=True, on_leftover=on_leftover) as images:
            files = images.path / FOLDER  # beside its marker, which must outlive each burst
            files.mkdir()
            place.symlink_to(files)
            yield images.path
