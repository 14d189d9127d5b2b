"""Results side by side: how they rank, which one stands out, what each kind of disk showed.

Everything is derived from the results. A difference carries an interval, and "not enough data to
tell" is an answer.
"""

import itertools
from collections.abc import Mapping, Sequence

import msgspec

from etcdbench import assessment, comparable, join_checks
from etcdbench.assessment import Assessment
from etcdbench.comparable import Difference
from etcdbench.device_class import DeviceClass, classify
from etcdbench.histogram import merge
from etcdbench.model import Result, Stream, Verdict
from etcdbench.records import Struct
from etcdbench.standouts import NAMES, Change, Odd, changes_of, odd_one
from etcdbench.tails import Ratio, compared, main_streams, tail


class Row(Struct, frozen=True, kw_only=True):
    """One result in the comparison.

    Attributes:
        name: What it is called: its file.
        rank: 1 for the best; where no difference is certain the rank is shared.
        tied: Whether it is.
        verdict: Of all its checks.
        because: The reason of the check that decides the verdict; empty for a pass.
        class_: Largest cluster class carried; `class` in JSON.
        device: What kind of disk it is.
        flushes: How many WAL flushes the figures rest on.
        wal_p50_seconds, wal_p99_seconds, wal_p999_seconds, wal_longest_seconds: Of the main
            phases; a percentile is None with too few samples beyond it.
        commit_p99_seconds: The same of backend commits.
        burst_ratio: How many times as long flushes take while nodes join; None without a join.
        login_longest_seconds: The longest a login would have waited; None where none was tried.
        slower_than_best: p99 of WAL flushes against the best result's; None where the blocks are
            too few to tell.
    """

    name: str
    host: str
    path: str
    rank: int
    tied: bool
    verdict: Verdict
    because: str
    class_: str | None = msgspec.field(name="class")
    device: DeviceClass
    flushes: int
    wal_p50_seconds: float | None
    wal_p99_seconds: float | None
    wal_p999_seconds: float | None
    wal_longest_seconds: float | None
    commit_p99_seconds: float | None
    burst_ratio: float | None
    login_longest_seconds: float | None
    slower_than_best: Ratio | None


class Group(Struct, frozen=True, kw_only=True):
    """Results of one kind of disk: what was measured, not what the kind is.

    Attributes:
        device: The kind.
        buses: How they are attached.
        names: Which results.
        wal_p99_low_seconds, wal_p99_high_seconds: The lowest and the highest p99 among them.
        verdicts: Verdict -> how many.
    """

    device: str
    buses: tuple[str, ...]
    names: tuple[str, ...]
    wal_p99_low_seconds: float | None
    wal_p99_high_seconds: float | None
    verdicts: dict[str, int]


class Comparison(Struct, frozen=True, kw_only=True):
    """The JSON object of `etcdbench compare`; its names are an interface (docs/json.md).

    Attributes:
        rows: The best first.
        odd: Results that stand out.
        groups: By kind of disk.
        baseline: Name of the result that all others are held against.
        changes: What became of them since; empty without a baseline.
        differences: In what they differ although they should be alike; empty without --anyway.
    """

    format: str = "etcdbench-comparison"
    version: int = 1
    rows: tuple[Row, ...]
    odd: tuple[Odd, ...]
    groups: tuple[Group, ...]
    baseline: str | None = None
    changes: tuple[Change, ...] = ()
    differences: tuple[Difference, ...] = ()

    @property
    def worse(self) -> bool:
        """Say whether anything has certainly become worse than its baseline."""
        return any(change.worse for change in self.changes)


def compare(
    results: Mapping[str, Result],
    *,
    baseline: tuple[str, Result] | None = None,
    anyway: bool = False,
) -> Comparison:
    """Compare results.

    Args:
        results: Name -> result; at least one, and with a baseline that besides.
        baseline: An earlier result that all are held against.
        anyway: Whether to compare what was not measured alike.

    Raises:
        UsageError: They were not measured alike.
    """
    every = {**results, **(dict([baseline]) if baseline else {})}
    differences = comparable.differences(every)
    if not anyway:
        comparable.demand(differences)
    meanings = {name: assessment.assess(result, result_file=name) for name, result in every.items()}
    rows = _ranked([_row(name, results[name], meanings[name]) for name in results], results)
    changes: tuple[Change, ...] = ()
    if baseline:
        changes = tuple(
            change
            for name in results
            for change in changes_of(name, every, meanings, baseline_name=baseline[0])
        )
    return Comparison(
        rows=rows,
        odd=tuple(found for stream in NAMES if (found := odd_one(results, stream))),
        groups=_groups(rows),
        baseline=baseline[0] if baseline else None,
        changes=changes,
        differences=differences,
    )


