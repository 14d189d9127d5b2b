"""Fakes at the fio seam, and small builders of the types that tests need most.

`SimulatedEngine` answers a job with the documents and logs that fio would give on a disk whose
every flush takes a stated time: it reads the iologs as fio does. Its shapes are those of the
recordings in data/fio, which a test holds it to.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from etcdbench.documents import Document, Job, Latencies, Sync, Written
from etcdbench.fio import FioOutput, Watch
from etcdbench.histogram import Histogram
from etcdbench.jobfile import RECIPE_SECTION, FioJob
from etcdbench.machine import Device, Environment, Target
from etcdbench.model import Block, Result, Run, Settings, Stream, StreamName
from etcdbench.watching import CountFlushes
from etcdbench.workload import Requests

DATA = Path(__file__).parent / "data"

LatencyOf = Callable[[int], int]
"""Number of a flush (from 0) -> its latency in nanoseconds."""


def constant(latency_ns: int) -> LatencyOf:
    """Return the latency function of a disk that never varies."""

    def latency_of(_number: int) -> int:
        return latency_ns

    return latency_of


class SimulatedEngine:
    """An engine on a disk of known latencies; no time passes.

    Attributes:
        jobs: Every job that was run.
    """

    version_text = "fio-3.33"

    def __init__(self, latency_of: LatencyOf, *, stop_after: int | None = None) -> None:
        """Give every flush the latency of its number; stop the run of that number early."""
        self._latency_of = latency_of
        self._stop_after = stop_after
        self.jobs: list[FioJob] = []

    def run(
        self,
        job: FioJob,
        *,
        directory: Path,
        scratch: Path,
        keep_open: tuple[int, ...],
        seconds_max: float,
        watch: Watch,
    ) -> FioOutput:
        """Answer a job."""
        del directory, scratch, keep_open, seconds_max
        self.jobs.append(job)
        documents = self._documents(job)
        stopped = None
        for second, document in enumerate(documents, start=1):
            stopped = watch(float(second), document)
            if stopped:
                documents = documents[:second]
                break
        return FioOutput(
            documents=tuple(documents),
            logs={section: self._log(job, section) for section in job.sections if job.iologs},
            stopped=stopped,
            wall_seconds=float(len(documents)),
        )

    def _documents(self, job: FioJob) -> list[Document]:
        if not job.iologs:
            bins = {self._latency_of(0): job.size_bytes // 2300}
            return [document(1000, {RECIPE_SECTION: bins}, written=job.size_bytes)]
        ends: dict[str, list[tuple[float, int]]] = {
            section: _flush_ends(job.iologs[f"{section}.iolog"], self._latency_of)
            for section in job.sections
        }
        every = [end for flushes in ends.values() for end, _ in flushes]
        seconds = int(max(every, default=0.0)) + 1
        return [
            document(
                second * 1000,
                {
                    section: _count(latency for end, latency in flushes if end <= second)
                    for section, flushes in ends.items()
                },
                written=job.size_bytes * second // seconds,
            )
            for second in range(1, seconds + 1)
        ]

    def _log(self, job: FioJob, section: str) -> str:
        """Return fio's latency log: one row for each write and read, at its time."""
        rows: list[str] = []
        now_ms, number = 0.0, 0
        for line in job.iologs[f"{section}.iolog"].splitlines():
            words = line.split()
            action = words[1] if len(words) > 2 else ""
            if action == "wait":
                now_ms = max(now_ms, float(words[2]))
            elif action == "datasync":
                now_ms += self._latency_of(number) / 1e6
                number += 1
            elif action in {"write", "read"}:
                rows.append(
                    f"{int(now_ms)}, 1000, {int(action == 'write')}, {words[3]}, {words[2]}, 0"
                )
        return "\n".join(rows) + "\n"


