"""fio's documents and logs, recorded from a real fio and made up where an exact figure is asked."""

import msgspec
import pytest

from etcdbench import parse
from etcdbench.commits import latency_log
from etcdbench.documents import Document, DocumentSplitter, Job, Written
from etcdbench.errors import FioError
from etcdbench.fio import FioOutput
from etcdbench.histogram import merge
from etcdbench.jobfile import FioJob, Part
from etcdbench.workload import BackendSchedule, WalSchedule
from fakes import DATA, document

MS = 1_000_000
RECORDED = DATA / "fio" / "3.33"

JOB = FioJob(
    job_file="",
    iologs={},
    sections=("wal", "backend"),
    runtime_seconds=2.0,
    size_bytes=0,
)
WAL = WalSchedule(due_ms=(500, 600), sizes_bytes=(1, 1))
BACKEND = BackendSchedule(due_ms=(600,), new_pages=(1,), start_page=16)


def documents_of(name: str) -> tuple[Document, ...]:
    """Return the documents of a recording."""
    splitter = DocumentSplitter()
    splitter.feed((RECORDED / f"{name}.stdout").read_text())
    return tuple(splitter.documents)


def recording() -> FioOutput:
    """Return the recorded run: 2 s at 100 requests/s on a disk with flushes of 1.2 ms."""
    return FioOutput(
        documents=documents_of("steady"),
        logs={
            section: (RECORDED / f"steady.{section}.log").read_text()
            for section in ("wal", "backend")
        },
    )


def test_a_recorded_run_gives_every_flush_and_every_commit() -> None:
    """As many flushes as fio counted and as many commits as there are markers in its log."""
    output = recording()
    fresh = BackendSchedule(due_ms=(600,), new_pages=(1,))

    (streams,), written = parse.parse_etcd(output, JOB, [Part(wal=WAL, backend=fresh)])
    by_name = {stream.name: stream.histogram() for stream in streams}
    jobs = {job.jobname: job for job in output.documents[-1].jobs}
    markers = [line for line in output.logs["backend"].splitlines() if ", 0, 512," in line]

    assert by_name["wal"].count == jobs["wal"].sync.lat_ns.count > 150
    assert by_name["backend"].count == jobs["backend"].sync.lat_ns.count
    assert by_name["commit"].count == len(markers) > 15
    assert written == sum(job.write.io_bytes for job in jobs.values())


def test_a_clock_that_steps_back_does_not_break_the_timeline() -> None:
    """The wall clock may be set by an hour; the document came a second later all the same."""
    output = FioOutput(
        documents=(
            document(1000, {"wal": {MS: 3}, "backend": {MS: 1}}),
            document(2000 - 3_600_000, {"wal": {MS: 5}, "backend": {MS: 1}}),
            document(3100 - 3_600_000, {"wal": {MS: 9}, "backend": {MS: 1}}),
        ),
        stopped="enough",
    )
    (streams,), _ = parse.parse_etcd(output, JOB, [Part(wal=WAL, backend=BACKEND)])
    found = [(one.start_seconds, one.length_seconds) for one in streams[0].blocks]

    assert found == [(0.0, 1.0), (1.0, 1.0), (2.0, 1.1)]


def test_a_recorded_commit_takes_about_two_flushes() -> None:
    """The mean of the commits is the mean of two fdatasyncs of the backend and its writes."""
    fresh = BackendSchedule(due_ms=(600,), new_pages=(1,))
    (streams,), _ = parse.parse_etcd(recording(), JOB, [Part(wal=WAL, backend=fresh)])
    mean = {stream.name: stream.histogram().mean_ns or 0 for stream in streams}

    assert pytest.approx(2 * mean["backend"], rel=0.25) == mean["commit"]


def test_the_blocks_of_the_timeline_add_up_to_the_whole() -> None:
    """Differences of cumulative documents lose nothing."""
    output = recording()
    (streams,), _ = parse.parse_etcd(output, JOB, [Part(wal=WAL, backend=BACKEND)])
    wal = next(stream for stream in streams if stream.name == "wal")
    last = output.documents[-1].flushes("wal")

    assert merge(block.histogram for block in wal.blocks) == last


def test_the_timeline_is_the_difference_of_successive_documents() -> None:
    """Three flushes in the first second and two in the next, each with its latencies."""
    output = FioOutput(
        documents=(
            document(1000, {"wal": {MS: 3}, "backend": {MS: 1}}),
            document(2000, {"wal": {MS: 3, 5 * MS: 2}, "backend": {MS: 2}}),
        )
    )

    (streams,), _ = parse.parse_etcd(output, JOB, [Part(wal=WAL, backend=BACKEND)])

    assert [block.histogram.bins() for block in streams[0].blocks] == [{MS: 3}, {5 * MS: 2}]
    assert [block.start_seconds for block in streams[0].blocks] == [0.0, 1.0]


def test_silence_makes_one_long_block() -> None:
    """fio says nothing in a stall: the block that covers it is as long as the stall."""
    output = FioOutput(
        documents=(
            document(1000, {"wal": {MS: 3}, "backend": {MS: 1}}),
            document(6500, {"wal": {MS: 3, 5000 * MS: 1}, "backend": {MS: 2}}),
        )
    )

    (streams,), _ = parse.parse_etcd(output, JOB, [Part(wal=WAL, backend=BACKEND)])

    assert streams[0].blocks[1].length_seconds == 5.5


