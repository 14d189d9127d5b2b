"""Full and read-only filesystems, short memory, worn disks, shared disks."""

import pytest

from doctors import facts, place
from etcdbench import host_checks
from etcdbench.diagnosis import Symptom
from etcdbench.disk_model import DiskFacts, Stalls, SwapArea, Wear

GB = 1_000_000_000
SWAP = (SwapArea(name="/dev/sda3", used_bytes=2 * GB),)
SHORT = Stalls(some=0.5, full=0.3)


def symptoms(seen: DiskFacts, *, code: str) -> list[Symptom]:
    """Return what all checks say under one code."""
    found = [symptom for check in host_checks.CHECKS for symptom in check(seen)]
    return [one for one in found if one.code == code]


def test_a_healthy_host_only_shares_its_disk() -> None:
    """Nothing else is said of it."""
    found = [one.code for check in host_checks.CHECKS for one in check(facts())]

    assert found == ["disk_shared"]


@pytest.mark.parametrize(
    ("changes", "weight"),
    [
        ({"free_bytes": 4 * GB}, "cause"),
        ({"free_bytes": 9 * GB}, "hint"),
        ({"inodes_free": 10}, "cause"),
    ],
)
def test_a_nearly_full_filesystem_is_a_cause(changes: dict[str, object], weight: str) -> None:
    """Under 5 % of 100 GB, or of the inodes; under 10 % the kubelet evicts."""
    (found,) = symptoms(facts(places=(place(**changes),)), code="filesystem_full")  # type: ignore[arg-type]

    assert (found.weight, found.side) == (weight, "disk")
    assert found.seen.startswith("/, which holds etcd, has only")


def test_a_filesystem_is_told_once_with_all_that_is_on_it() -> None:
    """Not once for each place."""
    both = (place("etcd", free_bytes=GB), place("root", free_bytes=GB))
    (found,) = symptoms(facts(places=both), code="filesystem_full")

    assert "etcd and the root filesystem" in found.seen


@pytest.mark.parametrize(
    "changes",
    [
        {"free_bytes": 0, "mount_options": ("ro",)},  # an image is always full
        {"size_bytes": None, "free_bytes": None, "inodes": None, "inodes_free": None},
        {"size_bytes": 0, "free_bytes": 0, "inodes": None, "inodes_free": None},
    ],
    ids=["image", "unknown", "without a size"],
)
def test_room_that_does_not_count(changes: dict[str, object]) -> None:
    """No room is asked for where none can be used, or none is known."""
    seen = facts(places=(place("root", **changes),))  # type: ignore[arg-type]

    assert symptoms(seen, code="filesystem_full") == []


def test_a_read_only_filesystem_is_a_cause() -> None:
    """Unless it is the root of a system that is made so."""
    options = ("relatime", "ro")
    (found,) = symptoms(
        facts(places=(place("etcd", mount_options=options),)), code="filesystem_read_only"
    )
    root = facts(places=(place("root", mount_options=options),))

    assert found.weight == "cause"
    assert symptoms(root, code="filesystem_read_only") == []


def test_short_memory_with_swap_is_a_cause() -> None:
    """Everything waits for its pages."""
    (found,) = symptoms(facts(memory=SHORT, swaps=SWAP, swapped_pages=1234), code="swap_thrash")

    assert found.weight == "cause"
    assert "2.00 GB in swap and 1,234 pages" in found.seen


def test_swap_in_memory_is_no_disk() -> None:
    """It only packs what is in memory."""
    packed = (SwapArea(name="/dev/zram0", used_bytes=2 * GB),)

    assert symptoms(facts(memory=SHORT, swaps=packed), code="swap_thrash") == []
    assert symptoms(facts(memory=SHORT, swaps=packed), code="memory_short") != []
    assert symptoms(facts(swaps=packed), code="swap_in_use") == []


def test_short_memory_alone_and_swap_alone_are_hints() -> None:
    """Either may be harmless for the disk."""
    (short,) = symptoms(facts(memory=SHORT), code="memory_short")
    (used,) = symptoms(facts(swaps=SWAP), code="swap_in_use")

    assert {short.weight, used.weight} == {"hint"}
    assert symptoms(facts(swaps=(SwapArea(name="/swap", used_bytes=0),)), code="swap_in_use") == []


@pytest.mark.parametrize(
    ("wear", "words"),
    [
        (Wear(disk="sda", passed=False), "health check fails"),
        (Wear(disk="sda", passed=True, used_percent=97), "97 % of its rated endurance"),
        (Wear(disk="sda", spare_percent=5, spare_threshold_percent=10), "only 5 %"),
        (Wear(disk="sda", media_errors=3), "3 reads or writes"),
        (Wear(disk="sda", pending_sectors=8), "8 sectors cannot be read"),
        (Wear(disk="sda", reallocated_sectors=8), "8 sectors had to be replaced"),
    ],
)
def test_worn_disks_are_hints(wear: Wear, words: str) -> None:
    """In their own words."""
    (found,) = symptoms(facts(wear=(wear,)), code="disk_worn")

    assert found.weight == "hint"
    assert words in found.seen


def test_a_healthy_disk_is_not_mentioned() -> None:
    """With all figures that it gives."""
    new = Wear(
        disk="sda",
        passed=True,
        used_percent=3,
        spare_percent=100,
        spare_threshold_percent=10,
        media_errors=0,
        reallocated_sectors=0,
        pending_sectors=0,
    )

    assert symptoms(facts(wear=(new,)), code="disk_worn") == []


@pytest.mark.parametrize("option", ["sync", "nobarrier", "barrier=0", "data=journal", "dirsync"])
def test_options_that_matter_are_explained(option: str) -> None:
    """Slow or unsafe."""
    (found,) = symptoms(facts(places=(place(mount_options=("rw", option)),)), code="mount_options")

    assert f"`{option}`" in found.seen


def test_what_shares_etcds_disk_is_said() -> None:
    """And nothing where etcd has one of its own, or there is no etcd."""
    shared = facts(places=(place("etcd"), place("containerd"), place("journal"), place("root")))
    alone = facts(places=(place("etcd", "sdb"), place("root")))
    (found,) = symptoms(shared, code="disk_shared")

    assert found.seen == (
        "etcd shares sda with container images, the journal and the root filesystem"
    )
    assert symptoms(alone, code="disk_shared") == []
    assert symptoms(facts(places=(place("root"),)), code="disk_shared") == []
