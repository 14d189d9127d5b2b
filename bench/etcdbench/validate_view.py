"""Predicted against observed: the JSON object, the words and cells, the tables of a terminal."""

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from etcdbench.model import Caveat, Result
from etcdbench.records import Struct
from etcdbench.terminal import caveat_lines, disk_lines
from etcdbench.units import format_bytes, format_seconds, format_share
from etcdbench.validation import Comparison, Edge

TITLES = {"wal_fsync": "WAL fsync", "backend_commit": "backend commit"}
HEADINGS = ("predicted", "etcd", "ratio", "etcd/etcd", "recipe")


class Flow(Struct, frozen=True, kw_only=True):
    """How often and how much was written; None where nothing was.

    `observed_metric_bytes_per_flush` is what etcd's `wal_write_bytes` says; 3.4 counts each byte
    twice there.
    """

    predicted_flushes_per_second: float
    observed_flushes_per_second: float
    predicted_batch_bytes: float | None
    observed_metric_bytes_per_flush: float | None
    predicted_commits_per_second: float
    observed_commits_per_second: float
    predicted_growth_bytes_per_commit: float | None
    observed_growth_bytes_per_commit: float | None


class Proof(Struct, frozen=True, kw_only=True):
    """The JSON object of `etcdbench validate`; its names are an interface.

    Attributes:
        etcd_flags: etcd's command line in the first run.
        metrics: Against etcd under `check perf`, whose requests come at equal distances.
        poisson: Against etcd under our own client, whose requests come as a Poisson process.
        flow: For both kinds of arrivals, or for `join`.
        join: Which nodes joined, where `metrics` compares a join burst instead; `poisson` is
            empty then.
        caveats: What this etcd does that the prediction does not stand for.
    """

    format: str = "etcdbench-validation"
    version: int = 1
    etcd_version: str
    etcd_flags: tuple[str, ...] = ()
    load: str
    repeats: int
    metrics: dict[str, Comparison]
    poisson: dict[str, Comparison]
    flow: dict[str, Flow]
    join: str | None = None
    caveats: tuple[Caveat, ...] = ()


def parts(proof: Proof) -> tuple[tuple[str, dict[str, Comparison], Flow], ...]:
    """Return heading, comparisons and flow of each kind of arrivals."""
    if proof.join:
        return (
            (
                f"The same requests at the same times: {proof.join}",
                proof.metrics,
                proof.flow["join"],
            ),
        )
    return (
        ("Requests at equal distances (check perf)", proof.metrics, proof.flow["regular"]),
        ("Requests as a Poisson process", proof.poisson, proof.flow["poisson"]),
    )


def blocks(proof: Proof, blank: Result) -> list[RenderableType]:
    """Return the tables, in order."""
    shown: list[RenderableType] = [
        Text(),
        Text(
            f"fio's prediction against etcd {proof.etcd_version}, {subject(proof)}",
            style="bold",
        ),
        *disk_lines(blank),
    ]
    for heading, comparisons, flow in parts(proof):
        shown += [Text(), Text(heading, style="bold"), Text(flow_sentence(flow))]
        for name, comparison in comparisons.items():
            shown += [Text(), _table(TITLES[name], comparison), Text(sentence(comparison))]
    return shown + caveat_lines(proof.caveats)


def subject(proof: Proof) -> str:
    """Say what both sides met, and how often."""
    if proof.join:
        return f"{proof.join}, {proof.repeats} times"
    return f"at load {proof.load}, {proof.repeats} x 60 s each"


def sentence(comparison: Comparison) -> str:
    """Say both p99 and both verdicts."""
    agree = "agree" if comparison.verdict_agrees else "DIFFER"
    return (
        f"p99: exactly {format_seconds(comparison.predicted_p99_seconds)}, through etcd's "
        f"buckets {format_seconds(comparison.predicted_report_seconds)}; etcd shows "
        f"{format_seconds(comparison.observed_report_seconds)}. Verdicts {agree}: ours "
        f"{comparison.predicted_verdict}, etcd's histogram supports {comparison.observed_verdict}."
    )


def flow_sentence(flow: Flow) -> str:
    """Say how often and how much both sides wrote."""
    return (
        f"flushes/s {flow.predicted_flushes_per_second:.1f}, etcd "
        f"{flow.observed_flushes_per_second:.1f}; commits/s "
        f"{flow.predicted_commits_per_second:.2f}, etcd {flow.observed_commits_per_second:.2f}; "
        f"growth per commit {_bytes(flow.predicted_growth_bytes_per_commit)}, etcd "
        f"{_bytes(flow.observed_growth_bytes_per_commit)}"
    )


def edge_cells(edge: Edge) -> tuple[str, ...]:
    """Return a row: the edge, then one cell for each of `HEADINGS`."""
    return (
        format_seconds(edge.edge_seconds),
        format_share(edge.predicted),
        format_share(edge.observed),
        _ratio(edge),
        "-" if edge.etcd_ratio is None else f"{edge.etcd_ratio:.2f}",
        format_share(edge.recipe),
    )


def _table(title: str, comparison: Comparison) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    table.add_column(f"{title} over", no_wrap=True)
    for heading in HEADINGS:
        table.add_column(heading, justify="right")
    for edge in comparison.edges:
        table.add_row(*edge_cells(edge))
    return table


def _ratio(edge: Edge) -> str:
    if edge.ratio is None or edge.low is None or edge.high is None:
        return "-"
    return f"{edge.ratio:.2f} ({edge.low:.2f}..{edge.high:.2f})"


def _bytes(size: float | None) -> str:
    return "-" if size is None else format_bytes(size)
