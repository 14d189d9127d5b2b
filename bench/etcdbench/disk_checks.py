"""What was seen of the disks, as symptoms. Pure functions, one for each way to be in trouble.

The disk is to blame where much waits for I/O *and* the disk that holds etcd, the journal or the
root filesystem is slow; where logs tell of failed or slow I/O; where a filesystem is nearly full;
where memory is short and swap is used. The rest are hints. Limits and sources: `limits`.
"""

import shlex
from collections.abc import Callable, Iterator

from etcdbench import advice, host_checks, limits, log_checks
from etcdbench.diagnosis import Symptom, Weight
from etcdbench.disk_model import DiskActivity, DiskFacts, Place, holding
from etcdbench.units import format_bytes, format_seconds, format_share, listed

Check = Callable[[DiskFacts], Iterator[Symptom]]

_BLAMED_ROLES = frozenset({"etcd", "journal", "root"})


def symptoms(facts: DiskFacts) -> tuple[Symptom, ...]:
    """Return everything that stands out, the most telling first."""
    return tuple(symptom for check in CHECKS for symptom in check(facts))


def looked_at(facts: DiskFacts) -> tuple[str, ...]:
    """Say in sentences what the figures were, healthy ones too."""
    waits = (
        f"waiting for disks: some task for {format_share(facts.io.some)} of the time, all tasks "
        f"for {format_share(facts.io.full)}"
    )
    known = () if facts.io.some is None else (waits,)
    ours = (one for one in facts.activity if facts.held_by(one.name))
    return (*known, *(_in_figures(one, facts) for one in ours))


def _in_figures(one: DiskActivity, facts: DiskFacts) -> str:
    """Say what a disk did."""
    counted = (
        (one.reads, "reads", one.read_mean_seconds),
        (one.writes, "writes", one.write_mean_seconds),
        (one.flushes or 0, "flushes", one.flush_mean_seconds),
    )
    # The kernel counts whole milliseconds.
    did = [
        f"{what} of {format_seconds(mean) if mean else 'under 1 ms'} ({count:,})"
        for count, what, mean in counted
        if count
    ]
    return (
        f"{holding(one.name, facts.held_by(one.name))}: busy {format_share(one.busy_share)} of "
        f"{format_seconds(facts.seconds)}, {format_bytes(one.bytes_written_per_second)}/s written; "
        f"{listed(did) or 'no request ended'}"
    )


# --- slow disks ---------------------------------------------------------------------------------


def disk_silent(facts: DiskFacts) -> Iterator[Symptom]:
    """Report a disk that was asked for something and finished nothing."""
    # A flush that hangs is not counted as in flight: who waits for it is all that is seen.
    stalled = (facts.io.some or 0.0) >= limits.SILENT_STALL_MIN and bool(facts.waiting)
    nothing_ends = not any(one.ended for one in facts.activity)
    for one in facts.activity:
        held = facts.held_by(one.name)
        if one.unanswered or (held and stalled and nothing_ends):
            yield Symptom(
                code="disk_silent",
                side="disk",
                weight=_weight(facts, held),
                seen=f"{holding(one.name, held)}, finished nothing in {format_seconds(facts.seconds)}"
                " although programs wait for it",
                why="whoever reads or writes there hangs until it answers: etcd, logins, and even "
                "`ls`; drives do so while they repair a sector, cables and adapters while they reset",
                steps=(
                    "see whether it answers again: etcdbench doctor",
                    f"look for resets and errors of {one.name}: dmesg -T | tail -50",
                    f"ask for its health, which may hang too: smartctl -a /dev/{one.name}",
                    "take a backup of etcd elsewhere as soon as it answers: etcdctl snapshot save",
                ),
                reference=limits.DISKSTATS_GUIDE,
            )


