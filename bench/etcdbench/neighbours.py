"""What a joining node does to a disk that etcd shares: pull, unpack, start, log, read. fio text.

File names are relative to fio's working directory, below `FOLDER`, which may be a link to the
filesystem of the container images.
"""

import math
import random
from collections.abc import Iterable, Iterator
from pathlib import PurePath

from etcdbench import bystander
from etcdbench.join_model import Span
from etcdbench.join_profile import Join
from etcdbench.records import Struct

FOLDER = "images"

NETWORK_BYTES_PER_SECOND = 110_000_000
"""What 1 Gbit/s carries: images come no faster, however many nodes pull."""

UNPACK_BYTES_PER_SECOND = 150_000_000
"""What one node's unpacking writes until the disk limits it (assumed)."""

CHUNK_BYTES = 1_048_576
"""containerd copies with a buffer of 1 MiB (core/content/helpers.go)."""

IDLE_MS = 1000
"""A section that has nothing to do for longer reads something from the cache so often."""

COLD_NAME = "cold"
"""What agents read: made before the burst, and out of the cache when it begins."""

FILES_MAX = 10_000
"""About so many files at most: more would take longer to make than the burst lasts."""


class Neighbour(Struct, frozen=True, kw_only=True):
    """One section of fio beside etcd's.

    Attributes:
        name: Its section.
        options: fio's own options.
        lines: Its iolog without the head; empty for a section that fio drives itself.
        size_bytes: Bytes that it writes.
        size_read_bytes: Bytes that it reads.
    """

    name: str
    options: dict[str, str | int]
    lines: tuple[str, ...] = ()
    size_bytes: int = 0
    size_read_bytes: int = 0

    def section(self, scratch: PurePath) -> str:
        """Return its text in the job file."""
        options: dict[str, str | int] = {**self.options, "fallocate": "none"}
        if self.lines:
            options["read_iolog"] = str(scratch / f"{self.name}.iolog")
        text = [f"[{self.name}]", *(f"{key}={value}" for key, value in options.items())]
        return "\n".join(text) + "\n"

    def iologs(self) -> dict[str, str]:
        """Return its iolog by file name, if it has one."""
        if not self.lines:
            return {}
        return {f"{self.name}.iolog": "\n".join(("fio version 2 iolog", *self.lines)) + "\n"}


class Shared(Struct, frozen=True, kw_only=True):
    """How much of a join falls on the shared disk.

    Attributes:
        nodes: Joining nodes whose images are on this disk.
        scale: Share of the images' bytes that is written, 1 where space and time allow it.
        origin_ms: fio's clock when the quiet stretch begins.
        pull: The phase in which images come.
        end_seconds: Where the burst ends.
    """

    nodes: int
    scale: float
    origin_ms: int
    pull: Span
    end_seconds: float

    def ms(self, seconds: float) -> int:
        """Return a moment of the burst on fio's clock."""
        return self.origin_ms + int(1000 * seconds)


def neighbours(join: Join, shared: Shared, *, rng: random.Random) -> tuple[Neighbour, ...]:
    """Return all neighbours, in the order of their beginning.

    Args:
        join: The model.
        shared: How much of it falls on this disk.
        rng: Source of all draws.
    """
    return (
        _download(join, shared),
        _unpack(join, shared, rng),
        _containers(join, shared),
        _reads(join, shared),
        _logs(join, shared),
    )


def bytes_max(join: Join, *, nodes: int, scale: float) -> int:
    """Return the most that all neighbours write, the file that is read cold too.

    Images and reads shrink with the scale, a single blob and what is small do not.
    """
    images = join.images.download_size_bytes + join.images.unpacked_size_bytes
    scaled = math.ceil(nodes * (images + join.reads.size_bytes) * scale) + _blob_bytes(join)
    containers = join.containers.count * join.containers.fsyncs_each * join.containers.size_bytes
    logs = math.ceil(join.logs.rate_bytes_per_second * join.window_seconds)
    return scaled + nodes * (containers + logs) + 2 * bystander.COLD_FILE_BYTES


def _blob_bytes(join: Join) -> int:
    whole = join.images.download_size_bytes // join.images.blobs // CHUNK_BYTES
    return max(1, whole) * CHUNK_BYTES


