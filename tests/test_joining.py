"""What was asked of a join -> a burst that can be run, or one sentence why not."""

from pathlib import Path
from typing import NamedTuple

import pytest

from etcdbench import joining, preflight
from etcdbench.errors import PreflightError, UsageError
from etcdbench.joining import Joining, JoinRequest
from etcdbench.machine import Target
from etcdbench.model import Topology
from etcdbench.neighbours import FOLDER
from etcdbench.workload import Requests
from etcdbench.workspace import PREFIX, workspace
from fakes import device, target

GB = 1_000_000_000
CILIUM_BYTES = 338_000_000 + 990_000_000 + 300_000_000
"""What one node pulls, unpacks and reads with Cilium."""


class Usage(NamedTuple):
    """What `shutil.disk_usage` returns."""

    total: int
    used: int
    free: int


REQUESTS = Requests(rate_per_second=150.0)


def asked(request: JoinRequest, here: Target | None = None, *, full: bool = False) -> Joining:
    """Return the bursts that a request comes to."""
    found = joining.joining(request, here or target(), requests=REQUESTS, full=full, without=None)
    assert found is not None
    return found


def elsewhere(*, mount_point: str = "/elsewhere") -> Target:
    """Build a target that shares nothing with this machine."""
    return target(
        device("none0"), mount_point=mount_point, mount_source="/dev/none1", measured_path="/"
    )


def give_room(monkeypatch: pytest.MonkeyPatch, free: int) -> list[str]:
    """Let every filesystem have that much room; return the paths that are asked about."""
    asked_about: list[str] = []

    def usage(path: str) -> Usage:
        asked_about.append(path)
        return Usage(total=1000 * GB, used=0, free=free)

    monkeypatch.setattr("shutil.disk_usage", usage)
    return asked_about


# --- how many, how long, how often --------------------------------------------------------------


def test_by_default_five_nodes_join_with_cilium_for_half_a_minute() -> None:
    """Beside etcd's disk, and once."""
    found = asked(JoinRequest())
    burst = found.bursts.burst

    assert found.bursts.join.cni == "cilium"
    assert (burst.nodes, burst.jitter_seconds, burst.quiet_seconds) == (5, 5.0, 5.0)
    assert burst.pull_seconds_max == 30.0
    assert burst.topology == "dedicated"
    assert found.bursts.times == 1
    assert found.images is None


def test_a_full_measurement_repeats_whole_joins() -> None:
    """Ten times at most, and none of them is cut."""
    bursts = asked(JoinRequest(), full=True).bursts

    assert bursts.times == 10
    assert bursts.burst.pull_seconds_max is None
    assert asked(JoinRequest(nodes=2, topology="dedicated"), full=True).bursts.times == 10


def test_a_join_that_was_asked_for_is_a_whole_one() -> None:
    """Any option that shapes it is enough; what was not said is as by default."""
    burst = asked(JoinRequest(nodes=3, topology="dedicated")).bursts.burst

    assert (burst.nodes, burst.jitter_seconds, burst.quiet_seconds) == (3, 5.0, 10.0)
    assert burst.pull_seconds_max is None
    assert asked(JoinRequest(jitter_seconds=0, topology="dedicated")).bursts.burst.nodes == 5


@pytest.mark.parametrize("cni", ["flannel", "cilium", "calico"])
def test_each_network_plugin_has_its_own_model(cni: str) -> None:
    """The profile is that of the name."""
    request = JoinRequest(cni=cni, topology="dedicated")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]

    assert asked(request).bursts.join.cni == cni


@pytest.mark.parametrize("nodes", [0, -1, 1001, 10000])
def test_a_number_of_nodes_that_no_join_has_is_refused(nodes: int) -> None:
    """The sentence has the number, the hint the range."""
    with pytest.raises(UsageError, match=f"--join {nodes} is out of range") as refused:
        asked(JoinRequest(nodes=nodes, topology="dedicated"))
    assert "1 to 1,000" in refused.value.hint


@pytest.mark.parametrize("nodes", [1, 1000])
def test_one_node_and_a_thousand_may_join(nodes: int) -> None:
    """The ends of the range are inside."""
    assert asked(JoinRequest(nodes=nodes, topology="dedicated")).bursts.burst.nodes == nodes


@pytest.mark.parametrize("jitter", [-0.1, 120.1, float("inf"), float("nan")])
def test_nodes_start_within_the_time_of_one_join(jitter: float) -> None:
    """Not before it, not after it, and not at no time at all."""
    with pytest.raises(
        UsageError, match=r"--jitter .* is out of range: one node's join lasts 120 s"
    ):
        asked(JoinRequest(jitter_seconds=jitter, topology="dedicated"))


