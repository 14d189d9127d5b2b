"""Results side by side."""

import msgspec
import pytest

from etcdbench.comparison import compare
from etcdbench.errors import UsageError
from etcdbench.model import Verdict
from fakes import device
from results import result


def test_the_better_disk_ranks_first() -> None:
    """Both are fit; the tail decides."""
    found = compare({"slow": result(1000), "fast": result(400, seed=2)})

    assert [(row.name, row.rank, row.tied) for row in found.rows] == [
        ("fast", 1, False),
        ("slow", 2, False),
    ]
    ratio = found.rows[1].slower_than_best
    assert ratio is not None
    assert ratio.low < 2.5 < ratio.high


def test_a_verdict_counts_more_than_a_tail() -> None:
    """A disk that fails is last, and says why."""
    found = compare({"failing": result(8000), "well": result(500)})

    assert [row.verdict for row in found.rows] == [Verdict.PASS, Verdict.FAIL]
    assert "10.0 ms" in found.rows[1].because


def test_a_tie_is_called_a_tie() -> None:
    """The same disk twice."""
    found = compare({"a": result(500, seed=1), "b": result(500, seed=2)})

    assert [(row.rank, row.tied) for row in found.rows] == [(1, True), (1, True)]


def test_too_little_data_is_no_difference() -> None:
    """A few seconds cannot rank."""
    found = compare({"a": result(500), "b": result(5000, seconds=5)}, anyway=True)

    assert found.rows[1].slower_than_best is None


def test_kinds_of_disks_are_grouped_with_their_spread() -> None:
    """Two SATA SSDs and an NVMe SSD."""
    nvme = device("nvme0n1", bus="nvme")
    found = compare(
        {"a": result(500), "b": result(900, seed=2), "c": result(300, disk=nvme, seed=3)}
    )

    assert [(group.device, len(group.names)) for group in found.groups] == [
        ("NVMe SSD", 1),
        ("SATA SSD", 2),
    ]
    sata = found.groups[1]
    assert sata.wal_p99_low_seconds is not None
    assert sata.wal_p99_high_seconds is not None
    assert sata.wal_p99_low_seconds < sata.wal_p99_high_seconds


def test_what_was_not_measured_alike_is_refused_or_said() -> None:
    """Only --anyway compares it."""
    other = msgspec.structs.replace(result(500), origin="fio")
    with pytest.raises(UsageError):
        compare({"a": result(500), "b": other})

    assert [d.field for d in compare({"a": result(500), "b": other}, anyway=True).differences] == [
        "where it comes from"
    ]
