"""The JSON object that scripts rely on."""

import json
from typing import Any

import pytest

from etcdbench.assessment import assess, shares, to_json
from etcdbench.histogram import Histogram
from fakes import result_of, run_of, stream

MS = 1_000_000
RESULT = result_of(
    run_of("calibrate", stream("wal", [{MS: 9}])),
    *(run_of("steady", stream("wal", [{3 * MS: 150}] * 16), stream("commit", [{9 * MS: 10}] * 16)),)
    * 4,
)


def decoded() -> dict[str, Any]:
    """Return the object as a script sees it."""
    answer: dict[str, Any] = json.loads(to_json(assess(RESULT, result_file="r.json")))
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
