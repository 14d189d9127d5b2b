"""Plans: what is announced is an upper bound of what is done."""

import msgspec
import pytest

from etcdbench import profile
from etcdbench.burst import Burst, Bursts
from etcdbench.joining import JoinRequest, joining
from etcdbench.plan import START_SECONDS, beside_rate, class_rates
from etcdbench.workload import Requests
from fakes import target
from plans import LADDER, plan


def default_joins(*, full: bool = False) -> Bursts:
    """Return the bursts of a measurement that asked for none."""
    found = joining(
        JoinRequest(), target(), requests=Requests(rate_per_second=150.0), full=full, without=None
    )
    assert found is not None
    return found.bursts


def whole_joins(*, times: int = 1, **changes: object) -> Bursts:
    """Return bursts of three nodes with Flannel, changed as asked."""
    join = profile.load("node-join-flannel").profile.join
    assert join is not None
    burst = msgspec.structs.replace(Burst(nodes=3, jitter_seconds=2.0), **changes)
    return Bursts(join=join, burst=burst, times=times)


def test_the_classes_are_those_of_check_perf() -> None:
    """150, 1,000, 8,000 and 15,000 writes per second."""
    assert class_rates(LADDER) == {"s": 150, "m": 1000, "l": 8000, "xl": 15000}


def test_the_default_run_ends_within_three_minutes_and_a_gigabyte_and_a_half() -> None:
    """The cap is 180 s (fio's starts take some of it), the bytes at most 1.5 GB."""
    default = plan()

    assert default.seconds_max() < 180
    assert default.bytes_max() < 1_500_000_000


def test_a_quick_run_writes_less_and_judges_the_wal_only() -> None:
    """At most 300 MB, no ladder, no commits."""
    quick = plan("quick")

    assert quick.bytes_max() < 300_000_000
    assert quick.ladder == ()
    assert not quick.judge_commits


def test_quick_can_answer_within_twenty_seconds() -> None:
    """Calibration and one round leave room for starting Python and fio thrice."""
    quick = plan("quick")

    assert sum(quick.calibrate_seconds) + quick.phases[0].runtime_seconds <= 16


def test_a_higher_rate_writes_more_and_needs_more_room() -> None:
    """The announcement follows the load."""
    assert plan().bytes_max() < plan(rate=8000).bytes_max() < plan(rate=8000).room_bytes()


def test_joins_add_their_seconds_and_their_bytes() -> None:
    """Each burst lasts 10 s of quiet, 2 s of jitter and 120 s of one node's join."""
    alone, once = plan("full"), plan("full", joins=whole_joins())
    thrice = plan("full", joins=whole_joins(times=3))

    assert once.seconds_max() - alone.seconds_max() == pytest.approx(132 + START_SECONDS)
    assert thrice.seconds_max() - alone.seconds_max() == pytest.approx(3 * (132 + START_SECONDS))
    assert alone.bytes_max() < once.bytes_max() < thrice.bytes_max()
    assert thrice.room_bytes() >= alone.room_bytes()
    assert (alone.settings.bursts_max, thrice.settings.bursts_max) == (0, 3)


def test_a_default_measurement_with_its_short_burst_ends_within_two_minutes() -> None:
    """There are fewer rounds then, and still enough to prove the commits."""
    default = plan(joins=default_joins())

    assert default.seconds_max() <= 125
    assert default.cap_seconds == 120
    assert default.rounds_max == 3
    assert sum(default.errors) == pytest.approx(0.05)


def test_whole_joins_take_no_round_from_the_main_phase() -> None:
    """The cap grows by what they last."""
    joins = default_joins(full=True)
    full, without = plan("full", joins=joins), plan("full")

    assert full.rounds_max == without.rounds_max
    assert full.cap_seconds == without.cap_seconds + joins.seconds


def test_images_on_etcds_filesystem_need_room_there_and_are_written_each_time() -> None:
    """They are removed after each burst, so that the room is that of one."""
    beside = plan("full", joins=whole_joins(times=2, topology="shared-filesystem"))
    apart = plan("full", joins=whole_joins(times=2))
    image_bytes = whole_joins(topology="shared-filesystem").image_bytes

    assert beside.room_bytes() - apart.room_bytes() == image_bytes
    assert beside.bytes_max() - apart.bytes_max() == 2 * image_bytes


def test_images_on_another_filesystem_of_the_disk_need_no_room_beside_etcd() -> None:
    """They are written all the same."""
    disk = plan("full", joins=whole_joins(topology="shared-disk", scale=0.5))
    apart = plan("full", joins=whole_joins())

    assert disk.room_bytes() == apart.room_bytes()
    images = whole_joins(topology="shared-disk", scale=0.5).image_bytes
    assert disk.bytes_max() - apart.bytes_max() == images


@pytest.mark.parametrize(
    ("flush_ms", "rate"), [(0.1, 980.0), (1.0, 80.0), (10 / 3, 10.0), (10.0, 10 / 3), (1000.0, 1.0)]
)
def test_beside_a_live_etcd_all_our_flushes_together_take_a_tenth_of_the_disk(
    flush_ms: float, rate: float
) -> None:
    """Each commit has two, and there are no more commits than requests, nor than ten a second."""
    assert beside_rate(flush_ms * 1e6) == pytest.approx(rate)
    flushes = rate + 2 * min(rate, 10)
    assert rate == 1 or flushes * flush_ms / 1000 == pytest.approx(0.1)
