"""When a live etcd must be let go: each ceiling by itself, and none where all is well."""

from pathlib import Path

import pytest

from etcdbench.etcd_watch import EtcdWatch
from etcdbench.guard import IO_FULL_SHARE_MAX, SILENCE_SECONDS, Guard
from etcdbench.metrics import WAL_FSYNC
from etcds import Clock, Etcd
from trees import add_thread, write_files

MS = 1_000_000


def pressure(root: Path, full_us: float) -> None:
    """Write how long all tasks have waited for I/O."""
    lines = [f"{kind} avg10=0 avg60=0 avg300=0 total={full_us:.0f}" for kind in ("some", "full")]
    write_files(root, {"proc/pressure/io": "\n".join(lines) + "\n"})


def look(
    guard: Guard, seconds: float, *, longest_ns: int | None = None, process_id: int | None = 7
) -> str:
    """Return why fio must be stopped; empty where it need not."""
    return guard.why_stop(seconds, longest_ns=longest_ns, process_id=process_id) or ""


def test_a_disk_that_is_well_is_never_a_reason(tmp_path: Path) -> None:
    """Ten minutes of flushes just below the ceiling, and half the time spent on I/O."""
    guard = Guard(root=tmp_path)
    for tick in range(1, 6000):
        pressure(tmp_path, tick * 50_000)
        add_thread(tmp_path, 8, "D", tick)
        assert look(guard, tick / 10, longest_ns=None if tick % 10 else 99 * MS) == ""


def test_a_flush_over_the_heartbeat_interval_is_one(tmp_path: Path) -> None:
    """fio says so itself."""
    guard = Guard(root=tmp_path)

    assert look(guard, 1.0, longest_ns=100 * MS) == ""
    assert "100 ms" in look(guard, 2.0, longest_ns=101 * MS)


def test_an_io_that_does_not_end_is_one_before_fio_can_say_so(tmp_path: Path) -> None:
    """Three looks after it began to wait."""
    guard = Guard(root=tmp_path)
    add_thread(tmp_path, 8, "S", 4)
    assert look(guard, 0.1) == ""
    add_thread(tmp_path, 8, "D", 5)

    assert look(guard, 0.2) == ""
    assert look(guard, 0.29) == ""
    assert "had not ended" in look(guard, 0.39)


def test_another_fio_starts_with_a_clean_sheet(tmp_path: Path) -> None:
    """Its clock begins anew, and so does its silence."""
    guard = Guard(root=tmp_path)
    add_thread(tmp_path, 8, "D", 5)
    pressure(tmp_path, 0)
    look(guard, 1.9)
    guard.begin()

    assert look(guard, 0.5) == ""
    assert look(guard, 0.6) == ""


@pytest.mark.parametrize(("share", "stops"), [(IO_FULL_SHARE_MAX - 0.05, False), (0.95, True)])
def test_a_machine_that_only_waits_is_one_within_a_second(
    tmp_path: Path, share: float, *, stops: bool
) -> None:
    """Of one whole second, wherever it begins; before that nothing is known."""
    guard = Guard(root=tmp_path)
    reasons: list[str] = []
    for tick in range(1, 13):
        pressure(tmp_path, 7_000_000 + tick * 100_000 * share)
        reasons.append(look(guard, tick / 10))

    assert reasons[:10] == [""] * 10
    assert ("all tasks waited" in reasons[-1]) is stops


def test_silence_is_one(tmp_path: Path) -> None:
    """Where nothing else tells."""
    guard = Guard(root=tmp_path)
    reasons = [look(guard, tick / 2) for tick in range(1, 8)]

    assert reasons[:-1] == [""] * 6
    assert f"for {SILENCE_SECONDS:.0f} s" in reasons[-1]


def test_that_nobody_looked_is_one(tmp_path: Path) -> None:
    """We were suspended, or waited for something: nobody knows what happened to etcd."""
    guard = Guard(root=tmp_path)
    look(guard, 0.1, longest_ns=MS)

    assert "did not run for 2.9 s" in look(guard, 3.0, longest_ns=MS)


def test_etcd_itself_is_asked(tmp_path: Path) -> None:
    """Its own flushes are a reason, too."""
    clock, etcd = Clock(), Etcd()
    guard = Guard(EtcdWatch("http://x", etcd.fetch, clock=clock), root=tmp_path)
    assert look(guard, 1.9) == ""
    clock.now_seconds += 2
    etcd.flush(WAL_FSYNC, 200 * MS)

    assert "etcd's own WAL" in look(guard, 2.0)
