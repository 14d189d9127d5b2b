"""Small builders for tests of what watches."""

from collections.abc import Mapping

from etcdbench import metrics
from etcdbench.histogram import ETCD_BUCKET_EDGES_NS
from etcdbench.metrics import Samples

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
