"""What disks say of their own health, through smartctl or nvme-cli where one is installed.

Both only ask; smartctl leaves a disk that sleeps asleep (`-n standby`). A disk behind USB is not
asked, because some adapters hang at the question.
"""

import os
from collections.abc import Iterable
from typing import Any

import msgspec

from etcdbench.diagnosis import Unseen
from etcdbench.disk_model import Wear
from etcdbench.machine import Device
from etcdbench.probes import Programs

_ASKED = frozenset({"nvme", "sata", "sas", "scsi"})
_VIRTUAL = frozenset({"virtio", "xen", "network"})
_SECTORS_REALLOCATED, _SECTORS_PENDING = 5, 197

# Attributes of SATA SSDs whose normalised value falls from 100 (new) to 0 (worn out).
_LIFE_LEFT = frozenset(
    {"Media_Wearout_Indicator", "Wear_Leveling_Count", "SSD_Life_Left", "Percent_Lifetime_Remain"}
)


def wear(
    programs: Programs, devices: Iterable[Device], *, privileged: bool | None = None
) -> tuple[tuple[Wear, ...], tuple[Unseen, ...]]:
    """Ask each disk for its health.

    Args:
        programs: Who starts the tools.
        devices: Devices, of which the disks are asked.
        privileged: Whether we may ask at all; None for whether we are root.

    Returns:
        What the disks say, and what could not be asked.
    """
    found: list[Wear] = []
    unseen: list[Unseen] = []
    for device in {one.name: one for one in devices if one.kind == "disk"}.values():
        what = f"wear and health of {device.name}"
        if device.bus in _VIRTUAL:
            unseen.append(
                Unseen(what=what, because="it is virtual: look at the disk of its host instead")
            )
        elif device.bus == "usb":
            because = "some USB adapters hang when asked; by hand: smartctl -a /dev/" + device.name
            unseen.append(Unseen(what=what, because=because))
        elif device.bus in _ASKED:
            known = os.geteuid() == 0 if privileged is None else privileged
            answer = _ask(programs, device) if known else None
            if answer is None:
                unseen.append(Unseen(what=what, because=_why_not(programs, privileged=known)))
            else:
                found.append(answer)
    return tuple(found), tuple(unseen)


def _why_not(programs: Programs, *, privileged: bool) -> str:
    if not privileged:
        return "only root may ask"
    if programs.find("smartctl", "nvme") is None:
        return "neither smartctl (smartmontools) nor nvme-cli is installed"
    return "the tool gave no answer in time, or none that can be read"


def _ask(programs: Programs, device: Device) -> Wear | None:
    path = f"/dev/{device.name}"
    # smartctl's exit status has a bit for each thing that is wrong with the disk: no failure.
    done = programs.run("smartctl", "-j", "-n", "standby", "-H", "-A", path)
    answer = of_smartctl(device.name, done.stdout) if done else None
    if answer is None and device.bus == "nvme":
        text = programs.answer("nvme", "smart-log", "--output-format=json", path)
        answer = of_nvme(device.name, text) if text else None
    return answer


def of_smartctl(disk: str, text: str) -> Wear | None:
    """Read what `smartctl -j` prints; None where it says nothing of a disk."""
    document = _object(text)
    nvme = _part(document, "nvme_smart_health_information_log")
    table = {
        row.get("id"): row
        for row in _part(document, "ata_smart_attributes").get("table", ())
        if isinstance(row, dict)
    }
    passed = _part(document, "smart_status").get("passed")
    answer = Wear(
        disk=disk,
        passed=passed if isinstance(passed, bool) else None,
        used_percent=_first(
            _number(nvme, "percentage_used"),
            _number(_part(document, "endurance_used"), "current_percent"),
            _ssd_used_percent(table.values()),
        ),
        spare_percent=_number(nvme, "available_spare"),
        spare_threshold_percent=_number(nvme, "available_spare_threshold"),
        media_errors=_number(nvme, "media_errors"),
        reallocated_sectors=_raw(table.get(_SECTORS_REALLOCATED)),
        pending_sectors=_raw(table.get(_SECTORS_PENDING)),
    )
    return None if answer == Wear(disk=disk) else answer


def of_nvme(disk: str, text: str) -> Wear | None:
    """Read what `nvme smart-log --output-format=json` prints."""
    document = _object(text)
    warning = document.get("critical_warning")
    if isinstance(warning, dict):  # nvme-cli 2.10 and later spell the bits out
        warning = warning.get("value")
    if not isinstance(warning, int):
        return None
    return Wear(
        disk=disk,
        passed=warning == 0,
        used_percent=_number(document, "percent_used"),
        spare_percent=_number(document, "avail_spare"),
        spare_threshold_percent=_number(document, "spare_thresh"),
        media_errors=_number(document, "media_errors"),
    )


def _object(text: str) -> dict[str, Any]:
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.DecodeError, ValueError):
        return {}


def _part(document: dict[str, Any], key: str) -> dict[str, Any]:
    part = document.get(key)
    return part if isinstance(part, dict) else {}  # pyright: ignore[reportUnknownVariableType] - JSON from outside


def _number(document: dict[str, Any], key: str) -> int | None:
    value = document.get(key)
    return int(value) if isinstance(value, (int, float)) else None


def _raw(row: dict[str, Any] | None) -> int | None:
    return None if row is None else _number(_part(row, "raw"), "value")


def _ssd_used_percent(rows: Iterable[dict[str, Any]]) -> int | None:
    left = [_number(row, "value") for row in rows if row.get("name") in _LIFE_LEFT]
    known = [value for value in left if value is not None and value <= 100]  # noqa: PLR2004 - percent
    return 100 - min(known) if known else None


def _first(*values: int | None) -> int | None:
    return next((value for value in values if value is not None), None)
