"""What limits the figures: seen, explained, with advice, and never on a clean machine."""

import msgspec
import pytest

from etcdbench import caveats
from etcdbench.join_result import JoinBurst, PhaseSpan
from etcdbench.machine import CgroupLimits, Device, LiveEtcd, MachineLoad
from etcdbench.model import Result, Settings
from fakes import device, result_of, run_of, stream, target

MS = 1_000_000
RUN = run_of("steady", stream("wal", [{MS: 150}] * 16))


def codes(result: Result) -> set[str]:
    """Return the codes of all caveats."""
    return {caveat.code for caveat in caveats.of(result)}


def joined(**changes: object) -> Result:
    """Build a result with a whole burst of which nothing is assumed, changed as asked."""
    facts: dict[str, object] = {
        "cni": "cilium",
        "nodes": 5,
        "jitter_seconds": 5.0,
        "topology": "dedicated",
        "spans": (
            PhaseSpan(name="quiet", begin_seconds=0.5, end_seconds=5.5),
            PhaseSpan(name="register", begin_seconds=5.5, end_seconds=13.5),
            PhaseSpan(name="pull", begin_seconds=13.5, end_seconds=43.5),
        ),
    }
    burst = JoinBurst(**{**facts, **changes})  # type: ignore[arg-type]
    return result_of(RUN, bursts=(burst,))


def test_a_plain_disk_on_a_quiet_machine_has_no_caveat() -> None:
    """Nothing is said where there is nothing to say."""
    assert codes(result_of(RUN)) == set()


@pytest.mark.parametrize(
    ("found", "code"),
    [
        (device("loop0", kind="loop", bus="unknown", backing_file="/x"), "device_loop"),
        (device("dm-0", kind="dm-crypt", bus="unknown"), "device_dm_crypt"),
        (device("dm-1", kind="lvm", bus="unknown"), "device_lvm"),
        (device("md0", kind="md", bus="unknown"), "device_md"),
        (device("mmcblk0", bus="sd"), "device_sd_bus"),
        (device("sdb", bus="usb"), "device_usb_bus"),
    ],
)
def test_every_special_device_is_named(found: Device, code: str) -> None:
    """What lies between etcd and the disk is said, with what it means."""
    assert codes(result_of(RUN, target=target(found))) == {code}


@pytest.mark.parametrize(
    ("filesystem", "code"),
    [
        ("nfs4", "network_filesystem"),
        ("overlay", "filesystem"),
        ("btrfs", "filesystem"),
        ("zfs", "filesystem"),
    ],
)
def test_every_special_filesystem_is_named(filesystem: str, code: str) -> None:
    """Network, layered and copying filesystems are told apart from ext4 and XFS."""
    assert codes(result_of(RUN, target=target(filesystem=filesystem))) == {code}


def test_a_missing_path_says_that_its_parent_was_measured() -> None:
    """With the hint to mount first."""
    found = result_of(RUN, target=target(path="/var/lib/etcd", measured_path="/var/lib"))

    assert codes(found) == {"parent_measured"}
    assert "mount it first" in caveats.of(found)[0].advice


def test_a_flush_too_fast_to_be_true_is_pointed_out() -> None:
    """5 µs do not reach any medium: a volatile cache, or power-loss protection."""
    assert codes(result_of(run_of("steady", stream("wal", [{5000: 150}] * 16)))) == {
        "flush_too_fast"
    }


@pytest.mark.parametrize(
    "limits",
    [
        CgroupLimits(io_max=("8:0 wbps=1048576",)),
        CgroupLimits(io_weight="10"),
        CgroupLimits(memory_max_bytes=500_000_000),
        CgroupLimits(cpu_max="50000 100000"),
    ],
)
def test_limits_of_our_own_group_are_named(limits: CgroupLimits) -> None:
    """A throttled measurement says so."""
    machine = msgspec.structs.replace(result_of().environment, cgroup=limits)

    assert codes(result_of(RUN, environment=machine)) == {"cgroup_limits"}


def test_a_disk_that_others_use_is_not_at_rest() -> None:
    """Half busy before we began."""
    machine = msgspec.structs.replace(result_of().environment, device_busy_share=0.5)

    assert codes(result_of(RUN, environment=machine)) == {"device_busy"}