def _row(name: str, result: Result, meaning: Assessment) -> Row:
    wal, commit = (main_streams(result, stream_name) for stream_name in NAMES)
    flushes = merge(stream.histogram() for stream in wal)
    ratio = join_checks.quiet_ratio(result)
    waits = [probe.wait_seconds for burst in result.bursts for probe in burst.probes]
    return Row(
        name=name,
        host=result.environment.hostname,
        path=result.target.path,
        rank=0,
        tied=False,
        verdict=meaning.verdict,
        because=_because(meaning),
        class_=meaning.class_,
        device=classify(result.target, virtualization=result.environment.virtualization),
        flushes=flushes.count,
        wal_p50_seconds=_percentile(wal, 50),
        wal_p99_seconds=_percentile(wal, 99),
        wal_p999_seconds=_percentile(wal, 99.9),
        wal_longest_seconds=None if flushes.max_ns is None else flushes.max_ns / 1e9,
        commit_p99_seconds=_percentile(commit, 99),
        burst_ratio=ratio[0] if ratio else None,
        login_longest_seconds=max(waits, default=None),
        slower_than_best=None,
    )


def _ranked(rows: Sequence[Row], results: Mapping[str, Result]) -> tuple[Row, ...]:
    """Sort by verdict, then by tail; who is not certainly slower than the first of a rank shares it."""
    ordered = sorted(
        rows,
        key=lambda row: (
            row.verdict.severity,
            float("inf") if row.wal_p99_seconds is None else row.wal_p99_seconds,
            row.name,
        ),
    )
    tails = {row.name: tail(results[row.name], "wal") for row in ordered}
    ranks: list[int] = []
    for number, row in enumerate(ordered):
        first = ordered[ranks[-1] - 1] if ranks else row
        ratio = compared(tails[row.name], tails[first.name])
        slower = first.verdict is not row.verdict or (ratio is not None and ratio.low > 1)
        ranks.append(number + 1 if slower or not ranks else ranks[-1])
    best = tails[ordered[0].name]
    return tuple(
        msgspec.structs.replace(
            row,
            rank=rank,
            tied=ranks.count(rank) > 1,
            slower_than_best=None if row is ordered[0] else compared(tails[row.name], best),
        )
        for row, rank in zip(ordered, ranks, strict=True)
    )


def _groups(rows: Sequence[Row]) -> tuple[Group, ...]:
    """Group by kind of disk, the kind with the lowest p99 first."""
    by_device = sorted(rows, key=lambda row: row.device.name)
    groups: list[Group] = []
    for device, members in itertools.groupby(by_device, key=lambda row: row.device.name):
        some = list(members)
        found = [row.wal_p99_seconds for row in some if row.wal_p99_seconds is not None]
        groups.append(
            Group(
                device=device,
                buses=tuple(sorted({row.device.bus for row in some})),
                names=tuple(row.name for row in some),
                wal_p99_low_seconds=min(found, default=None),
                wal_p99_high_seconds=max(found, default=None),
                verdicts={
                    verdict.value: count
                    for verdict in Verdict
                    if (count := sum(row.verdict is verdict for row in some))
                },
            )
        )
    return tuple(
        sorted(groups, key=lambda group: (group.wal_p99_low_seconds or float("inf"), group.device))
    )


def _because(meaning: Assessment) -> str:
    """Return the sentence of the first check that has the verdict; empty for a pass."""
    if meaning.verdict is Verdict.PASS:
        return ""
    worst = [one.because for one in meaning.checks if one.verdict is meaning.verdict]
    return next(iter([*worst, *(one.message for one in meaning.caveats)]), "")


def _percentile(streams: Sequence[Stream], percent: float) -> float | None:
    """Return a percentile; of what is known only as ranges, what etcd itself would show."""
    merged = merge(stream.histogram() for stream in streams)
    found = merged.percentile_ns(percent)
    if found is not None and any(stream.edges_ns for stream in streams):
        found = merged.etcd_quantile_ns(percent / 100)
    return None if found is None else found / 1e9
