"""Schedules -> the job file and iologs that plain fio runs. Text only.

Every file name is relative to fio's working directory on the target: a line of an iolog breaks
on spaces and long paths. Logs and iologs are named relative to the job's own directory, which is
memory-backed: fio reads and writes there beside the measurement.

Two facts about fio shape the iologs (read in `iolog.c` of fio 3.5 to 3.42, and seen): `wait` is
in milliseconds since fio's own start, whatever the manual says, and an entry that is late is
issued at once.
"""

from collections.abc import Iterable, Sequence
from pathlib import PurePath

from etcdbench.etcd_model import INITIAL_PAGES, PAGE_BYTES, PATH_PAGES, WAL_SEGMENT_BYTES
from etcdbench.neighbours import Neighbour, idle_lines
from etcdbench.records import Struct
from etcdbench.workload import BackendSchedule, Recipe, WalSchedule

WAL_SECTION = "wal"
BACKEND_SECTION = "backend"
CPU_SECTION = "etcd-cpu"
RECIPE_SECTION = "mytest"

BESIDE = ("polling", "warm_pages")
"""What an etcd has and fio has not: Go's poll, and memory that goes round."""

CPU_PIECE_MICROSECONDS_MIN = 50
CPU_PAUSE_MICROSECONDS_MIN = 250
"""etcd works on a CPU for 20 us at a time: its tasks' run time over their context switches, at loads s
and m (3.4.23). So short a piece gets in the way of the kernel's path to a disk less than a long one
does: on a fast disk under XFS at load m, pieces of 300 us had 19 % of WAL flushes above 1 ms where
etcd had 7 %, pieces of 50 us 9 %. fio needs pauses: it spins through those below 100 us or so, and
through 20 us or more of every other, which differs from run to run with how long its first sleeps
took."""

MARKER_BYTES = 512
"""Size of the cached read that marks the end of a commit in fio's latency log."""

ANSWER_MS = 40
"""So long before each commit the backend reads something from the cache: fio's status waits for every
section's next I/O, and printing it and reading what it prints are CPU work that a commit, one in ten,
had to share two cores with. On a disk with flushes of 25 us 48 % of those took over 1.7 ms, of the
others 2.5 %. 5 ms are enough for one phase; with the four of a join, as many sections to print, 11.7 %
of the commits took over 2 ms, 2.1 % with 40 ms (etcd 1.5 and 2.2 %). Commits are 100 ms apart."""


class FioJob(Struct, frozen=True, kw_only=True):
    """All that one fio invocation needs.

    Attributes:
        job_file: Text of the job file.
        iologs: File name -> text, to lie beside the job file.
        sections: Sections that must return samples.
        runtime_seconds: How long the load is meant to last.
        size_bytes: Bytes that it writes there.
        beside: Modules of ours that run as programs beside it.
    """

    job_file: str
    iologs: dict[str, str]
    sections: tuple[str, ...]
    runtime_seconds: float
    size_bytes: int
    beside: tuple[str, ...] = ()


class Part(Struct, frozen=True, kw_only=True):
    """A phase of one invocation, with sections of its own so that fio counts it apart.

    Attributes:
        suffix: What its sections' names end with; empty where there is only one part.
        start_ms: When fio starts its sections, on fio's clock. A section that has started keeps
            fio's status waiting until its next I/O, and fio gives up a section that ends meanwhile
            and has to wait for over 5 s: so none starts long before it has something to do.
        wal: The WAL's schedule.
        backend: The backend's schedule.
    """

    suffix: str = ""
    start_ms: int = 0
    wal: WalSchedule
    backend: BackendSchedule

    @property
    def wal_section(self) -> str:
        """Return the name of the WAL's section."""
        return WAL_SECTION + self.suffix

    @property
    def backend_section(self) -> str:
        """Return the name of the backend's section."""
        return BACKEND_SECTION + self.suffix

    @property
    def sections(self) -> tuple[str, ...]:
        """Return the sections that have something to do: fio refuses an empty iolog."""
        names = ((self.wal_section, self.wal.due_ms), (self.backend_section, self.backend.due_ms))
        return tuple(name for name, due_ms in names if due_ms)


