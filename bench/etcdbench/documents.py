"""fio's JSON documents: what we read of one, and how they are cut out of its output as it comes."""

from collections.abc import Iterable
from typing import Annotated

import msgspec

from etcdbench.histogram import Histogram
from etcdbench.records import Count

_Nanoseconds = Annotated[int, msgspec.Meta(ge=0, le=10**15)]
_Milliseconds = Annotated[int, msgspec.Meta(ge=0, le=10**13)]
_RuntimeMs = Annotated[int, msgspec.Meta(ge=0, le=10**10)]

Options = dict[str, str | int | float | None]

# A document beside fio has 46 kB, of which these fields are a tenth: the rest never becomes objects.


class Latencies(msgspec.Struct, frozen=True, gc=False):
    """How long the fdatasyncs of a section took, since its start.

    Attributes:
        count: How many there were.
        max_ns: The longest.
        percentile: Percent -> latency, nanoseconds.
        bins: Latency in nanoseconds -> how often; with `json+` only.
    """

    count: Count = msgspec.field(name="N", default=0)
    max_ns: _Nanoseconds = msgspec.field(name="max", default=0)
    percentile: dict[str, _Nanoseconds] = {}
    bins: dict[_Nanoseconds, Count] = {}

    def exact(self) -> Histogram:
        """Return the bins of json+; empty where there are none."""
        return Histogram.from_bins(self.bins)


class Sync(msgspec.Struct, frozen=True, gc=False):
    """What a section flushed."""

    lat_ns: Latencies = Latencies()


class Written(msgspec.Struct, frozen=True, gc=False):
    """What a section wrote."""

    io_bytes: Annotated[int, msgspec.Meta(ge=0, le=10**15)] = 0


class Job(msgspec.Struct, frozen=True, gc=False):
    """What fio says of one section."""

    jobname: str = ""
    error: int = 0
    runtime_ms: _RuntimeMs = msgspec.field(name="job_runtime", default=0)
    options: Options = msgspec.field(name="job options", default={})
    write: Written = Written()
    sync: Sync = Sync()


class Document(msgspec.Struct, frozen=True, gc=False):
    """One status of fio: counts since its start, of every section."""

    version: str = msgspec.field(name="fio version", default="")
    jobs: tuple[Job, ...] = ()
    timestamp_ms: _Milliseconds = 0
    options: Options = msgspec.field(name="global options", default={})

    @property
    def began_ms(self) -> int:
        """Return when the run began."""
        return self.timestamp_ms - max((job.runtime_ms for job in self.jobs), default=0)

    @property
    def bytes_written(self) -> int:
        """Return the bytes that all sections have written."""
        return sum(job.write.io_bytes for job in self.jobs)

    @property
    def error(self) -> int:
        """Return the first error number that a section ended with; 0 where none did."""
        return next((job.error for job in self.jobs if job.error), 0)

    def flushes(self, section: str) -> Histogram:
        """Return a section's fdatasyncs; none where it is not named."""
        found = (job.sync.lat_ns for job in self.jobs if job.jobname == section)
        return next(found, Latencies()).exact()


_BEGIN, _END = "\n{\n", "\n}\n"

LENGTH_MAX = 16_000_000
"""A document longer than this, in characters, is none: three sections have 46,000."""


class DocumentSplitter:
    """Cuts fio's output into its JSON documents as they come.

    fio prints several documents one after another, which together are no JSON, and may print
    messages before, between or after them. Its documents begin and end with a brace alone on a
    line; everything else at that level is a message.
    """

    def __init__(self) -> None:
        """Begin outside a document."""
        self.documents: list[Document] = []
        self.messages: list[str] = []
        self._decoder = msgspec.json.Decoder(Document)
        self._rest = ""
        self._seen = 0

    def feed(self, text: str) -> None:
        """Take the next piece of output."""
        *whole, self._rest = (self._rest + text).split(_END)
        for piece in whole:
            self._take(piece)
        if not self.cut_off:
            *lines, self._rest = self._rest.split("\n")
            self._hear(lines)
        elif len(self._rest) > LENGTH_MAX:
            self._rest = ""
            self.messages.append("a part of its result does not end")

    @property
    def cut_off(self) -> bool:
        """Say whether the output so far ends within a document."""
        return _BEGIN in f"\n{self._rest}"

    def newest(self) -> Document | None:
        """Return the newest document if one came since the last call."""
        if len(self.documents) == self._seen:
            return None
        self._seen = len(self.documents)
        return self.documents[-1]

    def _take(self, piece: str) -> None:
        """Take messages, and the document after them, if there is one."""
        before, opening, body = f"\n{piece}\n".partition(_BEGIN)
        self._hear(before.split("\n"))
        if not opening:
            return
        try:
            document = self._decoder.decode(f"{{{body}}}")
        except (msgspec.DecodeError, RecursionError) as error:
            self.messages.append(f"a part of its result is damaged: {error}")
        else:
            self.documents.append(document)

    def _hear(self, lines: Iterable[str]) -> None:
        self.messages += [line.strip() for line in lines if line.strip()]
