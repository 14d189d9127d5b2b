"""What can be seen of the network without changing anything.

Files are read under a root directory, so that a recorded tree can stand in for a machine. Nothing
here writes, loads a kernel module or sends a packet.
"""

import contextlib
import ipaddress
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from etcdbench import cni_facts, firewall_facts, iproute
from etcdbench.diagnosis import Unseen
from etcdbench.network_model import Cni, DefaultRoute, Interface, NetworkFacts, ServerRoute
from etcdbench.patience import READ_SECONDS_MAX, Patience
from etcdbench.probes import Programs, processes, small_text
from etcdbench.records import Struct

PROGRAMS_SECONDS = 2.5
"""All programs together; they usually take a tenth of a second."""

SERVERS_MAX = 3

# Who may say where the API server is; they hold secrets, too, of which nothing is kept.
_SERVER_FILES = (
    "etc/kubernetes/kubelet.conf",
    "etc/kubernetes/admin.conf",
    "etc/rancher/k3s/config.yaml",
    "etc/rancher/k3s/k3s.yaml",
    "etc/rancher/rke2/config.yaml",
    "etc/systemd/system/k3s-agent.service.env",
)
_SERVER_PATTERN = re.compile(
    r"^\s*(?:server:\s*|K3S_URL=)[\"']?https://(\[[0-9a-fA-F:]+\]|[0-9.]+)(?=[:/\"'\s]|$)",
    re.MULTILINE,
)

# Where kubelet's options are kept: kubeadm's, the distributions', those of k3s and rke2.
_NODE_FILES = (
    "var/lib/kubelet/kubeadm-flags.env",
    "etc/default/kubelet",
    "etc/sysconfig/kubelet",
    "etc/systemd/system/k3s.service",
    "etc/systemd/system/k3s-agent.service",
    "etc/rancher/k3s/config.yaml",
    "etc/rancher/rke2/config.yaml",
)
_NODE_PATTERN = re.compile(
    r"^[^#\n]*?(?:--|^)node-ip[\"']?[=:\s\\\"']+([0-9a-fA-F.:,]+)", re.MULTILINE
)

# Programs that are told the node's address, and the option.
_NODE_OPTIONS = {"kubelet": "--node-ip", "kube-apiserver": "--advertise-address"}

_NO_IPROUTE = "`ip -j` (iproute2) is missing, or gave no answer that can be read"

_Commands = Sequence[tuple[str, tuple[str, ...]]]


def gather(
    *, drops_before: int | None, root: Path = Path("/"), programs: Programs | None = None
) -> NetworkFacts:
    """Look at everything once.

    Args:
        drops_before: What `reverse_path_drops` counted a second or so ago.
        root: Where /proc, /sys, /etc and the others are.
        programs: Who asks other programs; for tests.
    """
    asking = programs or Programs(seconds=PROGRAMS_SECONDS)
    patience = Patience(seconds=READ_SECONDS_MAX)
    unseen: list[Unseen] = []
    drops = reverse_path_drops(root=root)
    running = tuple(processes(root=root))
    kept = _configured(patience, root, unseen)
    servers = _server_routes(asking, kept.servers, unseen)
    addresses = _said_by_programs(running) or kept.node_addresses
    if servers and not addresses:
        unseen.append(Unseen(what="this node's own address", because="kubelet was not told any"))
    return NetworkFacts(
        interfaces=_interfaces(asking, root, unseen),
        default_routes=_default_routes(asking, root, unseen),
        reverse_path_drops=None if drops is None or drops_before is None else drops - drops_before,
        server_routes=servers,
        node_addresses=addresses,
        cni=kept.cni,
        chains=firewall_facts.gather(asking, patience, root=root, unseen=unseen),
        agents=cni_facts.agents(running),
        unseen=tuple(unseen),
    )


def reverse_path_drops(*, root: Path = Path("/")) -> int | None:
    """Return how many packets the reverse-path filter has dropped; None where nobody counts.

    /proc/net/netstat has pairs of lines, names and then numbers. It counts for the network
    namespace that we are in.
    """
    lines = small_text(root / "proc/net/netstat").splitlines()
    for names, numbers in zip(lines[::2], lines[1::2], strict=False):
        row = dict(zip(names.split(), numbers.split(), strict=False))
        if "IPReversePathFilter" in row:
            return int(row["IPReversePathFilter"])
    return None