def test_the_last_document_joins_the_block_before_it() -> None:
    """fio's final document comes at once after the last status: no block of nothing."""
    output = FioOutput(
        documents=(
            document(1000, {"wal": {MS: 3}, "backend": {MS: 1}}),
            document(2000, {"wal": {MS: 6}, "backend": {MS: 1}}),
            document(2050, {"wal": {MS: 7}, "backend": {MS: 1}}),
        )
    )

    (streams,), _ = parse.parse_etcd(output, JOB, [Part(wal=WAL, backend=BACKEND)])

    assert [(b.length_seconds, b.histogram.count) for b in streams[0].blocks] == [
        (1.0, 3),
        (1.05, 4),
    ]


def test_flushes_that_catch_up_after_a_stall_are_flagged() -> None:
    """Due every 10 ms, stalled for 40: the first one after leads, three were due by then."""
    due = [500 + 10 * index for index in range(10)]
    issued = [300, 310, 320, 370, 371, 372, 373, 374, 380, 390]
    log = latency_log("".join(f"{time}, 5, 1, 100, 0, 0\n" for time in issued))

    assert parse.count_catch_ups(log, due, flush_ms=1) == 3


def test_on_a_disk_that_is_always_busy_a_late_flush_is_a_sample() -> None:
    """There, etcd too flushes one right after the other."""
    due = [500 + 10 * index for index in range(10)]
    log = latency_log("".join(f"{300 + 12 * index}, 5, 1, 1, 0, 0\n" for index in range(10)))

    assert parse.count_catch_ups(log, due, flush_ms=11.5) == 0
    assert parse.count_catch_ups(log, due, flush_ms=1) > 0


def test_punctual_flushes_are_not_flagged() -> None:
    """A clock that begins 200 ms later and rounding by a millisecond are no lateness."""
    due = [500 + 7 * index for index in range(50)]
    log = latency_log(
        "".join(f"{time - 200 + number % 2}, 5, 1, 1, 0, 0\n" for number, time in enumerate(due))
    )

    assert parse.count_catch_ups(log, due, flush_ms=1) == 0
    assert parse.count_catch_ups(latency_log(""), due, flush_ms=1) == 0


Documents = tuple[Document, ...]
TIMELESS = msgspec.structs.replace(
    document(1000, {"wal": {MS: 1}, "backend": {MS: 1}}), timestamp_ms=0
)


@pytest.mark.parametrize(
    ("documents", "word"),
    [
        (Documents(), "no result"),
        ((Document(),), "section wal"),
        ((TIMELESS,), "no timestamp_ms"),
        ((document(1000, {"wal": {MS: 1}}),), "section backend"),
        ((document(1000, {"wal": {}, "backend": {MS: 1}}),), "no fdatasync"),
        (
            (
                document(1000, {"wal": {MS: 2}, "backend": {MS: 1}}),
                document(2000, {"wal": {MS: 1}, "backend": {MS: 1}}),
            ),
            "went down",
        ),
    ],
)
def test_documents_without_a_measurement_are_an_error(
    documents: tuple[Document, ...], word: str
) -> None:
    """No samples, no section or shrinking counts are never taken for a fast disk."""
    with pytest.raises(FioError, match=word):
        parse.parse_etcd(FioOutput(documents=documents), JOB, [Part(wal=WAL, backend=BACKEND)])


def test_a_section_without_latencies_is_an_error() -> None:
    """`gtod_reduce` and very old versions leave them out."""
    broken = msgspec.structs.replace(
        document(1000, {}), jobs=(Job(jobname="wal"), Job(jobname="backend"))
    )

    with pytest.raises(FioError, match="measured no fdatasync in section wal"):
        parse.parse_etcd(FioOutput(documents=(broken,)), JOB, [Part(wal=WAL, backend=BACKEND)])


@pytest.mark.parametrize("text", ["a, b, c, d, e\n", "1, 2\n", "1.5, 2, 3, 4, 5\n"])
def test_a_log_that_is_none_is_an_error(text: str) -> None:
    """Garbage in a log does not become a commit."""
    with pytest.raises(FioError, match="latency log"):
        latency_log(text)


@pytest.mark.parametrize(("written", "seconds"), [(65536, 12.5), (32768, None)])
def test_a_snapshot_is_timed_only_where_it_was_written_whole(
    written: int, seconds: float | None
) -> None:
    """fio ends it when its time is up, too."""
    snapshot = Job(
        jobname="snapshot",
        runtime_ms=12500,
        options={"size": "65536"},
        write=Written(io_bytes=written),
    )
    shown = Document(jobs=(snapshot,))

    assert parse.snapshot_seconds(FioOutput(documents=(shown,))) == seconds


def test_without_a_snapshot_there_is_no_time_of_it() -> None:
    """Nor without any document."""
    assert parse.snapshot_seconds(FioOutput(documents=(document(1000, {"wal": {}}),))) is None
    assert parse.snapshot_seconds(FioOutput(documents=())) is None
