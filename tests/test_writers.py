"""Who writes most, from recorded /proc."""

from pathlib import Path

from etcdbench.watch_model import Writer
from etcdbench.writers import SPACING_SECONDS, STALL_SPACING_SECONDS, Writers, written
from trees import write_files

IO = "rchar: 1\nwchar: 2\nsyscr: 3\nsyscw: 4\nread_bytes: 5\nwrite_bytes: {written}\ncancelled_write_bytes: 9\n"


def write_process(root: Path, pid: int, written_bytes: int, name: str = "rsync") -> None:
    """Add a process, or change what it has written."""
    files = {"io": IO.format(written=written_bytes), "comm": f"{name}\n"}
    write_files(root / f"proc/{pid}", files)


def writers(root: Path, *, cost_seconds: float = 0.0) -> Writers:
    """Build one whose every look costs so much CPU time."""
    spent = 0.0

    def cpu_seconds() -> float:
        nonlocal spent
        spent += cost_seconds
        return spent

    return Writers(root=root, cpu_seconds=cpu_seconds)


def test_the_largest_differences_come_first(tmp_path: Path) -> None:
    """What was written before does not count; a new process wrote all of its bytes."""
    write_process(tmp_path, 1, 10_000_000, "systemd")
    write_process(tmp_path, 20, 500)
    looker = writers(tmp_path)
    looker.keep_up(0.0)
    write_process(tmp_path, 20, 9_500)
    write_process(tmp_path, 21, 70_000, "etcd")
    write_process(tmp_path, 1, 10_000_001, "systemd")
    for pid in (30, 31):
        write_process(tmp_path, pid, 5_000)

    found = looker.busiest(7.0)
    assert found is not None
    assert found[1] == 7.0
    assert found[0][:2] == (
        Writer(name="etcd", pid=21, bytes_written=70_000),
        Writer(name="rsync", pid=20, bytes_written=9_000),
    )
    assert len(found[0]) == 3


def test_while_all_is_well_it_looks_seldom(tmp_path: Path) -> None:
    """The base is as old as the spacing says."""
    looker = writers(tmp_path)
    looker.keep_up(0.0)
    write_process(tmp_path, 20, 1_000)
    looker.keep_up(SPACING_SECONDS - 1)
    found = looker.busiest(SPACING_SECONDS - 1)
    assert found is not None
    assert [one.bytes_written for one in found[0]] == [1_000]

    looker.keep_up(SPACING_SECONDS)
    looker.keep_up(SPACING_SECONDS + 1)
    assert looker.busiest(SPACING_SECONDS + STALL_SPACING_SECONDS) == ((), STALL_SPACING_SECONDS)


def test_a_stall_that_goes_on_is_not_looked_at_all_the_time(tmp_path: Path) -> None:
    """Once in four seconds is enough, and seldomer where a look is dear."""
    cheap, dear = writers(tmp_path), writers(tmp_path, cost_seconds=0.3)

    assert [cheap.busiest(float(at)) is not None for at in range(7)] == [
        True,
        *[False] * 3,
        True,
        False,
        False,
    ]
    assert [dear.busiest(float(at)) is not None for at in range(7)] == [True, *[False] * 6]
    assert dear.busiest(101.0) is not None


def test_what_cannot_be_read_is_left_out(tmp_path: Path) -> None:
    """Another user's process, one that ended, and what is no process at all."""
    write_process(tmp_path, 20, 1_000)
    write_files(
        tmp_path, {"proc/meminfo": "", "proc/30/comm": "gone\n", "proc/31/io": "rchar: 1\n"}
    )

    assert dict(written(tmp_path)) == {20: 1_000}


def test_we_see_ourselves() -> None:
    """The real /proc has the files and the line."""
    assert dict(written(Path("/")))
