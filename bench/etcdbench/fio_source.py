"""fio's own JSON, wherever in a text it stands -> a result: pure, and without trust.

The popular recipe's output, what etcd-perf logs, what troubleshoot's host collector keeps
(`host-collectors/filesystemPerformance/*.json`: the same fields on one line) and what was copied
from a terminal or a log hold the same document, so that it is looked for by how it begins.
"""

import json
import math
import re
from collections.abc import Sequence

import msgspec

from etcdbench import foreign
from etcdbench.documents import Document, Job
from etcdbench.errors import ResultFileError
from etcdbench.fio import VERSION_MIN, version_of
from etcdbench.histogram import Histogram
from etcdbench.jobfile import BACKEND_SECTION
from etcdbench.model import Block, Result, Run, Stream
from etcdbench.units import printable

NOT_A_FLUSH_NS = 1000
"""A flush that reaches any device takes longer. With libaio or O_SYNC the write waits instead,
and fdatasync returns in 100 to 500 ns."""

BLOCK_MS_MIN = 900
"""fio's last document comes right after the one before; a shorter block joins its neighbour."""

SAME_RUN_MS = 5000
"""Documents of one run agree on when it began, but for a stall."""

OPTION_CHARACTERS_MAX = 100
OPTIONS_MAX = 30

HINT = "give what fio wrote with --output-format=json+, whole"
_RECIPE_HINT = (
    "measure with etcdbench run PATH, or run fio 3.5 or later with --ioengine=sync --fdatasync=1 "
    "--output-format=json+"
)

_OPENING = re.compile(r'\{([^{}"]{0,200})"fio version"\s*:')


def holds_fio(text: str) -> bool:
    """Say whether a text holds a document of fio's."""
    return _OPENING.search(text) is not None


def read_fio(text: str, *, name: str) -> Result:
    """Return what fio measured; of several documents of one run (`--status-interval`) all.

    Args:
        text: Any text that holds fio's JSON.
        name: What to call it in a complaint.

    Raises:
        ResultFileError: It is damaged, holds several runs, or no flushes.
    """
    documents = _documents(text, name)
    last = documents[-1]
    numbers = _flushing(last, name)
    try:
        streams = tuple(_stream([one.jobs[number] for one in documents]) for number in numbers)
    except ValueError as error:
        raise ResultFileError(f"{name}: fio's result is damaged: {error}", hint=HINT) from error
    _demand_flushes(streams, name)
    result = foreign.result_of(
        Run(
            phase="fio",
            started_at=foreign.iso(last.began_ms / 1000),
            wall_seconds=max(job.runtime_ms for job in last.jobs) / 1000,
            job_file=_job_file(last, numbers[0]),
            streams=streams,
            bytes_written=last.bytes_written,
        ),
        name=name,
        origin="fio",
        created_at=foreign.iso(last.timestamp_ms / 1000),
        fio_version=printable(last.version[:OPTION_CHARACTERS_MAX]),
    )
    if not last.error:
        return result
    return msgspec.structs.replace(
        result, complete=False, interrupted=f"fio ended with error {last.error}"
    )


def _documents(text: str, name: str) -> list[Document]:
    """Return fio's documents in a text, which must be those of one run.

    Raises:
        ResultFileError: One is damaged, or they are of several runs.
    """
    text = _without_prefixes(text)
    found: list[Document] = []
    decoder, position = json.JSONDecoder(), 0
    while opening := _OPENING.search(text, position):
        try:
            plain, position = decoder.raw_decode(text, opening.start())
            found.append(msgspec.convert(plain, Document, str_keys=True))
        except (ValueError, msgspec.ValidationError, RecursionError) as error:
            raise ResultFileError(
                f"{name}: fio's result is damaged or cut off: {error}", hint=HINT
            ) from error
    if not found or not found[-1].jobs:
        raise ResultFileError(f"{name} holds no job of fio's", hint=HINT)
    names = {tuple(job.jobname for job in one.jobs) for one in found}
    began = [one.began_ms for one in found]
    if len(names) > 1 or max(began) - min(began) > SAME_RUN_MS:
        raise ResultFileError(
            f"{name} holds several runs of fio", hint="give each in a file of its own"
        )
    return found


def _flushing(document: Document, name: str) -> list[int]:
    """Return the numbers of the jobs that flushed a log of their own.

    Raises:
        ResultFileError: There is none, or this fio could not time it.
    """
    version = version_of(document.version)
    if version is not None and version < VERSION_MIN:
        raise ResultFileError(
            f"{name} has no fdatasync samples: {printable(document.version)} does not time them "
            "reliably",
            hint=_RECIPE_HINT,
        )
    numbers = [
        number
        for number, job in enumerate(document.jobs)
        # A job that we exported flushes the database, too, which is no log.
        if job.sync.lat_ns.count and not job.jobname.startswith(BACKEND_SECTION)
    ]
    if version is None or not numbers:
        raise ResultFileError(f"{name} has no fdatasync samples: none was timed", hint=_RECIPE_HINT)
    return numbers


