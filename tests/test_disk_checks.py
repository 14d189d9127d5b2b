"""Slow and silent disks are recognised; a healthy host has no cause."""

import pytest

from doctors import PRESSED, activity, facts, place, silent
from etcdbench import disk_checks
from etcdbench.diagnosis import Symptom
from etcdbench.disk_model import DiskActivity, DiskFacts, Stalls, WaitingTask
from fakes import device

FLUSHING = WaitingTask(thread_id=7, name="etcd", wchan="jbd2_log_wait_commit")


def causes(seen: DiskFacts) -> list[str]:
    """Return the codes of all causes."""
    return [one.code for one in disk_checks.symptoms(seen) if one.weight == "cause"]


def hints(seen: DiskFacts) -> list[str]:
    """Return the codes of all hints."""
    return [one.code for one in disk_checks.symptoms(seen) if one.weight == "hint"]


def only(seen: DiskFacts, code: str) -> Symptom:
    """Return the one symptom of a code."""
    (found,) = (one for one in disk_checks.symptoms(seen) if one.code == code)
    return found


def test_a_healthy_host_has_no_cause() -> None:
    """Also while much is written, as long as flushes are quick."""
    assert causes(facts()) == []
    assert causes(facts(io=PRESSED)) == []


def test_slow_flushes_under_pressure_are_a_cause() -> None:
    """The sentence names figure, disk, and all that is on it."""
    found = only(
        facts(
            io=PRESSED,
            places=(place("etcd"), place("journal"), place("root")),
            activity=(activity(flush_mean_seconds=0.085),),
        ),
        "slow_flushes",
    )

    assert (found.side, found.weight) == ("disk", "cause")
    assert found.seen == (
        "flushes take 85.0 ms on average on sda, which holds etcd, the journal and the root "
        "filesystem"
    )
    assert found.why.startswith("programs waited for disks 60.0 % of the time")
    assert found.steps[0].startswith("see ")


@pytest.mark.parametrize(
    ("changes", "weight"),
    [
        ({"io": Stalls(some=0.01, full=0.0)}, "hint"),
        ({"io": Stalls(some=0.10, full=0.0)}, "cause"),
        ({"io": Stalls(some=0.06, full=0.05)}, "cause"),
        ({"places": (place("containerd"),), "io": PRESSED}, "hint"),
        ({"places": (place("journal"),), "io": PRESSED}, "cause"),
        ({"io": Stalls()}, "cause"),  # the kernel does not say: 20 flushes of 85 ms fill 1.7 s
    ],
    ids=["idle", "some", "full", "images alone", "journal alone", "no PSI"],
)
def test_slow_flushes_need_somebody_who_waits(changes: dict[str, object], weight: str) -> None:
    """And a place that a node cannot do without."""
    seen = facts(**{"activity": (activity(flush_mean_seconds=0.085),), **changes})

    assert only(seen, "slow_flushes").weight == weight


@pytest.mark.parametrize(
    "one",
    [
        activity(flush_mean_seconds=0.0066),
        activity(flush_mean_seconds=0.03, flushes=3),  # 4.5 % of the time
        activity(flushes=None, flush_mean_seconds=None),
    ],
    ids=["quick", "rare", "not counted"],
)
def test_quick_or_rare_flushes_are_nothing(one: object) -> None:
    """10 ms are 1.5 flushes of 6.7 ms, and a few flushes of an idle disk tell little."""
    assert causes(facts(io=PRESSED, activity=(one,))) == []
    assert "slow_flushes" not in hints(facts(io=PRESSED, activity=(one,)))


def test_flushes_are_slow_from_where_etcds_limit_is_lost() -> None:
    """An fdatasync takes longer than one flush of the disk."""
    assert causes(facts(io=PRESSED, activity=(activity(flush_mean_seconds=0.0067),))) == [
        "slow_flushes"
    ]


