"""A burst, compiled: every write is in it once, in the phase that it belongs to."""

import itertools
from pathlib import PurePath

import pytest

from etcdbench import burst as bursts
from etcdbench import neighbours, profile
from etcdbench.burst import Burst, Bursts, Compiled
from etcdbench.histogram import Histogram
from etcdbench.jobfile import etcd_job
from etcdbench.join_model import Span, Write
from etcdbench.join_profile import Cni, Join
from etcdbench.schedule import START_DELAY_MS, Position

OVERHEAD_BYTES = 3 * 48 + 95


def join(cni: Cni) -> Join:
    """Return the model of a join."""
    found = profile.load(profile.JOINS[cni]).profile.join
    assert found is not None
    return found


def compiled(
    cni: Cni = "cilium",
    *,
    nodes: int = 5,
    quiet: float = 0.0,
    cut: float | None = None,
    flush_ms: int = 1,
    position: Position | None = None,
    jitter: float = 5.0,
    seed: int = 1,
) -> Compiled:
    """Compile a burst."""
    return bursts.compile_burst(
        join(cni),
        Burst(nodes=nodes, jitter_seconds=jitter, quiet_seconds=quiet, pull_seconds_max=cut),
        flushes=Histogram.from_bins({flush_ms * 1_000_000: 1}),
        commits=Histogram.from_bins({4_000_000: 1}),
        position=position or Position(database_pages=100),
        rng=bursts.rng_of(seed, 0),
    )


def written_bytes(burst: Compiled) -> int:
    """Return the bytes of WAL in the job's iologs."""
    job = etcd_job(burst.parts, cpu_share=0.0, fallocate=True, scratch=PurePath("/x"))
    return sum(
        int(line.split()[3])
        for name, text in job.iologs.items()
        if name.startswith("wal")
        for line in text.splitlines()
        if " write " in line
    )


@pytest.mark.parametrize(
    ("cni", "nodes", "total"),
    [
        ("flannel", 1, 374),
        ("flannel", 5, 718),
        ("flannel", 20, 2008),
        ("cilium", 1, 477),
        ("cilium", 5, 993),
        ("cilium", 20, 2928),
    ],
)
def test_the_job_writes_exactly_the_records_of_all_writes(cni: Cni, nodes: int, total: int) -> None:
    """Value, three copies of the key and 95 bytes each; the background's 120 s too."""
    model = join(cni)
    sizes = [
        kind.value_size_bytes
        for kind in model.objects
        for phase in model.phases
        for _ in range(nodes * kind.count(phase.name))
    ]
    background = total - len(sizes)
    values = sum(sizes) + background * model.background.value_size_bytes

    burst = compiled(cni, nodes=nodes, jitter=0.0)
    assert len(sizes) == nodes * model.writes_per_node()
    assert background == round(120 * model.background.rate_per_second)
    assert written_bytes(burst) == values + total * OVERHEAD_BYTES


def test_all_flushes_fall_into_their_phase() -> None:
    """Batches grow on a slow disk, and no flush leaves its phase."""
    burst = compiled(quiet=10.0, flush_ms=20)

    for span, part in zip(burst.spans[:-1], burst.parts[:-1], strict=True):
        for due in part.wal.due_ms + part.backend.due_ms:
            assert span.begin_seconds <= (due - START_DELAY_MS + 1) / 1000
            assert due < START_DELAY_MS + 1000 * span.end_seconds


def test_phases_write_on_where_the_one_before_ended() -> None:
    """One WAL and one database."""
    burst = compiled(quiet=10.0, position=Position(wal_offset_bytes=777, database_pages=300))

    assert burst.parts[0].wal.start_offset_bytes == 777
    assert burst.parts[0].backend.start_page == 300
    for earlier, later in itertools.pairwise(burst.parts):
        assert later.wal.start_offset_bytes == earlier.wal.start_offset_bytes + sum(
            earlier.wal.sizes_bytes
        )
        assert later.backend.start_page == earlier.backend.start_page + sum(
            earlier.backend.new_pages
        )


def test_sections_start_a_second_before_their_phase() -> None:
    """Long enough for fio, and not so long that its status waits for them."""
    assert [part.start_ms for part in compiled(quiet=10.0).parts] == [0, 9500, 17_500, 89_500]


