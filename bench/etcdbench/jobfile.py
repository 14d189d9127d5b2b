"""Schedules -> the job file and iologs that plain fio runs. Text only.

Every file name is relative to fio's working directory on the target: a line of an iolog breaks
on spaces and long paths. Logs and iologs are named relative to the job's own directory, which is
memory-backed: fio reads and writes there beside the measurement.
"""

from collections.abc import Iterable, Sequence
from pathlib import PurePath

from etcdbench.etcd_model import INITIAL_PAGES, PAGE_BYTES, PATH_PAGES, WAL_SEGMENT_BYTES
from etcdbench.iolog import (
    STATUS_FILE,
    backend_lines,
    segment_ends,
    status_lines,
    wal_lines,
    wal_segments,
)
from etcdbench.neighbours import Neighbour
from etcdbench.records import Struct
from etcdbench.workload import BackendSchedule, Recipe, WalSchedule

WAL_SECTION = "wal"
BACKEND_SECTION = "backend"
STATUS_SECTION = "status"
RECIPE_SECTION = "mytest"

BESIDE = (("polling",), ("warm_pages",))
"""What an etcd has and fio has not: Go's poll, and memory that goes round."""

CPU_MODULE = "etcd_cpu"
"""What an etcd has and fio has not, either: work of its own on a CPU."""

CPU_SHARE_MIN = 0.005
"""Less work than this is not worth a program: one that only sleeps and wakes takes more."""


class FioJob(Struct, frozen=True, kw_only=True):
    """All that one fio invocation needs.

    Attributes:
        job_file: Text of the job file.
        iologs: File name -> text, to lie beside the job file.
        sections: Sections that must return samples.
        runtime_seconds: How long the load is meant to last.
        size_bytes: Bytes that it writes there.
        beside: Modules of ours that run as programs beside it, each with its arguments.
    """

    job_file: str
    iologs: dict[str, str]
    sections: tuple[str, ...]
    runtime_seconds: float
    size_bytes: int
    beside: tuple[tuple[str, ...], ...] = ()


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
        sizes |= {name: end for part in parts for name, end in segment_ends(part.wal).items()}
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
            part.wal_section: wal_lines(part.wal),
            part.backend_section: backend_lines(part.backend),
        }
        for name in part.sections:
            sections.append(_iolog_section(name, files[name], scratch, start_ms=part.start_ms))
            iologs[f"{name}.iolog"] = _text(lines[name])
    commits_ms = [due for part in parts for due in part.backend.due_ms]
    if commits_ms:
        sections.append(_status_section(scratch))
        iologs[f"{STATUS_SECTION}.iolog"] = _text(status_lines(commits_ms))
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
        beside=(*BESIDE, *_cpu_work(cpu_share)),
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


def _status_section(scratch: PurePath) -> str:
    """Hold fio's status back until a pause between commits (`iolog.STATUS_LEAD_MS`), without any I/O."""
    return (
        f"[{STATUS_SECTION}]\nioengine=null\nfilename={STATUS_FILE}\n"
        f"read_iolog={scratch / STATUS_SECTION}.iolog\n"
    )


def _cpu_work(share: float) -> Iterable[tuple[str, ...]]:
    """Keep a core busy for a share of the time."""
    if share >= CPU_SHARE_MIN:
        yield CPU_MODULE, f"{share:.3g}"