@pytest.mark.parametrize("jitter", [0.0, 120.0])
def test_all_at_once_or_over_the_whole_time_will_do(jitter: float) -> None:
    """The ends of the range are inside."""
    burst = asked(JoinRequest(jitter_seconds=jitter, topology="dedicated")).bursts.burst

    assert burst.jitter_seconds == jitter


def test_what_was_asked_for_is_known_before_there_is_a_disk() -> None:
    """As if images were elsewhere; the same numbers are refused."""
    bursts = joining.bursts_of(JoinRequest(nodes=3, topology="shared-disk"), times=7)

    assert (bursts.burst.nodes, bursts.burst.topology, bursts.times) == (3, "dedicated", 7)
    with pytest.raises(UsageError, match="--join 0 is out of range"):
        joining.bursts_of(JoinRequest(nodes=0), times=1)


# --- none at all --------------------------------------------------------------------------------


def test_a_join_that_was_left_out_is_none() -> None:
    """By its own option, or by one that leaves no room for it."""
    assert (
        joining.joining(
            JoinRequest(left_out=True), target(), requests=REQUESTS, full=True, without=None
        )
        is None
    )
    assert (
        joining.joining(JoinRequest(), target(), requests=REQUESTS, full=False, without="--quick")
        is None
    )


@pytest.mark.parametrize(
    "shape",
    [
        {"nodes": 3},
        {"cni": "flannel"},
        {"topology": "auto"},
        {"image_directory": Path("/var/lib")},
        {"jitter_seconds": 0.0},
    ],
)
def test_a_join_is_not_shaped_and_left_out_at_once(shape: dict[str, object]) -> None:
    """The sentence names the option that leaves it out."""
    shaped = JoinRequest(left_out=False, **shape)  # type: ignore[arg-type]
    left_out = JoinRequest(left_out=True, **shape)  # type: ignore[arg-type]

    with pytest.raises(UsageError, match="--no-join leaves out the join burst"):
        joining.joining(left_out, target(), requests=REQUESTS, full=False, without=None)
    with pytest.raises(UsageError, match="--beside-etcd leaves out the join burst"):
        joining.joining(shaped, target(), requests=REQUESTS, full=False, without="--beside-etcd")


# --- where images go ----------------------------------------------------------------------------


def test_images_on_a_disk_of_their_own_are_not_looked_for() -> None:
    """Nobody asks what a directory is that nothing is written to."""
    found = asked(JoinRequest(topology="dedicated", image_directory=Path("/no/such/place")))

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
    assert found.images.path == str(disk_path / "containerd")
    assert list((disk_path / "containerd").iterdir()) == []


