"""Write a profile's job files for plain fio, to be read, run by hand, and changed."""

import random
from pathlib import Path

from etcdbench.burst import Burst, compile_burst, rng_of
from etcdbench.errors import ProfileError
from etcdbench.etcd_model import cpu_share
from etcdbench.histogram import Histogram
from etcdbench.jobfile import FioJob, Part, etcd_job, recipe_job
from etcdbench.join_profile import Join
from etcdbench.plan import at_rate
from etcdbench.profile import LoadedProfile
from etcdbench.records import Struct
from etcdbench.schedule import Position, even_load, schedule
from etcdbench.workload import JOIN, Phase

NODES, JITTER_SECONDS, QUIET_SECONDS = 5, 5.0, 10.0
"""How an exported join is: its images are elsewhere."""

README = """\
{title}

Written by `etcdbench profiles show {name} --export`. One folder for each phase. To run one by hand,
make a directory on the disk that you want to measure, go there, and start fio on the job file:

    cd DIRECTORY && fio --output-format=json+ {folder}/PHASE/job.fio

`etcdbench run` has more beside fio than plain fio can show: etcd's own work on a CPU, Go's poll, which
keeps CPUs awake in a flush, and free memory that is kept warm. fio alone shows flushes that are up to a
tenth of a millisecond longer, and longer commits where the host of a virtual machine takes free memory
back. The section status does no I/O: fio waits for it before it prints how it stands, and so prints
between two commits.

The files wal-0, wal-1, ... and db that it leaves in DIRECTORY are yours to remove. The latencies
stand under jobs[].sync.lat_ns. The batches suppose a flush time of {flush_ms:g} ms and a commit
time of {commit_ms:g} ms; `etcdbench run` measures both first.
"""


class ExportedPhase(Struct, frozen=True, kw_only=True):
    """One phase as plain fio runs it.

    Attributes:
        name: Name of the phase.
        job: Job file and iologs, whose paths lie in the folder they are made for.
    """

    name: str
    job: FioJob


def compile_phases(
    loaded: LoadedProfile, *, folder: Path, flush_ms: float, commit_ms: float
) -> tuple[ExportedPhase, ...]:
    """Compile every phase of a profile, each with files of its own.

    Args:
        loaded: The profile.
        folder: Where the job files will lie.
        flush_ms: Flush time that group commit supposes.
        commit_ms: Backend commit time that the timer supposes.
    """
    if loaded.profile.recipe:
        return (ExportedPhase(name="recipe", job=recipe_job(loaded.profile.recipe)),)
    if loaded.profile.join:
        job = _compile_join(loaded.profile.join, folder / JOIN, flush_ms, commit_ms)
        return (ExportedPhase(name=JOIN, job=job),)
    return tuple(
        ExportedPhase(
            name=phase.name,
            job=_compile(loaded, phase, folder / phase.name, flush_ms, commit_ms),
        )
        for phase in loaded.profile.phases
    )


def export(loaded: LoadedProfile, folder: Path, *, flush_ms: float, commit_ms: float) -> list[Path]:
    """Write all job files of a profile below a new or empty folder; return the job files' paths.

    Raises:
        ProfileError: The folder is not empty, or cannot be written.
    """
    folder = folder.absolute()
    if ":" in str(folder):
        raise ProfileError(
            f"{folder} has a colon in its name, which fio takes for a list of files",
            hint="choose another folder",
        )
    written: list[Path] = []
    try:
        if folder.exists() and any(folder.iterdir()):
            raise ProfileError(f"{folder} is not empty", hint="choose a new folder")
        phases = compile_phases(loaded, folder=folder, flush_ms=flush_ms, commit_ms=commit_ms)
        for phase in phases:
            place = folder / phase.name
            place.mkdir(parents=True)
            for name, text in {"job.fio": phase.job.job_file, **phase.job.iologs}.items():
                (place / name).write_text(text)
            written.append(place / "job.fio")
        (folder / "README").write_text(
            README.format(
                title=loaded.profile.title,
                name=loaded.name,
                folder=folder,
                flush_ms=flush_ms,
                commit_ms=commit_ms,
            )
        )
    except OSError as error:
        raise ProfileError(
            f"{folder} cannot be written: {error.strerror}", hint="choose a folder of your own"
        ) from error
    return written


def _compile_join(join: Join, place: Path, flush_ms: float, commit_ms: float) -> FioJob:
    """Compile five nodes that join, with their images elsewhere."""
    compiled = compile_burst(
        join,
        Burst(nodes=NODES, jitter_seconds=JITTER_SECONDS, quiet_seconds=QUIET_SECONDS),
        flushes=Histogram.from_bins({round(flush_ms * 1e6): 1}),
        commits=Histogram.from_bins({round(commit_ms * 1e6): 1}),
        position=Position(),
        rng=rng_of(1, 0),
    )
    return etcd_job(compiled.parts, cpu_share=0.0, fallocate=True, scratch=place)


def _compile(
    loaded: LoadedProfile, phase: Phase, place: Path, flush_ms: float, commit_ms: float
) -> FioJob:
    requests = loaded.profile.requests
    if requests is None:
        raise AssertionError("a profile with phases has requests")
    rng = random.Random(1)  # noqa: S311 - a load, not a secret
    wal, backend = schedule(
        even_load(at_rate(requests, phase), seconds=phase.runtime_seconds, rng=rng),
        flushes=Histogram.from_bins({round(flush_ms * 1e6): 1}),
        commits=Histogram.from_bins({round(commit_ms * 1e6): 1}),
        position=Position(),
        rng=rng,
    )
    return etcd_job(
        [Part(wal=wal, backend=backend)],
        cpu_share=cpu_share(at_rate(requests, phase).rate_per_second),
        fallocate=True,
        scratch=place,
    )
