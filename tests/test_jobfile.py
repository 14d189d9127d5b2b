"""Job files, word for word where fio is picky."""

from pathlib import PurePath

from etcdbench.jobfile import FioJob, Part, etcd_job, recipe_job
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


def test_the_section_that_fio_s_status_waits_for_does_no_io_and_has_no_samples() -> None:
    """One for all parts, if anything is committed; and the recipe is the recipe."""
    made = job()

    assert "[status]\nioengine=null\nfilename=status\nread_iolog=/dev/shm/x/" in made.job_file
    assert made.sections == ("wal", "backend")
    assert "status wait 648 0" in made.iologs["status.iolog"].splitlines()
    assert "status" not in job(backend=BackendSchedule(due_ms=(), new_pages=())).job_file


def test_what_runs_beside_fio_belongs_to_etcd_s_load_and_not_to_the_recipe() -> None:
    """Whatever the load: etcd polls beside each of its flushes, and its memory goes round."""
    recipe = Recipe(rw="write", ioengine="sync", fdatasync=1, size_bytes=23068672, bs_bytes=2300)

    assert job().beside == (("polling",), ("warm_pages",))
    assert not recipe_job(recipe).beside


def test_etcd_s_own_work_is_done_beside_fio_and_not_by_it() -> None:
    """fio's own (`cpuio`) would take more than it is told; under half a percent there is none."""
    made = job(cpu_share=0.3)

    assert made.beside == (("polling",), ("warm_pages",), ("etcd_cpu", "0.3"))
    assert "cpuio" not in made.job_file
    assert job(cpu_share=0.004).beside == job().beside


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
