"""Which disk holds what."""

from pathlib import Path

import pytest

from doctors import Installed
from etcdbench import places
from etcdbench.devices import number_chain
from etcdbench.disk_model import Place
from etcdbench.mounts import device_number
from trees import (
    add_block,
    add_nvme_disk,
    add_sata_disk,
    link,
    mount_line,
    write_files,
    write_mounts,
)


def host(root: Path) -> None:
    """Build a node: etcd on a partition of a SATA disk, all else on an NVMe drive."""
    add_sata_disk(root, "sda", "8:0")
    port = (root / "sys/class/block/sda").resolve().relative_to(root.resolve() / "sys/devices")
    add_block(root, f"{port}/sda1", "8:1", {"partition": "1\n"})
    add_nvme_disk(root)
    write_mounts(
        root,
        mount_line("/", "ext4", "/dev/nvme0n1", "259:0"),
        mount_line("/var/lib/etcd", "xfs", "/dev/sda1", "8:1", "ro,noatime"),
    )
    for name in ("var/lib/etcd", "var/lib/containerd", "var/lib/kubelet"):
        (root / name).mkdir(parents=True)


def by_role(found: tuple[Place, ...]) -> dict[str, Place]:
    """Return places by role; each has at most one."""
    assert len({one.role for one in found}) == len(found)
    return {one.role: one for one in found}


def test_every_place_is_found_with_its_disk(tmp_path: Path) -> None:
    """Etcd's first; what does not exist is left out."""
    host(tmp_path)
    found = places.places(Path("/var/lib/etcd"), root=tmp_path)
    known = by_role(found)

    assert [one.role for one in found] == ["etcd", "containerd", "kubelet", "root"]
    assert (known["etcd"].disks, known["root"].disks) == (("sda",), ("nvme0n1",))
    assert (known["etcd"].filesystem, known["etcd"].called) == ("xfs", "etcd")
    assert "ro" in known["etcd"].mount_options
    assert known["etcd"].size_bytes
    assert known["etcd"].inodes_free is not None


def test_the_names_of_the_kernels_log_are_known(tmp_path: Path) -> None:
    """Partition, disk, and the port or controller that it hangs on."""
    host(tmp_path)
    known = by_role(places.places(Path("/var/lib/etcd"), root=tmp_path))

    assert known["etcd"].log_names == ("sda1", "sda", "ata80")
    assert known["root"].log_names == ("nvme0n1", "nvme0")


def test_a_usb_disk_hangs_on_its_port(tmp_path: Path) -> None:
    """The kernel reports resets of the port."""
    place = "pci0000:00/0000:00:14.0/usb2/2-1/2-1:1.0/host6/target6:0:0/6:0:0:0/block/sdb"
    add_block(tmp_path, place, "8:16")
    write_mounts(tmp_path, mount_line("/", "ext4", "/dev/sdb", "8:16"))
    (root,) = places.places(Path("/"), root=tmp_path)

    assert root.log_names == ("sdb", "2-1")


def test_another_directory_is_called_by_its_name(tmp_path: Path) -> None:
    """Unless it is a member's."""
    host(tmp_path)
    (tmp_path / "srv/member").mkdir(parents=True)
    (tmp_path / "data").mkdir()

    assert places.places(Path("/data"), root=tmp_path)[0].called == "/data"
    assert places.places(Path("/srv"), root=tmp_path)[0].called == "etcd"
    assert places.places(Path("/"), root=tmp_path)[0].role == "containerd"


def test_links_are_followed(tmp_path: Path) -> None:
    """etcd's directory may be a link to another disk."""
    host(tmp_path)
    link(tmp_path, "srv/etcd", "var/lib/etcd")

    assert places.places(Path("/srv/etcd"), root=tmp_path)[0].disks == ("sda",)


