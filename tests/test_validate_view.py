"""A validation in words, cells and tables."""

import io
import json

import msgspec
from rich.console import Console

from etcdbench import validate_view
from etcdbench.validate_view import Proof
from fakes import result_of
from proofs import proof


def test_the_json_object_has_the_names_of_the_interface() -> None:
    """Per metric: predicted, observed, recipe, repeatability, worst ratio, agreement."""
    answer = json.loads(msgspec.json.encode(proof()))
    wal = answer["metrics"]["wal_fsync"]

    assert set(answer["metrics"]) == {"wal_fsync", "backend_commit"}
    assert {
        "predicted",
        "observed",
        "recipe",
        "etcd_repeatability_ratio",
        "worst_ratio",
        "verdict_agrees",
    } <= set(wal)
    assert wal["predicted"]["count"] == 10_000
    assert wal["predicted"]["share_above"]["0.001"] == 0.1


def shown(proof: Proof) -> str:
    """Return what a terminal of 80 columns shows."""
    out = io.StringIO()
    console = Console(file=out, width=80, highlight=False, markup=False)
    for part in validate_view.blocks(proof, result_of()):
        console.print(part)
    return out.getvalue()


def test_every_part_is_shown_within_eighty_columns() -> None:
    """Both kinds of arrivals, both metrics, both verdicts."""
    text = shown(proof())

    assert max(len(line) for line in text.splitlines()) <= 80
    assert text.count("WAL fsync over") == text.count("backend commit over") == 2
    assert "Verdicts agree" in " ".join(text.split())
    assert "150.0, etcd 149.9" in " ".join(text.split())


def test_an_etcd_that_applies_beside_its_flushes_is_said_to() -> None:
    """In the terminal and in the JSON object; of one that waits nothing is said."""
    for version, said in (("3.5.1", True), ("3.5.16", False)):
        assert ("issue 14370" in " ".join(shown(proof(version)).split())) is said
        codes = [one["code"] for one in json.loads(msgspec.json.encode(proof(version)))["caveats"]]
        assert codes == (["applies_beside_flush"] if said else [])


def test_a_row_has_a_cell_for_each_heading() -> None:
    """The edge first; the ratio with its interval."""
    edge = proof().metrics["wal_fsync"].edges[0]
    cells = validate_view.edge_cells(edge)

    assert len(cells) == 1 + len(validate_view.HEADINGS)
    assert cells[:3] == ("1.00 ms", "10.0 %", "10.0 %")
    assert cells[3].startswith("1.00 (")
    assert cells[5] == "50.0 %"