def _interfaces(programs: Programs, root: Path, unseen: list[Unseen]) -> tuple[Interface, ...]:
    """Ask iproute2; where it does not answer, sysfs knows the names and little else."""
    found = iproute.interfaces(programs, root=root)
    if found is not None:
        return found
    unseen.append(Unseen(what="addresses, and ports of VXLANs", because=_NO_IPROUTE))
    return iproute.interfaces_of_sysfs(root=root)


def _default_routes(
    programs: Programs, root: Path, unseen: list[Unseen]
) -> tuple[DefaultRoute, ...]:
    """Ask iproute2; where it does not answer, /proc/net/route has those of IPv4."""
    old = iproute.default_routes(programs, "IPv4")
    new = iproute.default_routes(programs, "IPv6")
    if new is None:
        unseen.append(Unseen(what="default routes of IPv6", because=_NO_IPROUTE))
    return (*(iproute.default_routes_of_proc(root=root) if old is None else old), *(new or ()))


# --- what is configured -------------------------------------------------------------------------


class _Configured(Struct, frozen=True, kw_only=True):
    """What is kept in files on a disk: the CNI, API servers' addresses, and this node's."""

    cni: Cni | None = None
    servers: tuple[str, ...] = ()
    node_addresses: tuple[str, ...] = ()
    unseen: tuple[Unseen, ...] = ()


def _configured(patience: Patience, root: Path, unseen: list[Unseen]) -> _Configured:
    """Read it all, unless the disk does not answer."""
    found = patience.in_time(lambda: _read(root))
    if found is None:
        unseen.append(
            Unseen(
                what="how the CNI and kubelet are configured",
                because="the disk that holds it did not answer in time",
            )
        )
        return _Configured()
    unseen += found.unseen
    return found


def _read(root: Path) -> _Configured:
    unseen: list[Unseen] = []
    said = _found(_NODE_PATTERN, _NODE_FILES, root)
    return _Configured(
        cni=cni_facts.gather(root=root, unseen=unseen),
        servers=_addresses(_found(_SERVER_PATTERN, _SERVER_FILES, root)),
        node_addresses=_addresses(said),
        unseen=tuple(unseen),
    )


def _found(pattern: re.Pattern[str], files: tuple[str, ...], root: Path) -> Iterator[str]:
    """Give what a pattern finds in some files, of which nothing else is kept."""
    for name in files:
        yield from pattern.findall(small_text(root / name))


def _said_by_programs(running: _Commands) -> tuple[str, ...]:
    """Return what kubelet, or the API server here, was told to use as our address."""
    said: list[str] = []
    for name, words in running:
        option = _NODE_OPTIONS.get(name)
        for word, following in zip(words, (*words[1:], ""), strict=True):
            key, equals, value = word.partition("=")
            if key == option:
                said.append(value if equals else following)
    return _addresses(said)


def _server_routes(
    programs: Programs, servers: tuple[str, ...], unseen: list[Unseen]
) -> tuple[ServerRoute, ...]:
    """Return the routes to API servers on other machines."""
    routes: list[ServerRoute] = []
    for server in servers[:SERVERS_MAX]:
        route = iproute.route_to(programs, server)
        if route is None:
            unseen.append(
                Unseen(
                    what=f"how packets to the API server {server} leave",
                    because="there is no route to it, or `ip -j route get` (iproute2) is missing",
                )
            )
        elif route.device != "lo":
            routes.append(route)
    return tuple(routes)


def _addresses(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the IP addresses of lists with commas, each once.

    Names are left out, since looking one up sends packets and may hang; and so are addresses that
    mean ourselves, or any.
    """
    found: dict[str, None] = {}
    for part in ",".join(texts).split(","):
        with contextlib.suppress(ValueError):
            address = ipaddress.ip_address(part.strip().strip("[]"))
            if not address.is_loopback and not address.is_unspecified:
                found[str(address)] = None
    return tuple(found)
