"""What the kernel's and etcd's log tell of disks, as symptoms. Pure functions."""

import collections
import shlex
from collections.abc import Callable, Iterator

from etcdbench import advice, limits
from etcdbench.diagnosis import Symptom, Weight
from etcdbench.disk_model import DiskFacts, LogLine, Place, holding
from etcdbench.log_meanings import (
    EtcdKind,
    KernelTrouble,
    etcd_trouble,
    is_about,
    kernel_trouble,
    took_seconds,
)
from etcdbench.units import format_seconds, listed

EXAMPLE_CHARACTERS = 160


def etcd_slow_fdatasync(facts: DiskFacts) -> Iterator[Symptom]:
    """Report flushes over a second that etcd itself has seen."""
    lines = _of_etcd(facts, "slow_fdatasync")
    if lines:
        yield _from_etcd(
            lines,
            code="etcd_slow_fdatasync",
            weight="cause",
            what='etcd logged "slow fdatasync"',
            why="etcd itself waited over one second for a flush, as long as its election timeout: "
            "the leader may be lost, and the API stands still meanwhile",
            steps=(
                "see when, and what else happened then: journalctl --since -1h, or the pod's log",
                _measure(facts),
                "move what else writes there (images, logs, virtual machines) to another disk",
                advice.DEFAULT,
            ),
            reference=limits.SLOW_FDATASYNC_SOURCE,
        )


def etcd_out_of_space(facts: DiskFacts) -> Iterator[Symptom]:
    """Report an etcd that refuses writes because its quota, or its filesystem, is full."""
    lines = _of_etcd(facts, "no_space")
    if lines:
        yield _from_etcd(
            lines,
            code="etcd_out_of_space",
            weight="cause",
            what="etcd has run out of space",
            why="it refuses every write until there is room and the alarm is taken back",
            steps=(
                "see alarms and size: etcdctl alarm list; etcdctl endpoint status -w table",
                "take a backup: etcdctl snapshot save FILE (on another disk)",
                "then compact, defragment and disarm as the guide says, one member at a time",
            ),
            reference=limits.SPACE_GUIDE,
        )


def etcd_late_heartbeats(facts: DiskFacts) -> Iterator[Symptom]:
    """Report heartbeats that the leader sent late."""
    lines = _of_etcd(facts, "late_heartbeat")
    if lines:
        yield _from_etcd(
            lines,
            code="etcd_late_heartbeats",
            weight="hint",
            what='etcd logged "failed to send out heartbeat on time"',
            why="the leader itself was over 200 ms late, which is not the network's doing: its "
            "disk was slow, or it had no CPU",
            steps=("see whether CPU was short: vmstat 1 5, columns r and st",),
            reference=limits.LATE_HEARTBEAT_SOURCE,
        )


def etcd_slow_applies(facts: DiskFacts) -> Iterator[Symptom]:
    """Report requests that took etcd over 100 ms."""
    lines = _of_etcd(facts, "slow_apply")
    if lines:
        yield _from_etcd(
            lines,
            code="etcd_slow_applies",
            weight="hint",
            what='etcd logged "apply request took too long"',
            why="requests took over 100 ms: they waited for a commit to the disk, for CPU, or they "
            "read very much at once",
            steps=("see whether CPU was short: vmstat 1 5, columns r and st", _measure(facts)),
            reference=limits.SLOW_APPLY_SOURCE,
        )


def kernel_errors(facts: DiskFacts) -> Iterator[Symptom]:
    """Report reads, writes and flushes that failed or timed out, by device.

    Loop devices are left out: their numbers are used again and again, so that a line may be about
    a former one, and what fails below them is told of the disk that the file is on.
    """
    for device, lines in _by_device(facts, "error").items():
        if device.startswith("loop"):
            continue
        held = _held(device, facts)
        disk = held[0].disks[0] if held else device
        yield Symptom(
            code="kernel_io_errors",
            side="disk",
            weight="cause" if held else "hint",
            seen=f"the kernel reports failed or timed-out I/O on "
            f"{holding(device, held)}: {_times(lines)}, as in: {_example(lines[0].text)}",
            why="a disk, cable or adapter that fails holds up everybody who waits for it, often for "
            "half a minute at a time, and may lose data",
            steps=(
                "back up etcd to another disk now: etcdctl snapshot save FILE",
                f"read all of it: dmesg -T | grep -w {device}",
                f"ask the disk for its health: smartctl -a /dev/{disk}",
                "try another cable, port or adapter (and its power supply); then replace the disk",
            ),
            reference=limits.SMART_GUIDE,
        )


