"""The JSON object that scripts rely on."""

import json
from typing import Any

import msgspec
import pytest

from etcdbench.assessment import assess, shares, to_json
from etcdbench.histogram import ETCD_BUCKET_EDGES_NS, Histogram
from etcdbench.join_result import JoinBurst, PhaseSpan, Probe, Second
from etcdbench.model import LiveMetrics, Result
from fakes import result_of, run_of, stream

MS = 1_000_000
RESULT = result_of(
    run_of("calibrate", stream("wal", [{MS: 9}])),
    *(run_of("steady", stream("wal", [{3 * MS: 150}] * 16), stream("commit", [{9 * MS: 10}] * 16)),)
    * 4,
)


JOINED = result_of(
    *RESULT.runs,
    run_of("join-quiet", stream("wal", [{MS: 10}] * 2)),
    run_of("join-register", stream("wal", [{MS: 20}] * 3), stream("commit", [{9 * MS: 4}] * 3)),
    run_of("join-pull", stream("wal", [{3 * MS: 30}] * 4), stream("commit", [{9 * MS: 5}] * 4)),
    bursts=(
        JoinBurst(
            cni="cilium",
            nodes=5,
            jitter_seconds=5.0,
            topology="shared-disk",
            scale=0.5,
            cut=True,
            first_run=5,
            spans=(
                PhaseSpan(name="quiet", begin_seconds=0.5, end_seconds=1.5),
                PhaseSpan(name="register", begin_seconds=1.5, end_seconds=2.5),
                PhaseSpan(name="pull", begin_seconds=2.5, end_seconds=3.5),
            ),
            seconds=(
                Second(at_seconds=1.0, bytes_written=1000),
                Second(at_seconds=3.0, bytes_written=5000, io_some_share=0.5),
            ),
            probes=(
                Probe(at_seconds=2.7, flush_seconds=0.2, rename_seconds=0.1, read_seconds=0.3),
            ),
            neighbour_bytes=4000,
            assumptions=("images: blobs",),
        ),
    ),
)


def decoded(result: Result = RESULT) -> dict[str, Any]:
    """Return the object as a script sees it."""
    answer: dict[str, Any] = json.loads(to_json(assess(result, result_file="r.json")))
    return answer


def test_the_names_are_those_of_the_interface() -> None:
    """Fields are added, never renamed (docs/json.md)."""
    answer = decoded()

    assert {
        "format",
        "version",
        "verdict",
        "result_file",
        "class",
        "wall_seconds",
        "checks",
        "histograms",
        "caveats",
    } <= set(answer)
    assert (answer["format"], answer["version"]) == ("etcdbench-assessment", 1)
    assert answer["verdict"] == "pass"


def test_a_check_has_every_field_of_the_interface() -> None:
    """Also those that are null."""
    checks = decoded()["checks"]

    assert {
        "id",
        "phase",
        "verdict",
        "measured_seconds",
        "low_seconds",
        "high_seconds",
        "limit_seconds",
        "etcd_would_report_seconds",
        "samples",
        "because",
        "advice",
        "reference",
    } <= set(checks[0])


def test_histograms_go_through_etcds_fourteen_buckets() -> None:
    """Keys are the bucket edges in seconds; calibration is left out."""
    histograms = decoded()["histograms"]

    assert set(histograms) == {"wal.steady", "commit.steady"}
    wal = histograms["wal.steady"]
    assert wal["count"] == 4 * 16 * 150
    assert list(wal["share_above"])[:4] == ["0.001", "0.002", "0.004", "0.008"]
    assert len(wal["share_above"]) == 14
    assert (wal["share_above"]["0.002"], wal["share_above"]["0.004"]) == (1.0, 0.0)
    assert wal["mean_seconds"] == pytest.approx(0.003)


def test_an_empty_histogram_has_no_shares() -> None:
    """Nothing measured is not a share of 0."""
    assert shares(Histogram()).share_above == {}


def test_without_a_join_there_is_an_empty_list_of_them() -> None:
    """A script need not ask whether the field is there."""
    assert decoded()["joins"] == []


def test_a_join_is_there_phase_by_phase_and_second_by_second() -> None:
    """How it was asked for, and what the checks rest on."""
    (join,) = decoded(JOINED)["joins"]

    assert {name: value for name, value in join.items() if not isinstance(value, list)} == {
        "cni": "cilium",
        "nodes": 5,
        "jitter_seconds": 5.0,
        "topology": "shared-disk",
        "scale": 0.5,
        "cut": True,
        "neighbour_bytes": 4000,
    }
    assert [one["phase"] for one in join["phases"]] == ["quiet", "register", "pull"]
    assert [one["flushes"] for one in join["phases"]] == [20, 60, 120]
    assert [one["at_seconds"] for one in join["timeline"]][:4] == [0, 1, 2, 3]
    assert sum(one["flushes"] for one in join["timeline"]) == 200
    assert sum(one["bytes_written"] for one in join["timeline"]) == 5000
    assert join["probes"][0]["read_seconds"] == 0.3
    assert join["assumptions"] == ["images: blobs"]


def test_a_moment_of_a_join_has_every_field_of_the_interface() -> None:
    """Also those that are null."""
    (join,) = decoded(JOINED)["joins"]
    names = {
        "phase",
        "at_seconds",
        "length_seconds",
        "flushes",
        "commits",
        "wal_p50_seconds",
        "wal_p99_seconds",
        "wal_longest_seconds",
        "commit_longest_seconds",
        "bystander_longest_seconds",
        "bytes_written",
        "io_some_share",
        "io_full_share",
    }

    for moment in (*join["phases"], *join["timeline"]):
        assert names <= set(moment)


def test_the_checks_of_a_join_are_among_the_others() -> None:
    """With a phase of their own."""
    phases = {check["id"]: check["phase"] for check in decoded(JOINED)["checks"]}

    assert phases["wal_fsync_p99"] == "steady"
    assert phases["join_wal_fsync_p99"] == "join"
    assert phases["join_bystander"] == "join"


def test_a_join_has_a_histogram_of_its_phases_together_without_the_quiet_one() -> None:
    """Beside one for each phase."""
    histograms = decoded(JOINED)["histograms"]

    assert {name: one["count"] for name, one in histograms.items() if "join" in name} == {
        "wal.join-quiet": 20,
        "wal.join-register": 60,
        "wal.join-pull": 120,
        "wal.join": 60 + 120,
        "commit.join-register": 12,
        "commit.join-pull": 20,
        "commit.join": 32,
    }
    assert histograms["wal.join"]["share_above"]["0.002"] == pytest.approx(120 / 180)


def test_what_a_live_etcd_said_of_itself_is_there_without_a_mean() -> None:
    """Before our load and beside it; its buckets tell no mean."""
    before, beside = (
        msgspec.structs.replace(stream("wal", [{4_000_000: count}]), edges_ns=ETCD_BUCKET_EDGES_NS)
        for count in (100, 400)
    )
    seen = LiveMetrics(url="http://x", before=(before,), beside=(beside,))
    meaning = assess(result_of(live_metrics=seen), result_file=None)

    assert meaning.histograms["wal.etcd-beside"].count == 400
    assert meaning.histograms["wal.etcd-before"].share_above["0.002"] == 1.0
    assert meaning.histograms["wal.etcd-before"].mean_seconds is None