def test_a_cut_burst_is_the_beginning_of_a_whole_one() -> None:
    """The same requests until then."""
    whole = compiled(quiet=5.0).parts[0].wal
    cut = compiled(quiet=5.0, cut=30.0)

    assert cut.parts[0].wal.due_ms == whole.due_ms
    assert len(cut.parts) == 3


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("cni", ["flannel", "cilium", "calico"])
def test_what_is_announced_bounds_what_is_written(cni: Cni, seed: int) -> None:
    """WAL and database."""
    burst = Burst(nodes=5, jitter_seconds=5.0, quiet_seconds=10.0)
    wal_max, backend_max = Bursts(join=join(cni), burst=burst, times=1).etcd_bytes_max()
    made = compiled(cni, quiet=10.0, seed=seed)
    grown = sum(sum(part.backend.new_pages) for part in made.parts)
    commits = sum(len(part.backend.due_ms) for part in made.parts)

    assert sum(sum(part.wal.sizes_bytes) for part in made.parts) <= wal_max
    assert (grown + commits * 6) * 4096 <= backend_max


def test_several_bursts_last_and_write_so_many_times_as_much() -> None:
    """But images take the room of one, since they are removed after each."""
    burst = Burst(nodes=2, jitter_seconds=0.0, quiet_seconds=10.0, topology="shared-disk")
    once, thrice = (Bursts(join=join("flannel"), burst=burst, times=times) for times in (1, 3))

    assert (once.seconds, thrice.seconds) == (130, 390)
    assert once.image_bytes == thrice.image_bytes
    assert once.image_bytes == neighbours.bytes_max(join("flannel"), nodes=2, scale=1.0)
    assert thrice.etcd_bytes_max()[0] == 3 * once.etcd_bytes_max()[0]


def test_the_same_seed_and_number_give_the_same_requests() -> None:
    """So that a real etcd can be given what fio was given."""
    burst = Burst(nodes=2, jitter_seconds=5.0)
    first, again, other = (
        bursts.requests_of(join("cilium"), burst, rng=bursts.rng_of(1, number))
        for number in (0, 0, 1)
    )

    assert first == again
    assert first != other


def test_a_write_after_the_last_phase_is_left_out() -> None:
    """One at its very end is not."""
    spans = (
        Span(name="quiet", begin_seconds=0.0, end_seconds=1.0),
        Span(name="pull", begin_seconds=1.0, end_seconds=3.0),
    )
    writes = [Write(due_seconds=due, value_size_bytes=1) for due in (0.5, 3.0, 3.001)]

    assert [write.due_seconds for write in bursts.cut(writes, spans)] == [0.5, 3.0]


@pytest.mark.parametrize("cut", [None, 30.0])
def test_the_last_phase_s_flushes_end_with_it(cut: float | None) -> None:
    """On a disk that keeps up, none is due later than the phase's end."""
    burst = compiled(quiet=10.0, cut=cut)
    begin, end = burst.spans[-1].begin_seconds, burst.spans[-1].end_seconds

    assert burst.parts[-1].wal.due_ms
    for due in burst.parts[-1].wal.due_ms:
        assert begin <= (due - START_DELAY_MS + 1) / 1000
        assert due <= START_DELAY_MS + 1000 * end


def test_on_a_disk_of_etcds_own_there_are_no_images() -> None:
    """Nothing is pulled there, and no neighbour is compiled."""
    burst = Burst(nodes=5, jitter_seconds=5.0)

    assert Bursts(join=join("cilium"), burst=burst, times=3).image_bytes == 0
    assert compiled().neighbours == ()


@pytest.mark.parametrize(("cni", "nodes", "seed"), [("flannel", 1, 41), ("cilium", 20, 7)])
def test_a_whole_burst_without_jitter_loses_no_write(cni: Cni, nodes: int, seed: int) -> None:
    """A group that begins just before the end reaches over it."""
    burst = Burst(nodes=nodes, jitter_seconds=0.0)
    load = bursts.requests_of(join(cni), burst, rng=bursts.rng_of(seed, 0))
    background = round((10 + 120) * join(cni).background.rate_per_second)

    assert len(load.due_seconds) == nodes * join(cni).writes_per_node() + background
