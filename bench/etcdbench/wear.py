"""What disks say of their own health, through smartctl or nvme-cli where one is installed.

Both only ask; smartctl leaves a disk that sleeps asleep (`-n standby`). A disk behind USB is not
asked, because some adapters hang at the question.
"""

import os
from collections.abc import Iterable

import msgspec

from etcdbench import process
from etcdbench.diagnosis import Unseen
from etcdbench.disk_model import Wear
from etcdbench.machine import Device
from etcdbench.probes import Programs

SMART_SECONDS_MAX = 0.5
DISKS_MAX = 8
"""More disks than this are not asked: each may take its time."""

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
    disks = {one.name: one for one in devices if one.kind == "disk"}.values()
    for device in list(disks)[:DISKS_MAX]:
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
    answer = None
    if smartctl := programs.find("smartctl"):
        words = [smartctl, "-j", "-n", "standby", "-H", "-A", path]
        done = process.run(words, timeout_seconds=SMART_SECONDS_MAX)
        answer = of_smartctl(device.name, done.stdout) if done else None
    if answer is None and device.bus == "nvme":
        text = programs.answer("nvme", "smart-log", "--output-format=json", path)
        answer = of_nvme(device.name, text) if text else None
    return answer


def of_smartctl(disk: str, text: str) -> Wear | None:
    """Read what `smartctl -j` prints; None where it says nothing of a disk."""
    try:
        said = msgspec.json.decode(text, type=_Smartctl)
    except msgspec.DecodeError:
        return None
    log = said.nvme_smart_health_information_log
    table = said.ata_smart_attributes.table
    raw = {row.id: row.raw.value for row in table}
    left = [row.value for row in table if row.name in _LIFE_LEFT and row.value <= 100]  # noqa: PLR2004 - percent
    used = (
        log.percentage_used,
        said.endurance_used.current_percent,
        100 - min(left) if left else None,
    )
    answer = Wear(
        disk=disk,
        passed=said.smart_status.passed,
        used_percent=next((percent for percent in used if percent is not None), None),
        spare_percent=log.available_spare,
        spare_threshold_percent=log.available_spare_threshold,
        media_errors=log.media_errors,
        reallocated_sectors=raw.get(_SECTORS_REALLOCATED),
        pending_sectors=raw.get(_SECTORS_PENDING),
    )
    return None if answer == Wear(disk=disk) else answer


def of_nvme(disk: str, text: str) -> Wear | None:
    """Read what `nvme smart-log --output-format=json` prints; None where it is something else."""
    try:
        said = msgspec.json.decode(text, type=_NvmeCli)
    except msgspec.DecodeError:
        return None
    warning = said.critical_warning
    return Wear(
        disk=disk,
        passed=(warning if isinstance(warning, int) else warning.value) == 0,
        used_percent=said.percent_used,
        spare_percent=said.avail_spare,
        spare_threshold_percent=said.spare_thresh,
        media_errors=said.media_errors,
    )


# --- what they print: only what we read; a field that is missing was not said -------------------


class _Status(msgspec.Struct):
    passed: bool | None = None


class _Endurance(msgspec.Struct):
    current_percent: int | None = None


class _NvmeLog(msgspec.Struct):
    percentage_used: int | None = None
    available_spare: int | None = None
    available_spare_threshold: int | None = None
    media_errors: int | None = None


class _Raw(msgspec.Struct):
    value: int | None = None


class _Attribute(msgspec.Struct):
    id: int
    name: str = ""
    value: int = 100
    raw: _Raw = msgspec.field(default_factory=_Raw)


class _Attributes(msgspec.Struct):
    table: tuple[_Attribute, ...] = ()


class _Smartctl(msgspec.Struct):
    smart_status: _Status = msgspec.field(default_factory=_Status)
    endurance_used: _Endurance = msgspec.field(default_factory=_Endurance)
    nvme_smart_health_information_log: _NvmeLog = msgspec.field(default_factory=_NvmeLog)
    ata_smart_attributes: _Attributes = msgspec.field(default_factory=_Attributes)


class _Bits(msgspec.Struct):
    value: int


class _NvmeCli(msgspec.Struct):
    critical_warning: int | _Bits  # nvme-cli 2.10 and later spell the bits out
    percent_used: int | None = None
    avail_spare: int | None = None
    spare_thresh: int | None = None
    media_errors: int | None = None
