"""Results of disks of known speed, for tests that compare or show them."""

import random

import msgspec

from etcdbench.machine import Device
from etcdbench.model import Result, Settings, Stream
from fakes import device, result_of, run_of, stream, target

US = 1_000


def scattered(name: str, median_us: float, *, seconds: int, rate: int, seed: int) -> Stream:
    """Build a stream whose latencies scatter as a healthy disk's do."""
    draw = random.Random(seed)
    blocks: list[dict[int, int]] = []
    for _ in range(seconds):
        block: dict[int, int] = {}
        for _ in range(rate):
            latency = max(round(median_us * draw.lognormvariate(0, 0.4)), 1) * US
            block[latency] = block.get(latency, 0) + 1
        blocks.append(block)
    return stream(name, blocks)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def result(
    median_us: float = 500.0,
    *,
    host: str = "node1",
    disk: Device | None = None,
    seconds: int = 45,
    seed: int = 1,
) -> Result:
    """Build the result of a disk with that median flush; commits take three times as long."""
    steady = run_of(
        "steady",
        scattered("wal", median_us, seconds=seconds, rate=150, seed=seed),
        scattered("commit", 3 * median_us, seconds=seconds, rate=9, seed=seed + 1000),
    )
    settings = Settings(profile="steady", load="s")
    made = result_of(steady, target=target(disk or device()), settings=settings)
    machine = msgspec.structs.replace(made.environment, hostname=host)
    return msgspec.structs.replace(made, environment=machine)
