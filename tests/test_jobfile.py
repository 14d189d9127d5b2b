"""Job files and iologs, word for word where fio is picky."""

import itertools
import re
from pathlib import PurePath

import pytest

from etcdbench.jobfile import FioJob, Part, etcd_job, recipe_job, wal_segments
from etcdbench.workload import BackendSchedule, Recipe, WalSchedule

WAL = WalSchedule(due_ms=(500, 507), sizes_bytes=(1392, 2784))
BACKEND = BackendSchedule(due_ms=(600, 710), new_pages=(2, 1))
SCRATCH = PurePath("/dev/shm/x")


def job(
    wal: WalSchedule = WAL,
    backend: BackendSchedule = BACKEND,
    *,
    cpu_share: float = 0.0,
    fallocate: bool = True,
) -> FioJob:
    """Compile with the usual scratch directory."""
    return etcd_job(
        [Part(wal=wal, backend=backend)],
        cpu_share=cpu_share,
        fallocate=fallocate,
        scratch=SCRATCH,
    )


def test_the_wal_is_written_and_flushed_batch_by_batch_at_its_due_time() -> None:
    """Wait, write, datasync: one flush a batch, offsets that follow each other."""
    assert job().iologs["wal.iolog"].splitlines() == [
        "fio version 2 iolog",
        "wal-0 add",
        "wal-0 open",
        "wal-0 wait 500 0",
        "wal-0 write 0 1392",
        "wal-0 datasync 0 0",
        "wal-0 wait 507 0",
        "wal-0 write 1392 2784",
        "wal-0 datasync 0 0",
        "wal-0 close",
    ]


def test_a_commit_is_pages_in_order_flush_meta_page_flush_marker() -> None:
    """bbolt's two fdatasyncs, the meta pages taking turns, growth past the end of the file."""
    lines = job().iologs["backend.iolog"].splitlines()
    first = lines[lines.index("db wait 600 0") + 1 : lines.index("db wait 670 0")]
    offsets = [int(line.split()[2]) for line in first if line.startswith("db write")][:-1]

    assert lines[3:5] == ["db write 0 65536", "db datasync 0 0"]
    assert sorted(offsets) == offsets
    assert offsets[-2:] == [16 * 4096, 17 * 4096]
    assert len(offsets) == 5 + 2
    assert first[-4:] == [
        "db datasync 0 0",
        "db write 0 4096",
        "db datasync 0 0",
        "db read 0 512",
    ]
    assert "db write 4096 4096" in lines[lines.index("db wait 710 0") :]


def test_fio_prints_its_status_before_a_commit_and_not_in_it() -> None:
    """A cached read in each pause answers it; where commits follow at once there is none."""
    schedule = BackendSchedule(due_ms=(600, 701, 741, 782), new_pages=(1, 1, 1, 1), start_page=16)
    lines = job(backend=schedule).iologs["backend.iolog"].splitlines()
    steps = [
        (wait.split()[2], then.split()[1])
        for wait, then in itertools.pairwise(lines)
        if " wait " in wait
    ]

    assert steps == [
        ("600", "write"),
        ("661", "read"),
        ("701", "write"),
        ("741", "write"),
        ("742", "read"),
        ("782", "write"),
    ]


def test_a_database_that_exists_is_not_made_again() -> None:
    """The second run's iolog begins with a commit."""
    grown = BackendSchedule(due_ms=(600,), new_pages=(2,), start_page=40)

    assert job(backend=grown).iologs["backend.iolog"].splitlines()[3] == "db wait 600 0"


