"""Small trees that look like /proc and /sys, for tests of what reads those."""

import os
from collections.abc import Mapping
from pathlib import Path


def write_files(root: Path, files: Mapping[str, str]) -> None:
    """Write files at paths relative to the root."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")


def link(root: Path, name: str, target: str | Path) -> None:
    """Make a relative symbolic link, as sysfs does; both are relative to the root."""
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(os.path.relpath(root / target, path.parent))


def mount_line(
    mount_point: str,
    filesystem: str,
    source: str,
    device: str = "0:50",
    options: str = "rw,relatime",
) -> str:
    """Return one line of mountinfo, with an optional field."""
    return f"36 35 {device} / {mount_point} {options} shared:1 - {filesystem} {source} rw\n"


def write_mounts(root: Path, *lines: str, process: str = "self") -> None:
    """Write the mounts that a process sees."""
    write_files(root, {f"proc/{process}/mountinfo": "".join(lines)})


def add_block(
    root: Path,
    place: str,
    number: str,
    files: Mapping[str, str] | None = None,
    *,
    slaves: tuple[str, ...] = (),
) -> None:
    """Add a block device as sysfs shows it.

    Args:
        root: Of the tree.
        place: Its directory below /sys/devices; the last part is its name.
        number: `major:minor`.
        files: Content of files below its directory.
        slaves: Names of devices it lies on, which exist already.
    """
    directory = f"sys/devices/{place}"
    name = Path(place).name
    write_files(root, {f"{directory}/dev": f"{number}\n", f"{directory}/size": "2048\n"})
    write_files(root, {f"{directory}/{path}": text for path, text in (files or {}).items()})
    link(root, f"sys/class/block/{name}", directory)
    link(root, f"sys/dev/block/{number}", directory)
    for slave in slaves:
        target = (root / "sys/class/block" / slave).resolve().relative_to(root.resolve())
        link(root, f"{directory}/slaves/{slave}", target)


def add_sata_disk(root: Path, name: str, number: str) -> None:
    """Add a SATA disk that says everything about itself."""
    port = number.replace(":", "")
    files = {
        "device/vendor": "ATA     \n",
        "device/model": "Samsung SSD 870 \n",
        "device/rev": "3B6Q\n",
        "queue/rotational": "0\n",
        "queue/scheduler": "none [mq-deadline] kyber\n",
        "queue/write_cache": "write back\n",
        "queue/fua": "1\n",
    }
    place = f"pci0000:00/0000:00:17.0/ata{port}/host{port}/target0:0:0/0:0:0:0/block/{name}"
    add_block(root, place, number, files)


def add_nvme_disk(root: Path, name: str = "nvme0n1", number: str = "259:0") -> None:
    """Add an NVMe disk with the files that the driver shows."""
    files = {
        "device/model": "WDC WDS100T2B0C-00PXH0                  \n",
        "device/firmware_rev": "211210WD\n",
        "queue/rotational": "0\n",
        "queue/scheduler": "[none] mq-deadline\n",
        "queue/write_cache": "write back\n",
        "queue/fua": "1\n",
    }
    add_block(root, f"pci0000:00/0000:00:1d.0/0000:03:00.0/nvme/nvme0/{name}", number, files)


def add_process(
    root: Path,
    pid: int,
    command: str,
    *,
    name: str = "",
    open_files: Mapping[str, Path] | None = None,
) -> Path:
    """Add a process and return its directory.

    Args:
        root: Of the tree.
        pid: Its id.
        command: Its command line, words with spaces between.
        name: As the kernel knows it; from the command line where not given.
        open_files: Descriptor and access mode (`3w`, `4r`) to an existing file or directory.
    """
    directory = root / f"proc/{pid}"
    (directory / "fd").mkdir(parents=True)
    words = command.split(" ")
    files = {"comm": f"{name or Path(words[0]).name}\n", "cmdline": "\0".join(words) + "\0"}
    for descriptor, path in (open_files or {}).items():
        number, mode = descriptor[:-1], descriptor[-1]
        (directory / "fd" / number).symlink_to(path)
        flags = "02100002" if mode == "w" else "02100000"
        files[f"fdinfo/{number}"] = f"pos:\t0\nflags:\t{flags}\nmnt_id:\t27\n"
    write_files(directory, files)
    return directory


def add_thread(root: Path, number: int, state: str, switches: int) -> None:
    """Write what the kernel says of a thread of process 7.

    Args:
        root: Of the tree.
        number: Its id.
        state: Its letter.
        switches: How often it gave the CPU up by itself.
    """
    text = f"Name:\tfio\nState:\t{state} (x)\nvoluntary_ctxt_switches:\t{switches}\nnon: 1\n"
    write_files(root, {f"proc/7/task/{number}/status": text})