def kernel_resets(facts: DiskFacts) -> Iterator[Symptom]:
    """Report USB disks that were reset."""
    for device, lines in _by_device(facts, "reset").items():
        held = _held(device, facts)
        if held:
            yield Symptom(
                code="kernel_resets",
                side="disk",
                weight="hint",
                seen=f"USB device {holding(device, held)}, was reset: {_times(lines)}",
                why="during a reset every request to that disk waits; once at boot is harmless",
                steps=(
                    "see when: dmesg -T | grep -i reset",
                    "try another port, cable or power supply",
                    "if it goes on, turn UAS off for this adapter (`usb-storage.quirks=`)",
                    "give etcd a disk on SATA or NVMe",
                ),
                reference=limits.HARDWARE_GUIDE,
            )


def hung_tasks(facts: DiskFacts) -> Iterator[Symptom]:
    """Report programs that the kernel itself found hanging."""
    found = _by_device(facts, "hung")
    if found:
        lines = [line for each in found.values() for line in each]
        yield Symptom(
            code="hung_tasks",
            side="disk",
            weight="hint",
            seen=f"the kernel found {listed(found)} hanging for minutes: {_times(lines)}",
            why="a task that waits so long mostly waits for a disk or a file server",
            steps=("see what they wait for: dmesg -T | grep -A20 'blocked for more than'",),
            reference=limits.HUNG_TASK_GUIDE,
        )


def _measure(facts: DiskFacts) -> str:
    """Say how to measure etcd's disk beside it."""
    paths = [place.path for place in facts.places if place.role == "etcd"]
    path = next(iter(paths), "/var/lib/etcd")
    return f"measure its disk gently: etcdbench run {shlex.quote(path)} --beside-etcd"


# --- lines --------------------------------------------------------------------------------------


def _of_etcd(facts: DiskFacts, kind: EtcdKind) -> list[LogLine]:
    return [line for line in facts.etcd_lines if etcd_trouble(line.text) == kind]


def _from_etcd(
    lines: list[LogLine],
    *,
    code: str,
    weight: Weight,
    what: str,
    why: str,
    steps: tuple[str, ...],
    reference: str,
) -> Symptom:
    took = max((took_seconds(line.text) or 0.0 for line in lines), default=0.0)
    longest = f", at most {format_seconds(took)}" if took else ""
    return Symptom(
        code=code,
        side="disk",
        weight=weight,
        seen=f"{what}: {_times(lines)}{longest}",
        why=why,
        steps=steps,
        reference=reference,
    )


def _by_device(facts: DiskFacts, kind: str) -> dict[str, list[LogLine]]:
    """Return the lines of one kind by the device that they name."""
    found: dict[str, list[LogLine]] = collections.defaultdict(list)
    for line in facts.kernel_lines:
        trouble: KernelTrouble | None = kernel_trouble(line.text)
        if trouble and trouble.kind == kind:
            found[trouble.device].append(line)
    return dict(found)


def _held(device: str, facts: DiskFacts) -> tuple[Place, ...]:
    return tuple(place for place in facts.places if is_about(device, place.log_names))


def _times(lines: list[LogLine]) -> str:
    """Say how often, and when last."""
    count = "once" if len(lines) == 1 else f"{len(lines)} times, last"
    last = min(line.age_seconds for line in lines)
    return f"{count} {_age(last)} ago"


def _age(seconds: float) -> str:
    """Give an age in the largest unit of which there are two."""
    units = ((3600, "hours"), (60, "minutes"), (1, "seconds"))
    found = next((one for one in units if seconds >= 2 * one[0]), None)
    return f"{seconds / found[0]:.0f} {found[1]}" if found else "a second"


def _example(text: str) -> str:
    return text if len(text) <= EXAMPLE_CHARACTERS else text[:EXAMPLE_CHARACTERS] + "..."


CHECKS: tuple[Callable[[DiskFacts], Iterator[Symptom]], ...] = (
    etcd_slow_fdatasync,
    kernel_errors,
    etcd_out_of_space,
    etcd_late_heartbeats,
    etcd_slow_applies,
    kernel_resets,
    hung_tasks,
)