def etcd_job(
    parts: Sequence[Part],
    *,
    cpu_share: float,
    fallocate: bool,
    scratch: PurePath,
    neighbours: Sequence[Neighbour] = (),
    sparing: bool = False,
) -> FioJob:
    """Compile one invocation of etcd's load: WAL segments, group commit, the growing backend, CPU.

    Args:
        parts: Phases, in order of time; they share WAL and database.
        cpu_share: Share of a core that etcd's own work takes, 0 to 1.
        fallocate: Preallocate unwritten extents as etcd does; else extend with ftruncate, which
            is etcd's own fallback.
        scratch: Directory of iologs and logs.
        neighbours: What else writes and reads meanwhile.
        sparing: Preallocate no more of a segment than is written to it: beside a live etcd.
    """
    sizes = {name: WAL_SEGMENT_BYTES for part in parts for name in wal_segments(part.wal)}
    if sparing:
        sizes |= {name: end for part in parts for name, end in _segment_ends(part.wal).items()}
    sections = [
        _global_section(),
        *(
            _preallocate_section(name, size_bytes, fallocate=fallocate)
            for name, size_bytes in sizes.items()
        ),
    ]
    iologs: dict[str, str] = {}
    for part in parts:
        files = {part.wal_section: wal_segments(part.wal)[0], part.backend_section: "db"}
        lines = {
            part.wal_section: _wal_lines(part.wal),
            part.backend_section: _backend_lines(part.backend),
        }
        for name in part.sections:
            sections.append(_iolog_section(name, files[name], scratch, start_ms=part.start_ms))
            iologs[f"{name}.iolog"] = _text(lines[name])
    sections += _cpu_sections(cpu_share)
    for neighbour in neighbours:
        sections.append(neighbour.section(scratch))
        iologs |= neighbour.iologs()
    last_due_ms = max((due for part in parts for due in _last_dues_ms(part)), default=0)
    return FioJob(
        job_file="\n".join(sections),
        iologs=iologs,
        sections=tuple(name for part in parts for name in part.sections),
        runtime_seconds=last_due_ms / 1000,
        size_bytes=sum(sum(part.wal.sizes_bytes) + backend_bytes(part.backend) for part in parts)
        + sum(neighbour.size_bytes for neighbour in neighbours),
        beside=BESIDE,
    )


def _last_dues_ms(part: Part) -> tuple[int, ...]:
    return part.wal.due_ms[-1:] + part.backend.due_ms[-1:]


def _text(lines: Iterable[str]) -> str:
    return "\n".join(lines) + "\n"


def recipe_job(recipe: Recipe) -> FioJob:
    """Compile the popular recipe with exactly its own options."""
    options = {
        "thread": 1,  # the same I/O, and no forked worker that could outlive us
        "rw": recipe.rw,
        "ioengine": recipe.ioengine,
        "fdatasync": recipe.fdatasync,
        "size": recipe.size_bytes,
        "bs": recipe.bs_bytes,
    }
    lines = [f"[{RECIPE_SECTION}]", *(f"{key}={value}" for key, value in options.items())]
    return FioJob(
        job_file="\n".join(lines) + "\n",
        iologs={},
        sections=(RECIPE_SECTION,),
        runtime_seconds=0,
        size_bytes=recipe.size_bytes,
    )


def wal_segments(wal: WalSchedule) -> list[str]:
    """Return the names of the segments that a schedule touches."""
    end = max(wal.start_offset_bytes + sum(wal.sizes_bytes) - 1, wal.start_offset_bytes)
    first, last = wal.start_offset_bytes // WAL_SEGMENT_BYTES, end // WAL_SEGMENT_BYTES
    return [f"wal-{number}" for number in range(first, last + 1)]


