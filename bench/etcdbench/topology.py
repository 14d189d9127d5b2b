"""Do the images of a joining node share etcd's disk, or even its filesystem?"""

import contextlib
from pathlib import Path

from etcdbench.join_result import Topology
from etcdbench.machine import Target

IMAGE_DIRECTORIES = (
    "/var/lib/rancher/k3s/agent/containerd",
    "/var/lib/rancher/rke2/agent/containerd",
    "/var/lib/k0s/containerd",
    "/var/lib/containerd",
    "/var/lib/containers/storage",
    "/var/lib/docker",
)
"""Where container runtimes keep images, unless they are told otherwise."""

FALLBACK = "/var/lib"
"""Before any of them is installed: they all come below it."""


def image_directory(*, root: Path = Path("/")) -> Path:
    """Return where this machine keeps, or would keep, container images."""
    for name in (*IMAGE_DIRECTORIES, FALLBACK):
        candidate = root / name.lstrip("/")
        with contextlib.suppress(OSError):  # a directory that we may not look into
            if candidate.is_dir():
                return candidate
    return root


def topology_of(etcd: Target, images: Target) -> Topology:
    """Compare two targets: one filesystem, one disk below both, or neither.

    LVM volumes and partitions of one disk have that disk in common. Subvolumes of one btrfs
    share its log, and datasets of one ZFS pool its intent log, as directories of one filesystem do.
    """
    if _filesystem(etcd) == _filesystem(images):
        return "shared-filesystem"
    below = {device.name for device in etcd.devices}
    if below & {device.name for device in images.devices}:
        return "shared-disk"
    return "dedicated"


def _filesystem(target: Target) -> tuple[str, ...]:
    """Return what two directories of one filesystem have in common."""
    if target.filesystem == "btrfs":
        return ("btrfs", target.mount_source)
    if target.filesystem == "zfs":
        return ("zfs", target.mount_source.partition("/")[0])
    return (target.mount_point, target.mount_source)