@pytest.mark.parametrize(
    "load",
    [
        MachineLoad(cpu_busy_share=0.97),
        MachineLoad(cpu_steal_share=0.2),
        MachineLoad(cpu_stall_share=0.5),
    ],
)
def test_a_starved_cpu_is_recognised(load: MachineLoad) -> None:
    """Latencies then include waiting for the CPU."""
    assert codes(result_of(msgspec.structs.replace(RUN, machine=load))) == {"cpu_starved"}


def test_another_measurement_on_the_same_disk_is_told() -> None:
    """Each measured the other's load."""
    assert codes(result_of(RUN, msgspec.structs.replace(RUN, alone=False))) == {"two_runs"}


def test_many_catch_ups_are_told() -> None:
    """Five flushes in a hundred that etcd would have merged."""
    late = run_of("steady", stream("wal", [{MS: 100}] * 16, catch_up=80))

    assert codes(result_of(late)) == {"catch_up"}


def test_the_way_of_measuring_is_told() -> None:
    """Quick, recipe, beside etcd, cut off, without fallocate, logs on a disk: each has its word."""
    quick = result_of(RUN, settings=Settings(profile="steady", mode="quick"))
    gentle = result_of(
        RUN,
        settings=Settings(profile="steady", beside_etcd=True),
        live_etcd=(LiveEtcd(name="etcd", pid=7, because="x"),),
    )
    machine = msgspec.structs.replace(result_of().environment, scratch_filesystem="ext4")

    assert codes(quick) == {"wal_only"}
    assert codes(gentle) == {"beside_etcd", "etcd_unwatched"}
    assert codes(result_of(RUN, requests=None)) == {"recipe"}
    assert codes(result_of(RUN, interrupted="stopped")) == {"incomplete"}
    assert codes(result_of(RUN, target=target(fallocate=False))) == {"no_fallocate"}
    assert codes(result_of(RUN, environment=machine)) == {"scratch_on_disk"}


def test_a_whole_join_of_which_all_is_known_has_no_caveat() -> None:
    """It was neither cut nor scaled, and nothing is assumed."""
    assert codes(joined()) == set()


def test_a_join_that_was_cut_says_where_and_how_to_have_a_whole_one() -> None:
    """After 30 s of pulling; nothing was written beside etcd's files."""
    (cut,) = caveats.of(joined(cut=True))

    assert cut.code == "join_cut"
    assert "cut after 30.0 s of pulling" in cut.message
    assert "--join 5" in cut.advice
    assert "--topology auto" in cut.advice


def test_a_join_whose_images_were_scaled_down_says_how_much_was_written() -> None:
    """A quarter, for want of room."""
    (scaled,) = caveats.of(joined(topology="shared-disk", scale=0.25))

    assert scaled.code == "join_scaled"
    assert "only 25.0 % of the images' bytes" in scaled.message


def test_what_is_assumed_of_a_join_is_named() -> None:
    """The tables in the message, the profile to look at in the advice."""
    (assumed,) = caveats.of(joined(assumptions=("images: blobs", "Node: register, pull")))

    assert assumed.code == "join_assumed"
    assert "2 parts of the join's model" in assumed.message
    assert "profiles show node-join-cilium" in assumed.advice


def test_of_several_joins_the_last_one_is_told_of() -> None:
    """They are all alike, and one caveat is enough."""
    cut, whole = joined(cut=True).bursts[0], joined().bursts[0]

    assert codes(result_of(RUN, bursts=(cut, cut))) == {"join_cut"}
    assert len(caveats.of(result_of(RUN, bursts=(cut, cut)))) == 1
    assert codes(result_of(RUN, bursts=(cut, whole))) == set()


def test_every_caveat_has_a_message_and_advice() -> None:
    """A warning knows what to do next."""
    worst = result_of(
        run_of("steady", stream("wal", [{5000: 100}] * 16, catch_up=80)),
        requests=None,
        interrupted="stopped",
        target=target(device("md0", kind="md"), filesystem="zfs", fallocate=False),
    )

    for caveat in caveats.of(worst):
        assert caveat.message
        assert caveat.advice
