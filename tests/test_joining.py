"""What was asked of a join -> a burst that can be run, or one sentence why not."""

from pathlib import Path

import pytest

from etcdbench import joining
from etcdbench.errors import UsageError
from etcdbench.joining import JoinRequest
from fakes import target
from joins import REQUESTS, asked

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


# --- bursts that are given ----------------------------------------------------------------------


def test_a_capture_is_the_burst(tmp_path: Path) -> None:
    """In one phase, with no images."""
    (tmp_path / "c.csv").write_text("1,48,5500\n3,48,350\n")
    found = asked(JoinRequest(capture=tmp_path / "c.csv"), full=True)

    assert [span.name for span in found.bursts.burst.given.spans] == ["replay"]  # type: ignore[union-attr]
    assert (found.bursts.times, found.bursts.image_bytes, found.images) == (10, 0, None)


def test_a_promotion_is_the_burst() -> None:
    """Its database is announced."""
    found = asked(JoinRequest(promoted=True))

    assert found.bursts.image_bytes == pytest.approx(500_000_000, abs=32_768)


@pytest.mark.parametrize("size", ["0", "9GB", "many", "-1"])
def test_a_database_that_no_etcd_has_is_refused(size: str) -> None:
    """From 1 MB to the largest quota that etcd suggests."""
    with pytest.raises(UsageError, match="--db-size"):
        asked(JoinRequest(promoted=True, database_size=size))


@pytest.mark.parametrize(
    ("request_", "without"),
    [
        (JoinRequest(promoted=True, nodes=3), None),
        (JoinRequest(capture=Path("c.csv"), cni="flannel"), None),
        (JoinRequest(capture=Path("c.csv"), promoted=True), None),
        (JoinRequest(promoted=True), "--quick"),
        (JoinRequest(capture=Path("c.csv"), left_out=True), None),
    ],
)
def test_what_is_given_is_not_shaped(request_: JoinRequest, without: str | None) -> None:
    """It brings its own writes."""
    with pytest.raises(UsageError, match="brings its own writes"):
        joining.joining(request_, target(), requests=REQUESTS, full=False, without=without)


@pytest.mark.parametrize(
    ("request_", "word"),
    [
        (JoinRequest(database_size="1GB"), "--db-size is the size of a promoted member's database"),
        (
            JoinRequest(image_directory=Path("/x"), topology="dedicated"),
            "--image-dir says nothing new",
        ),
    ],
)
def test_an_option_that_would_do_nothing_is_refused(request_: JoinRequest, word: str) -> None:
    """Somebody meant something by it."""
    with pytest.raises(UsageError, match=word):
        asked(request_)
