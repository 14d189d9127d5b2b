"""What a joining node does to a shared disk, as sections of fio."""

import itertools
import random
from pathlib import PurePath

import pytest

from etcdbench import neighbours, profile
from etcdbench.join_model import Span
from etcdbench.join_profile import Cni, Join
from etcdbench.neighbours import Neighbour, Shared

PULL = Span(name="pull", begin_seconds=18.0, end_seconds=45.0)


def join(cni: Cni) -> Join:
    """Return the model of a join."""
    found = profile.load(profile.JOINS[cni]).profile.join
    assert found is not None
    return found


def made(cni: Cni = "flannel", *, nodes: int = 1, scale: float = 1.0) -> dict[str, Neighbour]:
    """Compile all neighbours."""
    shared = Shared(nodes=nodes, scale=scale, origin_ms=500, pull=PULL, end_seconds=135.0)
    found = neighbours.neighbours(join(cni), shared, rng=random.Random(1))
    return {neighbour.name: neighbour for neighbour in found}


def written(neighbour: Neighbour) -> int:
    """Add up the writes of an iolog."""
    return sum(int(line.split()[3]) for line in neighbour.lines if " write " in line)


def test_images_have_the_bytes_of_the_model() -> None:
    """Downloads in whole chunks, unpacked files to the byte."""
    found = made()

    assert found["download"].size_bytes == pytest.approx(67_000_000, rel=0.1)
    assert found["unpack"].size_bytes == 182_000_000
    assert found["reads"].size_read_bytes == pytest.approx(30_000_000, rel=0.01)


@pytest.mark.parametrize("name", ["unpack", "containers", "logs"])
def test_an_iolog_writes_what_it_announces(name: str) -> None:
    """No more and no less."""
    neighbour = made()[name]

    assert written(neighbour) == neighbour.size_bytes > 0


def test_a_container_flushes_each_of_its_small_writes() -> None:
    """17 for each of six."""
    lines = made()["containers"].lines

    assert sum(line.endswith(" sync 0 0") for line in lines) == 6 * 17


def test_unpacked_files_are_never_flushed() -> None:
    """The kernel writes them when it likes."""
    assert not [line for line in made()["unpack"].lines if "sync" in line]


def test_nothing_begins_before_the_pull_and_all_ends_with_the_burst() -> None:
    """A slow disk must not make it endless."""
    for neighbour in made().values():
        start_ms, runtime_ms = (
            int(str(neighbour.options[key]).removesuffix("ms")) for key in ("startdelay", "runtime")
        )
        waits = [int(line.split()[2]) for line in neighbour.lines if " wait " in line]

        assert start_ms >= 18_500
        assert start_ms + runtime_ms == pytest.approx(135_500, abs=1)
        assert all(wait >= 18_500 for wait in waits)
        assert waits == sorted(waits)


def test_no_section_is_idle_for_long() -> None:
    """fio's status waits for the next I/O of each, and five seconds are too long."""
    for neighbour in made().values():
        waits = [int(line.split()[2]) for line in neighbour.lines if " wait " in line]
        gaps = [later - earlier for earlier, later in itertools.pairwise(waits)]

        assert max(gaps, default=0) <= 2 * neighbours.IDLE_MS


def test_very_many_files_are_fewer_and_larger() -> None:
    """Twenty Cilium nodes would be a million files."""
    unpack = made("cilium", nodes=20)["unpack"]
    files = sum(line.endswith(" open") for line in unpack.lines)

    assert files < 1.2 * neighbours.FILES_MAX
    assert unpack.size_bytes == 20 * 990_000_000


def test_a_scale_shrinks_the_images() -> None:
    """All of their bytes."""
    tenth = made(scale=0.1)

    assert tenth["unpack"].size_bytes == 18_200_000
    assert tenth["download"].size_bytes < 14_000_000
    assert tenth["reads"].size_read_bytes <= 3_000_000


def test_a_section_names_its_iolog_only_where_it_has_one() -> None:
    """fio drives the download itself."""
    found = made()

    assert "read_iolog=/x/unpack.iolog\n" in found["unpack"].section(PurePath("/x"))
    assert "read_iolog" not in found["download"].section(PurePath("/x"))
    assert found["download"].iologs() == {}
    assert found["logs"].iologs()["logs.iolog"].startswith("fio version 2 iolog\n")


def test_a_pause_is_filled_and_a_short_one_is_not() -> None:
    """Once a second."""
    assert list(neighbours.idle_lines("f", 0, 1200)) == []
    assert list(neighbours.idle_lines("f", 0, 2600)) == [
        "f wait 1000 0",
        "f read 0 512",
        "f wait 2000 0",
        "f read 0 512",
    ]


@pytest.mark.parametrize(
    ("cni", "nodes", "scale"),
    [("flannel", 1, 1.0), ("cilium", 3, 1.0), ("flannel", 100, 0.02), ("cilium", 300, 0.02)],
)
def test_neighbours_write_no_more_than_they_are_said_to(cni: Cni, nodes: int, scale: float) -> None:
    """The room for them was looked for with that number; the file that is read cold is among them."""
    found = made(cni, nodes=nodes, scale=scale).values()
    written_bytes = sum(one.size_bytes + one.size_read_bytes for one in found)
    announced = neighbours.bytes_max(join(cni), nodes=nodes, scale=scale)

    assert 0.8 * announced < written_bytes <= announced
