"""Two measurements on one disk know of each other, whatever their directories and users."""

import subprocess
import sys
from pathlib import Path

from etcdbench.rivals import Presence, present
from trees import write_files

HOLDER = (
    "from etcdbench.rivals import present\n"
    "with present(['{disk}']):\n    print('ready', flush=True); input()\n"
)


def test_a_measurement_on_another_disk_is_no_rival() -> None:
    """Nor are we our own."""
    with present(["test-sda"]) as ours, present(["test-sdb"]) as theirs:
        assert ours.alone()
        assert theirs.alone()


def test_both_see_each_other_and_only_while_both_run() -> None:
    """One of several disks is enough."""
    with present(["test-sda", "test-sdb"]) as first:
        with present(["test-sdb"]) as second:
            assert not first.alone()
            assert not second.alone()
        assert first.alone()


def test_another_process_is_seen_and_forgotten_when_it_is_killed() -> None:
    """The kernel cleans up after it; no file is left that could."""
    with (
        subprocess.Popen(
            [sys.executable, "-c", HOLDER.format(disk="test-sdc")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        ) as process,
        present(["test-sdc"]) as ours,
    ):
        assert process.stdout is not None
        process.stdout.readline()
        seen = not ours.alone()
        process.kill()
        process.wait()

        assert seen
        assert ours.alone()


def test_other_sockets_are_not_ours(tmp_path: Path) -> None:
    """Names that only look alike, files, and a kernel that tells nothing."""
    lines = ["Num RefCount", "0: 2 0 0 1 1 7 @etcdbench/vda", "0: 2 0 0 1 1 8 /run/etcdbench/vda/x"]
    own = "0123456789abcdef"
    assert Presence(["vda"], own, root=tmp_path).alone()
    write_files(tmp_path, {"proc/net/unix": "\n".join(lines) + "\n"})
    assert Presence(["vda"], own, root=tmp_path).alone()
    lines.append(f"0: 2 0 0 1 1 9 @etcdbench/vda/{own}")
    write_files(tmp_path, {"proc/net/unix": "\n".join(lines) + "\n"})
    assert Presence(["vda"], own, root=tmp_path).alone()
    assert not Presence(["vda"], "f" * 16, root=tmp_path).alone()
