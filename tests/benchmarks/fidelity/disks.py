"""The disks of the campaign: what they cost, and the filesystem on them."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import lab
from benchmarks.fidelity.kept import OWN


@dataclass(frozen=True)
class Disk:
    """One disk of the campaign.

    Attributes:
        name: Its name in table and files.
        behaviour: Keys of the simulated disk; empty for the machine's own.
        filesystem: What is made on it.
    """

    name: str
    behaviour: str
    filesystem: str

    @contextmanager
    def mounted(self, scratch: Path, own: Path) -> Generator[Path, None, None]:
        """Give a directory on it."""
        if self.behaviour:
            with lab.simulated_disk(
                scratch, self.name, self.behaviour, filesystem=self.filesystem
            ) as path:
                yield path
        else:
            yield own


DISKS = (
    Disk(
        "nvme-with-power-loss-protection",
        "write_us=10 write_mbps=2500 flush_us=25 sigma=0.2 serial=0",
        "ext4",
    ),
    Disk("nvme-fast", "write_us=10 write_mbps=2500 flush_us=60 sigma=0.3", "xfs"),
    Disk(
        "nvme-mid-parallel", "write_us=15 write_mbps=2000 flush_us=400 sigma=0.5 serial=0", "btrfs"
    ),
    Disk(
        "nvme-small-cache",
        "write_us=20 write_mbps=1500 flush_us=300 sigma=0.4 cache_mb=64 slow_mbps=40 fill_mbps=2",
        "ext4",
    ),
    Disk("nvme-consumer-stalls", lab.CONSUMER_NVME, "ext4"),
    Disk("sata-data-centre", "write_us=50 write_mbps=450 flush_us=150 sigma=0.2", "xfs"),
    Disk("sata-consumer", lab.CONSUMER_SATA, "ext4"),
    Disk("sata-consumer-no-journal", lab.CONSUMER_SATA, "ext4-no-journal"),
    Disk("sata-consumer-xfs", lab.CONSUMER_SATA, "xfs"),
    Disk("sata-consumer-btrfs", lab.CONSUMER_SATA, "btrfs"),
    Disk(
        "sata-qlc-heavy-tail",
        "write_us=80 write_mbps=300 flush_us=2500 sigma=0.8 stall_p=0.005 stall_ms=60",
        "ext4",
    ),
    Disk(
        "network-volume",
        "write_us=800 write_mbps=150 flush_us=2000 sigma=0.15 serial=0",
        "xfs",
    ),
    Disk(
        "emmc",
        "write_us=300 write_mbps=40 flush_us=5000 sigma=0.6 stall_p=0.01 stall_ms=50",
        "ext4",
    ),
    Disk("hdd", lab.HDD, "ext4"),
    Disk("hdd-slow", "write_us=600 write_mbps=120 flush_us=15000 sigma=0.25", "ext4"),
    Disk(OWN, "", ""),
)

JOIN_DISKS = ("sata-consumer", "nvme-small-cache", "nvme-fast")