@pytest.mark.parametrize(
    ("what", "one"),
    [
        ("reads", activity(read_mean_seconds=0.15)),
        ("writes", activity(write_mean_seconds=0.15)),
    ],
)
def test_slow_requests_under_pressure_are_a_cause(what: str, one: DiskActivity) -> None:
    """Where even the mean is as long as a heartbeat interval."""
    seen = facts(io=PRESSED, activity=(one,))

    assert causes(seen) == ["slow_requests"]
    both = activity(flush_mean_seconds=0.085, write_mean_seconds=0.15)
    assert causes(facts(io=PRESSED, activity=(both,))) == ["slow_flushes"]
    assert only(seen, "slow_requests").seen.startswith(f"{what} take 150 ms on average on sda")


def test_a_disk_that_finishes_nothing_is_a_cause() -> None:
    """Its requests wait at both looks."""
    seen = facts(io=PRESSED, activity=(silent(unanswered=4),))

    assert causes(seen) == ["disk_silent"]
    assert causes(facts(activity=(silent(unanswered=4),))) == []  # nobody waits for it


def test_a_flush_that_hangs_is_seen_by_who_waits_for_it() -> None:
    """The kernel does not count it as in flight."""
    hanging = {"io": PRESSED, "waiting": (FLUSHING,), "activity": (silent(),)}
    elsewhere = (silent(), activity("sdb"))

    assert causes(facts(**hanging)) == ["disk_silent"]
    assert causes(facts(**{**hanging, "activity": elsewhere})) == []
    assert causes(facts(**{**hanging, "io": Stalls(some=0.4, full=0.0)})) == []
    assert causes(facts(**{**hanging, "waiting": ()})) == []


def test_other_disks_are_hints() -> None:
    """A slow or silent disk for backups does not make a login hang."""
    slow = activity("sdb", write_mean_seconds=0.5)
    dead = silent("sdc", unanswered=1)
    seen = facts(io=PRESSED, activity=(activity(), slow, dead))

    assert causes(seen) == []
    assert {"slow_elsewhere", "disk_silent"} <= set(hints(seen))


def test_pressure_without_a_slow_disk_is_a_hint() -> None:
    """And none where a disk explains it, or nothing waits."""
    slow = (activity(flush_mean_seconds=0.085),)

    assert "waiting_for_io" in hints(facts(io=PRESSED))
    assert "waiting_for_io" not in hints(facts(io=PRESSED, activity=slow))
    assert "waiting_for_io" not in hints(facts())


@pytest.mark.parametrize(
    ("wchan", "meaning"),
    [
        ("jbd2_log_wait_commit", "ext4's journal"),
        ("xlog_wait_on_iclog", "XFS's log"),
        ("nfs_wait_bit_killable", "file server"),
        ("balance_dirty_pages", "writers have to wait"),
        ("blk_mq_get_tag", "queue is full"),
        (None, "cannot even be killed"),
    ],
)
def test_waiting_tasks_are_explained(wchan: str | None, meaning: str) -> None:
    """By the kernel function that they wait in, where we may see it."""
    seen = facts(waiting=(WaitingTask(thread_id=1, name="sshd", wchan=wchan),))
    found = only(seen, "tasks_waiting")

    assert meaning in found.why
    assert "sshd" in found.seen


def test_the_advice_fits_the_disk() -> None:
    """And what can be kept off it is named."""
    on_card = place("etcd", devices=(device("sda", bus="sd"),))
    slow = (activity(flush_mean_seconds=0.085),)
    steps = only(facts(places=(on_card, place("containerd")), activity=slow), "slow_flushes").steps

    assert any("keep container images off" in step for step in steps)
    assert "eMMC" in steps[-1]


def test_figures_are_given_for_healthy_disks_too() -> None:
    """Whoever reads `neither` wants to know what was looked at."""
    waits, disk = disk_checks.looked_at(facts())

    assert "2 %" in waits
    assert "flushes of 1.00 ms (20)" in disk
    assert disk_checks.looked_at(facts(io=Stalls(), activity=(activity("sdz"),))) == ()
    assert "no request ended" in disk_checks.looked_at(facts(activity=(silent(),)))[1]


def test_every_check_has_a_code_of_its_own_name() -> None:
    """Codes are an interface: they are found in the documents by the name of their check."""
    assert len({check.__name__ for check in disk_checks.CHECKS}) == len(disk_checks.CHECKS)
