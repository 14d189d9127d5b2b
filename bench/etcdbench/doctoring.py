"""`doctor` from the request to the verdict: disk or network? On one screen; nothing is written."""

import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from etcdbench import (
    disk_checks,
    disk_facts,
    doctor_view,
    network_checks,
    network_facts,
    places,
    preflight,
)
from etcdbench.console import console
from etcdbench.diagnosis import Diagnosis, Seen, diagnose
from etcdbench.patience import READ_SECONDS_MAX, Patience
from etcdbench.probes import Programs

WINDOW_SECONDS = 2.0
"""Time between the two readings of all counters."""

ASKING_SECONDS = 1.2
"""What each half may take for journalctl, ip and the others: a doctor has to answer soon."""

Finish = Callable[[Programs], Seen]
"""Takes the second reading, looks at everything else, and says what it means."""

Half = Callable[[Path, Path], Finish]
"""Takes the first reading. Given are the directory that was asked about, and the root."""


def look_at_disk(path: Path, root: Path) -> Finish:
    """Begin with the half that looks at disks."""
    before = disk_facts.read(root=root)

    def finish(programs: Programs) -> Seen:
        facts = disk_facts.gather(path, before, programs=programs, root=root)
        return Seen(
            symptoms=disk_checks.symptoms(facts),
            unseen=facts.unseen,
            looked_at=disk_checks.looked_at(facts),
        )

    return finish


def look_at_network(_path: Path, root: Path) -> Finish:
    """Begin with the half that looks at the network."""
    before = network_facts.reverse_path_drops(root=root)

    def finish(programs: Programs) -> Seen:
        facts = network_facts.gather(drops_before=before, root=root, programs=programs)
        return Seen(
            symptoms=network_checks.symptoms(facts),
            unseen=facts.unseen,
            looked_at=network_checks.looked_at(facts),
        )

    return finish


HALVES: tuple[Half, ...] = (look_at_disk, look_at_network)


def examine(
    path: Path, *, root: Path = Path("/"), pause: Callable[[float], None] = time.sleep
) -> Diagnosis:
    """Look at both sides and put the symptoms together.

    Args:
        path: The directory of etcd, or the one that was asked about; it exists.
        root: Where /proc, /sys and the others are.
        pause: Waits between the two readings.
    """
    begun = [half(path, root) for half in HALVES]
    pause(WINDOW_SECONDS)
    found = [finish(Programs(seconds=ASKING_SECONDS)) for finish in begun]
    return diagnose(
        [symptom for seen in found for symptom in seen.symptoms],
        [unseen for seen in found for unseen in seen.unseen],
        [sentence for seen in found for sentence in seen.looked_at],
    )


def doctor(path: Path | None, *, as_json: bool) -> Diagnosis:
    """Examine this host and print what was found.

    Args:
        path: A directory on the disk in question; None for where etcd is.
        as_json: Whether to print the JSON object instead of text.

    Raises:
        PreflightError: The path is no directory on a disk.
    """
    where = Patience(seconds=READ_SECONDS_MAX).in_time(lambda: _directory(path))
    diagnosis = examine(where or (path or Path("/")).absolute())
    if as_json:
        print(msgspec.json.encode(diagnosis).decode())  # noqa: T201 - this is where it is said
        return diagnosis
    out = console(stderr=False)
    for part in doctor_view.blocks(diagnosis):
        out.print(part)
    return diagnosis


def _directory(path: Path | None) -> Path:
    """Return the directory to look at.

    Raises:
        PreflightError: The path is no directory on a disk.
    """
    if path is None:
        return places.etcd_directory()
    return Path(preflight.find_target(path, write=False).measured_path)
