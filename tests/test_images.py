"""Where images go, how many bytes they may take, and that nothing of them is left."""

from pathlib import Path

import pytest

from etcdbench import images, preflight
from etcdbench.errors import PreflightError, UsageError
from etcdbench.images import Joining
from etcdbench.join_result import Topology
from etcdbench.joining import JoinRequest
from etcdbench.neighbours import FOLDER
from etcdbench.workspace import PREFIX, workspace
from fakes import target
from joins import CILIUM_BYTES, GB, Usage, asked, elsewhere, give_room

# --- where images go ----------------------------------------------------------------------------


def test_images_on_a_disk_of_their_own_are_not_looked_for() -> None:
    """Nobody asks what a directory is that nothing is written to."""
    found = asked(JoinRequest(topology="dedicated"))

    assert found.images is None
    assert found.bursts.burst.topology == "dedicated"
    assert found.bursts.image_bytes == 0


def test_images_on_etcds_filesystem_go_where_etcd_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the directory of images is."""
    give_room(monkeypatch, 1000 * GB)
    here = target()

    found = asked(JoinRequest(topology="shared-filesystem"), here)

    assert found.images == here
    assert found.bursts.burst.topology == "shared-filesystem"


def test_images_that_share_nothing_cannot_share_a_disk(disk_path: Path) -> None:
    """It was asked for, so it is an error; found out by itself, it is a disk of their own."""
    shared = JoinRequest(topology="shared-disk", image_directory=disk_path)
    unsaid = JoinRequest(topology="auto", image_directory=disk_path)

    with pytest.raises(UsageError, match="shares no disk with") as refused:
        asked(shared, elsewhere())
    assert "--image-dir" in refused.value.hint
    assert asked(unsaid, elsewhere()).bursts.burst.topology == "dedicated"
    assert asked(unsaid, elsewhere()).images is None


@pytest.mark.parametrize(
    ("wanted", "seen"),
    [("auto", "shared-filesystem"), ("shared-disk", "shared-disk"), (None, "shared-filesystem")],
)
def test_images_beside_etcd_share_its_filesystem(
    disk_path: Path, monkeypatch: pytest.MonkeyPatch, wanted: Topology | None, seen: Topology
) -> None:
    """Which shares its disk, too, where that was asked for; nothing is written."""
    give_room(monkeypatch, 1000 * GB)
    (disk_path / "etcd").mkdir()
    (disk_path / "containerd").mkdir()
    here = preflight.find_target(disk_path / "etcd")

    found = asked(JoinRequest(topology=wanted, image_directory=disk_path / "containerd"), here)

    assert found.bursts.burst.topology == seen
    assert found.images is not None
    folder = "etcd" if seen == "shared-filesystem" else "containerd"
    assert found.images.path == str(disk_path / folder)
    assert list((disk_path / "containerd").iterdir()) == []


def test_two_filesystems_of_one_disk_share_it(
    disk_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen by itself: another mount, and the same devices below it."""
    give_room(monkeypatch, 1000 * GB)
    there = preflight.find_target(disk_path)
    if not there.devices:
        pytest.skip("this filesystem has no device below it")
    here = target(*there.devices, mount_point="/elsewhere", mount_source="/dev/none1")

    found = asked(JoinRequest(topology="auto", image_directory=disk_path), here)

    assert found.bursts.burst.topology == "shared-disk"
    assert found.images == there


def test_a_directory_of_images_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    """A mistyped path is an error of the user's, and is not made."""
    with pytest.raises(PreflightError, match="does not exist"):
        asked(JoinRequest(image_directory=tmp_path / "no" / "such"))
    assert list(tmp_path.iterdir()) == []


# --- room ---------------------------------------------------------------------------------------


def test_where_there_is_room_images_are_written_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Five nodes with Cilium take 8.1 GB; the room is that of the directory that is measured."""
    asked_about = give_room(monkeypatch, 100 * GB)

    bursts = asked(JoinRequest(topology="shared-filesystem")).bursts

    assert bursts.burst.scale == 1
    assert 5 * CILIUM_BYTES < bursts.image_bytes < 5.1 * CILIUM_BYTES
    assert asked_about == ["/var/lib/etcd"]


def test_images_take_half_of_the_room_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    """4 GB are free: 2 GB are written."""
    give_room(monkeypatch, 4 * GB)

    bursts = asked(JoinRequest(topology="shared-filesystem")).bursts

    assert bursts.burst.scale == pytest.approx(2 * GB / (5 * CILIUM_BYTES), rel=0.06)
    assert bursts.image_bytes == pytest.approx(2 * GB, abs=1)


def test_no_more_than_forty_gigabytes_of_images_are_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A hundred nodes would take 163 GB, and prove nothing more."""
    give_room(monkeypatch, 1000 * GB)

    bursts = asked(JoinRequest(nodes=100, topology="shared-filesystem")).bursts

    assert bursts.burst.scale == pytest.approx(40 * GB / (100 * CILIUM_BYTES), rel=0.03)
    assert bursts.image_bytes == pytest.approx(40 * GB, abs=1)


