"""Lines of logs: what they tell of trouble, and what is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etcdbench.log_meanings import (
    EtcdKind,
    KernelTrouble,
    etcd_trouble,
    is_about,
    kernel_trouble,
    took_seconds,
)


@pytest.mark.parametrize(
    ("text", "kind", "device"),
    [
        (
            "I/O error, dev sda, sector 70824 op 0x1:(WRITE) flags 0x800 phys_seg 1",
            "error",
            "sda",
        ),
        ("blk_update_request: I/O error, dev nvme0n1, sector 7 op 0x0:(READ)", "error", "nvme0n1"),
        ("critical medium error, dev sdb, sector 12345 op 0x0:(READ)", "error", "sdb"),
        ("Buffer I/O error on dev dm-0, logical block 1, lost async page write", "error", "dm-0"),
        ("EXT4-fs error (device sda1): ext4_find_entry:1455: inode #2", "error", "sda1"),
        ("EXT4-fs (sda1): Remounting filesystem read-only", "error", "sda1"),
        ("Aborting journal on device sda1-8.", "error", "sda1"),
        ("JBD2: Detected IO errors while flushing file data on sda1-8", "error", "sda1"),
        ("XFS (dm-1): metadata I/O error in xfs_trans_read_buf_map", "error", "dm-1"),
        ("XFS (sda2): Filesystem has been shut down due to log error", "error", "sda2"),
        ("BTRFS error (device sdc): bdev /dev/sdc errs: wr 1, rd 0", "error", "sdc"),
        ("nvme nvme0: I/O 123 QID 4 timeout, aborting", "error", "nvme0"),
        (
            "nvme nvme0: I/O tag 12 (100c) opcode 0x1 (I/O Cmd) QID 4 timeout, aborting",
            "error",
            "nvme0",
        ),
        ("nvme nvme1: controller is down; will reset: CSTS=0xffffffff", "error", "nvme1"),
        ("nvme nvme0: Device not ready; aborting reset, CSTS=0x1", "error", "nvme0"),
        ("nvme nvme0: Disabling device after reset failure: -19", "error", "nvme0"),
        ("ata3.00: failed command: WRITE FPDMA QUEUED", "error", "ata3"),
        (
            "sd 0:0:0:0: [sdb] tag#5 uas_eh_abort_handler 0 uas-tag 6 inflight: CMD OUT",
            "error",
            "sdb",
        ),
        ("mmc0: Timeout waiting for hardware interrupt.", "error", "mmc0"),
        ("mmcblk0: error -110 sending status command, retrying", "error", "mmcblk0"),
        ("md/raid1:md0: Disk failure on sda1, disabling device.", "error", "md0"),
        ("usb 2-1: reset SuperSpeed USB device number 2 using xhci_hcd", "reset", "2-1"),
        (
            "INFO: task jbd2/sda1-8:321 blocked for more than 120 seconds.",
            "hung",
            "jbd2/sda1-8",
        ),
    ],
)
def test_trouble_in_the_kernels_log_is_recognised(text: str, kind: str, device: str) -> None:
    """With the device that it is about."""
    assert kernel_trouble(text) == KernelTrouble(kind=kind, device=device)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    [
        "I/O error, dev fd0, sector 0 op 0x0:(READ) flags 0x0",
        "I/O error, dev sr0, sector 0 op 0x0:(READ)",
        "Buffer I/O error on dev fd0, logical block 0, async page read",
        "nvme nvme0: Shutdown timeout set to 8 seconds",
        "critical target error, dev sda, sector 2048 op 0x3:(DISCARD) flags 0x800",
        "EXT4-fs (sda1): mounted filesystem with ordered data mode. Opts: errors=remount-ro",
        "ata2: SATA link down (SStatus 0 SControl 300)",
        "nvme nvme0: 8/0/0 default/read/poll queues",
        "usb 2-1: new SuperSpeed USB device number 2 using xhci_hcd",
        "audit: type=1400 apparmor=DENIED error=-13",
        "",
    ],
)
def test_what_is_no_trouble_is_left_alone(text: str) -> None:
    """Empty drives, refused discards, and what every boot prints."""
    assert kernel_trouble(text) is None


@pytest.mark.parametrize(
    ("device", "names", "expected"),
    [
        ("sda", ("sda",), True),
        ("sda3", ("sda",), True),
        ("sdab", ("sda",), False),
        ("nvme0n1p2", ("nvme0n1",), True),
        ("nvme0", ("nvme0n1", "nvme0"), True),
        ("ata1", ("sda", "ata1"), True),
        ("ata11", ("ata1",), False),
        ("nvme0n11", ("nvme0n1",), False),
        ("dm-0", ("dm-1", "sda"), False),
        ("2-1", ("2-1",), True),
        ("sda", (), False),
    ],
)
def test_a_device_is_known_by_its_names(
    device: str, names: tuple[str, ...], *, expected: bool
) -> None:
    """A partition belongs to its disk."""
    assert is_about(device, names) is expected


@pytest.mark.parametrize(
    ("text", "kind", "seconds"),
    [
        (
            '{"level":"warn","msg":"slow fdatasync","took":"1.263337456s","expected-duration":"1s"}',
            "slow_fdatasync",
            1.263337456,
        ),
        ("wal: sync duration of 2.5s, expected less than 1s", "slow_fdatasync", 2.5),
        (
            '{"msg":"apply request took too long","took":"350.1ms","expected-duration":"100ms"}',
            "slow_apply",
            0.3501,
        ),
        (
            'etcdserver: read-only range request "key" with result "" took too long (1m2s) to execute',
            "slow_apply",
            62.0,
        ),
        (
            '{"msg":"leader failed to send out heartbeat on time","exceeded-duration":"61.15ms"}',
            "late_heartbeat",
            0.06115,
        ),
        ('{"msg":"etcdserver: mvcc: database space exceeded"}', "no_space", None),
        ('{"level":"info","msg":"compacted Raft logs"}', None, None),
    ],
)
def test_trouble_in_etcds_log_is_recognised(
    text: str, kind: EtcdKind | None, seconds: float | None
) -> None:
    """As 3.4 to 3.6 write it, with the time that it took."""
    assert etcd_trouble(text) == kind
    assert took_seconds(text) == (None if seconds is None else pytest.approx(seconds))


@pytest.mark.parametrize(
    "text", ['"took":"1..2s"', '"took":"soon"', '"took":""', f'"took":"{"9" * 400}s"']
)
def test_a_time_that_cannot_be_read_is_unknown(text: str) -> None:
    """Logs are others' text."""
    assert took_seconds(text) is None


@given(st.text(), st.text())
def test_no_text_is_an_error(text: str, more: str) -> None:
    """Logs hold what anybody wrote."""
    for each in (text, f'"took":"{text}"', f"sync duration of {text}", f"nvme nvme0: I/O {text}"):
        kernel_trouble(each)
        etcd_trouble(each)
        took_seconds(each)
    is_about(text, (more,) if more else ())
