"""fio's documents and logs -> pandas tables -> streams of latencies.

fio pools all fdatasyncs of a section in one cumulative histogram (`sync.lat_ns.bins` of `json+`)
and prints it every second; differences of successive documents are the timeline. Its latency
logs hold no fdatasync at all; they tell which flushes were late, and which belong to one commit.
"""

from collections.abc import Sequence

import msgspec
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from etcdbench.commits import FIO_HINT, READ_DIRECTION, commit_blocks, latency_log
from etcdbench.documents import Document
from etcdbench.errors import FioError
from etcdbench.fio import FioOutput
from etcdbench.histogram import Histogram, merge
from etcdbench.jobfile import RECIPE_SECTION, FioJob, Part
from etcdbench.model import Block, Stream
from etcdbench.workload import SNAPSHOT

BLOCK_SECONDS_MIN = 0.9
"""fio's last document comes right after the one before; a shorter block joins its neighbour."""

STATUS_INTERVAL_MS = 1000
"""fio speaks once a second."""

LATE_MS = 2
"""Due times and log times are whole milliseconds, so less than this is no lateness."""

SATURATED_SHARE = 0.9
"""A disk that flushes for more than this share of the time does so in etcd too, one flush right
after the other: there, late flushes are samples like any other."""


def parse_etcd(
    output: FioOutput, job: FioJob, parts: Sequence[Part]
) -> tuple[list[tuple[Stream, ...]], int]:
    """Return the streams of each part of etcd's load, and the bytes that fio wrote in all.

    Raises:
        FioError: A section has no samples although it had something to do.
    """
    documents = _documents(output, job)
    return [_streams(output, documents, part) for part in parts], documents[-1].bytes_written


def _streams(output: FioOutput, documents: Sequence[Document], part: Part) -> tuple[Stream, ...]:
    wal_blocks = _timeline(sync_table(documents, part.wal_section))
    backend_blocks = _timeline(sync_table(documents, part.backend_section))
    if not output.stopped:
        _demand(wal_blocks, part.wal_section, wanted=bool(part.wal.due_ms))
        _demand(backend_blocks, part.backend_section, wanted=bool(part.backend.due_ms))
    return (
        Stream(
            name="wal",
            blocks=wal_blocks,
            catch_up_count=count_catch_ups(
                latency_log(output.logs.get(part.wal_section, "")),
                part.wal.due_ms,
                flush_ms=(merge(block.histogram for block in wal_blocks).mean_ns or 0) / 1e6,
            ),
        ),
        Stream(name="backend", blocks=backend_blocks),
        Stream(
            name="commit",
            blocks=_later(
                commit_blocks(
                    latency_log(output.logs.get(part.backend_section, "")),
                    merge(block.histogram for block in backend_blocks),
                    skip=not part.backend.start_page,
                ),
                seconds=part.start_ms / 1000,
            ),
        ),
    )


def _later(blocks: tuple[Block, ...], *, seconds: float) -> tuple[Block, ...]:
    """Put blocks on fio's clock: a section's log has a clock that begins with the section."""
    return tuple(
        msgspec.structs.replace(block, start_seconds=block.start_seconds + seconds)
        for block in blocks
    )


def parse_recipe(output: FioOutput, job: FioJob) -> tuple[list[tuple[Stream, ...]], int]:
    """Return the one part and stream of a recipe, and the bytes that fio wrote.

    Raises:
        FioError: It has no samples.
    """
    documents = _documents(output, job)
    blocks = _timeline(sync_table(documents, RECIPE_SECTION))
    if not output.stopped:
        _demand(blocks, RECIPE_SECTION, wanted=True)
    return [(Stream(name="wal", blocks=blocks),)], documents[-1].bytes_written


def sync_table(documents: Sequence[Document], section: str) -> pd.DataFrame:
    """Return a section's fdatasync bins of every document.

    Returns:
        Columns `document` (number), `timestamp_ms` (wall clock), `latency_ns`, `count`
        (cumulative); one row for each bin of each document, and at least one for each document.
    """
    rows: list[tuple[int, int, int, int]] = []
    for number, document in enumerate(documents):
        for latency_ns, count in document.flushes(section).bins().items():
            rows.append((number, document.timestamp_ms, latency_ns, count))
        rows.append((number, document.timestamp_ms, 0, 0))
    return pd.DataFrame(rows, columns=["document", "timestamp_ms", "latency_ns", "count"])


