"""What the container runtime finds about the CNI: configurations and plugins, by reading alone.

How configurations are read: https://www.cni.dev/docs/spec/ (section 1) and libcni.
"""

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from etcdbench.diagnosis import Unseen
from etcdbench.network_model import Cni, CniFile
from etcdbench.probes import read_small
from etcdbench.records import Struct

FILES_MAX = 100

CONFIGURATION_SUFFIXES = (".conf", ".conflist", ".json")
"""What libcni takes for a configuration, in the order of the names."""

# What Cilium, editors, packages and people call a configuration that is put aside.
_BACKUP = re.compile(
    r"\.(conf|conflist|json)([.\-_].+|~)$|\.(cilium_bak|bak|backup|old|orig|save|disabled)$"
)

_AGENTS = frozenset({"calico-node", "cilium-agent", "flanneld", "weaver"})

# Distributions put the same plugins in different places; which of them counts is the runtime's
# choice, which we may not know.
_USUAL_PROGRAM_DIRECTORIES = (
    "/opt/cni/bin",
    "/usr/lib/cni",
    "/usr/libexec/cni",
    "/usr/local/lib/cni",
    "/usr/local/libexec/cni",
)

_K3S = "/var/lib/rancher/k3s"
_MICROK8S = "/var/snap/microk8s/current"


class _Runtime(Struct, frozen=True, kw_only=True):
    """A container runtime, and where it looks unless its configuration says otherwise.

    Attributes:
        sign: What is there if this runtime is.
        configuration: containerd's TOML, which may be missing.
        directory: Of CNI configurations.
        program_directories: Of plugins.
        needs_loopback: Whether it starts the plugin `loopback` for each pod, as containerd does
            unless told otherwise.
    """

    sign: str
    configuration: str
    directory: str = "/etc/cni/net.d"
    program_directories: tuple[str, ...] = _USUAL_PROGRAM_DIRECTORIES
    needs_loopback: bool = False


# The first that is there counts: the special ones bring a containerd of their own. That of k3s
# names its directories as long as k3s runs Flannel.
_RUNTIMES = (
    _Runtime(
        sign=f"{_K3S}/agent/etc/containerd/config.toml",
        configuration=f"{_K3S}/agent/etc/containerd/config.toml",
    ),
    _Runtime(
        sign=f"{_K3S}/agent/etc/cni/net.d",
        configuration=f"{_K3S}/agent/etc/containerd/config.toml",
        directory=f"{_K3S}/agent/etc/cni/net.d",
        program_directories=(f"{_K3S}/data/cni", f"{_K3S}/data/current/bin"),
    ),
    _Runtime(
        sign="/var/lib/rancher/rke2/agent/etc/containerd",
        configuration="/var/lib/rancher/rke2/agent/etc/containerd/config.toml",
    ),
    _Runtime(
        sign=f"{_MICROK8S}/args/cni-network",
        configuration=f"{_MICROK8S}/args/containerd.toml",
        directory=f"{_MICROK8S}/args/cni-network",
        program_directories=(f"{_MICROK8S}/opt/cni/bin",),
    ),
    _Runtime(sign="/", configuration="/etc/containerd/config.toml"),
)


# The parts of a CNI configuration that name programs.
class _Part(msgspec.Struct, frozen=True):
    type: str = ""


class _Delegate(msgspec.Struct, frozen=True):
    type: str = ""
    ipam: _Part | None = None


class _Plugin(msgspec.Struct, frozen=True):
    type: str = ""
    ipam: _Part | None = None
    delegate: _Delegate | None = None
    delegates: tuple["_Plugin", ...] = ()  # of multus
    plugins: tuple["_Plugin", ...] = ()  # of a list


def agents(commands: Iterable[tuple[str, tuple[str, ...]]]) -> tuple[str, ...]:
    """Return which CNIs' own programs are among the running ones."""
    return tuple(sorted({name for name, _ in commands} & _AGENTS))


def gather(*, root: Path, unseen: list[Unseen]) -> Cni | None:
    """Look at the directories of the container runtime that is there.

    Args:
        root: Where /etc, /opt and /var are.
        unseen: What could not be looked at is added.

    Returns:
        What was found, empty where there is no CNI; None where that cannot be seen.
    """
    try:
        runtime = _runtime(root)
        folder = _below(root, runtime.directory)
        names = sorted(_names(folder))[:FILES_MAX]
    except OSError as error:
        unseen.append(Unseen(what="the CNI's configuration", because=_reason(error, root)))
        return None
    files = tuple(
        _configuration(folder / name, root, unseen)
        for name in names
        if name.endswith(CONFIGURATION_SUFFIXES)
    )
    return Cni(
        directory=runtime.directory,
        files=tuple(filter(None, files)),
        backups=tuple(filter(_BACKUP.search, names)),
        program_directories=runtime.program_directories,
        programs=_programs(root, runtime.program_directories, unseen) if any(files) else None,
        needs_loopback=runtime.needs_loopback,
    )


