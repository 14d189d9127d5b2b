"""A burst second by second and phase by phase: each thing in its place, and nothing twice."""

from collections.abc import Mapping

import pytest

from etcdbench import timeline
from etcdbench.histogram import Histogram
from etcdbench.join_result import JoinBurst, PhaseSpan, Probe, Second
from etcdbench.model import Block, Result, Stream, StreamName
from etcdbench.timeline import Moment
from fakes import result_of, run_of, stream

MS = 1_000_000
SPANS = (
    PhaseSpan(name="quiet", begin_seconds=0.5, end_seconds=3.5),
    PhaseSpan(name="register", begin_seconds=3.5, end_seconds=5.5),
    PhaseSpan(name="pull", begin_seconds=5.5, end_seconds=9.5),
    PhaseSpan(name="settle", begin_seconds=9.5, end_seconds=12.5),
)
CALIBRATE = run_of("calibrate", stream("wal", [{MS: 9}]))


def burst_of(
    *,
    spans: tuple[PhaseSpan, ...] = SPANS,
    seconds: tuple[Second, ...] = (),
    probes: tuple[Probe, ...] = (),
) -> JoinBurst:
    """Build a burst whose runs come after a calibration."""
    return JoinBurst(
        cni="cilium",
        nodes=5,
        jitter_seconds=2,
        topology="shared-disk",
        first_run=1,
        spans=spans,
        seconds=seconds,
        probes=probes,
    )


def at(name: StreamName, seconds: Mapping[int, dict[int, int]], *, length: float = 1.0) -> Stream:
    """Build a stream of blocks that begin at these seconds."""
    return Stream(
        name=name,
        blocks=tuple(
            Block(
                start_seconds=float(begin),
                length_seconds=length,
                histogram=Histogram.from_bins(bins),
            )
            for begin, bins in seconds.items()
        ),
    )


def measured(burst: JoinBurst, **streams: tuple[Stream, ...]) -> Result:
    """Build a result with a calibration and the burst's runs, empty where nothing is given."""
    runs = [run_of(f"join-{span.name}", *streams.get(span.name, ())) for span in burst.spans]
    return result_of(CALIBRATE, *runs, bursts=(burst,))


def probe(at_seconds: float, seconds: float) -> Probe:
    """Build a probe whose flush took so long."""
    return Probe(at_seconds=at_seconds, flush_seconds=seconds, rename_seconds=0.0, read_seconds=0.0)


def by_phase(result: Result) -> dict[str, Moment]:
    """Return the phases of the only burst by name."""
    return {one.phase: one for one in timeline.phases(result, result.bursts[0])}


def by_second(result: Result) -> list[Moment]:
    """Return the seconds of the only burst."""
    return list(timeline.seconds(result, result.bursts[0]))


# --- seconds ------------------------------------------------------------------------------------


def test_every_second_of_the_burst_is_there_once_and_knows_its_phase() -> None:
    """A second belongs to the phase that is going on when it begins."""
    found = by_second(measured(burst_of()))

    assert [one.at_seconds for one in found] == list(range(13))
    assert {one.length_seconds for one in found} == {1.0}
    assert "".join(one.phase[0] for one in found) == "qqqqrrppppsss"


def test_flushes_and_commits_land_in_the_second_in_which_they_ended() -> None:
    """Also when two phases end some in the same second, and their longest counts."""
    result = measured(
        burst_of(),
        quiet=(at("wal", {1: {MS: 10}, 3: {2 * MS: 4}}),),
        register=(at("wal", {3: {5 * MS: 3}, 4: {MS: 7}}), at("commit", {4: {8 * MS: 2}})),
    )
    found = by_second(result)

    assert [one.flushes for one in found[:6]] == [0, 10, 0, 7, 7, 0]
    assert [one.commits for one in found[:6]] == [0, 0, 0, 0, 2, 0]
    assert found[3].wal_longest_seconds == 0.005
    assert found[4].commit_longest_seconds == 0.008


