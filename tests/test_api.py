"""What notebooks use."""

from pathlib import Path

import etcdbench
from etcdbench.model import Verdict
from etcdbench.store import encode
from results import result
from test_report_charts import joined


def test_a_result_is_read_judged_and_compared(tmp_path: Path) -> None:
    """The four functions together."""
    path = tmp_path / "a.json"
    path.write_bytes(encode(result(500)))
    read = etcdbench.read_result(path)

    assert etcdbench.assess(read).verdict is Verdict.PASS
    assert [row.name for row in etcdbench.compare({"a": read, "b": result(2000)}).rows] == [
        "a",
        "b",
    ]


def test_a_table_holds_each_flush_once() -> None:
    """A join's phases are rows of their own, and not told twice."""
    table = etcdbench.latency_table({"a": joined()})

    assert list(table.columns) == ["result", "host", "phase", "stream", "latency_ns", "count"]
    assert set(table["phase"]) == {"steady", "join-quiet", "join-pull"}
    assert table["count"].sum() == sum(
        stream.histogram().count for run in joined().runs for stream in run.streams
    )


def test_no_results_are_an_empty_table() -> None:
    """With its columns."""
    assert next(iter(etcdbench.latency_table({}).columns)) == "result"


def test_the_names_are_listed() -> None:
    """`dir` and tab completion know them."""
    assert {"read_result", "latency_table", "assess", "compare"} <= set(dir(etcdbench))