def _segment_ends(wal: WalSchedule) -> dict[str, int]:
    """Return for each segment where the last write to it ends, in whole pages."""
    *full, last = wal_segments(wal)
    end_bytes = (wal.start_offset_bytes + sum(wal.sizes_bytes) - 1) % WAL_SEGMENT_BYTES + 1
    pages = -(-end_bytes // PAGE_BYTES)
    return {**dict.fromkeys(full, WAL_SEGMENT_BYTES), last: pages * PAGE_BYTES}


def backend_bytes(backend: BackendSchedule) -> int:
    """Return the bytes that a backend schedule writes: pages, and a meta page per commit."""
    pages = sum(backend.new_pages) + len(backend.new_pages) * (PATH_PAGES + 1)
    return (pages + (INITIAL_PAGES if not backend.start_page else 0)) * PAGE_BYTES


def _global_section() -> str:
    # Threads, not processes: fio dies whole with its parent. One fdatasync at a time, as etcd.
    return "[global]\nioengine=sync\nthread=1\n"


def _preallocate_section(segment: str, size_bytes: int, *, fallocate: bool) -> str:
    """Create a segment without writing to it; of an existing one fio keeps what is there."""
    return (
        f"[preallocate-{segment}]\nfilename={segment}\nrw=write\nbs=4k\n"
        f"size={size_bytes}\nfallocate={'native' if fallocate else 'truncate'}\ncreate_only=1\n"
    )


def _iolog_section(section: str, filename: str, scratch: PurePath, *, start_ms: int) -> str:
    lines = [
        f"[{section}]",
        f"filename={filename}",
        *([f"startdelay={start_ms}ms"] if start_ms else []),
        f"read_iolog={scratch / section}.iolog",
        "fallocate=none",
        f"write_lat_log={scratch / section}",
        "log_offset=1",
    ]
    return "\n".join(lines) + "\n"


def _cpu_sections(share: float) -> Iterable[str]:
    """Keep a core busy for a share of the time, until the others are done; under 1 % not at all."""
    if percent := round(share * 100):
        piece = CPU_PAUSE_MICROSECONDS_MIN * percent / (100 - percent)
        yield (
            f"[{CPU_SECTION}]\nioengine=cpuio\ncpuload={percent}\n"
            f"cpuchunks={max(CPU_PIECE_MICROSECONDS_MIN, round(piece))}\nexit_on_io_done=1\n"
        )


def _wal_lines(wal: WalSchedule) -> Iterable[str]:
    """Write each batch at its due time, then flush it; a batch may span two segments."""
    segments = wal_segments(wal)
    yield "fio version 2 iolog"
    for name in segments:
        yield f"{name} add"
    for name in segments:
        yield f"{name} open"
    position = wal.start_offset_bytes
    now_ms = wal.due_ms[0] if wal.due_ms else 0
    for due_ms, size_bytes in zip(wal.due_ms, wal.sizes_bytes, strict=True):
        yield from idle_lines(segments[0], now_ms, due_ms)
        now_ms = due_ms
        pieces = list(_split_at_segments(position, size_bytes))
        yield f"{pieces[0][0]} wait {due_ms} 0"
        for name, offset, length in pieces:
            yield f"{name} write {offset} {length}"
        yield f"{pieces[-1][0]} datasync 0 0"
        position += size_bytes
    for name in segments:
        yield f"{name} close"


def _split_at_segments(position: int, size_bytes: int) -> Iterable[tuple[str, int, int]]:
    while size_bytes > 0:
        number, offset = divmod(position, WAL_SEGMENT_BYTES)
        length = min(size_bytes, WAL_SEGMENT_BYTES - offset)
        yield f"wal-{number}", offset, length
        position, size_bytes = position + length, size_bytes - length


def _backend_lines(backend: BackendSchedule) -> Iterable[str]:
    """Write bbolt's commit: pages in ascending order, fdatasync, meta page, fdatasync, marker."""
    yield "fio version 2 iolog"
    yield "db add"
    yield "db open"
    end_page = backend.start_page
    if not end_page:
        end_page = INITIAL_PAGES
        yield f"db write 0 {INITIAL_PAGES * PAGE_BYTES}"
        yield "db datasync 0 0"
    now_ms = backend.due_ms[0] if backend.due_ms else 0
    for number, (due_ms, grown) in enumerate(zip(backend.due_ms, backend.new_pages, strict=True)):
        yield from idle_lines("db", now_ms, due_ms)
        if due_ms - now_ms > ANSWER_MS:
            yield f"db wait {due_ms - ANSWER_MS} 0"
            yield f"db read 0 {MARKER_BYTES}"
        now_ms = due_ms
        yield f"db wait {due_ms} 0"
        for page in _commit_pages(end_page, grown):
            yield f"db write {page * PAGE_BYTES} {PAGE_BYTES}"
        yield "db datasync 0 0"
        yield f"db write {number % 2 * PAGE_BYTES} {PAGE_BYTES}"
        yield "db datasync 0 0"
        yield f"db read 0 {MARKER_BYTES}"
        end_page += grown
    yield "db close"


def _commit_pages(end_page: int, grown: int) -> Sequence[int]:
    """Return the pages of one commit: path pages at freed places, then growth past the end.

    The places just behind the last three commits' growth stand for what bbolt's freelist hands
    out: pages freed by the transactions before, below the two meta pages never.
    """
    freed = {max(2, end_page - 3 * grown - path - 1) for path in range(PATH_PAGES)}
    return sorted(freed | {end_page + new for new in range(grown)})
