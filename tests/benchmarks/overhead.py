"""What the program itself costs: start-up, CPU and memory beside fio, time to an answer.

By hand: python tests/benchmarks/overhead.py DIRECTORY. Takes about two minutes; nothing else should
run meanwhile.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

PROGRAM = [sys.executable, "-m", "etcdbench"]
STARTS = 7


def start_seconds(*arguments: str) -> float:
    """Return the median time of a call."""
    times: list[float] = []
    for _ in range(STARTS):
        began = time.perf_counter()
        subprocess.run([*PROGRAM, *arguments], check=True, capture_output=True)
        times.append(time.perf_counter() - began)
    return statistics.median(times)


class Sampler:
    """CPU time and memory of a process, and only while fio runs below it."""

    def __init__(self, pid: int) -> None:
        """Nothing sampled yet."""
        self._process = psutil.Process(pid)
        self._last: tuple[float, float] | None = None
        self.cpu_seconds = 0.0
        self.fio_seconds = 0.0
        self.rss_bytes = 0

    def sample(self) -> None:
        """Look once; a child that has just gone, or not yet come, ends the stretch."""
        try:
            measuring = any(child.name() == "fio" for child in self._process.children())
            times = self._process.cpu_times()
            rss = self._process.memory_info().rss
        except psutil.Error:
            return
        now, cpu = time.monotonic(), times.user + times.system
        if measuring and self._last:
            self.fio_seconds += now - self._last[0]
            self.cpu_seconds += cpu - self._last[1]
            self.rss_bytes = max(self.rss_bytes, rss)
        self._last = (now, cpu) if measuring else None


def measure(arguments: Sequence[str]) -> tuple[float, Sampler, dict[str, object]]:
    """Run a measurement and look at it ten times a second."""
    began = time.monotonic()
    with subprocess.Popen(
        [*PROGRAM, *arguments], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        sampler = Sampler(process.pid)
        while process.poll() is None:
            sampler.sample()
            time.sleep(0.1)
        out = process.stdout.read() if process.stdout else b""
    answer: dict[str, object] = json.loads(out)
    return time.monotonic() - began, sampler, answer


def main() -> None:
    """Measure and print a Markdown table."""
    directory = sys.argv[1]
    print("| what | measured | wanted |\n|---|---|---|")
    print(f"| `etcdbench --version` | {start_seconds('--version'):.3f} s | 0.15 s |")
    print(f"| `etcdbench --help` | {start_seconds('--help'):.3f} s | 0.15 s |")
    with tempfile.TemporaryDirectory() as scratch:
        for label, options, seconds in (
            ("run --quick", ["--quick"], 20),
            ("run --no-join", ["--no-join"], 75),
        ):
            output = str(Path(scratch) / "r.json")
            wall, sampler, answer = measure(
                ["run", directory, *options, "--json", "-o", output, "--force"]
            )
            share = sampler.cpu_seconds / sampler.fio_seconds
            print(f"| `{label}` ({answer['verdict']}) | {wall:.1f} s | {seconds} s |")
            print(f"| its CPU while fio runs | {share:.2%} of a core | 3 % |")
            print(f"| its memory while fio runs | {sampler.rss_bytes / 1e6:.0f} MB | 120 MB |")
            print(
                f"| bytes that fio wrote | {float(str(answer['bytes_written'])) / 1e6:.0f} MB | |"
            )


if __name__ == "__main__":
    main()
