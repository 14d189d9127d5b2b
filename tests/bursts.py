"""Builders of measured join bursts for tests."""

from collections.abc import Mapping, Sequence

from etcdbench import join_checks
from etcdbench.histogram import Histogram
from etcdbench.join_result import JoinBurst, PhaseSpan, Probe
from etcdbench.model import Block, Finding, Result, Run, Settings, Stream, StreamName, Verdict
from fakes import result_of, run_of

MS = 1_000_000
SPANS = (
    PhaseSpan(name="quiet", begin_seconds=0.5, end_seconds=10.5),
    PhaseSpan(name="register", begin_seconds=10.5, end_seconds=13.5),
    PhaseSpan(name="pull", begin_seconds=13.5, end_seconds=43.5),
    PhaseSpan(name="settle", begin_seconds=43.5, end_seconds=63.5),
)
"""53 s beside the quiet ones; 20 flushes a second are 1,060, 8 commits a second 424."""

FIRST = {"quiet": 0, "register": 10, "pull": 13, "settle": 43}
LAST = {"quiet": 10, "register": 13, "pull": 43, "settle": 63}
SECOND = {MS: 20}
COMMITS = {8 * MS: 8}
ONE_OVER = {MS: 19, 12 * MS: 1}


def blocks(name: StreamName, phase: str, seconds: Mapping[int, dict[int, int]]) -> Stream:
    """Build the blocks of a phase from what was seen in each second of the burst."""
    return Stream(
        name=name,
        blocks=tuple(
            Block(
                start_seconds=float(second),
                length_seconds=1.0,
                histogram=Histogram.from_bins(bins),
            )
            for second, bins in seconds.items()
            if FIRST[phase] <= second < LAST[phase]
        ),
    )


def runs_of(
    *,
    wal: dict[int, int] | None = None,
    commit: dict[int, int] | None = None,
    wal_at: Mapping[int, dict[int, int]] | None = None,
    quiet: dict[int, int] | None = None,
    cut: bool = False,
) -> tuple[Run, ...]:
    """Build the runs of a burst.

    Args:
        wal: Flushes of every second but the quiet ones.
        commit: Commits of every second but the quiet ones.
        wal_at: Flushes of single seconds, in place of those.
        quiet: Flushes of every quiet second.
        cut: Whether there is no settle phase.
    """
    flushes = {
        second: (quiet or SECOND) if second < LAST["quiet"] else (SECOND if wal is None else wal)
        for second in range(LAST["settle"])
    } | dict(wal_at or {})
    commits = dict.fromkeys(
        range(FIRST["register"], LAST["settle"]), COMMITS if commit is None else commit
    )
    return tuple(
        run_of(
            f"join-{span.name}",
            blocks("wal", span.name, flushes),
            blocks("commit", span.name, commits),
            rate_per_second=None,
        )
        for span in (SPANS[:3] if cut else SPANS)
    )


def measured(
    *bursts: tuple[Run, ...],
    probes: Sequence[Sequence[Probe]] = (),
    bursts_max: int = 1,
    shared: bool = False,
) -> Result:
    """Build a result whose runs are these bursts."""
    runs = tuple(run for burst in bursts for run in burst)
    recorded: list[JoinBurst] = []
    first_run = 0
    for number, burst in enumerate(bursts):
        recorded.append(
            JoinBurst(
                cni="cilium",
                nodes=5,
                jitter_seconds=5,
                topology="shared-disk" if probes or shared else "dedicated",
                cut=len(burst) < len(SPANS),
                first_run=first_run,
                spans=SPANS[: len(burst)],
                probes=tuple(probes[number]) if probes else (),
            )
        )
        first_run += len(burst)
    return result_of(
        *runs,
        bursts=tuple(recorded),
        settings=Settings(profile="steady", load="s", rounds_max=9, bursts_max=bursts_max),
    )


def findings(result: Result) -> dict[str, Finding]:
    """Return what each check says, by name."""
    return {finding.id: finding for finding in join_checks.assess(result)}


def verdict(result: Result, check: str) -> Verdict:
    """Return what one check says."""
    return findings(result)[check].verdict


def probes_of(*longest_seconds: float) -> list[Probe]:
    """Return one probe a second, or when the one before has ended."""
    found: list[Probe] = []
    now = 1.0
    for seconds in longest_seconds:
        found.append(Probe(at_seconds=now, flush_seconds=seconds, rename_seconds=0, read_seconds=0))
        now += max(seconds, 1.0)
    return found
