"""What a gentle run does to a real etcd: its own WAL and commit p99 without us and beside us.

By hand: python tests/benchmarks/beside_etcd.py [REPEATS]. Needs etcd, etcdctl, and the lab of simulated
disks (ETCDBENCH_LAB). etcd is under load (class s, 150 requests a second) on a simulated consumer SATA
SSD all the time; we measure beside it in every second stretch. About two minutes a repeat.
"""

import contextlib
import json
import random
import sys
import tempfile
import time
from collections.abc import Generator
from pathlib import Path

import msgspec

import lab
from cli import call
from etcdbench import etcd, etcd_programs, metrics, profile
from etcdbench.background import Background
from etcdbench.process import StopRequest
from etcdbench.schedule import even_load
from etcdbench.units import format_seconds, format_share
from etcdbench.workspace import workspace

QUIET_SECONDS = 60.0
SETTLE_SECONDS = 5.0
STRETCHES_SECONDS = 300.0
"""What one repeat takes at most; the load goes on for as long."""


@contextlib.contextmanager
def loaded_etcd(folder: Path, *, seconds: float) -> Generator[etcd.Server, None, None]:
    """Run an etcd in a folder of its own, under load."""
    folder.mkdir()
    requests = profile.load("steady").profile.requests
    assert requests is not None
    load = even_load(requests, seconds=seconds, rng=random.Random(1))
    with (
        StopRequest().listen() as stop,
        workspace(folder, alone=True, on_leftover=print) as target,
        workspace(Path("/dev/shm"), alone=False, on_leftover=print) as scratch,
        etcd.serving(
            etcd_programs.find_etcd(None), target=target, scratch=scratch, stop=stop
        ) as server,
    ):
        file = scratch.path / "requests.json"
        file.write_bytes(msgspec.json.encode(load))
        client = Background(
            [sys.executable, "-m", "etcdbench.client", server.url, str(file)],
            cwd=scratch.path,
            keep_open=(scratch.lock_fd,),
            log=scratch.path / "client.log",
            environment={"PYTHONPATH": str(Path(etcd.__file__).parents[1])},
        )
        try:
            time.sleep(SETTLE_SECONDS)
            yield server
        finally:
            client.stop()


def row(label: str, before: metrics.Samples, after: metrics.Samples) -> str:
    """Return a line of the table."""
    wal = metrics.gained(before, after, metrics.WAL_FSYNC)
    commit = metrics.gained(before, after, metrics.BACKEND_COMMIT)
    cells = [label, f"{wal.histogram.count:,}", format_seconds(wal.mean_seconds)]
    for one in (wal, commit):
        p99_ns = one.histogram.etcd_quantile_ns(0.99)
        cells.append(format_seconds(None if p99_ns is None else p99_ns / 1e9))
    cells.append(format_share(wal.histogram.share_above(8_000_000)))
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Measure in turn and print a Markdown table."""
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 2
    print("| | etcd's WAL flushes | mean | WAL p99 | commit p99 | WAL over 8 ms |")
    print("|---|---|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        for number in range(1, repeats + 1):
            with (
                lab.simulated_disk(scratch, "disk", lab.CONSUMER_SATA) as mounted,
                loaded_etcd(mounted / "live", seconds=STRETCHES_SECONDS) as server,
            ):
                ours = mounted / "ours"
                ours.mkdir()
                first = server.scrape()
                time.sleep(QUIET_SECONDS)
                second = server.scrape()
                print(row(f"{number}: without us", first, second), flush=True)
                done = call(
                    "run",
                    ours,
                    "--beside-etcd",
                    "--metrics",
                    server.url,
                    "--quick",
                    "--json",
                    "-o",
                    scratch / f"{number}.json",
                )
                third = server.scrape()
                print(row(f"{number}: beside us", second, third), flush=True)
                answer = json.loads(done.stdout)
                wal = answer["histograms"]["wal.steady"]
                found = next(one for one in answer["checks"] if one["id"] == "live_etcd_wal")
                print(
                    f"\n{answer['verdict']}, {answer['wall_seconds']} s, {wal['count']} flushes of "
                    f"ours, {answer['bytes_written']} bytes; {found['because']}; "
                    f"{[one['message'] for one in answer['caveats'] if one['code'] == 'incomplete']}\n",
                    flush=True,
                )


if __name__ == "__main__":
    main()