def document(timestamp_ms: int, bins: dict[str, dict[int, int]], *, written: int = 0) -> Document:
    """Build a document of fio with the fields that we read."""
    return Document(
        version="fio-3.33",
        timestamp_ms=1_800_000_000_000 + timestamp_ms,
        jobs=tuple(
            Job(
                jobname=name,
                write=Written(io_bytes=written if number == 0 else 0),
                sync=Sync(lat_ns=Latencies(count=sum(counts.values()), bins=counts)),
            )
            for number, (name, counts) in enumerate(bins.items())
        ),
    )


def printed(document: Document) -> str:
    """Return a document as fio prints it."""
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"


def _flush_ends(iolog: str, latency_of: LatencyOf) -> list[tuple[float, int]]:
    """Return when each flush ends, in seconds, and how long it took."""
    ends: list[tuple[float, int]] = []
    now = 0.0
    for line in iolog.splitlines():
        words = line.split()
        if len(words) > 2 and words[1] == "wait":
            now = max(now, float(words[2]) / 1000)
        elif len(words) > 1 and words[1] == "datasync":
            latency = latency_of(len(ends))
            now += latency / 1e9
            ends.append((now, latency))
    return ends


def _count(latencies: object) -> dict[int, int]:
    return Histogram.from_samples(latencies).bins()  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


class Silent:
    """Watches nothing."""

    def begin(self, phase: str, seconds: float) -> None:
        """Say nothing."""

    def tick(self, seconds: float, wal: CountFlushes | None, bytes_written: int) -> None:
        """Say nothing."""

    def end(self, run: Run) -> None:
        """Say nothing."""


# --- builders -----------------------------------------------------------------------------------


def device(name: str = "sda", **changes: object) -> Device:
    """Build a plain SATA SSD, changed as asked."""
    facts: dict[str, object] = {
        "name": name,
        "kind": "disk",
        "bus": "sata",
        "model": "Model X",
        "size_bytes": 500_000_000_000,
        "rotational": False,
        "write_cache": "write back",
        "fua": False,
    }
    return Device(**{**facts, **changes})  # type: ignore[arg-type]


def stream(name: StreamName, seconds: Sequence[dict[int, int]], *, catch_up: int = 0) -> Stream:
    """Build a stream of one-second blocks."""
    return Stream(
        name=name,
        blocks=tuple(
            Block(
                start_seconds=float(start), length_seconds=1.0, histogram=Histogram.from_bins(bins)
            )
            for start, bins in enumerate(seconds)
        ),
        catch_up_count=catch_up,
    )


def run_of(phase: str, *streams: Stream, rate_per_second: float | None = 150.0) -> Run:
    """Build a run of one phase."""
    return Run(
        phase=phase,
        rate_per_second=rate_per_second,
        started_at="2026-01-01T00:00:00+00:00",
        wall_seconds=16.0,
        job_file="[global]\n",
        streams=streams,
        bytes_written=1_000_000,
    )


def result_of(*runs: Run, **changes: object) -> Result:
    """Build a complete result of a default measurement, changed as asked."""
    facts: dict[str, object] = {
        "created_at": "2026-01-01T00:00:00+00:00",
        "etcdbench_version": "0.1.0",
        "settings": Settings(profile="steady", load="s", rounds_max=9),
        "requests": Requests(rate_per_second=150.0),
        "profile_text": "",
        "target": target(),
        "environment": Environment(
            hostname="node1",
            operating_system="Debian",
            kernel="6.1",
            cpu_count=4,
            memory_bytes=8_000_000_000,
            fio_version="fio-3.33",
        ),
        "runs": runs,
        "complete": True,
        "wall_seconds": 60.0,
    }
    return Result(**{**facts, **changes})  # type: ignore[arg-type]


def target(*devices: Device, **changes: object) -> Target:
    """Build an ext4 filesystem on a SATA SSD, changed as asked."""
    facts: dict[str, object] = {
        "path": "/var/lib/etcd",
        "measured_path": "/var/lib/etcd",
        "mount_point": "/",
        "filesystem": "ext4",
        "mount_source": "/dev/sda1",
        "devices": devices or (device(),),
        "size_bytes": 500_000_000_000,
        "free_bytes": 400_000_000_000,
    }
    return Target(**{**facts, **changes})  # type: ignore[arg-type]