def test_a_second_without_a_flush_has_no_times() -> None:
    """Nothing ended is not zero seconds."""
    found = by_second(measured(burst_of()))[0]

    assert (found.flushes, found.commits) == (0, 0)
    assert found.wal_p50_seconds is None
    assert found.wal_p99_seconds is None
    assert found.wal_longest_seconds is None
    assert found.commit_longest_seconds is None


def test_flushes_of_a_long_block_are_those_of_its_end() -> None:
    """fio was silent from 6 s to 9 s: the stall ended in the second that begins at 8 s."""
    result = measured(burst_of(), pull=(at("wal", {6: {2900 * MS: 1}}, length=3.0),))

    assert [one.at_seconds for one in by_second(result) if one.flushes] == [8.0]


def test_what_ends_after_the_last_phase_has_a_second_too() -> None:
    """A flush that outlasts the burst is not lost, and counts for the last phase."""
    result = measured(burst_of(), settle=(at("wal", {14: {2000 * MS: 1}}),))
    late = by_second(result)[14]

    assert late.flushes == 1
    assert late.phase == "settle"


def test_the_runs_before_the_burst_are_not_its_own() -> None:
    """Nine flushes of the calibration are in no second and in no phase."""
    result = measured(burst_of())

    assert sum(one.flushes for one in by_second(result)) == 0
    assert timeline.runs_of(result, result.bursts[0]) == result.runs[1:]


def test_bytes_are_differences_of_readings() -> None:
    """The readings are cumulative, and a second without one of its own wrote nothing yet."""
    readings = ((1.0, 100), (2.0, 300), (4.0, 1000))
    result = measured(
        burst_of(seconds=tuple(Second(at_seconds=at, bytes_written=size) for at, size in readings))
    )
    found = by_second(result)

    assert [one.bytes_written for one in found[:5]] == [100, 200, 0, 700, 0]
    assert sum(one.bytes_written for one in found) == 1000


def test_the_bystanders_wait_stands_in_the_second_in_which_it_began() -> None:
    """Ten seconds of waiting are one arrival; the longest of a second counts."""
    result = measured(burst_of(probes=(probe(2.1, 0.01), probe(2.7, 0.3), probe(5.2, 10.0))))
    found = by_second(result)

    assert found[1].bystander_longest_seconds is None
    assert found[2].bystander_longest_seconds == 0.3
    assert found[5].bystander_longest_seconds == 10.0
    assert all(one.bystander_longest_seconds is None for one in found[6:])


def test_pressure_stands_in_the_second_that_its_reading_ended() -> None:
    """And is unknown where the kernel does not tell."""
    result = measured(
        burst_of(
            seconds=(
                Second(at_seconds=1.0, bytes_written=0),
                Second(at_seconds=2.0, bytes_written=0, io_some_share=0.4, io_full_share=0.1),
                Second(at_seconds=3.0, bytes_written=0, io_some_share=0.8, io_full_share=0.7),
            )
        )
    )
    found = by_second(result)

    assert [one.io_some_share for one in found[:4]] == [None, 0.4, 0.8, None]
    assert [one.io_full_share for one in found[:4]] == [None, 0.1, 0.7, None]


# --- phases -------------------------------------------------------------------------------------


def test_phases_have_the_bursts_own_bounds() -> None:
    """In order, one after the other."""
    found = timeline.phases(measured(burst_of()), burst_of())

    assert [(one.phase, one.at_seconds, one.length_seconds) for one in found] == [
        ("quiet", 0.5, 3.0),
        ("register", 3.5, 2.0),
        ("pull", 5.5, 4.0),
        ("settle", 9.5, 3.0),
    ]


def test_flushes_that_were_due_in_a_phase_count_for_it_whenever_they_ended() -> None:
    """A flush of the pull that ends while things settle is the pull's."""
    result = measured(
        burst_of(),
        pull=(at("wal", {6: {MS: 5}, 11: {4000 * MS: 1}}),),
        settle=(at("wal", {11: {MS: 2}}),),
    )

    assert {name: one.flushes for name, one in by_phase(result).items()} == {
        "quiet": 0,
        "register": 0,
        "pull": 6,
        "settle": 2,
    }
    assert by_phase(result)["pull"].wal_longest_seconds == 4.0
    assert by_phase(result)["settle"].wal_longest_seconds == 0.001
    assert by_second(result)[11].flushes == 3