def test_no_commit_touches_the_meta_pages_as_data() -> None:
    """Pages 0 and 1 are bbolt's meta pages, however small the database is."""
    many = BackendSchedule(due_ms=(600,), new_pages=(30,))
    lines = job(backend=many).iologs["backend.iolog"].splitlines()
    pages = [int(line.split()[2]) // 4096 for line in lines[5:] if line.startswith("db write")]

    assert min(pages[:-1]) >= 2


def test_segments_are_preallocated_and_never_laid_out() -> None:
    """Created without a write before anything runs, as etcd does; ftruncate where it cannot."""
    text = job().job_file

    assert "[preallocate-wal-0]\nfilename=wal-0\n" in text
    assert "size=64000000\nfallocate=native\ncreate_only=1\n" in text
    assert "size=64000000\nfallocate=truncate\ncreate_only=1\n" in job(fallocate=False).job_file


def test_fio_dies_with_us_and_syncs_one_at_a_time() -> None:
    """Threads instead of forks, the synchronous engine, logs in the scratch directory."""
    text = job().job_file

    assert "[global]\nioengine=sync\nthread=1\n" in text
    assert "read_iolog=/dev/shm/x/wal.iolog" in text
    assert "write_lat_log=/dev/shm/x/backend" in text


def test_etcd_s_own_work_keeps_a_core_busy_as_long_as_the_load_lasts() -> None:
    """fio's cpuio, ended by fio itself; it returns no samples, and none are asked of it."""
    made = job(cpu_share=0.3)

    assert made.job_file.endswith(
        "[etcd-cpu]\nioengine=cpuio\ncpuload=30\ncpuchunks=107\nexit_on_io_done=1\n"
    )
    assert made.sections == ("wal", "backend")


def test_what_runs_beside_fio_belongs_to_etcd_s_load_and_not_to_the_recipe() -> None:
    """Whatever the load: etcd polls beside each of its flushes, and its memory goes round."""
    recipe = Recipe(rw="write", ioengine="sync", fdatasync=1, size_bytes=23068672, bs_bytes=2300)

    assert job().beside == ("polling", "warm_pages")
    assert not recipe_job(recipe).beside


@pytest.mark.parametrize(("share", "piece_microseconds"), [(0.05, 50), (0.3, 107), (0.5, 250)])
def test_a_piece_of_work_is_short_and_the_pause_after_it_no_shorter_than_fio_can_sleep(
    share: float, piece_microseconds: int
) -> None:
    """fio makes the pause of the piece and the load: below 0.1 ms it would spin instead."""
    options = dict(re.findall(r"(cpu\w+)=(\d+)", job(cpu_share=share).job_file))
    piece, percent = int(options["cpuchunks"]), int(options["cpuload"])

    assert piece == piece_microseconds
    assert piece * (100 - percent) / percent >= 249


def test_work_of_less_than_one_percent_is_left_out() -> None:
    """fio knows whole percents only, and takes 0 for an error."""
    assert "cpuio" not in job(cpu_share=0.004).job_file


def test_a_batch_may_span_two_segments_and_is_flushed_once() -> None:
    """A load that fills a segment goes on in the next one."""
    over = WalSchedule(due_ms=(500,), sizes_bytes=(3000,), start_offset_bytes=63_999_000)

    assert wal_segments(over) == ["wal-0", "wal-1"]
    assert job(over).iologs["wal.iolog"].splitlines()[5:9] == [
        "wal-0 wait 500 0",
        "wal-0 write 63999000 1000",
        "wal-1 write 0 2000",
        "wal-1 datasync 0 0",
    ]


def test_the_announced_bytes_are_the_bytes_of_the_iologs() -> None:
    """What a job says it writes is what its iologs write."""
    made = job()
    written = sum(
        int(line.split()[3])
        for text in made.iologs.values()
        for line in text.splitlines()
        if " write " in line
    )

    assert written == made.size_bytes


def test_the_recipe_is_the_recipe() -> None:
    """Exactly the options that everybody publishes, and a thread that dies with us."""
    recipe = Recipe(rw="write", ioengine="sync", fdatasync=1, size_bytes=23068672, bs_bytes=2300)

    assert recipe_job(recipe).job_file == (
        "[mytest]\nthread=1\nrw=write\nioengine=sync\nfdatasync=1\nsize=23068672\nbs=2300\n"
    )


def test_a_pause_is_filled_with_cached_reads() -> None:
    """fio answers the request for its status between I/Os only, and gives up after five seconds."""
    wal = WalSchedule(due_ms=(500, 3600), sizes_bytes=(100, 100))
    lines = job(wal=wal).iologs["wal.iolog"].splitlines()
    first, second = lines.index("wal-0 datasync 0 0"), lines.index("wal-0 wait 3600 0")

    assert lines[first + 1 : second] == [
        "wal-0 wait 1500 0",
        "wal-0 read 0 512",
        "wal-0 wait 2500 0",
        "wal-0 read 0 512",
    ]


def test_parts_share_files_and_start_one_after_the_other() -> None:
    """Sections of their own, so that fio counts them apart."""
    later = BackendSchedule(due_ms=(9600,), new_pages=(2,), start_page=40)
    parts = [
        Part(suffix=".quiet", wal=WAL, backend=BACKEND),
        Part(
            suffix=".pull",
            start_ms=8000,
            wal=WalSchedule(due_ms=(9500,), sizes_bytes=(10,), start_offset_bytes=4176),
            backend=later,
        ),
    ]
    made = etcd_job(parts, cpu_share=0.0, fallocate=True, scratch=SCRATCH)

    assert made.sections == ("wal.quiet", "backend.quiet", "wal.pull", "backend.pull")
    assert made.job_file.count("[preallocate-wal-0]") == 1
    assert "[wal.pull]\nfilename=wal-0\nstartdelay=8000ms\n" in made.job_file
    assert "[wal.quiet]\nfilename=wal-0\nread_iolog=" in made.job_file
    assert made.runtime_seconds == 9.6


def test_a_phase_with_nothing_to_do_has_no_section() -> None:
    """fio refuses an iolog without any I/O."""
    empty = Part(
        suffix=".settle",
        wal=WalSchedule(due_ms=(), sizes_bytes=(), start_offset_bytes=4176),
        backend=BackendSchedule(due_ms=(), new_pages=(), start_page=40),
    )
    parts = [Part(suffix=".pull", wal=WAL, backend=BACKEND), empty]
    made = etcd_job(parts, cpu_share=0.0, fallocate=True, scratch=SCRATCH)

    assert made.sections == ("wal.pull", "backend.pull")
    assert "settle" not in made.job_file


def test_beside_a_live_etcd_no_more_is_preallocated_than_is_written() -> None:
    """In whole pages; a segment that is filled is whole all the same."""

    def sizes(start_offset_bytes: int) -> list[str]:
        wal = WalSchedule(
            due_ms=(500, 507), sizes_bytes=(1392, 2784), start_offset_bytes=start_offset_bytes
        )
        made = etcd_job(
            [Part(wal=wal, backend=BACKEND)],
            cpu_share=0.0,
            fallocate=True,
            scratch=SCRATCH,
            sparing=True,
        )
        return [line for line in made.job_file.splitlines() if line.startswith("size=")]

    assert sizes(0) == ["size=8192"]
    assert sizes(8192) == ["size=16384"]
    assert sizes(64_000_000 - 4176) == ["size=64000000"]
    assert sizes(64_000_000 - 1392) == ["size=64000000", "size=4096"]