def slow_flushes(facts: DiskFacts) -> Iterator[Symptom]:
    """Report disks whose mean flush is over etcd's limit."""
    for one in facts.activity:
        held = facts.held_by(one.name)
        if not held or not _flushes_slowly(one, facts):
            continue
        yield Symptom(
            code="slow_flushes",
            side="disk",
            weight=_weight(facts, held),
            seen=f"flushes take {format_seconds(one.flush_mean_seconds)} on average on "
            f"{holding(one.name, held)}",
            why=f"{_pressure_words(facts)}etcd waits for one or two of them before it answers, "
            "and 99 of 100 times that should take under 10 ms; journald flushes, too, and logins "
            "wait for journald",
            steps=_relief(held),
            reference=limits.FAQ,
        )


def slow_requests(facts: DiskFacts) -> Iterator[Symptom]:
    """Report disks whose mean read or write takes longer than etcd's heartbeat interval.

    Where flushes are slow, they have said it already.
    """
    for one in facts.activity:
        held = facts.held_by(one.name)
        slow = one.slowest_mean_seconds >= limits.REQUEST_MEAN_LIMIT_SECONDS
        if not held or not slow or _flushes_slowly(one, facts):
            continue
        what = "reads" if one.slowest_mean_seconds == one.read_mean_seconds else "writes"
        yield Symptom(
            code="slow_requests",
            side="disk",
            weight=_weight(facts, held),
            seen=f"{what} take {format_seconds(one.slowest_mean_seconds)} on average on "
            f"{holding(one.name, held)}",
            why=f"{_pressure_words(facts)}that is as long as etcd's whole heartbeat interval; a "
            "login reads dozens of files, and waits as long for each that is not in memory",
            steps=_relief(held),
            reference=limits.TUNING_GUIDE,
        )


def slow_elsewhere(facts: DiskFacts) -> Iterator[Symptom]:
    """Report slow disks that hold nothing of the node's."""
    for one in facts.activity:
        slow = one.slowest_mean_seconds >= limits.REQUEST_MEAN_LIMIT_SECONDS
        if slow and not facts.held_by(one.name):
            yield Symptom(
                code="slow_elsewhere",
                side="disk",
                weight="hint",
                seen=f"{one.name} is slow, but holds nothing that Kubernetes or a login needs: "
                f"{format_seconds(one.slowest_mean_seconds)} a request",
                why="only programs that use that disk wait for it",
                steps=(f"see what uses it: lsblk /dev/{one.name}",),
                reference=limits.DISKSTATS_GUIDE,
            )


def waiting_for_io(facts: DiskFacts) -> Iterator[Symptom]:
    """Report high I/O pressure where no disk of ours is slow."""
    if not _is_pressed(facts) or any(
        symptom for check in (disk_silent, slow_flushes, slow_requests) for symptom in check(facts)
    ):
        return
    yield Symptom(
        code="waiting_for_io",
        side="disk",
        weight="hint",
        seen=f"programs wait for disks, some for {format_share(facts.io.some)} of the time, but "
        "no disk that holds etcd, the journal or the root filesystem is slow",
        why="something reads or writes a lot, a network filesystem is slow, or a container's I/O "
        "is limited; etcd is not hurt as long as flushes stay under 10 ms",
        steps=("see who waits and who writes: pidstat -d 1 5 (package sysstat)",),
        reference=limits.PRESSURE_GUIDE,
    )


def tasks_waiting(facts: DiskFacts) -> Iterator[Symptom]:
    """Report programs that were stuck at both readings, and in what."""
    if not facts.waiting:
        return
    names = listed(task.name for task in facts.waiting[:8])
    where = [task.wchan for task in facts.waiting if task.wchan]
    meant = dict.fromkeys(said for mark, said in _WAITS if any(mark in one for one in where))
    yield Symptom(
        code="tasks_waiting",
        side="disk",
        weight="hint",
        seen=f"stuck at both looks, {facts.seconds:.0f} s apart: {names}"
        + (f"; in {listed(where[:8])}" if where else ""),
        why="; ".join(meant) or "they wait for a disk or other hardware, and cannot even be killed",
        steps=("watch them: ps -eLo pid,stat,wchan:32,comm | grep ' D'",),
        reference=limits.WCHAN_GUIDE,
    )