def test_two_filesystems_of_one_disk_share_it(
    disk_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen by itself: another mount, and the same devices below it."""
    give_room(monkeypatch, 1000 * GB)
    images = preflight.find_target(disk_path)
    if not images.devices:
        pytest.skip("this filesystem has no device below it")
    here = target(*images.devices, mount_point="/elsewhere", mount_source="/dev/none1")

    found = asked(JoinRequest(topology="auto", image_directory=disk_path), here)

    assert found.bursts.burst.topology == "shared-disk"
    assert found.images == images


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
    assert bursts.image_bytes == 5 * CILIUM_BYTES
    assert asked_about == ["/var/lib/etcd"]


def test_images_take_half_of_the_room_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    """4 GB are free beside the margins: 2 GB are written."""
    give_room(monkeypatch, 4 * GB + 128_000_000)

    bursts = asked(JoinRequest(topology="shared-filesystem")).bursts

    assert bursts.burst.scale == pytest.approx(2 * GB / (5 * CILIUM_BYTES))
    assert bursts.image_bytes == pytest.approx(2 * GB, abs=1)


def test_no_more_than_forty_gigabytes_of_images_are_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A hundred nodes would take 163 GB, and prove nothing more."""
    give_room(monkeypatch, 1000 * GB)

    bursts = asked(JoinRequest(nodes=100, topology="shared-filesystem")).bursts

    assert bursts.burst.scale == pytest.approx(40 * GB / (100 * CILIUM_BYTES))
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
        with joining.images_beside(ours, None, on_leftover=told):
            assert sorted(ours.path.iterdir()) == before
        with joining.images_beside(ours, asked(JoinRequest()), on_leftover=told):
            assert sorted(ours.path.iterdir()) == before


def test_on_etcds_filesystem_they_have_a_directory_beside_its_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It goes with all the rest."""
    give_room(monkeypatch, 1000 * GB)
    join = asked(JoinRequest(topology="shared-filesystem"))

    with (
        workspace(tmp_path, alone=True, on_leftover=told) as ours,
        joining.images_beside(ours, join, on_leftover=told),
    ):
        place = ours.path / FOLDER
        assert place.is_dir()
        assert not place.is_symlink()
        (place / "blob.0").write_text("data")

    assert list(tmp_path.iterdir()) == []


def shared_disk(images: Path) -> Joining:
    """Build a join whose images live there, on another filesystem of etcd's disk."""
    request = JoinRequest(topology="shared-disk", image_directory=images)
    return asked(request, preflight.find_target(images))


def test_on_another_filesystem_of_the_disk_they_have_a_directory_there_and_a_link_here(
    disk_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Link and directory are gone in the end, with all that was written."""
    give_room(monkeypatch, 1000 * GB)
    etcd, images = disk_path / "etcd", disk_path / "containerd"
    etcd.mkdir()
    images.mkdir()
    (images / "somebody's").write_text("data")
    join = shared_disk(images)

    with (
        workspace(etcd, alone=True, on_leftover=told) as ours,
        joining.images_beside(ours, join, on_leftover=told),
    ):
        place = ours.path / FOLDER
        (place / "blob.0").write_text("data")
        pointed = place.readlink()
        assert place.is_symlink()
        assert pointed.parent == images.resolve()
        assert pointed.name.startswith(PREFIX)
        assert (pointed / "blob.0").is_file()

    assert list(etcd.iterdir()) == []
    assert [entry.name for entry in images.iterdir()] == ["somebody's"]


def test_they_are_gone_after_an_error_too(disk_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An exception in the middle leaves nothing in either place."""
    give_room(monkeypatch, 1000 * GB)
    etcd, images = disk_path / "etcd", disk_path / "containerd"
    etcd.mkdir()
    images.mkdir()

    def fail() -> None:
        with (
            workspace(etcd, alone=True, on_leftover=told) as ours,
            joining.images_beside(ours, shared_disk(images), on_leftover=told),
        ):
            (ours.path / FOLDER / "blob.0").write_text("data")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()

    assert list(etcd.iterdir()) == list(images.iterdir()) == []


def test_where_another_run_has_its_images_there_is_no_place_for_ours(
    disk_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two at once would measure each other."""
    give_room(monkeypatch, 1000 * GB)
    etcd, images = disk_path / "etcd", disk_path / "containerd"
    etcd.mkdir()
    images.mkdir()

    with (
        workspace(images, alone=True, on_leftover=told),
        workspace(etcd, alone=True, on_leftover=told) as ours,
        pytest.raises(PreflightError, match="another etcdbench is measuring in"),
        joining.images_beside(ours, shared_disk(images), on_leftover=told),
    ):
        pass

    assert list(etcd.iterdir()) == list(images.iterdir()) == []


def test_images_may_live_where_we_measure(disk_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is installed both are /var/lib: our own run is not another one."""
    give_room(monkeypatch, 1000 * GB)

    with (
        workspace(disk_path, alone=True, on_leftover=told) as ours,
        joining.images_beside(ours, shared_disk(disk_path), on_leftover=told),
    ):
        (ours.path / FOLDER / "blob.0").write_text("data")

    assert list(disk_path.iterdir()) == []


# --- bursts that are given ----------------------------------------------------------------------


def test_a_capture_is_the_burst(tmp_path: Path) -> None:
    """In one phase, with no images."""
    (tmp_path / "c.csv").write_text("1,48,5500\n3,48,350\n")
    found = asked(JoinRequest(capture=tmp_path / "c.csv"), full=True)

    assert [span.name for span in found.bursts.burst.given.spans] == ["replay"]  # type: ignore[union-attr]
    assert (found.bursts.times, found.bursts.image_bytes, found.images) == (10, 0, None)


def test_a_promotion_is_the_burst() -> None:
    """Its database is announced."""
    found = asked(JoinRequest(database_size="500MB"))

    assert found.bursts.image_bytes == pytest.approx(500_000_000, abs=32_768)


@pytest.mark.parametrize("size", ["0", "9GB", "many", "-1"])
def test_a_database_that_no_etcd_has_is_refused(size: str) -> None:
    """From 1 MB to the largest quota that etcd suggests."""
    with pytest.raises(UsageError, match="--db-size"):
        asked(JoinRequest(database_size=size))


@pytest.mark.parametrize(
    ("request_", "without"),
    [
        (JoinRequest(database_size="1GB", nodes=3), None),
        (JoinRequest(capture=Path("c.csv"), cni="flannel"), None),
        (JoinRequest(capture=Path("c.csv"), database_size="1GB"), None),
        (JoinRequest(database_size="1GB"), "--quick"),
        (JoinRequest(capture=Path("c.csv"), left_out=True), None),
    ],
)
def test_what_is_given_is_not_shaped(request_: JoinRequest, without: str | None) -> None:
    """It brings its own writes."""
    with pytest.raises(UsageError, match="brings its own writes"):
        joining.joining(request_, target(), requests=REQUESTS, full=False, without=without)
