"""What a file of others' cannot tell: caveats of fio's output and of etcd's metrics."""

from collections.abc import Iterable

from etcdbench.advice import MEASURE_IT
from etcdbench.model import Caveat, Result


def of(result: Result) -> Iterable[Caveat]:
    """Say what a file of others' cannot tell."""
    if result.origin == "fio":
        yield Caveat(
            code="only_flushes",
            message="fio's output tells of flushes only: backend commits, joining nodes, the cluster "
            "class, the device and the machine were not judged",
            advice=MEASURE_IT,
        )
    if result.origin == "metrics":
        yield Caveat(
            code="live_load",
            message="this is what a live etcd's disk did so far, under that etcd's own load: it tells "
            "nothing of a higher one, of joining nodes, or of the device",
            advice="for those measure a disk of the same kind: etcdbench run PATH",
        )
    streams = [stream for run in result.runs for stream in run.streams if stream.blocks]
    if any(stream.edges_ns for stream in streams):
        yield Caveat(
            code="ranges",
            message="only percentiles are known: what lies between two of them is a range"
            if result.origin == "fio"
            else "etcd's buckets know a latency only as a range: anything from 8.1 to 15.9 ms "
            "reads alike",
            advice="run fio with --output-format=json+, which keeps every latency"
            if result.origin == "fio"
            else "where the limit lies within a range only measuring helps: etcdbench run PATH",
        )
    if result.is_foreign and all(len(stream.blocks) == 1 for stream in streams):
        yield Caveat(
            code="one_block",
            message="when the flushes were is unknown, so that each counts as independent; slow ones "
            "come together, and the truth is less certain than the intervals say",
            advice="take several pages of metrics, or let fio report with --output-format=json+ --status-interval=1",
        )