def count_catch_ups(log: pd.DataFrame, due_ms: Sequence[int], *, flush_ms: float) -> int:
    """Count the flushes that were issued only to catch up after a stall.

    When a flush begins late, every later flush that was due by then would have been part of its
    batch in etcd. The log's clock begins with the section, the schedule's with fio: the most
    punctual flush shows the difference.

    Args:
        log: What `latency_log` gives.
        due_ms: When each flush was due.
        flush_ms: How long a flush takes in the mean.
    """
    issued = log.loc[log["direction"] != READ_DIRECTION, "time_ms"].to_numpy()
    due = np.asarray(due_ms[: len(issued)], dtype=np.int64)
    issued = issued[: len(due)]  # a batch over two segments has two writes; it is rare
    if not len(due):
        return 0
    issued = issued - (issued - due).min()
    lasted_ms = int(issued[-1] - issued[0])
    if len(issued) * flush_ms > SATURATED_SHARE * lasted_ms:
        return 0
    count, leader_time = 0, -1
    for began, wanted in zip(issued.tolist(), due.tolist(), strict=True):
        if began - wanted >= LATE_MS and wanted <= leader_time - LATE_MS:
            count += 1
        else:
            leader_time = began
    return count


def _documents(output: FioOutput, job: FioJob) -> tuple[Document, ...]:
    """Return the documents, after a look at their shape.

    Raises:
        FioError: There is none, or a section is missing.
    """
    if not output.documents:
        raise FioError("fio returned no result", hint=FIO_HINT)
    last = output.documents[-1]
    names = {entry.jobname for entry in last.jobs}
    missing = [section for section in job.sections if section not in names]
    if missing:
        raise FioError(f"fio returned nothing for section {missing[0]}", hint=FIO_HINT)
    if not last.timestamp_ms:
        raise FioError("fio's result has no timestamp_ms", hint=FIO_HINT)
    return output.documents


def _timeline(table: pd.DataFrame) -> tuple[Block, ...]:
    """Turn cumulative bins into what was added from one document to the next."""
    if table.empty:
        return ()
    cumulative = table.pivot_table(
        index="document", columns="latency_ns", values="count", aggfunc="sum", fill_value=0
    )
    added = cumulative.diff().fillna(cumulative)
    if (added.to_numpy() < 0).any():
        raise FioError("fio's cumulative counts went down", hint=FIO_HINT)
    stamps_ms = _without_steps_back(table.groupby("document")["timestamp_ms"].first().to_numpy())
    latencies = [int(latency) for latency in cumulative.columns]
    blocks: list[Block] = []
    # fio's first status document comes one second after its start.
    begin_ms = int(stamps_ms[0]) - STATUS_INTERVAL_MS
    origin_ms = begin_ms
    for stamp_ms, counts in zip(stamps_ms.tolist(), added.to_numpy().tolist(), strict=True):
        bins = {key: int(n) for key, n in zip(latencies, counts, strict=True) if key}
        histogram = Histogram.from_bins(bins)
        length = (stamp_ms - begin_ms) / 1000
        if length < BLOCK_SECONDS_MIN and blocks:
            last = blocks.pop()
            begin_ms = origin_ms + round(last.start_seconds * 1000)
            histogram, length = last.histogram + histogram, (stamp_ms - begin_ms) / 1000
        blocks.append(
            Block(
                start_seconds=(begin_ms - origin_ms) / 1000,
                length_seconds=max(length, 0.0),
                histogram=histogram,
            )
        )
        begin_ms = stamp_ms
    return tuple(block for block in blocks if block.histogram.count)


def _without_steps_back(stamps_ms: NDArray[np.int64]) -> NDArray[np.int64]:
    """Take out where the wall clock stepped back: the document came a second after the one before."""
    gaps_ms = np.diff(stamps_ms, prepend=stamps_ms[:1])
    forward_ms = np.where(gaps_ms < 0, STATUS_INTERVAL_MS, gaps_ms)
    return np.asarray(stamps_ms[0] + np.cumsum(forward_ms), dtype=np.int64)


def snapshot_seconds(output: FioOutput) -> float | None:
    """Return how long a promoted member's snapshot took, its fsync too.

    None where there was none, or it was given up.
    """
    for job in output.documents[-1].jobs if output.documents else ():
        if job.jobname == SNAPSHOT:
            whole = str(job.write.io_bytes) == job.options.get("size")
            return job.runtime_ms / 1000 if whole else None
    return None


def _demand(blocks: tuple[Block, ...], section: str, *, wanted: bool) -> None:
    """Refuse a run that measured nothing: no samples is not a fast disk."""
    if wanted and not blocks:
        raise FioError(
            f"fio reported success but measured no fdatasync in section {section}",
            hint=FIO_HINT,
        )
