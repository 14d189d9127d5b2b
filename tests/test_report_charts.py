"""The charts of a result."""

import msgspec

from etcdbench import report_charts
from etcdbench.histogram import Histogram
from etcdbench.join_result import JoinBurst, PhaseSpan, Probe
from etcdbench.model import Block, Result, Stream
from fakes import result_of, run_of, stream
from results import result

MS = 1_000_000


def joined() -> Result:
    """Build a result with two rounds and a join that stalls in its pull phase."""
    runs = [run_of("steady", stream("wal", [{MS: 150}] * 15)) for _ in range(2)]
    quiet = run_of("join-quiet", stream("wal", [{MS: 10}] * 5))
    pull = run_of("join-pull", stream("wal", [{MS: 10}] * 6 + [{MS: 9, 1500 * MS: 1}]))
    spans = (
        PhaseSpan(name="quiet", begin_seconds=0, end_seconds=5),
        PhaseSpan(name="pull", begin_seconds=5, end_seconds=12),
    )
    probe = Probe(at_seconds=6, flush_seconds=1.0, rename_seconds=0.2, read_seconds=0.3)
    burst = JoinBurst(
        cni="cilium",
        nodes=5,
        jitter_seconds=5,
        topology="shared-filesystem",
        first_run=2,
        spans=spans,
        probes=(probe,),
    )
    return msgspec.structs.replace(result_of(*runs, quiet, pull), bursts=(burst,))


def test_a_staircase_falls_to_nothing() -> None:
    """Each latency has its share before and after it."""
    points = report_charts.staircase(Histogram.from_bins({MS: 3, 2 * MS: 1}))

    assert points == [(0.001, 1.0), (0.001, 0.25), (0.002, 0.25), (0.002, 0.0)]


def test_both_streams_have_a_distribution() -> None:
    """With their percentiles in words, for who cannot see the chart."""
    charts = report_charts.distributions(result(500), "k")

    assert len(charts) == 2
    assert "median " in charts[0].alt
    assert "p99" in charts[1].caption


def test_the_join_has_a_curve_of_its_own() -> None:
    """Steady and join over each other."""
    svg = report_charts.distributions(joined(), "k")[0].svg

    assert ">while nodes join</text>" in svg


def test_the_timeline_goes_on_from_round_to_join() -> None:
    """A stall in the pull phase is named there."""
    chart = report_charts.seconds(joined(), "k")

    assert chart is not None
    # 15 + 15 s of rounds; the join's clock begins then, and the stall ended in its 7th second.
    assert "the longest WAL flush took 1.50 s, in second 37" in chart.alt
    for word in ("steady", "pull", "1.50 s", "a login's wait"):
        assert f">{word}</text>" in chart.svg, word


def test_a_ladder_needs_two_rungs() -> None:
    """One rate is no line."""
    rung = run_of("ladder-m", stream("wal", [{2 * MS: 900}] * 4), rate_per_second=1000.0)
    climbed = msgspec.structs.replace(result(500), runs=(*result(500).runs, rung))

    assert report_charts.climb(result(500), "k") is None
    chart = report_charts.climb(climbed, "k")
    assert chart is not None
    assert ">m</text>" in chart.svg


def test_nothing_measured_is_nothing_drawn() -> None:
    """An interrupted run."""
    assert report_charts.distributions(result_of(), "k") == []
    assert report_charts.seconds(result_of(), "k") is None


def test_what_is_known_as_ranges_has_no_longest_of_a_second() -> None:
    """etcd's buckets, and a page of metrics without any time."""
    blocks = (
        Block(start_seconds=0, length_seconds=0, histogram=Histogram.from_bins({16 * MS: 500})),
    )
    seen = Stream(name="wal", blocks=blocks, edges_ns=(8 * MS, 16 * MS))
    live = result_of(run_of("live", seen))

    assert report_charts.seconds(live, "k") is None
    (chart,) = report_charts.distributions(live, "k")
    assert "etcd would show a p99 of 15.9 ms" in chart.caption
