"""etcd's metrics as a result; the pages are a real etcd 3.4's."""

import msgspec
import pytest

from etcdbench import checks, metrics_source
from etcdbench.errors import ResultFileError
from etcdbench.histogram import ETCD_BUCKET_EDGES_NS
from etcdbench.metrics import BACKEND_COMMIT, WAL_FSYNC
from etcdbench.model import Finding, Result, Verdict
from fakes import DATA
from test_metrics import NOTHING, page

MS = 1_000_000
ETCD = DATA / "etcd" / "3.4"
BEFORE = (ETCD / "before.prom").read_text()
AFTER = (ETCD / "after.prom").read_text()


def read(text: str, *, before: str | None = None) -> Result:
    """Read a page, or what it gained."""
    return metrics_source.read_metrics(text, name="x.prom", saved_at="then", before=before)


def both(wal: list[int], commit: list[int]) -> str:
    """Build a page with both histograms, from counts per bucket."""
    return page(wal) + page(commit, name=BACKEND_COMMIT)


def judged(result: Result) -> dict[str, Finding]:
    """Return the findings by name."""
    return {finding.id: finding for finding in checks.assess(result)}


def counts(**by_edge_ms: int) -> list[int]:
    """Return counts per bucket; `up_to_8=5`, and `beyond`."""
    edges = [f"up_to_{edge // MS}" for edge in ETCD_BUCKET_EDGES_NS]
    return [by_edge_ms.get(edge, 0) for edge in [*edges, "beyond"]]


def test_one_page_counts_since_etcd_began() -> None:
    """All flushes and commits, each known up to a bucket."""
    result = read(AFTER)
    wal, commit = result.runs[0].streams

    assert (wal.name, commit.name) == ("wal", "commit")
    assert (wal.histogram().count, commit.histogram().count) == (66, 16)
    assert wal.histogram().bins() == {MS: 63, 2 * MS: 2, 4 * MS: 1}
    assert wal.edges_ns == commit.edges_ns == ETCD_BUCKET_EDGES_NS
    assert (result.origin, result.runs[0].phase) == ("metrics", "live")


def test_two_pages_give_what_happened_in_between() -> None:
    """60 puts, 60 flushes."""
    wal, commit = read(AFTER, before=BEFORE).runs[0].streams

    assert wal.histogram().bins() == {MS: 59, 2 * MS: 1}
    assert commit.histogram().count == 10


@pytest.mark.parametrize(
    "text",
    [
        "$ curl -s localhost:2379/metrics | grep disk\n" + AFTER + "$ ",
        "\n".join(f"  {line}" for line in AFTER.splitlines() if "#" not in line),
        AFTER.replace("\n", "\r\n"),
        AFTER.replace("{le=", '{instance="10.0.0.1:2379",job="etcd",le='),
    ],
    ids=["terminal", "without types", "windows", "labelled"],
)
def test_the_lines_are_found_wherever_they_stand(text: str) -> None:
    """As people paste them."""
    assert read(text).runs[0].streams == read(AFTER).runs[0].streams


@pytest.mark.parametrize(
    ("wal", "commit", "verdict"),
    [
        (counts(up_to_1=9000, up_to_8=900), counts(up_to_8=900), Verdict.PASS),
        (counts(up_to_1=9000, up_to_32=900), counts(up_to_8=900), Verdict.FAIL),
        (counts(up_to_1=9000), counts(up_to_8=900, up_to_64=90), Verdict.FAIL),
        (counts(up_to_1=9000, up_to_16=900), counts(up_to_8=900), Verdict.INCONCLUSIVE),
        (counts(up_to_1=9000), counts(up_to_8=900, up_to_32=90), Verdict.INCONCLUSIVE),
        (counts(up_to_1=9000, up_to_128=1), counts(up_to_8=900), Verdict.WARN),
    ],
)
def test_a_live_etcds_disk_passes_or_fails_by_itself(
    wal: list[int], commit: list[int], verdict: Verdict
) -> None:
    """10 ms lies between 8 and 16, 25 between 16 and 32: what is in there may be either."""
    result = read(both(wal, commit))

    assert checks.overall(checks.assess(result), result) is verdict


def test_the_interval_is_as_wide_as_the_bucket() -> None:
    """Any constant from 8.1 to 15.9 ms: the p99 is between them, and etcd shows 15.92."""
    finding = judged(read(both(counts(up_to_16=9000), counts(up_to_8=900))))["wal_fsync_p99"]

    assert finding.measured_seconds is None
    assert finding.low_seconds == pytest.approx(0.008)
    assert finding.high_seconds == pytest.approx(0.016)
    assert finding.etcd_would_report_seconds == pytest.approx(0.01592)
    assert "0 % to 100 % of WAL flushes took over 10.0 ms" in finding.because


def test_a_page_with_one_histogram_leaves_the_other_open() -> None:
    """A pass needs both."""
    wal_only, commits_only = (
        page(counts(up_to_1=9000)),
        page([900, *NOTHING[1:]], name=BACKEND_COMMIT),
    )

    assert judged(read(wal_only))["wal_fsync_p99"].verdict is Verdict.PASS
    assert judged(read(wal_only))["backend_commit_p99"].verdict is Verdict.INCONCLUSIVE
    assert judged(read(commits_only))["wal_fsync_p99"].verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize(
    ("text", "before", "sentence"),
    [
        (AFTER + AFTER, None, "more than one page"),
        (f'{WAL_FSYNC}_bucket{{le="0.001"}} 5\n' * 200, None, "more than one page"),
        (BEFORE, AFTER, "went down"),
        (AFTER, BEFORE.replace("1.79554479353e+09", "1.7e+09"), "two etcds"),
        (AFTER, AFTER, "did nothing"),
        (f"{WAL_FSYNC} is what etcd calls it\n", None, "no etcd_disk_wal|cannot be read"),
        (AFTER.replace('le="0.001"} 63', 'le="0.001"} NaN'), None, "no number"),
        (AFTER.replace('le="0.001"} 63', 'le="0.001"} +Inf'), None, "no number"),
        (AFTER.replace('le="0.001"} 63', 'le="0.001"} -5'), None, "went down"),
        (AFTER.replace('le="0.001"} 63', 'le="0.001"} x'), None, "cannot be read"),
        (
            AFTER.replace('le="0.001"} 63', 'le="0.001"} ' + "9" * 400),
            None,
            "cannot be read|number",
        ),
        (AFTER.replace(f'{WAL_FSYNC}_bucket{{le="0.016"}} 66\n', ""), None, "fourteen buckets"),
        (AFTER[: AFTER.index('le="0.128"')], None, "fourteen buckets|cannot be read"),
    ],
)
def test_what_is_no_page_is_one_sentence(text: str, before: str | None, sentence: str) -> None:
    """Damaged, appended, in the wrong order, or of another etcd."""
    with pytest.raises(ResultFileError, match=sentence) as caught:
        read(text, before=before)

    assert caught.value.message.startswith("x.prom")
    assert caught.value.hint


def test_a_rare_stall_of_a_long_life_warns_and_a_common_one_fails() -> None:
    """One flush of two seconds in 100,000, and one in 1,000."""
    for count, verdict in ((100_000, Verdict.WARN), (1_000, Verdict.FAIL)):
        result = read(both(counts(up_to_1=count, up_to_2048=1), counts(up_to_8=900)))
        assert judged(result)["wal_stall_election"].verdict is verdict
        assert msgspec.structs.asdict(result)["origin"] == "metrics"