@pytest.mark.parametrize(
    ("files", "on_disk"),
    [
        (("var/log/journal/1/system.journal",), True),
        (("run/log/journal/1/system.journal",), False),
        (("run/log/journal/1/system.journal", "var/log/journal/1/system.journal"), False),
        ((), False),
    ],
    ids=["disk", "memory", "not yet flushed", "none"],
)
def test_the_journal_counts_where_it_is_on_disk(
    tmp_path: Path, files: tuple[str, ...], *, on_disk: bool
) -> None:
    """In memory nobody waits for it."""
    host(tmp_path)
    write_files(tmp_path, dict.fromkeys(files, "x"))
    roles = [one.role for one in places.places(Path("/"), root=tmp_path)]

    assert ("journal" in roles) is on_disk


def test_without_asking_the_disk_two_places_are_known(tmp_path: Path) -> None:
    """From the mounts alone: links are not followed, and room is not known."""
    host(tmp_path)
    etcd, root = places.places_unasked(Path("/var/lib/etcd"), root=tmp_path)

    assert (etcd.disks, etcd.called, etcd.size_bytes) == (("sda",), "etcd", None)
    assert root.disks == ("nvme0n1",)
    assert [one.role for one in places.places_unasked(Path("/"), root=tmp_path)] == ["root"]


def test_without_mounts_nothing_is_known(tmp_path: Path) -> None:
    """And nothing is made up."""
    assert places.places(Path("/"), root=tmp_path) == ()


def test_the_first_directory_of_etcd_counts(tmp_path: Path) -> None:
    """Kubeadm's, then those of k3s, rke2 and k0s; else the root directory."""
    assert places.etcd_directory(root=tmp_path) == Path("/")
    (tmp_path / "var/lib/rancher/k3s/server/db/etcd").mkdir(parents=True)
    assert places.etcd_directory(root=tmp_path) == Path("/var/lib/rancher/k3s/server/db/etcd")
    (tmp_path / "var/lib/etcd").mkdir(parents=True)
    assert places.etcd_directory(root=tmp_path) == Path("/var/lib/etcd")
    assert places.hidden_places(root=tmp_path) == ()


def zfs_host(root: Path) -> None:
    """Build a node on a ZFS pool."""
    add_nvme_disk(root)
    write_mounts(root, mount_line("/", "zfs", "rpool/ROOT/debian"))
    (root / "var/lib/etcd").mkdir(parents=True)


def test_a_pool_is_asked_for_its_disks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once for all places on it; `zpool list` only shows."""
    zfs_host(tmp_path)
    programs = Installed(tmp_path / "bin")
    programs.install("zpool", "rpool\t1T\t1G\n\t/dev/nvme0n1\t1T\t-\n\t/dev/gone\t1T\t-\n")
    write_files(tmp_path, {"dev/nvme0n1": ""})
    chain = number_chain(device_number("259:0"), root=tmp_path)
    monkeypatch.setattr(places, "number_chain", lambda _number, *, root: chain)  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    found = places.with_pools(
        places.places(Path("/var/lib/etcd"), root=tmp_path), programs, root=tmp_path
    )

    assert [(one.pool, one.disks) for one in found] == [("rpool", ("nvme0n1",))] * 2
    assert found[0].log_names == ("nvme0n1", "nvme0")
    assert programs.asked("zpool") == ["list -vHP rpool"]


def test_a_pool_that_does_not_answer_is_unknown(tmp_path: Path) -> None:
    """And other filesystems are not asked."""
    zfs_host(tmp_path)
    found = places.places(Path("/"), root=tmp_path)

    assert places.with_pools(found, Installed(tmp_path / "bin"), root=tmp_path) == found


def test_k3s_without_etcd_has_a_database_too(tmp_path: Path) -> None:
    """It is called what it is."""
    host(tmp_path)
    (tmp_path / "var/lib/etcd").rmdir()
    (tmp_path / "var/lib/rancher/k3s/server/db").mkdir(parents=True)
    path = places.etcd_directory(root=tmp_path)

    assert places.places(path, root=tmp_path)[0].called == "k3s's database"
