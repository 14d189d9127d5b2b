"""etcd's `/metrics` page, or what was gained from one page to the next -> a result: pure."""

import collections
import re

from etcdbench import foreign, metrics
from etcdbench.errors import EtcdError, ResultFileError
from etcdbench.histogram import ETCD_BUCKET_EDGES_NS
from etcdbench.metrics import BACKEND_COMMIT, WAL_FSYNC, Samples
from etcdbench.model import Block, Result, Run, Stream, StreamName

STARTED = "process_start_time_seconds"

HINT = (
    "save http://127.0.0.1:2381/metrics (kubeadm, and k3s with etcd-expose-metrics), or that of "
    "etcd's client port"
)

_WANTED = re.compile(rf"^[ \t]*((?:{WAL_FSYNC}|{BACKEND_COMMIT}|{STARTED})[{{_ ].*)$", re.MULTILINE)
_TOTAL = re.compile(rf'^({WAL_FSYNC}|{BACKEND_COMMIT})_bucket\{{.*le="\+Inf".*', re.MULTILINE)

LINES_MAX = 100
"""A page has 35 lines that are of use here."""


def holds_metrics(text: str) -> bool:
    """Say whether a text holds a histogram of etcd's disk."""
    return WAL_FSYNC in text or BACKEND_COMMIT in text


def read_metrics(text: str, *, name: str, saved_at: str, before: str | None = None) -> Result:
    """Return what etcd's disk did since etcd began, or since an earlier page.

    Args:
        text: The page; lines of other things do no harm.
        name: What to call it in a complaint.
        saved_at: When it was saved, UTC, ISO 8601.
        before: The earlier page.

    Raises:
        ResultFileError: It is damaged, lacks a histogram, or the pages are not of one etcd.
    """
    try:
        streams = _streams(text, before)
    except EtcdError as error:
        raise ResultFileError(f"{name}: {error.message}", hint=error.hint) from error
    if not any(stream.blocks for stream in streams):
        raise ResultFileError(
            f"{name}: etcd's disk did nothing", hint="wait until something was written"
        )
    return foreign.result_of(
        Run(
            phase="live",
            started_at=saved_at,
            wall_seconds=0.0,
            job_file="",
            streams=streams,
            bytes_written=0,
        ),
        name=name,
        origin="metrics",
        created_at=saved_at,
    )


def _streams(text: str, before: str | None) -> tuple[Stream, ...]:
    """Return both histograms, as far as they are there.

    Raises:
        EtcdError: A page is damaged, or they are not of one etcd.
    """
    after = _samples(text)
    earlier: Samples = collections.defaultdict(float) if before is None else _samples(before)
    if before is not None and after.get((STARTED, "")) != earlier.get((STARTED, "")):
        raise EtcdError(
            "the pages are of two etcds, or it was started anew in between",
            hint="take two pages of one etcd",
        )
    return (
        _stream("wal", earlier, after, WAL_FSYNC),
        _stream("commit", earlier, after, BACKEND_COMMIT),
    )


def _samples(text: str) -> Samples:
    """Read the lines that are of use, whatever else there is.

    Raises:
        EtcdError: They are damaged, or several pages'.
    """
    lines = _WANTED.findall(text)
    page = "\n".join(lines[:LINES_MAX]) + "\n"
    totals = collections.Counter(_TOTAL.findall(page))
    if len(lines) > LINES_MAX or max(totals.values(), default=0) > 1:
        raise EtcdError(
            "it holds more than one page, or several etcds",
            hint="give each page of each etcd a file of its own; BEFORE,AFTER names two",
        )
    return metrics.read_samples(page)


def _stream(name: StreamName, before: Samples, after: Samples, metric: str) -> Stream:
    if not any(key.startswith(metric) for key, _ in after):
        return Stream(name=name, blocks=(), edges_ns=ETCD_BUCKET_EDGES_NS)
    histogram = metrics.gained(before, after, metric).histogram
    block = Block(start_seconds=0.0, length_seconds=0.0, histogram=histogram)
    return Stream(
        name=name, blocks=(block,) if histogram.count else (), edges_ns=ETCD_BUCKET_EDGES_NS
    )