def test_a_phase_has_the_percentiles_that_its_samples_allow() -> None:
    """100 flushes have a median and no p99; 400 have both."""
    few = measured(burst_of(), pull=(at("wal", {6: {MS: 60, 3 * MS: 40}}),))
    many = measured(burst_of(), pull=(at("wal", {6: {MS: 390}, 7: {3 * MS: 10}}),))

    assert by_phase(few)["pull"].wal_p50_seconds == 0.001
    assert by_phase(few)["pull"].wal_p99_seconds is None
    assert by_phase(many)["pull"].wal_p99_seconds == 0.003


def test_a_phase_has_its_own_bytes_waits_and_mean_pressure() -> None:
    """What fell between its begin and its end."""
    seconds = tuple(
        Second(at_seconds=float(at), bytes_written=100 * at, io_some_share=at / 100)
        for at in range(1, 13)
    )
    found = by_phase(measured(burst_of(seconds=seconds, probes=(probe(6.0, 2.0), probe(9.6, 3.0)))))

    assert [found[name].bytes_written for name in ("quiet", "register", "pull", "settle")] == [
        300,
        200,
        400,
        200,
    ]
    assert found["pull"].io_some_share == pytest.approx((7 + 8 + 9 + 10) / 400)
    assert found["pull"].io_full_share is None
    assert found["pull"].bystander_longest_seconds == 2.0
    assert found["settle"].bystander_longest_seconds == 3.0
    assert found["quiet"].bystander_longest_seconds is None


# --- waits --------------------------------------------------------------------------------------


def test_a_long_probe_counts_by_the_time_that_it_takes_and_not_as_one_of_many() -> None:
    """One of 10 s among twenty of 1 s: of 30 s, 9 are too early by more than 1 s, 5 by 5 s."""
    probes = [
        *(probe(float(at), 1.0) for at in range(10)),
        probe(10.0, 10.0),
        *(probe(float(at), 1.0) for at in range(20, 30)),
    ]

    assert timeline.waits(probes, over_seconds=1) == pytest.approx(9 / 30)
    assert timeline.waits(probes, over_seconds=5) == pytest.approx(5 / 30)
    assert timeline.waits(probes, over_seconds=10) == 0


def test_the_time_between_short_probes_counts_as_well() -> None:
    """Ten of 10 ms, one each second, and then one of 10 s: 20 s in all."""
    probes = [*(probe(3.0 + at, 0.01) for at in range(10)), probe(13.0, 10.0)]

    assert timeline.waits(probes, over_seconds=1) == pytest.approx(9 / 20)


def test_a_login_waits_for_all_three_one_after_the_other() -> None:
    """Two seconds for the flush and two for the read are four."""
    hung = Probe(at_seconds=0.0, flush_seconds=2.0, rename_seconds=0.0, read_seconds=2.0)

    assert timeline.waits([hung], over_seconds=1) == pytest.approx(3 / 4)


def test_nobody_waits_where_nobody_came() -> None:
    """Without a probe the share is 0, and one short probe is no share over anything."""
    assert timeline.waits([], over_seconds=1) == 0
    assert timeline.waits([probe(0.0, 0.01)], over_seconds=1) == 0


# --- where in the burst -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moment", "phase"),
    [
        (0.0, "quiet"),
        (3.4, "quiet"),
        (3.5, "register"),
        (5.5, "pull"),
        (9.49, "pull"),
        (9.5, "settle"),
        (99.0, "settle"),
    ],
)
def test_every_moment_has_a_phase(moment: float, phase: str) -> None:
    """Before the first it is the first, after the last the last."""
    assert timeline.phase_at(burst_of(), moment) == phase


def test_a_cut_burst_has_no_settle() -> None:
    """The pull is there, the phase that was cut off is not."""
    cut = burst_of(spans=SPANS[:3])

    assert timeline.span_of(cut, "pull") == SPANS[2]
    assert timeline.span_of(cut, "settle") is None
    assert [one.phase for one in timeline.phases(measured(cut), cut)] == [
        "quiet",
        "register",
        "pull",
    ]
