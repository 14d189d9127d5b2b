"""Small builders for tests of what watches."""

from collections.abc import Mapping

from etcdbench import metrics
from etcdbench.histogram import ETCD_BUCKET_EDGES_NS, Histogram
from etcdbench.metrics import Samples
from etcdbench.model import Block, Result, Settings, Stream, StreamName
from etcdbench.watch_model import Stall, Stretch, Watched, Writer
from fakes import result_of, run_of

MS = 1_000_000


def page(
    *, wal: Mapping[int, int], commit: Mapping[int, int] | None = None, started: float = 1.0
) -> str:
    """Return etcd's page, from counts in its buckets by upper edge in milliseconds."""
    lines = [
        line
        for name, counts in ((metrics.WAL_FSYNC, wal), (metrics.BACKEND_COMMIT, commit or {}))
        for line in _histogram(name, counts)
    ]
    return "\n".join([*lines, f"process_start_time_seconds {started}"]) + "\n"


def samples(
    *, wal: Mapping[int, int], commit: Mapping[int, int] | None = None, started: float = 1.0
) -> Samples:
    """Return the same as it is read."""
    return metrics.read_samples(page(wal=wal, commit=commit, started=started))


def _histogram(name: str, counts: Mapping[int, int]) -> list[str]:
    lines = [f"# TYPE {name} histogram"]
    seen = 0
    for edge_ns in ETCD_BUCKET_EDGES_NS:
        seen += counts.get(edge_ns // MS, 0)
        lines.append(f'{name}_bucket{{le="{edge_ns / 1e9:g}"}} {seen}')
    total = sum(counts.values())
    seconds = sum(edge * count for edge, count in counts.items()) / 1000
    return [
        *lines,
        f'{name}_bucket{{le="+Inf"}} {total}',
        f"{name}_sum {seconds}",
        f"{name}_count {total}",
    ]


def watched(**changes: object) -> Watched:
    """Build what ten quiet seconds on one disk showed, changed as asked."""
    facts: dict[str, object] = {
        "interval_seconds": 1.0,
        "disks": ("sda",),
        "stretches": tuple(stretch(second) for second in range(10)),
        "metrics_url": "http://127.0.0.1:2381/metrics",
        "scrapes": 3,
    }
    return Watched(**{**facts, **changes})  # type: ignore[arg-type]


def stretch(at_seconds: float, **changes: object) -> Stretch:
    """Build a quiet second, changed as asked."""
    facts: dict[str, object] = {
        "at_seconds": at_seconds,
        "length_seconds": 1.0,
        "busy_seconds": 0.1,
        "bytes_written": 1_000_000,
        "writes": 100,
        "write_seconds": 0.05,
        "write_worst_seconds": 0.0005,
        "flushes": 50,
        "flush_seconds": 0.1,
        "flush_worst_seconds": 0.002,
        "io_some_seconds": 0.02,
        "io_full_seconds": 0.01,
    }
    return Stretch(**{**facts, **changes})  # type: ignore[arg-type]


STALL = Stall(
    at_seconds=3,
    length_seconds=2,
    wait_seconds=0.31,
    seen_in="flush",
    writers=(Writer(name="rsync", pid=42, bytes_written=1_200_000_000),),
    writers_seconds=17,
)


def result_of_watch(
    *,
    wal: Mapping[int, int] | None = None,
    commit: Mapping[int, int] | None = None,
    **changes: object,
) -> Result:
    """Build a result of a watch, with etcd's samples by upper edge in milliseconds.

    Args:
        wal: The WAL fsyncs of each of ten seconds; None where etcd told nothing.
        commit: Its commits in each second.
        **changes: Changes of what was watched.
    """
    both: tuple[tuple[StreamName, Mapping[int, int] | None], ...] = (
        ("wal", wal),
        ("commit", commit),
    )
    streams = [
        Stream(
            name=name,
            blocks=tuple(
                Block(
                    start_seconds=float(second),
                    length_seconds=1.0,
                    histogram=Histogram.from_bins(
                        {edge * MS: count for edge, count in (counts or {}).items()}
                    ),
                )
                for second in range(10)
            ),
            edges_ns=ETCD_BUCKET_EDGES_NS,
        )
        for name, counts in both
    ]
    return result_of(
        *([] if wal is None else [run_of("live", *streams, rate_per_second=None)]),
        origin="watch",
        requests=None,
        settings=Settings(profile="watch"),
        watched=watched(**changes),
        wall_seconds=10.0,
        created_at="2026-11-24T18:00:00.000+00:00",
    )
