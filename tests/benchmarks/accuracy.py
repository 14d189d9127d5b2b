"""Hold `etcdbench run` against a real etcd on four simulated disks; print a Markdown table.

By hand: python tests/benchmarks/accuracy.py [--rounds 5] [--only NAME]. A round takes about four
minutes. etcd and etcdbench alternate on the same mounted disk, so that drift of the machine is not
taken for error. Rounds are pooled, and go on until 400 of our own samples lie beyond every edge of
the WAL that counts; there are at least two.
"""

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import lab

DISKS = {
    "consumer SATA, ext4": (lab.CONSUMER_SATA, "ext4"),
    "consumer NVMe, ext4": (lab.CONSUMER_NVME, "ext4"),
    "consumer SATA, xfs": (lab.CONSUMER_SATA, "xfs"),
    "HDD, ext4": (lab.HDD, "ext4"),
}
EDGES = [f"{0.001 * 2**exponent:g}" for exponent in range(14)]
METRICS = {
    "wal": "etcd_disk_wal_fsync_duration_seconds",
    "commit": "etcd_disk_backend_commit_duration_seconds",
}

SHARE_MIN = 0.005
"""Edges beyond which etcd itself has fewer of its samples do not count."""

SAMPLES_BEYOND = 400

Counts = dict[str, dict[str, float]]
"""Stream -> `count` and bucket edge -> samples above it."""


def free_port() -> int:
    """Return a port that the kernel picked."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
    return port


def scrape(url: str) -> dict[str, float]:
    """Return etcd's metrics by name and labels."""
    with urllib.request.urlopen(f"{url}/metrics", timeout=5) as answer:
        text = answer.read().decode()
    pairs = (line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, value in pairs}


def observe(directory: Path, load: str) -> Counts:
    """Run a real etcd under `check perf` and return what its histograms gained."""
    data = directory / "etcd"
    client, peer = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
    etcd = subprocess.Popen(
        [
            "etcd", "--data-dir", str(data), "--listen-client-urls", client,
            "--advertise-client-urls", client, "--listen-peer-urls", peer,
            "--initial-advertise-peer-urls", peer, "--initial-cluster", f"default={peer}",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        for _ in range(100):
            try:
                before = scrape(client)
                break
            except OSError:
                time.sleep(0.1)
        else:
            raise SystemExit("etcd did not become ready")
        time.sleep(1)
        before = scrape(client)
        subprocess.run(
            ["etcdctl", "--endpoints", client, "check", "perf", "--load", load],
            env={**os.environ, "ETCDCTL_API": "3"},
            stdout=subprocess.DEVNULL,
            check=False,
        )
        after = scrape(client)
    finally:
        etcd.terminate()
        etcd.wait()
        shutil.rmtree(data, ignore_errors=True)
    counts: Counts = {}
    for stream, metric in METRICS.items():
        total = after[f"{metric}_count"] - before[f"{metric}_count"]
        counts[stream] = {"count": total}
        for edge in EDGES:
            key = f'{metric}_bucket{{le="{edge}"}}'
            counts[stream][edge] = total - (after[key] - before[key])
    return counts


def predict(directory: Path, load: str, scratch: Path) -> Counts:
    """Run etcdbench to its cap and return what it predicts."""
    done = subprocess.run(
        [
            sys.executable, "-m", "etcdbench", "run", str(directory), "--load", load, "--full",
            "--json", "-o", str(scratch / "result.json"), "--force",
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=False,
    )  # fmt: skip
    histograms = json.loads(done.stdout)["histograms"]
    counts: Counts = {}
    for stream in METRICS:
        shares = histograms[f"{stream}.steady"]
        counts[stream] = {"count": shares["count"]}
        for edge in EDGES:
            counts[stream][edge] = shares["share_above"][edge] * shares["count"]
    return counts


def pool(rounds: list[Counts]) -> Counts:
    """Add the rounds up."""
    return {
        stream: {key: sum(one[stream][key] for one in rounds) for key in rounds[0][stream]}
        for stream in METRICS
    }


def enough(observed: Counts, predicted: Counts) -> bool:
    """Say whether every edge of the WAL that counts has 400 of our own samples beyond it."""
    return all(
        predicted["wal"][edge] >= SAMPLES_BEYOND
        for edge in EDGES
        if observed["wal"][edge] / observed["wal"]["count"] >= SHARE_MIN
    )


def rows(name: str, observed: Counts, predicted: Counts) -> list[str]:
    """Return the table rows of a disk: every edge where etcd's share is at least 0.5 %."""
    lines: list[str] = []
    for stream in METRICS:
        for edge in EDGES:
            theirs = observed[stream][edge] / observed[stream]["count"]
            ours = predicted[stream][edge] / predicted[stream]["count"]
            if theirs < SHARE_MIN:
                continue
            lines.append(
                f"| {name} | {stream} | {float(edge) * 1000:g} ms | {theirs:.2%} | {ours:.2%} "
                f"| {ours / theirs:.2f} | {observed[stream][edge]:.0f} "
                f"| {predicted[stream][edge]:.0f} |"
            )
    return lines


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--load", default="s")
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    print("| disk | stream | above | etcd | etcdbench | ratio | etcd n | etcdbench n |")
    print("|---|---|---|---|---|---|---|---|", flush=True)
    for number, (name, (behaviour, filesystem)) in enumerate(DISKS.items()):
        if options.only not in name:
            continue
        with (
            tempfile.TemporaryDirectory() as scratch,
            lab.simulated_disk(
                Path(scratch), f"disk{number}", behaviour, filesystem=filesystem
            ) as mounted,
        ):
            observed: list[Counts] = []
            predicted: list[Counts] = []
            for _ in range(options.rounds):
                observed.append(observe(mounted, options.load))
                predicted.append(predict(mounted, options.load, Path(scratch)))
                if len(observed) > 1 and enough(pool(observed), pool(predicted)):
                    break
        print("\n".join(rows(name, pool(observed), pool(predicted))), flush=True)


if __name__ == "__main__":
    main()
