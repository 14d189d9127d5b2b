"""A watch in words."""

import re

import msgspec
import pytest
from rich.console import Console, RenderableType

from etcdbench import terminal
from etcdbench.assessment import assess
from etcdbench.diskstats import DiskCounters
from etcdbench.monitor import Monitor
from etcdbench.monitor_view import bars, clock, line, panel, summary
from etcdbench.stretches import Reading
from etcdbench.system import Stall
from watches import STALL, result_of_watch, samples, stretch

BEGAN = "2026-11-24T18:00:00.500+00:00"


def text(*parts: RenderableType) -> str:
    """Render as a terminal of 100 columns shows it, without what pads lines."""
    console = Console(width=100, color_system=None)
    with console.capture() as capture:
        for part in parts:
            console.print(part)
    return "\n".join(row.rstrip() for row in capture.get().splitlines())


def monitor_after(*flush_ms: int, with_etcd: bool = True) -> Monitor:
    """Build a monitor that has seen seconds of ten flushes with so many milliseconds in all."""
    monitor = Monitor(
        interval_seconds=1.0, metrics_url="http://x/metrics", disks=("sda",), needs_flushes=True
    )
    total = 0
    for second, added in enumerate((0, *flush_ms)):
        total += added
        counters = DiskCounters(
            busy_ms=20 * second,
            bytes_written=40_960 * second,
            writes=20 * second,
            write_ms=0,
            flushes=10 * second,
            flush_ms=total,
        )
        io = Stall(some_us=50_000.0 * second, full_us=20_000.0 * second)
        monitor.take(Reading(at_seconds=second, disks={"sda": counters}, io=io))
        if with_etcd:
            monitor.take_page(samples(wal={2: 100 * second}, commit={8: 10 * second}), second)
    return monitor


def test_a_moment_is_told_in_utc_to_the_second() -> None:
    """As logs have it, so that they can be held together."""
    assert clock(BEGAN, 3661.0) == "2026-11-24T19:01:01Z"


def test_a_reading_is_one_line() -> None:
    """Each figure with its name, so that it can be searched for."""
    assert line(monitor_after(30), BEGAN) == (
        "2026-11-24T18:00:01Z, flush 3.00 ms (10), write <50.0 µs, busy 2 %, "
        "io some 5 % full 2 %, etcd wal 1.99 ms commit 7.96 ms"
    )


def test_what_is_not_known_is_a_dash() -> None:
    """No figure is made up."""
    monitor = Monitor(interval_seconds=1, metrics_url="-", disks=(), needs_flushes=True)
    for second in (0, 1):
        monitor.take(Reading(at_seconds=second, disks={}, io=Stall()))

    assert line(monitor, BEGAN).endswith(
        "flush - (0), write -, busy -, io some - full -, etcd wal - commit -"
    )


def test_a_stall_is_told_in_its_line() -> None:
    """With the writers, as soon as they are known."""
    monitor = monitor_after(30, 5000)
    monitor.name_writers(STALL.writers, 12.0)

    assert line(monitor, BEGAN).endswith(
        "STALL at 2026-11-24T18:00:01Z: 500 ms (flush); wrote most in 12.0 s: rsync (42) 1.20 GB"
    )


def test_a_name_cannot_command_the_terminal() -> None:
    """Anybody may name a process as he likes."""
    monitor = monitor_after(5000)
    evil = msgspec.structs.replace(STALL.writers[0], name="\x1b[2Jevil\n")
    monitor.name_writers((evil,), 12.0)

    assert "?[2Jevil?" in line(monitor, BEGAN)
    assert "\x1b" not in text(panel(monitor, result_of_watch()))


def test_the_panel_shows_now_the_last_minute_and_all() -> None:
    """And the worst stalls."""
    shown = text(panel(monitor_after(20, 5000, 40), result_of_watch()))

    assert "/var/lib/etcd watched for 3.00 s" in shown
    assert re.search(r"flush of the disk, mean +4.00 ms +169 ms +169 ms", shown)
    assert re.search(r"flush, worst reading +4.00 ms +500 ms +500 ms", shown)
    assert "WAL fsync 1.99 ms, backend commit 7.96 ms" in shown
    assert "1 stall, the worst:" in shown
    assert "2026-11-24T18:00:01Z for 1.00 s: 500 ms (flush)" in shown


def test_the_panel_does_without_etcd() -> None:
    """It says so."""
    assert "etcd's metrics: none now" in text(
        panel(monitor_after(20, with_etcd=False), result_of_watch())
    )


@pytest.mark.parametrize(("count", "drawn"), [(0, 0), (1, 1), (70, 70), (71, 36), (720, 66)])
def test_the_bars_fit_on_a_line(count: int, drawn: int) -> None:
    """A long watch takes several stretches for each bar."""
    assert len(bars(stretch(second) for second in range(count))) == drawn


def test_the_worst_stretch_of_a_bar_is_drawn() -> None:
    """A peak is not averaged away; where nothing was flushed there is nothing."""
    quiet = [stretch(second) for second in range(139)]
    peak = stretch(139, flush_worst_seconds=2.0)

    assert bars([*quiet, peak])[-1] == "█"
    assert bars([stretch(0, flush_worst_seconds=None)]) == " "


def test_the_summary_tells_verdict_course_stalls_and_the_next_step() -> None:
    """In this order."""
    result = result_of_watch(
        wal={4: 100}, commit={8: 100}, stalls=(STALL,), stall_count=1, etcd_restarts=1
    )
    watched = result.watched
    assert watched is not None
    shown = text(*summary(assess(result, result_file="w.json"), result, watched))

    assert shown.index("WARN  etcd kept its limits while it was watched") < shown.index("WAL fsync")
    assert "watched for 10.0 s, a reading each 1.00 s; 3 pages of http" in shown
    assert "etcd was started anew once" in " ".join(shown.split())
    assert re.search(r"flush of the disk, mean +2.00 ms", shown)
    assert "2026-11-24T18:00:03Z for 2.00 s: 310 ms (flush)" in shown
    assert shown.index("rsync (42)") < shown.index("next: `etcdbench doctor /var/lib/etcd`")
    assert shown.rstrip().endswith("kept in w.json")


def test_a_report_of_a_watch_claims_no_load_of_ours() -> None:
    """The load was a live etcd's."""
    result = result_of_watch(wal={4: 100}, commit={8: 100})

    assert "load: that of a live etcd" in text(*terminal.disk_lines(result))
    assert "etcd kept its limits" in terminal.headline(assess(result, result_file=None), result)
