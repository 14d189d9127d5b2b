"""fio's JSON in the shapes in which people have it, recorded from a real fio 3.33."""

import json
from typing import Any

import pytest

from etcdbench import checks, fio_source, ranges
from etcdbench.errors import ResultFileError
from etcdbench.fio_source import from_percentiles
from etcdbench.histogram import Histogram
from etcdbench.model import Result, Verdict
from fakes import DATA

MS = 1_000_000
FIO = DATA / "fio" / "3.33"
RECIPE = (FIO / "recipe.json").read_text()
PLUS = (FIO / "recipe.jsonplus").read_text()
TIMELINE = (FIO / "timeline.jsonplus").read_text()
FLUSHES = 911


def read(text: str) -> Result:
    """Read a text that holds fio's JSON."""
    return fio_source.read_fio(text, name="x.json")


def changed(text: str, **latencies: object) -> str:
    """Return fio's document with other flush latencies."""
    document: dict[str, Any] = json.loads(text)
    document["jobs"][0]["sync"]["lat_ns"] |= latencies
    return json.dumps(document)


def test_json_plus_gives_every_latency() -> None:
    """Its bins are a histogram."""
    (stream,) = read(PLUS).runs[0].streams

    assert stream.name == "wal"
    assert stream.edges_ns == ()
    assert stream.histogram().count == FLUSHES
    bins = json.loads(PLUS)["jobs"][0]["sync"]["lat_ns"]["bins"]
    assert stream.histogram().bins() == {int(key): count for key, count in bins.items() if count}


def test_plain_json_gives_ranges_with_its_percentiles_exact() -> None:
    """p99, p99.9 and the longest are known; what lies between is not."""
    result = read(RECIPE)
    seen = ranges.seen(result.runs[0].streams)

    assert seen.highest.count == FLUSHES
    assert seen.agreed(lambda end: end.percentile_ns(99)) == 7_831_552
    assert seen.agreed(lambda end: end.quantile_ns(0.5)) == 3_751_936
    assert seen.agreed(lambda end: end.quantile_ns(0.97)) is None
    assert seen.agreed(lambda end: end.max_ns) == 11_974_518


def test_documents_of_one_run_are_a_timeline() -> None:
    """`--status-interval=1`; the last short piece joins the one before."""
    result = read(TIMELINE)
    (stream,) = result.runs[0].streams

    assert [block.length_seconds for block in stream.blocks] == [0.892, 1.0, 1.108]
    assert [block.start_seconds for block in stream.blocks] == [0.0, 0.892, 1.892]
    last = json.loads(TIMELINE[TIMELINE.rindex('\n{\n  "fio version"') :])
    assert stream.histogram().count == last["jobs"][0]["sync"]["lat_ns"]["N"]
    assert result.wall_seconds == 3.0


def test_what_it_was_is_told_from_fios_options() -> None:
    """Version, job and options, and when it was."""
    result = read(RECIPE)

    assert result.environment.fio_version == "fio-3.33"
    assert result.runs[0].job_file.splitlines() == [
        "[mytest]",
        "rw=write",
        "ioengine=sync",
        "fdatasync=1",
        "directory=test-data",
        "size=2m",
        "bs=2300",
    ]
    assert result.created_at == "2026-11-24T18:26:27+00:00"
    assert result.bytes_written == 2_095_300


def etcd_perf_log() -> str:
    """Return what Red Hat's etcd-perf prints around fio's output."""
    return (
        f"{'-' * 64} Running fio {'-' * 75}\n{RECIPE}{'-' * 152}\n"
        "INFO: 99th percentile of fsync is 7831552 ns\n"
        "INFO: 99th percentile of the fsync is within the recommended threshold: - 10 ms, the disk "
        "can be used to host etcd\n"
    )


def logged(prefix: str, text: str) -> str:
    """Return a text as a logger prints it."""
    return "".join(f"{prefix}{line}\n" for line in text.splitlines())


def collector_json() -> str:
    """Return what troubleshoot's host collector keeps: known fields on one line, no zeros."""
    document: dict[str, Any] = json.loads(RECIPE)
    job = document["jobs"][0]
    kept = {key: job[key] for key in ("jobname", "elapsed", "write", "sync", "job_runtime")}
    return json.dumps({**document, "jobs": [kept]}, separators=(",", ":"))


@pytest.mark.parametrize(
    "text",
    [
        etcd_perf_log(),
        collector_json(),
        f"root@node1:~# fio --output-format=json --name=mytest\n{RECIPE}root@node1:~# ",
        f"fio: a warning of fio's\r{RECIPE}",
        RECIPE.replace("\n", "\r\n"),
        "a {} b { c\n" + RECIPE,
        json.dumps({"node": "node1", "result": json.loads(RECIPE)}),
        logged("2026-11-24T18:26:27.934000000Z ", etcd_perf_log()),
        logged("Nov 24 18:26:27 node1 podman[123]: ", etcd_perf_log()),
    ],
    ids=[
        "etcd-perf",
        "troubleshoot",
        "terminal",
        "progress",
        "windows",
        "braces",
        "wrapped",
        "kubectl logs --timestamps",
        "journal",
    ],
)
def test_the_document_is_found_wherever_it_stands(text: str) -> None:
    """The same flushes, whatever is around them."""
    assert fio_source.holds_fio(text)
    assert read(text).runs[0].streams == read(RECIPE).runs[0].streams


def test_each_job_is_a_stream() -> None:
    """`numjobs=2`: both flushed the same disk."""
    document: dict[str, Any] = json.loads(RECIPE)
    document["jobs"] *= 2

    assert len(read(json.dumps(document)).streams("wal", "fio")) == 2


