"""Bursts are run until the boundary is known, and then wider ones until they pass."""

import msgspec
import pytest

from etcdbench import profile, seeking
from etcdbench.burst import Burst, Bursts
from etcdbench.search import Answer

LARGEST = Burst(nodes=50, jitter_seconds=5.0)


class Disk:
    """Carries so many nodes within 5 s, and in proportion more within longer times."""

    def __init__(self, carries: int, *, unsure: bool = False, bytes_each: int = 0) -> None:
        """Remember every burst."""
        self.bursts: list[Burst] = []
        self._carries, self._unsure, self._bytes_each = carries, unsure, bytes_each

    def run(self, burst: Burst) -> None:
        """Run a burst."""
        self.bursts.append(burst)

    def answer(self) -> Answer:
        """Say what the last one shows."""
        last = self.bursts[-1]
        if self._unsure:
            return "unsure"
        return "pass" if last.nodes <= self._carries * last.jitter_seconds / 5 else "fail"

    def bytes_written(self) -> int:
        """Say what they have written."""
        return len(self.bursts) * self._bytes_each

    def seek(self) -> None:
        """Search."""
        seeking.seek(LARGEST, run=self.run, answer=self.answer, bytes_written=self.bytes_written)


def test_the_boundary_is_found_and_what_is_beyond_it_is_spread() -> None:
    """Ten pass within 5 s, and eleven within 15 s."""
    disk = Disk(10)
    disk.seek()
    last = disk.bursts[-1]

    assert {10, 11} <= {burst.nodes for burst in disk.bursts if burst.jitter_seconds == 5}
    assert (last.nodes, last.jitter_seconds) == (11, 15)


@pytest.mark.parametrize(("carries", "tried"), [(50, [50]), (0, [50, 1])])
def test_nothing_is_spread_where_all_or_none_pass(carries: int, tried: list[int]) -> None:
    """There is nothing just beyond the boundary."""
    disk = Disk(carries)
    disk.seek()

    assert [burst.nodes for burst in disk.bursts] == tried


def test_what_stays_unsure_is_tried_three_times() -> None:
    """And then the search goes on below it, down to one node and its neighbour."""
    disk = Disk(10, unsure=True)
    disk.seek()

    tried = [50, 1, 7, 3, 2]
    assert [burst.nodes for burst in disk.bursts] == [nodes for nodes in tried for _ in range(3)]


def test_a_search_ends_when_its_bytes_are_used_up() -> None:
    """The burst that goes over the limit is the last one."""
    disk = Disk(10, bytes_each=seeking.BYTES_MAX // 2 + 1)
    disk.seek()

    assert len(disk.bursts) == 2


def test_a_search_ends_when_its_time_is_used_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """No burst begins after that."""
    monkeypatch.setattr(seeking, "SECONDS_MAX", 0.0)
    disk = Disk(10)
    disk.seek()

    assert disk.bursts == []


def test_what_is_announced_bounds_what_is_written() -> None:
    """As many bursts as there is time for, and one over the limit of bytes."""
    join = profile.load("node-join-cilium").profile.join
    assert join is not None
    alone = Bursts(join=join, burst=LARGEST, times=1)
    shared = msgspec.structs.replace(
        alone, burst=msgspec.structs.replace(LARGEST, topology="shared-filesystem")
    )

    assert seeking.times_max(alone) == 14 + 1
    assert seeking.bytes_max(alone) == 15 * sum(alone.etcd_bytes_max())
    last = shared.image_bytes + sum(shared.etcd_bytes_max())
    assert seeking.bytes_max(shared) == seeking.BYTES_MAX + last