@pytest.mark.parametrize("free", [0, 100_000_000, 280_000_000])
def test_too_little_room_is_refused(monkeypatch: pytest.MonkeyPatch, free: int) -> None:
    """Under one per cent of the images is no pull; the hint knows what else can be done."""
    give_room(monkeypatch, free)

    with pytest.raises(UsageError, match="no room for the images of 5 nodes") as refused:
        asked(JoinRequest(topology="shared-filesystem"))
    assert "--topology dedicated" in refused.value.hint


# --- their place below our directory ------------------------------------------------------------


def told(leftover: Path) -> None:
    """Hear of what could not be removed: nothing may be."""
    raise AssertionError(leftover)


def test_without_images_there_is_no_place_for_them(tmp_path: Path) -> None:
    """No join, or one whose images share nothing."""
    with workspace(tmp_path, alone=True, on_leftover=told) as ours:
        before = sorted(ours.path.iterdir())
        with images.images_beside(ours, None, on_leftover=told):
            assert sorted(ours.path.iterdir()) == before
        with images.images_beside(ours, asked(JoinRequest()), on_leftover=told):
            assert sorted(ours.path.iterdir()) == before


def test_on_etcds_filesystem_they_have_a_directory_beside_its_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It goes with all the rest."""
    give_room(monkeypatch, 1000 * GB)
    join = asked(JoinRequest(topology="shared-filesystem"))

    with (
        workspace(tmp_path, alone=True, on_leftover=told) as ours,
        images.images_beside(ours, join, on_leftover=told),
    ):
        place = ours.path / FOLDER
        assert place.is_dir()
        assert not place.is_symlink()
        (place / "blob.0").write_text("data")

    assert list(tmp_path.iterdir()) == []


def shared_disk(place: Path) -> Joining:
    """Build a join whose images live there, on another filesystem of etcd's disk."""
    request = JoinRequest(topology="shared-disk", image_directory=place)
    return asked(request, preflight.find_target(place))


def test_on_another_filesystem_of_the_disk_they_have_a_directory_there_and_a_link_here(
    disk_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Link and directory are gone in the end, with all that was written."""
    give_room(monkeypatch, 1000 * GB)
    etcd, there = disk_path / "etcd", disk_path / "containerd"
    etcd.mkdir()
    there.mkdir()
    (there / "somebody's").write_text("data")
    join = shared_disk(there)

    with (
        workspace(etcd, alone=True, on_leftover=told) as ours,
        images.images_beside(ours, join, on_leftover=told),
    ):
        place = ours.path / FOLDER
        (place / "blob.0").write_text("data")
        pointed = place.readlink()
        assert place.is_symlink()
        assert pointed.parent.parent == there.resolve()
        assert pointed.parent.name.startswith(PREFIX)
        assert (pointed / "blob.0").is_file()

    assert list(etcd.iterdir()) == []
    assert [entry.name for entry in there.iterdir()] == ["somebody's"]


def test_they_are_gone_after_an_error_too(disk_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An exception in the middle leaves nothing in either place."""
    give_room(monkeypatch, 1000 * GB)
    etcd, there = disk_path / "etcd", disk_path / "containerd"
    etcd.mkdir()
    there.mkdir()

    def fail() -> None:
        with (
            workspace(etcd, alone=True, on_leftover=told) as ours,
            images.images_beside(ours, shared_disk(there), on_leftover=told),
        ):
            (ours.path / FOLDER / "blob.0").write_text("data")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()

    assert list(etcd.iterdir()) == list(there.iterdir()) == []


def test_where_another_run_has_its_images_there_is_no_place_for_ours(
    disk_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two at once would measure each other."""
    give_room(monkeypatch, 1000 * GB)
    etcd, there = disk_path / "etcd", disk_path / "containerd"
    etcd.mkdir()
    there.mkdir()

    with (
        workspace(there, alone=True, on_leftover=told),
        workspace(etcd, alone=True, on_leftover=told) as ours,
        pytest.raises(PreflightError, match="another etcdbench is measuring in"),
        images.images_beside(ours, shared_disk(there), on_leftover=told),
    ):
        pass

    assert list(etcd.iterdir()) == list(there.iterdir()) == []


def test_images_may_live_where_we_measure(disk_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is installed both are /var/lib: our own run is not another one."""
    give_room(monkeypatch, 1000 * GB)

    with (
        workspace(disk_path, alone=True, on_leftover=told) as ours,
        images.images_beside(ours, shared_disk(disk_path), on_leftover=told),
    ):
        (ours.path / FOLDER / "blob.0").write_text("data")

    assert list(disk_path.iterdir()) == []


def test_room_is_left_for_the_kubelet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Below 15 % free it removes images and evicts pods: a disk that is nearly there gets nothing."""
    request = JoinRequest(nodes=1, cni="flannel", topology="shared-filesystem")

    def give(free: int) -> None:
        def usage(_path: str) -> Usage:
            return Usage(total=100 * GB, used=100 * GB - free, free=free)

        monkeypatch.setattr("shutil.disk_usage", usage)

    give(17 * GB)
    assert asked(request).bursts.image_bytes < 17 * GB - 16 * GB
    give(15 * GB)
    with pytest.raises(UsageError, match="no room for the images"):
        asked(request)