def test_a_job_that_we_exported_has_no_wal_in_its_database() -> None:
    """Of `wal` and `backend` only the first one counts."""
    result = read((FIO / "steady.stdout").read_text())

    assert len(result.streams("wal", "fio")) == 1
    assert len(result.runs[0].streams[0].blocks) > 1


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (RECIPE[: len(RECIPE) // 2], "damaged or cut off"),
        (TIMELINE[:-100], "damaged or cut off"),
        ('{"fio version": "fio-3.33"}', "holds no job"),
        ('{"fio version": "fio-3.33", "jobs": []}', "no job"),
        ('{"fio version": "fio-3.33", "jobs": [{"jobname": "a"}]}', "no fdatasync samples"),
        (changed(RECIPE, N=0), "no fdatasync samples: none was timed"),
        (changed(RECIPE, N=-5), "damaged"),
        (changed(RECIPE, N=float("nan")), "damaged"),
        (changed(RECIPE, percentile={}), "lists no percentiles"),
        (changed(RECIPE, percentile={"1.0": 5000, "99.0": 4000}), "do not ascend"),
        (changed(RECIPE, percentile={"101.0": 5000}), "lists no percentiles"),
        (changed(RECIPE, percentile={"x": 5000}), "damaged"),
        (changed(PLUS, bins={"5000": -1}), "damaged"),
        (changed(PLUS, bins={"-5000": 1}), "damaged"),
        (changed(PLUS, bins={"300": 911}), "none reached a device"),
        (RECIPE.replace("fio-3.33", "fio-3.1"), "fio-3.1 does not time them reliably"),
        (RECIPE.replace("fio-3.33", "Fiona"), "no fdatasync samples"),
        (RECIPE + RECIPE.replace("1795544787934", "1795544887934"), "several runs"),
        (RECIPE + TIMELINE, "several runs"),
        ('{"fio version":' * 5000, "damaged or cut off"),
        ('{"fio version": ' + "[" * 100_000, "damaged or cut off"),
        ('{"fio version": "fio-3.33", "timestamp_ms": ' + "9" * 5000 + "}", "damaged"),
    ],
)
def test_what_cannot_be_judged_is_one_sentence(text: str, sentence: str) -> None:
    """Damaged, without flushes, too old, or of several runs."""
    with pytest.raises(ResultFileError, match=sentence) as caught:
        read(text)

    assert caught.value.message.startswith("x.json")
    assert "\n" not in caught.value.message
    assert caught.value.hint


def test_counts_that_go_down_are_damage() -> None:
    """fio's are cumulative."""
    first, *rest = TIMELINE.split('\n{\n  "fio version"')
    document = json.loads(first)
    document["jobs"][0]["sync"]["lat_ns"]["bins"] = {"4000000": 1_000_000}

    with pytest.raises(ResultFileError, match="damaged"):
        read("\n".join([json.dumps(document), *(f'{{\n  "fio version"{one}' for one in rest)]))


def test_a_job_that_failed_decides_nothing() -> None:
    """fio prints its figures all the same."""
    result = read(RECIPE.replace('"error" : 0', '"error" : 28'))

    assert result.interrupted == "fio ended with error 28"
    assert checks.overall(checks.assess(result), result) is Verdict.INCONCLUSIVE


def test_a_percentile_is_one_sample_and_the_others_are_below_it() -> None:
    """Of 1,000 samples one stands at each percentile; the last one is the longest."""
    histogram, edges_ns = from_percentiles(
        1000, {50.0: 2 * MS, 99.0: 8 * MS, 99.9: 30 * MS}, longest_ns=40 * MS
    )

    assert edges_ns == tuple(edge for ms in (2, 8, 30, 40) for edge in (ms * MS - 1, ms * MS))
    assert histogram.bins() == {
        2 * MS - 1: 499,
        2 * MS: 1,
        8 * MS - 1: 489,
        8 * MS: 1,
        30 * MS - 1: 8,
        30 * MS: 1,
        40 * MS: 1,
    }


def test_a_percentile_in_a_bin_beyond_the_longest_is_the_longest() -> None:
    """fio names bins by their middle."""
    histogram, _ = from_percentiles(10, {50.0: 7, 99.0: 12}, longest_ns=11)

    assert histogram.max_ns == 11


def test_equal_percentiles_are_known_samples() -> None:
    """Half of them at exactly 5."""
    histogram, _ = from_percentiles(100, {25.0: 5, 75.0: 5, 100.0: 9}, longest_ns=9)

    assert histogram == Histogram.from_bins({4: 24, 5: 51, 8: 24, 9: 1})


@pytest.mark.parametrize(
    ("slow_ms", "verdict"),
    [
        ({99.5: 8, 99.9: 50}, Verdict.INCONCLUSIVE),
        ({95.0: 8, 99.0: 50}, Verdict.INCONCLUSIVE),
        ({95.0: 11, 99.0: 50}, Verdict.FAIL),
    ],
)
def test_percentiles_fail_a_disk_and_never_pass_it(
    slow_ms: dict[float, int], verdict: Verdict
) -> None:
    """A pass of the recipe proves nothing; 5 % over 10 ms do; 1 to 5 % may be 1 %."""
    listed = {f"{percent:f}": ms * MS for percent, ms in {50.0: 2, **slow_ms}.items()}
    result = read(changed(RECIPE, N=10_000, percentile=listed, max=60 * MS))

    assert checks.overall(checks.assess(result), result) is verdict
    assert {finding.id for finding in checks.assess(result)} == {
        "wal_fsync_p99",
        "wal_stall_heartbeat",
        "wal_stall_election",
    }