# What a kernel function that tasks wait in stands for; the first marks are the most telling.
_WAITS = (
    ("nfs", "a file server on the network does not answer"),
    ("rpc_wait", "a file server on the network does not answer"),
    ("jbd2", "ext4's journal is being flushed, which everybody who changes a file waits for"),
    ("xlog", "XFS's log is being flushed, which everybody who changes a file waits for"),
    ("xfs_log", "XFS's log is being flushed, which everybody who changes a file waits for"),
    ("btrfs", "a transaction of btrfs is being written"),
    ("issue_flush", "the disk is flushing its cache"),
    ("submit_bio_wait", "the disk is flushing its cache, or reads or writes"),
    ("balance_dirty", "more was written than the disk takes: writers have to wait"),
    ("rq_qos", "the kernel holds writers back, because the disk is slow"),
    ("get_tag", "the disk's queue is full"),
    ("writeback", "the disk is writing"),
    ("folio_wait", "the disk is reading or writing"),
    ("raid", "a RAID waits for its disks"),
    ("md_write", "a RAID waits for its disks"),
)


def _is_pressed(facts: DiskFacts) -> bool:
    """Say whether much waits for I/O; where the kernel does not count it, whether a disk is busy."""
    if facts.io.some is None:
        busiest = max(
            (
                max(one.busy_share, one.flush_total_seconds / facts.seconds)
                for one in facts.activity
                if facts.held_by(one.name)
            ),
            default=0.0,
        )
        return busiest >= limits.STALL_SOME_MIN
    return facts.io.some >= limits.STALL_SOME_MIN or (facts.io.full or 0.0) >= limits.STALL_FULL_MIN


def _blamed(held: tuple[Place, ...]) -> bool:
    return any(place.role in _BLAMED_ROLES for place in held)


def _weight(facts: DiskFacts, held: tuple[Place, ...]) -> Weight:
    """A slow disk is a cause only while something waits, and where a node needs it."""
    return "cause" if _blamed(held) and _is_pressed(facts) else "hint"


def _flushes_slowly(one: DiskActivity, facts: DiskFacts) -> bool:
    """Say whether a disk's mean flush is over etcd's limit, and not of a few flushes only."""
    return (
        (one.flush_mean_seconds or 0.0) >= limits.FLUSH_MEAN_LIMIT_SECONDS
        and one.flush_total_seconds >= limits.FLUSH_SHARE_MIN * facts.seconds
    )


def _pressure_words(facts: DiskFacts) -> str:
    if facts.io.some is None:
        return ""
    return f"programs waited for disks {format_share(facts.io.some)} of the time; "


def _relief(held: tuple[Place, ...]) -> tuple[str, ...]:
    """Say what helps, what changes nothing first."""
    first = held[0]
    others = [place.called for place in held if place.role in {"containerd", "kubelet"}]
    apart = (
        f"keep {listed(others)} off etcd's disk: a disk of its own for either"
        if others and any(place.role == "etcd" for place in held)
        else None
    )
    steps = (
        "see who writes: pidstat -d 1 5 (package sysstat), or iotop -oPa",
        f"measure the disk when it is quiet: etcdbench run {shlex.quote(first.path)} --beside-etcd",
        "stop what writes most, for now: image pulls, backups, virtual machines",
        apart,
        advice.for_slow_flushes(first),
    )
    return tuple(step for step in steps if step)


CHECKS: tuple[Check, ...] = (
    disk_silent,
    slow_flushes,
    slow_requests,
    *log_checks.CHECKS,
    *host_checks.CHECKS,
    waiting_for_io,
    slow_elsewhere,
    tasks_waiting,
)
"""All checks; causes come first in the diagnosis, in this order."""