def _without_prefixes(text: str) -> str:
    """Take off what a logger puts before each line: a time stamp, a unit; always as wide."""
    opening = _OPENING.search(text)
    if opening is None or not opening[1].strip():
        return text
    begin = text.rfind("\n", 0, opening.start()) + 1
    width = opening.start() - begin
    return "\n".join(line[width:] for line in text[begin:].splitlines())


def _stream(reports: Sequence[Job]) -> Stream:
    """Return what one job flushed, from all documents of a run.

    Raises:
        ValueError: Its counts go down, or its percentiles do.
    """
    latencies = reports[-1].sync.lat_ns
    if latencies.exact().count:
        return Stream(name="wal", blocks=_blocks(reports))
    histogram, edges_ns = from_percentiles(
        latencies.count,
        {float(percent): value for percent, value in latencies.percentile.items()},
        longest_ns=latencies.max_ns,
    )
    seconds = reports[-1].runtime_ms / 1000
    block = Block(start_seconds=0.0, length_seconds=seconds, histogram=histogram)
    return Stream(name="wal", blocks=(block,), edges_ns=edges_ns)


def _blocks(reports: Sequence[Job]) -> tuple[Block, ...]:
    """Turn cumulative bins into what was added from one document to the next.

    Raises:
        ValueError: Counts go down.
    """
    cuts: list[Job] = []
    for report in reports:
        if not cuts or report.runtime_ms - cuts[-1].runtime_ms >= BLOCK_MS_MIN:
            cuts.append(report)
    cuts[-1] = reports[-1]
    blocks: list[Block] = []
    before: dict[int, int] = {}
    began_ms = 0
    for report in cuts:
        after = report.sync.lat_ns.bins
        added = {key: after.get(key, 0) - before.get(key, 0) for key in {*after, *before}}
        histogram = Histogram.from_bins(added)
        length_seconds = max(report.runtime_ms - began_ms, 0) / 1000
        if histogram.count:
            blocks.append(
                Block(
                    start_seconds=began_ms / 1000,
                    length_seconds=length_seconds,
                    histogram=histogram,
                )
            )
        before, began_ms = after, report.runtime_ms
    return tuple(blocks)


def from_percentiles(
    count: int, percentiles: dict[float, int], *, longest_ns: int
) -> tuple[Histogram, tuple[int, ...]]:
    """Return samples of which only percentiles and the longest are known, and their ranges' edges.

    A percentile is a sample: one stands at it exactly, in a range one nanosecond wide, and those
    between two percentiles just below the upper one. (fio names a percentile by the middle of its
    bin, which may be longer than the longest.)

    Args:
        count: How many samples there are.
        percentiles: Percent -> latency.
        longest_ns: The longest.

    Raises:
        ValueError: They do not ascend, or are none.
    """
    known = sorted(percentiles.items())
    if not known or not all(0 <= percent <= 100 for percent, _ in known):  # noqa: PLR2004 - percent
        raise ValueError("it lists no percentiles")
    ranks = [(math.ceil(count * percent / 100 - 1e-9), value) for percent, value in known]
    bins: dict[int, int] = {}
    edges: set[int] = set()
    rank_below = value_below = 0
    for rank, value in [*ranks, (count, longest_ns)]:
        value_ns = longest_ns if rank == count else min(value, longest_ns)
        if value_ns < value_below:
            raise ValueError("its percentiles do not ascend")
        new = rank - rank_below
        at_it = new if value_ns == value_below else min(new, 1)
        below_ns = max(value_ns - 1, 0)
        for latency_ns, samples in ((value_ns, at_it), (below_ns, new - at_it)):
            bins[latency_ns] = bins.get(latency_ns, 0) + samples
        edges |= {below_ns, value_ns}
        rank_below, value_below = rank, value_ns
    return Histogram.from_bins(bins), tuple(sorted(edges))


def _demand_flushes(streams: Sequence[Stream], name: str) -> None:
    """Refuse syncs that were none: nothing is known of the disk then."""
    for stream in streams:
        median = stream.histogram().quantile_ns(0.5)
        if median is not None and median < NOT_A_FLUSH_NS:
            raise ResultFileError(
                f"{name}: half of the fdatasyncs took under 1 µs, so that none reached a device",
                hint=_RECIPE_HINT,
            )


def _job_file(document: Document, number: int) -> str:
    """Return the options that fio names, as a job file."""
    job = document.jobs[number]
    options = {**document.options, **job.options}
    lines = [f"{key}={value}" if value else key for key, value in options.items() if key != "name"]
    return "\n".join(
        printable(line[:OPTION_CHARACTERS_MAX])
        for line in [f"[{job.jobname}]", *lines[:OPTIONS_MAX]]
    )