def _download(join: Join, shared: Shared) -> Neighbour:
    """Blobs, one after the other, each flushed when it is complete."""
    # Whole chunks, and never more than the model's bytes: less of a pull is fewer blobs.
    total = int(shared.nodes * join.images.download_size_bytes * shared.scale)
    each = _blob_bytes(join)
    blobs = max(1, total // each)
    return Neighbour(
        name="download",
        options={
            "rw": "write",
            "bs": CHUNK_BYTES,
            "nrfiles": blobs,
            "openfiles": 1,
            "file_service_type": "sequential",
            "filename_format": f"{FOLDER}/blob.$filenum",
            "filesize": each,
            "size": each * blobs,
            "fsync_on_close": 1,
            "rate": NETWORK_BYTES_PER_SECOND,
            **_between(shared, shared.pull.begin_seconds),
        },
        size_bytes=each * blobs,
    )


def _unpack(join: Join, shared: Shared, rng: random.Random) -> Neighbour:
    """Files as they come out of the archives: written, closed, and never flushed."""
    rate = shared.nodes * UNPACK_BYTES_PER_SECOND
    begin = shared.pull.begin_seconds + join.images.download_size_bytes / (
        NETWORK_BYTES_PER_SECOND * join.images.blobs
    )
    lines: list[str] = []
    written = 0
    for number, size_bytes in enumerate(_file_sizes(join, shared, rng)):
        name = f"{FOLDER}/file.{number}"
        due_ms = shared.ms(begin + written / rate)
        lines += (f"{name} add", f"{name} open", f"{name} wait {due_ms} 0")
        lines += (
            f"{name} write {offset} {min(CHUNK_BYTES, size_bytes - offset)}"
            for offset in range(0, size_bytes, CHUNK_BYTES)
        )
        lines.append(f"{name} close")
        written += size_bytes
    return Neighbour(
        name="unpack",
        options={"filename": f"{FOLDER}/file.0", **_between(shared, shared.pull.begin_seconds)},
        lines=tuple(lines),
        size_bytes=written,
    )


def _file_sizes(join: Join, shared: Shared, rng: random.Random) -> Iterator[int]:
    """Draw the files: a share of the bytes in a few large ones, the rest log-normal."""
    files = join.files
    total = shared.nodes * join.images.unpacked_size_bytes * shared.scale
    large = total * files.large_share
    sizes = [files.large_size_bytes] * int(large // files.large_size_bytes)
    if not sizes and large >= CHUNK_BYTES:
        sizes = [int(large)]
    left = total - sum(sizes)
    mean = files.size_median_bytes * math.exp(files.size_sigma**2 / 2)
    # Where there would be too many, fewer and larger ones hold the same bytes.
    stretch = max(1.0, left / mean / FILES_MAX)
    while left > 0:
        drawn = rng.lognormvariate(math.log(files.size_median_bytes), files.size_sigma) * stretch
        size_bytes = max(1, int(min(drawn, left)))
        sizes.append(size_bytes)
        left -= size_bytes
    rng.shuffle(sizes)
    yield from sizes


def _containers(join: Join, shared: Shared) -> Neighbour:
    """Status files and databases of the runtime: small writes, each flushed."""
    model = join.containers
    count = shared.nodes * model.count
    name = f"{FOLDER}/containers"
    steps = count * model.fsyncs_each
    length = shared.pull.end_seconds - shared.pull.begin_seconds
    lines = [f"{name} add", f"{name} open"]
    # Containers start in the pull phase's second half, one after the other.
    half = shared.pull.begin_seconds + length / 2
    gap_ms = 1000 * length / 2 / max(count, 1)
    for container in range(count):
        began_ms = shared.ms(half) + gap_ms * container
        lines += idle_lines(name, int(began_ms - gap_ms), int(began_ms)) if container else ()
        lines.append(f"{name} wait {int(began_ms)} 0")
        for step in range(model.fsyncs_each):
            offset = (container * model.fsyncs_each + step) * model.size_bytes
            lines.append(f"{name} write {offset} {model.size_bytes}")
            lines.append(f"{name} sync 0 0")
    lines.append(f"{name} close")
    return Neighbour(
        name="containers",
        options={"filename": name, **_between(shared, half)},
        lines=tuple(lines),
        size_bytes=steps * model.size_bytes,
    )


def _reads(join: Join, shared: Shared) -> Neighbour:
    """An agent's binaries, read when it starts; fio drops them from the cache first."""
    size_bytes = int(shared.nodes * join.reads.size_bytes * shared.scale)
    blocks = max(1, size_bytes // join.reads.bs_bytes)
    length = shared.pull.end_seconds - shared.pull.begin_seconds
    return Neighbour(
        name="reads",
        options={
            "rw": "read",
            "invalidate": 1,
            "bs": join.reads.bs_bytes,
            "filename": f"{FOLDER}/{COLD_NAME}",
            "size": blocks * join.reads.bs_bytes,
            **_between(shared, shared.pull.begin_seconds + length / 2),
        },
        size_read_bytes=blocks * join.reads.bs_bytes,
    )


def idle_lines(name: str, now_ms: int, due_ms: int) -> Iterator[str]:
    """Fill a pause with cached reads: fio answers the request for its status between I/Os only.

    Args:
        name: A file that the section writes.
        now_ms: Where the pause begins, on fio's clock.
        due_ms: Where it ends.
    """
    for idle_ms in range(now_ms + IDLE_MS, due_ms - IDLE_MS // 2, IDLE_MS):
        yield f"{name} wait {idle_ms} 0"
        yield f"{name} read 0 512"


def _between(shared: Shared, begin_seconds: float) -> dict[str, str | int]:
    """Begin then, and go on to the burst's end at most: a slow disk must not make it endless."""
    return {
        "startdelay": f"{shared.ms(begin_seconds)}ms",
        "runtime": f"{int(1000 * (shared.end_seconds - begin_seconds))}ms",
    }


def _logs(join: Join, shared: Shared) -> Neighbour:
    """Log lines of all nodes, a page at a time, left to the kernel."""
    model = join.logs
    name = f"{FOLDER}/log"
    rate = shared.nodes * model.rate_bytes_per_second
    seconds = shared.end_seconds - shared.pull.begin_seconds
    count = int(seconds * rate / model.write_size_bytes)
    return Neighbour(
        name="logs",
        options={"filename": name, **_between(shared, shared.pull.begin_seconds)},
        lines=tuple(_log_lines(name, count, shared, model.write_size_bytes, rate)),
        size_bytes=count * model.write_size_bytes,
    )


def _log_lines(name: str, count: int, shared: Shared, size_bytes: int, rate: int) -> Iterable[str]:
    yield f"{name} add"
    yield f"{name} open"
    for number in range(count):
        due = shared.pull.begin_seconds + number * size_bytes / rate
        yield f"{name} wait {shared.ms(due)} 0"
        yield f"{name} write {number * size_bytes} {size_bytes}"
    yield f"{name} close"
