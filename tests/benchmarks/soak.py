"""Faults that take too long for the tests: 200 SIGKILLs, 50 stop signals, a disk that hangs for 30 s.

By hand: python tests/benchmarks/soak.py DIRECTORY. Takes about twenty minutes. The hangs need the lab of
simulated disks (ETCDBENCH_LAB) and are left out without it. What fails, raises.
"""

import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import lab
from cli import complaint, fio_processes, left_behind, start, wait_for_fio
from etcdbench import store
from faults import demand_nothing_left, end_somewhere, suspend

KILLS = 200
SIGNALS = 50
LATEST_SECONDS = 3.0
HANG_SECONDS = 30.0
SUSPENDED_SECONDS = 10.0


def sigkills(disk: Path, scratch: Path) -> str:
    """Kill the parent, fio, or both, at random moments."""
    rng = random.Random(1)
    for number in range(1, KILLS + 1):
        said = end_somewhere(
            disk,
            scratch / "r.json",
            rng,
            victims=rng.choice(("parent", "fio", "both")),
            number=signal.SIGKILL,
            seconds_max=LATEST_SECONDS,
        )
        assert "Traceback" not in said, said
        if not number % 10:  # whatever one start leaves, no later one of these removes either
            demand_nothing_left(disk, scratch / "r.json")
    return f"{KILLS} SIGKILLs of parent, fio or both: survived"


def stop_signals(disk: Path, scratch: Path) -> str:
    """Send SIGINT or SIGTERM at random moments: nothing is left, without another start."""
    rng = random.Random(2)
    for _ in range(SIGNALS):
        said = end_somewhere(
            disk,
            scratch / "r.json",
            rng,
            victims="parent",
            number=rng.choice((signal.SIGINT, signal.SIGTERM)),
            seconds_max=LATEST_SECONDS,
        )
        assert "etcdbench: interrupted" in said or not fio_ran(said), said
        assert left_behind(disk) == []
        assert fio_processes(disk) == []
    demand_nothing_left(disk, scratch / "r.json")
    return f"{SIGNALS} SIGINTs and SIGTERMs: survived"


def fio_ran(said: str) -> bool:
    """Say whether a run came so far: before that, Python itself may be what is interrupted."""
    return "takes about" in said


def suspended(disk: Path, scratch: Path) -> str:
    """Suspend fio, then the parent, then both, for ten seconds."""
    reasons: list[str] = []
    for victims in ("fio", "parent", "both"):
        output = scratch / f"{victims}.json"
        with start("run", disk, "--quick", "-o", output) as process:
            fio = wait_for_fio(disk)[0]
            time.sleep(2)
            ids = {"fio": (fio,), "parent": (process.pid,), "both": (process.pid, fio)}[victims]
            suspend(*ids, seconds=SUSPENDED_SECONDS)
            process.communicate(timeout=60)
        assert process.returncode == 4
        assert left_behind(disk) == []
        reasons.append(store.read(output).interrupted or "")
        assert "suspended" in reasons[-1]
    return f"suspended for {SUSPENDED_SECONDS:.0f} s (fio, parent, both): {'; '.join(reasons)}"


def hang(scratch: Path) -> str:
    """Let a disk hang under load, then answer again: the stall is found, and nothing is left."""
    with lab.simulated_disk(scratch, "disk", lab.GOOD_NVME) as mounted:
        output = scratch / "hang.json"
        with start("run", mounted, "--no-join", "--json", "-o", output) as process:
            wait_for_fio(mounted)
            time.sleep(12)
            (scratch / lab.HANG_NAME).touch()
            time.sleep(HANG_SECONDS)
            (scratch / lab.HANG_NAME).unlink()
            out, err = process.communicate(timeout=300)
        left = left_behind(mounted)
    answer = json.loads(out)
    longest = next(one for one in answer["checks"] if one["id"] == "wal_stall_election")
    assert (process.returncode, answer["verdict"]) == (3, "fail"), err
    assert left == ["lost+found"]
    return f"a hang of {HANG_SECONDS:.0f} s: {answer['verdict']}, {longest['because']}"


def hang_and_interrupt(scratch: Path) -> str:
    """Let a disk hang and press Ctrl-C meanwhile: said, kept, and nothing is left afterwards."""
    with lab.simulated_disk(scratch, "disk", lab.GOOD_NVME) as mounted:
        output = scratch / "interrupted.json"
        with start("run", mounted, "--no-join", "-o", output) as process:
            wait_for_fio(mounted)
            time.sleep(12)
            (scratch / lab.HANG_NAME).touch()
            time.sleep(2)
            process.send_signal(signal.SIGINT)
            time.sleep(HANG_SECONDS)
            kept = store.read(output)
            (scratch / lab.HANG_NAME).unlink()
            out, err = process.communicate(timeout=60)
        left = left_behind(mounted)
    wrong, _ = complaint(subprocess.CompletedProcess((), process.returncode, out, err))
    assert process.returncode == 130, err
    assert kept.interrupted
    assert left == ["lost+found"]
    return f"Ctrl-C while the disk hangs: {wrong}; {len(kept.runs)} runs had been kept"


def main() -> None:
    """Cause every fault and say what came of it."""
    disk = Path(sys.argv[1])
    # A shell lets what it puts into the background ignore SIGINT, and that is inherited.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        for on_a_disk in (suspended, stop_signals, sigkills):
            began = time.monotonic()
            print(f"- {on_a_disk(disk, scratch)} ({time.monotonic() - began:.0f} s)", flush=True)
        for on_a_simulated_disk in (hang, hang_and_interrupt) if lab.why_no_lab() is None else ():
            print(f"- {on_a_simulated_disk(scratch)}", flush=True)


if __name__ == "__main__":
    main()