# --- where to look ------------------------------------------------------------------------------


def _runtime(root: Path) -> _Runtime:
    """Return the container runtime of this node with what its configuration says.

    Raises:
        OSError: We may not see whether it is there, or what it says.
    """
    runtime = next(each for each in _RUNTIMES if _exists(_below(root, each.sign)))
    configuration = _below(root, runtime.configuration)
    if not _exists(configuration):
        return runtime
    text = read_small(configuration)
    directories = _said(text, "conf_dir")
    return msgspec.structs.replace(
        runtime,
        directory=directories[0] if directories else runtime.directory,
        program_directories=_said(text, "bin_dirs?") or runtime.program_directories,
        needs_loopback=not re.search(r"^\s*use_internal_loopback\s*=\s*true", text, re.MULTILINE),
    )


def _said(text: str, key: str) -> tuple[str, ...]:
    """Return the absolute directories that containerd's TOML gives for a key.

    The key's section differs from version to version, the key does not (but for `bin_dirs`).
    """
    values = re.findall(rf"^\s*{key}\s*=\s*(\[[^\]]*\]|[^#\n]*)", text, re.MULTILINE)
    paths = (path for value in values for path in re.findall(r"[\"'](/[^\"']*)[\"']", value))
    return tuple(dict.fromkeys(paths))


def _below(root: Path, path: str) -> Path:
    return root / path.lstrip("/")


def _exists(path: Path) -> bool:
    """Tell whether it is there.

    Raises:
        OSError: We may not look; Path.exists would call that missing.
    """
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def _names(folder: Path) -> list[str]:
    """Return what a directory holds; nothing if there is none.

    Raises:
        OSError: We may not look.
    """
    try:
        return [entry.name for entry in folder.iterdir()]
    except (FileNotFoundError, NotADirectoryError):
        return []


def _programs(
    root: Path, directories: tuple[str, ...], unseen: list[Unseen]
) -> frozenset[str] | None:
    try:
        return frozenset(name for each in directories for name in _names(_below(root, each)))
    except OSError as error:
        unseen.append(Unseen(what="the CNI's plugins", because=_reason(error, root)))
        return None


def _reason(error: OSError, root: Path) -> str:
    """Say what went wrong with which file, as it is called below the root."""
    return f"/{os.path.relpath(error.filename, root)}: {error.strerror}"


# --- configurations -----------------------------------------------------------------------------


def _configuration(path: Path, root: Path, unseen: list[Unseen]) -> CniFile | None:
    """Read one configuration as far as we may and can; a directory is none."""
    try:
        document = msgspec.json.decode(read_small(path), type=_Plugin)
    except IsADirectoryError:
        return None
    except OSError as error:
        unseen.append(Unseen(what="a configuration of the CNI", because=_reason(error, root)))
        return CniFile(name=path.name)
    except (msgspec.DecodeError, RecursionError):
        return CniFile(name=path.name)
    plugins = tuple(_plugins(document))
    programs = (name for plugin in plugins for name in _programs_of(plugin))
    return CniFile(
        name=path.name,
        plugins=tuple(plugin.type for plugin in plugins if plugin.type),
        programs=tuple(dict.fromkeys(filter(None, programs))),
    )


def _plugins(document: _Plugin) -> Iterator[_Plugin]:
    """Give the plugins of a list, or the single one, and those to which multus hands on."""
    for plugin in document.plugins or (document,):
        yield plugin
        for delegate in plugin.delegates:
            yield from _plugins(delegate)


def _programs_of(plugin: _Plugin) -> Iterator[str]:
    """Give the programs that the runtime starts for a plugin.

    Flannel's does not do the work: unless told otherwise it hands on to `bridge` with
    `host-local` (https://github.com/flannel-io/cni-plugin).
    """
    yield plugin.type
    yield plugin.ipam.type if plugin.ipam else ""
    if plugin.type == "flannel":
        delegate = plugin.delegate or _Delegate()
        yield delegate.type or "bridge"
        yield (delegate.ipam.type if delegate.ipam else "") or "host-local"
