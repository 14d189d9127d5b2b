"""A join burst, ready to be run: compiled, as one job, with a blank run for each of its phases."""

from dataclasses import dataclass

from etcdbench.burst import Burst, Compiled, compile_burst, rng_of
from etcdbench.etcd_model import cpu_share
from etcdbench.invocation import blank
from etcdbench.jobfile import FioJob, etcd_job
from etcdbench.join_profile import Join
from etcdbench.learned import Learned
from etcdbench.model import Result, Run
from etcdbench.workload import JOIN_PREFIX
from etcdbench.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A burst that can be run.

    Attributes:
        compiled: Its phases and neighbours.
        job: All of it as one job of fio.
        blanks: A run for each phase, of which nothing is known yet.
    """

    compiled: Compiled
    job: FioJob
    blanks: tuple[Run, ...]


def prepare(
    join: Join, wanted: Burst, *, known: Learned, result: Result, scratch: Workspace
) -> Prepared:
    """Compile a burst on what the disk has shown so far.

    Args:
        join: The model.
        wanted: How the burst was asked for.
        known: Flush and commit times, and where files end.
        result: What has been measured; its seed and number of bursts give the draws.
        scratch: Where iologs and logs go.
    """
    compiled = compile_burst(
        join,
        wanted,
        flushes=known.flushes,
        commits=known.commits,
        position=known.position,
        rng=rng_of(result.settings.seed, len(result.bursts)),
    )
    job = etcd_job(
        compiled.parts,
        cpu_share=cpu_share(compiled.requests_per_second),
        fallocate=result.target.fallocate,
        scratch=scratch.path,
        neighbours=compiled.neighbours,
    )
    blanks = tuple(
        blank(f"{JOIN_PREFIX}{span.name}", job, part=part)
        for span, part in zip(compiled.spans, compiled.parts, strict=True)
    )
    return Prepared(compiled=compiled, job=job, blanks=blanks)
