"""Other measurements on the same disk, of whatever directory and user: two measure each other.

Each run holds a socket in Linux's abstract namespace whose name tells the disk (unix(7)). That is no
file: nothing is left behind, nothing can be followed, and the kernel removes it when we die. Every
user sees all names of the same network namespace in /proc/net/unix.
"""

import contextlib
import re
import secrets
import socket
from collections.abc import Generator, Iterable
from pathlib import Path

from etcdbench.mounts import read_text

_PREFIX = "etcdbench/"
_NAME = re.compile(rf"@{_PREFIX}(\S+)/([0-9a-f]{{16}})$", re.MULTILINE)


class Presence:
    """One measurement, known to the others on its disks."""

    def __init__(self, disks: Iterable[str], token: str, *, root: Path = Path("/")) -> None:
        """Use `present` to make one."""
        self._disks, self._token, self._root = frozenset(disks), token, root

    def alone(self) -> bool:
        """Say whether no other measurement is under way on one of our disks."""
        names = _NAME.findall(read_text(self._root / "proc/net/unix") or "")
        return not any(disk in self._disks and token != self._token for disk, token in names)


@contextlib.contextmanager
def present(disks: Iterable[str]) -> Generator[Presence, None, None]:
    """Be known to others, and know of them, while the block runs.

    Args:
        disks: Kernel names of the disks, or what else tells a device from others.
    """
    names, token = tuple(disks), secrets.token_hex(8)
    with contextlib.ExitStack() as stack:
        for disk in names:
            own = stack.enter_context(socket.socket(socket.AF_UNIX))
            with contextlib.suppress(
                OSError
            ):  # where it may not be, we are alone as far as we know
                own.bind(f"\0{_PREFIX}{disk}/{token}")
        yield Presence(names, token)
