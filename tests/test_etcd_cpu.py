"""etcd's own CPU work, beside fio until it is ended."""

import subprocess
import sys
import time

import psutil

SHARE = 0.3
CPU_SECONDS = 0.5


def test_it_takes_its_share_of_a_core_in_short_pieces_and_never_ends() -> None:
    """No more than that, whatever its sleeps take; on a busy machine it may get less."""
    with subprocess.Popen(
        [sys.executable, "-m", "etcdbench.etcd_cpu", str(SHARE)], stdout=subprocess.PIPE, text=True
    ) as child:
        said = child.stdout.readline() if child.stdout else ""
        process = psutil.Process(child.pid)
        begun, spent = time.monotonic(), sum(process.cpu_times()[:2])
        switches = process.num_ctx_switches().voluntary
        cpu_seconds = 0.0
        while cpu_seconds < CPU_SECONDS and child.poll() is None and time.monotonic() < begun + 20:
            time.sleep(0.02)
            cpu_seconds = sum(process.cpu_times()[:2]) - spent
        elapsed_seconds, running = time.monotonic() - begun, child.poll() is None
        switches = process.num_ctx_switches().voluntary - switches
        child.kill()

    assert said == "working\n"
    assert running
    assert cpu_seconds >= CPU_SECONDS
    assert cpu_seconds <= SHARE * elapsed_seconds + 0.1
    assert switches > 20 * CPU_SECONDS / SHARE
