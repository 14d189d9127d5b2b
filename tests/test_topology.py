"""Do images share etcd's disk?"""

from pathlib import Path

import pytest

from etcdbench.topology import image_directory, topology_of
from fakes import device, target


def test_one_filesystem_is_shared() -> None:
    """They share its journal, too."""
    assert topology_of(target(), target(measured_path="/var/lib/containerd")) == "shared-filesystem"


def test_volumes_of_one_disk_share_it() -> None:
    """Whatever lies between."""
    etcd = target(device("dm-0", kind="lvm"), device("sda"), mount_point="/var/lib/etcd")
    images = target(device("sda3", kind="partition"), device("sda"), mount_point="/")

    assert topology_of(etcd, images) == "shared-disk"


def test_disks_of_their_own_share_nothing() -> None:
    """The join's images are no concern of etcd's then."""
    etcd = target(device("nvme0n1"), mount_point="/var/lib/etcd", mount_source="/dev/nvme0n1")

    assert topology_of(etcd, target()) == "dedicated"


@pytest.mark.parametrize(
    ("made", "found"),
    [
        (["var/lib/containerd"], "var/lib/containerd"),
        (["var/lib/docker", "var/lib/containerd"], "var/lib/containerd"),
        (
            ["var/lib/rancher/k3s/agent/containerd", "var/lib/containerd"],
            "var/lib/rancher/k3s/agent/containerd",
        ),
        (["var/lib"], "var/lib"),
        ([], ""),
    ],
)
def test_images_are_looked_for_where_runtimes_keep_them(
    tmp_path: Path, made: list[str], found: str
) -> None:
    """k3s brings a containerd of its own; before any is installed all come below /var/lib."""
    for name in made:
        (tmp_path / name).mkdir(parents=True)

    assert image_directory(root=tmp_path) == tmp_path / found


@pytest.mark.parametrize(
    ("filesystem", "source", "other"),
    [("btrfs", "/dev/sda2", "/dev/sda2"), ("zfs", "rpool/etcd", "rpool/containers")],
)
def test_subvolumes_and_datasets_share_what_flushes_go_through(
    filesystem: str, source: str, other: str
) -> None:
    """One log of one btrfs, one intent log of one pool."""
    etcd = target(mount_point="/var/lib/etcd", mount_source=source, filesystem=filesystem)
    images = target(mount_point="/", mount_source=other, filesystem=filesystem)

    assert topology_of(etcd, images) == "shared-filesystem"
