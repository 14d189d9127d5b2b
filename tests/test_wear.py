"""What disks say of their own health."""

import json
from pathlib import Path

import pytest

from doctors import Installed
from etcdbench import wear
from etcdbench.disk_model import Wear
from fakes import device

SATA = {
    "smart_status": {"passed": True},
    "ata_smart_attributes": {
        "revision": 1,
        "table": [
            {"id": 5, "name": "Reallocated_Sector_Ct", "value": 100, "raw": {"value": 2}},
            {"id": 177, "name": "Wear_Leveling_Count", "value": 91, "raw": {"value": 143}},
            {"id": 197, "name": "Current_Pending_Sector", "value": 100, "raw": {"value": 1}},
        ],
    },
}
NVME = {
    "smart_status": {"passed": False, "nvme": {"value": 4}},
    "nvme_smart_health_information_log": {
        "critical_warning": 4,
        "available_spare": 9,
        "available_spare_threshold": 10,
        "percentage_used": 103,
        "media_errors": 12,
    },
}
NVME_CLI = {
    "critical_warning": 0,
    "avail_spare": 100,
    "spare_thresh": 10,
    "percent_used": 15,
    "media_errors": 0,
}
WORN = Wear(
    disk="nvme0n1",
    passed=False,
    used_percent=103,
    spare_percent=9,
    spare_threshold_percent=10,
    media_errors=12,
)


def test_smartctl_is_read_for_sata() -> None:
    """Its table by number, wear by the names that makers use."""
    assert wear.of_smartctl("sda", json.dumps(SATA)) == Wear(
        disk="sda", passed=True, used_percent=9, reallocated_sectors=2, pending_sectors=1
    )


def test_smartctl_is_read_for_nvme() -> None:
    """The health log of the standard."""
    assert wear.of_smartctl("nvme0n1", json.dumps(NVME)) == WORN


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"smart_status": 7}', '{"messages": []}', "\0"])
def test_what_says_nothing_of_a_disk_is_nothing(text: str) -> None:
    """A sleeping disk, an adapter that does not know, garbage."""
    assert wear.of_smartctl("sda", text) is None
    assert wear.of_nvme("nvme0n1", text) is None


@pytest.mark.parametrize(
    ("warning", "passed"), [(0, True), (4, False), ({"value": 0}, True), ({"value": 1}, False)]
)
def test_nvme_cli_is_read(warning: object, *, passed: bool) -> None:
    """In both ways to spell the warning."""
    found = wear.of_nvme("nvme0n1", json.dumps({**NVME_CLI, "critical_warning": warning}))

    assert found is not None
    assert (found.passed, found.used_percent, found.spare_percent) == (passed, 15, 100)


def test_smartctl_is_asked_without_waking_a_disk(tmp_path: Path) -> None:
    """Its exit status tells what is wrong with the disk: it is no failure of the program."""
    programs = Installed(tmp_path / "bin")
    programs.install("smartctl", json.dumps(NVME), status=8)

    found, unseen = wear.wear(programs, [device("nvme0n1", bus="nvme")], privileged=True)

    assert (found, unseen) == ((WORN,), ())
    assert programs.asked("smartctl") == ["-j -n standby -H -A /dev/nvme0n1"]


def test_nvme_cli_stands_in(tmp_path: Path) -> None:
    """Where there is no smartctl."""
    programs = Installed(tmp_path / "bin")
    programs.install("nvme", json.dumps(NVME_CLI))

    found, unseen = wear.wear(programs, [device("nvme0n1", bus="nvme")], privileged=True)

    assert [one.used_percent for one in found] == [15]
    assert unseen == ()


@pytest.mark.parametrize(
    ("bus", "kind", "privileged", "because"),
    [
        ("virtio", "disk", True, "virtual"),
        ("usb", "disk", True, "smartctl -a /dev/sda"),
        ("sata", "disk", False, "only root"),
        ("sata", "disk", True, "installed"),
    ],
)
def test_what_cannot_be_asked_is_said(
    tmp_path: Path, bus: str, kind: str, because: str, *, privileged: bool
) -> None:
    """With the reason; none of these starts a program."""
    programs = Installed(tmp_path / "bin")
    found, unseen = wear.wear(programs, [device(bus=bus, kind=kind)], privileged=privileged)

    assert found == ()
    assert because in unseen[0].because


def test_a_tool_that_hangs_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it does on a disk that hangs."""
    monkeypatch.setattr(wear, "SMART_SECONDS_MAX", 0.05)
    programs = Installed(tmp_path / "bin")
    programs.install("smartctl", json.dumps(SATA), seconds=5)
    found, unseen = wear.wear(programs, [device()], privileged=True)

    assert found == ()
    assert "in time" in unseen[0].because


def test_partitions_and_stacked_devices_are_not_asked(tmp_path: Path) -> None:
    """Each disk once."""
    programs = Installed(tmp_path / "bin")
    programs.install("smartctl", json.dumps(SATA))
    chain = [device("sda1", kind="partition"), device("dm-0", kind="lvm"), device(), device()]
    found, unseen = wear.wear(programs, chain, privileged=True)

    assert ([one.disk for one in found], unseen) == (["sda"], ())
