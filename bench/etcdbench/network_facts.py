"""What can be seen of the network without changing anything.

Files are read under a root directory, so that a recorded tree can stand in for a machine. Nothing
here writes, loads a kernel module or sends a packet.
"""

import ipaddress
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from etcdbench import cni_facts, firewall_facts, iproute
from etcdbench.diagnosis import Unseen
from etcdbench.network_model import DefaultRoute, Interface, NetworkFacts, ServerRoute
from etcdbench.probes import Programs, processes, small_text

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
    running = tuple(processes(root=root))
    unseen: list[Unseen] = []
    drops = reverse_path_drops(root=root)
    servers = _server_routes(asking, root, unseen)
    addresses = _node_addresses(running, root)
    if servers and not addresses:
        unseen.append(
            Unseen(
                what="whether the API server is reached from this node's own address",
                because="kubelet was not told --node-ip",
            )
        )
    return NetworkFacts(
        interfaces=_interfaces(asking, root, unseen),
        default_routes=_default_routes(asking, root, unseen),
        reverse_path_drops=None if drops is None or drops_before is None else drops - drops_before,
        server_routes=servers,
        node_addresses=addresses,
        cni=cni_facts.gather(root=root, unseen=unseen),
        chains=firewall_facts.gather(asking, root=root, unseen=unseen),
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


# --- this node and its API server ---------------------------------------------------------------


def _server_routes(programs: Programs, root: Path, unseen: list[Unseen]) -> tuple[ServerRoute, ...]:
    """Return the routes to API servers on other machines."""
    routes: list[ServerRoute] = []
    for server in _servers(root)[:SERVERS_MAX]:
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


def _servers(root: Path) -> tuple[str, ...]:
    """Return the addresses of API servers; those that are given by name are left out."""
    texts = (small_text(root / name) for name in _SERVER_FILES)
    found = [address for text in texts for address in _SERVER_PATTERN.findall(text)]
    return tuple(dict.fromkeys(each for address in found for each in _addresses(address)))


def _node_addresses(running: _Commands, root: Path) -> tuple[str, ...]:
    """Return what kubelet, k3s or the API server here were told to use as our address.

    Running programs count before files, which may have been changed since.
    """
    said: list[str] = []
    for name, words in running:
        option = _NODE_OPTIONS.get(name)
        for word, following in zip(words, (*words[1:], ""), strict=True):
            key, equals, value = word.partition("=")
            if key == option:
                said.append(value if equals else following)
    if not said:
        texts = (small_text(root / name) for name in _NODE_FILES)
        said += (found for text in texts for found in _NODE_PATTERN.findall(text))
    return tuple(dict.fromkeys(address for text in said for address in _addresses(text)))


def _addresses(text: str) -> Iterator[str]:
    """Give the IP addresses of a list with commas, without those that mean ourselves or any."""
    for part in text.split(","):
        try:
            address = ipaddress.ip_address(part.strip().strip("[]"))
        except ValueError:
            continue
        if not address.is_loopback and not address.is_unspecified:
            yield str(address)
