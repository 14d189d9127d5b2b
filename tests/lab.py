"""Simulated disks of known behaviour, for tests and benchmarks that find the workshop's lab.

The lab is not part of the project: `ETCDBENCH_LAB`, or `../shared/lab` beside the checkout. A
test that needs it is skipped, saying so, where it is not.
"""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Generator
from pathlib import Path

CONSUMER_SATA = "write_us=60 write_mbps=450 flush_us=1200 flush_mbps=200 sigma=0.5"
CONSUMER_NVME = "write_us=20 write_mbps=1500 flush_us=700 sigma=0.6 stall_p=0.002 stall_ms=15"
GOOD_NVME = "write_us=10 write_mbps=2500 flush_us=60 sigma=0.3"
HDD = "write_us=500 write_mbps=150 flush_us=4000 sigma=0.3"


FAIL_NAME = "fail-now"
HANG_NAME = "hang-now"


def lab_directory() -> Path | None:
    """Return where the lab is, None if it is not here."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "lab"
    folder = Path(os.environ.get("ETCDBENCH_LAB", beside))
    return folder if (folder / "simdisk.sh").is_file() else None


def why_no_lab() -> str | None:
    """Say why no simulated disk can be made here; None if it can."""
    if lab_directory() is None:
        return "the lab of simulated disks is not here"
    if os.geteuid() != 0:
        return "a simulated disk needs root"
    if not Path("/dev/fuse").exists() or shutil.which("gcc") is None:
        return "a simulated disk needs FUSE and a C compiler"
    if shutil.which("fusermount3") is None or shutil.which("pkg-config") is None:
        return "a simulated disk needs fuse3 and pkg-config"
    return None


def failing_copy(folder: Path, scratch: Path) -> Path:
    """Copy the lab, with a disk that can be made to fail or hang, and ext4 without a journal."""
    copy = scratch / "lab"
    copy.mkdir(exist_ok=True)
    script = (folder / "simdisk.sh").read_text()
    more = 'ext4-no-journal) mkfs.ext4 -q -O ^has_journal -E nodiscard "$dev";; xfs)'
    # A loop device goes when its last user has gone, which may be a moment later.
    down, again = "fusermount3 -u", "for _ in 1 2 3 4 5; do fusermount3 -u"
    end = '"$LAB/$n.fuse"; rm'
    script = script.replace(
        f"{down} {end}", f'{again} "$LAB/$n.fuse" && break; sleep 0.2; done; rm'
    )
    (copy / "simdisk.sh").write_text(script.replace("xfs)", more, 1))
    faults = (
        f'while(access("{scratch / HANG_NAME}",F_OK)==0)usleep(5000);'
        f'if(access("{scratch / FAIL_NAME}",F_OK)==0){{fuse_reply_err(r,EIO);return;}}'
    )
    source = (folder / "simdisk.c").read_text()
    for name in ("ll_write", "ll_fsync"):
        head, brace, rest = source.partition(f"static void {name}(")
        arguments, opening, body = rest.partition("{")
        source = f"{head}{brace}{arguments}{opening}{faults}{body}"
    (copy / "simdisk.c").write_text(source)
    return copy


@contextlib.contextmanager
def simulated_disk(
    scratch: Path, name: str, behaviour: str, *, filesystem: str = "ext4", size_mb: int = 4000
) -> Generator[Path, None, None]:
    """Mount a disk of known behaviour and give its mount point; it is gone in the end.

    While `FAIL_NAME` exists in `scratch`, every write and flush is an I/O error; while `HANG_NAME`
    does, none comes to its end.
    """
    folder = lab_directory()
    if folder is None:
        raise AssertionError("ask why_no_lab first")
    folder = failing_copy(folder, scratch)
    script, environment = str(folder / "simdisk.sh"), {**os.environ, "LAB": str(scratch)}
    up = subprocess.run(
        ["bash", script, "up", name, filesystem, str(size_mb), *behaviour.split()],
        env=environment,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Path(up.stdout.strip().splitlines()[-1])
    finally:
        subprocess.run(["bash", script, "down", name], env=environment, check=True)
