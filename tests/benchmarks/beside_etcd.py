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

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import lab
from cli import call
from etcdbench import etcd, etcd_programs, metrics, profile
from etcdbench.background import Background
from etcdbench.schedule import even_load
from etcdbench.stopping import StopRequest
from etcdbench.units import format_seconds, format_share
from etcdbench.workspace import workspace

QUIET_SECONDS = 60.0
SETTLE_SECONDS = 5.0
REPEAT_SECONDS = 150.0
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


def beside_us(server: etcd.Server, disk: Path, output: Path) -> str:
    """Measure beside etcd; return in a sentence what came of it."""
    options = ("--beside-etcd", "--metrics", server.url, "--quick", "--json", "-o", output)
    done = call("run", disk, *options)
    if not done.stdout:
        return f"refused: {done.stderr.splitlines()[-2]}"
    answer = json.loads(done.stdout)
    ours = answer["histograms"].get("wal.steady", {"count": 0})
    found = next(one for one in answer["checks"] if one["id"] == "live_etcd_wal")
    cut = [one["message"] for one in answer["caveats"] if one["code"] == "incomplete"]
    said = [answer["verdict"], f"{ours['count']} flushes of ours", found["because"], *cut]
    return f"{answer['wall_seconds']:.0f} s: {'; '.join(said)}"


def main() -> None:
    """Measure in turn and print a Markdown table, then what each gentle run said."""
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 2
    said: list[str] = []
    print("| | etcd's WAL flushes | mean | WAL p99 | commit p99 | WAL over 8 ms |")
    print("|---|---|---|---|---|---|", flush=True)
    with (
        tempfile.TemporaryDirectory() as name,
        lab.simulated_disk(Path(name), "disk", lab.CONSUMER_SATA) as mounted,
        loaded_etcd(mounted / "live", seconds=repeats * REPEAT_SECONDS) as server,
    ):
        (mounted / "ours").mkdir()
        before = server.scrape()
        for number in range(1, repeats + 1):
            time.sleep(QUIET_SECONDS)
            quiet = server.scrape()
            print(row(f"{number}: without us", before, quiet), flush=True)
            said.append(beside_us(server, mounted / "ours", Path(name) / f"{number}.json"))
            before = server.scrape()
            print(row(f"{number}: beside us", quiet, before), flush=True)
    print("", *said, sep="\n")


if __name__ == "__main__":
    main()
