"""What logs tell becomes symptoms: of which device, how often, how long ago."""

import pytest

from doctors import facts, line, place
from etcdbench import log_checks
from etcdbench.diagnosis import Symptom
from etcdbench.disk_model import DiskFacts

IO_ERROR = "I/O error, dev {}, sector 70824 op 0x1:(WRITE) flags 0x800 phys_seg 1"


def symptoms(seen: DiskFacts) -> list[Symptom]:
    """Return what all checks say."""
    return [symptom for check in log_checks.CHECKS for symptom in check(seen)]


def test_silent_logs_say_nothing() -> None:
    """No line, no symptom."""
    assert symptoms(facts()) == []


@pytest.mark.parametrize(
    ("text", "code", "weight"),
    [
        ('{"msg":"slow fdatasync","took":"1.5s"}', "etcd_slow_fdatasync", "cause"),
        ('{"msg":"mvcc: database space exceeded"}', "etcd_out_of_space", "cause"),
        ('{"msg":"apply request took too long","took":"0.3s"}', "etcd_slow_applies", "hint"),
        ('{"msg":"failed to send out heartbeat on time"}', "etcd_late_heartbeats", "hint"),
    ],
)
def test_lines_of_etcd_have_their_weight(text: str, code: str, weight: str) -> None:
    """Slow flushes of its own are a cause; what may also be CPU is a hint."""
    (found,) = symptoms(facts(etcd_lines=(line(text),)))

    assert (found.code, found.weight, found.side) == (code, weight, "disk")


def test_the_worst_and_the_last_are_told() -> None:
    """How often, when last, and the longest."""
    lines = (
        line('{"msg":"slow fdatasync","took":"1.5s"}', age_seconds=1800),
        line('{"msg":"slow fdatasync","took":"3.2s"}', age_seconds=600),
    )
    (found,) = symptoms(facts(etcd_lines=lines))

    assert (
        found.seen == 'etcd logged "slow fdatasync": 2 times, last 10 minutes ago, at most 3.20 s'
    )


def test_the_advice_names_etcds_directory() -> None:
    """It can be pasted."""
    seen = facts(
        places=(place("etcd", path="/srv/etcd"),),
        etcd_lines=(line('{"msg":"slow fdatasync","took":"1.5s"}'),),
    )
    (found,) = symptoms(seen)

    assert any("etcdbench run /srv/etcd --beside-etcd" in step for step in found.steps)


@pytest.mark.parametrize(
    ("device", "weight"), [("sda", "cause"), ("sda1", "cause"), ("sdb", "hint")]
)
def test_io_errors_count_on_a_disk_that_holds_something(device: str, weight: str) -> None:
    """Elsewhere they are worth knowing."""
    (found,) = symptoms(facts(kernel_lines=(line(IO_ERROR.format(device)),)))

    assert (found.code, found.weight) == ("kernel_io_errors", weight)
    assert device in found.seen


def test_a_port_of_the_disk_counts_as_the_disk() -> None:
    """The kernel speaks of ata3 when the drive there does not answer."""
    seen = facts(
        places=(place("etcd", log_names=("sda1", "sda", "ata3")),),
        kernel_lines=(line("ata3.00: failed command: WRITE FPDMA QUEUED"),),
    )
    (found,) = symptoms(seen)

    assert found.weight == "cause"
    assert "smartctl -a /dev/sda" in " ".join(found.steps)


def test_errors_of_loop_devices_are_left_out() -> None:
    """Their numbers are used again: it may have been another file."""
    assert symptoms(facts(kernel_lines=(line(IO_ERROR.format("loop0")),))) == []


def test_each_device_is_told_once() -> None:
    """With the number of its lines."""
    lines = tuple(line(IO_ERROR.format(name)) for name in ("sda", "sda", "sda", "sdb"))
    found = symptoms(facts(kernel_lines=lines))

    assert [one.weight for one in found] == ["cause", "hint"]
    assert "3 times" in found[0].seen
    assert "once" in found[1].seen


def test_resets_of_usb_disks_are_hints() -> None:
    """Of those that hold something."""
    reset = line("usb 2-1: reset SuperSpeed USB device number 2 using xhci_hcd")
    on_usb = (place("etcd", log_names=("sda", "2-1")),)
    (found,) = symptoms(facts(places=on_usb, kernel_lines=(reset,)))

    assert (found.code, found.weight) == ("kernel_resets", "hint")
    assert symptoms(facts(kernel_lines=(reset,))) == []


def test_hung_tasks_are_named() -> None:
    """All in one hint."""
    lines = tuple(
        line(f"INFO: task {name}:7 blocked for more than 120 seconds.") for name in ("etcd", "sshd")
    )
    (found,) = symptoms(facts(kernel_lines=lines))

    assert (found.code, found.weight) == ("hung_tasks", "hint")
    assert "etcd and sshd" in found.seen


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "a second"), (90, "90 seconds"), (600, "10 minutes"), (7200, "2 hours")],
)
def test_ages_are_short(seconds: float, words: str) -> None:
    """In the largest unit of which there are two."""
    assert log_checks._age(seconds) == words


def test_long_lines_are_cut() -> None:
    """A symptom is a sentence."""
    (found,) = symptoms(facts(kernel_lines=(line(IO_ERROR.format("sda") + "x" * 1000),)))

    assert len(found.seen) < 400
