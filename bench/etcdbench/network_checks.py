"""Network facts -> symptoms: what can make a node hang, or its pods lose each other.

A check is a function from facts to a symptom, or None where all is well, with its name in `CHECKS`,
the one place that a new check touches. Default routes are in `route_checks`, the CNI is in
`cni_checks`.
"""

import shlex
from collections.abc import Callable, Iterator

from etcdbench import cni_checks, cni_families, route_checks
from etcdbench.diagnosis import Symptom
from etcdbench.network_model import Interface, IpVersion, NetworkFacts, ServerRoute, Vxlan
from etcdbench.route_checks import is_way_out
from etcdbench.units import listed

Check = Callable[[NetworkFacts], Symptom | None]

_STRICT = 1

_WIFI = "https://github.com/k3s-io/k3s/issues/3466"
_REVERSE_PATH = "https://github.com/cilium/cilium/issues/13130"
_NODE_ADDRESS = "https://kubernetes.io/docs/reference/command-line-tools-reference/kubelet/#options"
_VXLAN = "https://github.com/cilium/cilium/issues/8990"

_LINUX_VXLAN_PORT = 8472
"""Of Flannel and Cilium, too."""


def symptoms(facts: NetworkFacts) -> tuple[Symptom, ...]:
    """Run every check."""
    return tuple(found for check in CHECKS if (found := check(facts)) is not None)


def looked_at(facts: NetworkFacts) -> tuple[str, ...]:
    """Say in sentences what there is, healthy or not."""
    routes = (
        f"default route of {each.ip}: {route_checks.way(each)}" for each in facts.default_routes
    )
    servers = (
        f"API server {each.server}: reached by {each.device}" for each in facts.server_routes
    )
    drops = facts.reverse_path_drops
    dropped = () if drops is None else (f"dropped by the reverse-path filter: {drops:,} packets",)
    return (*routes, *servers, *dropped, *cni_checks.looked_at(facts))


def wifi_beside_ethernet(facts: NetworkFacts) -> Symptom | None:
    """Both are up."""
    ways_out = [each for each in facts.interfaces if each.up and is_way_out(each)]
    wifi = [each.name for each in ways_out if each.wireless]
    wired = [each.name for each in ways_out if not each.wireless]
    if not wifi or not wired:
        return None
    off = shlex.quote(wifi[0])
    return Symptom(
        code="wifi_beside_ethernet",
        side="network",
        weight="hint",
        seen=f"the Wi-Fi interface {listed(wifi)} is up beside {listed(wired)}",
        why="a node with both may answer by the wrong one, and kubelet or the CNI may choose "
        "Wi-Fi after a restart",
        steps=(
            f"ip -br address show   # does anything need {off}?",
            f"nmcli device disconnect {off}; for good: nmcli device set {off} managed no",
        ),
        reference=_WIFI,
    )


def reverse_path_filter(facts: NetworkFacts) -> Symptom | None:
    """Packets are dropped just now because their answer would leave by another interface."""
    drops = facts.reverse_path_drops
    strict = [each.name for each in facts.interfaces if _is_strict(each)]
    if not drops or drops < 0 or len(strict) < 2:  # noqa: PLR2004 - one interface has no other
        return None
    return Symptom(
        code="reverse_path_filter",
        side="network",
        weight="cause",
        seen=f"the reverse-path filter is strict on {listed(strict)}, and it dropped {drops:,} "
        "packets while we looked",
        why="it drops what comes in by another interface than the answer would leave by: pods "
        "and SSH lose packets without a message",
        steps=(
            "sysctl -a -r 'net.ipv4.conf.*rp_filter'; ip route show",
            "nstat -az TcpExtIPReversePathFilter   # twice: does it grow?",
            "see whose packets: sysctl -w net.ipv4.conf.all.log_martians=1; dmesg -w",
            (
                "make it loose everywhere, since the larger of `all` and the interface's counts: "
                "sysctl -w net.ipv4.conf.all.rp_filter=2"
            ),
            "for good: the line net.ipv4.conf.all.rp_filter=2 in /etc/sysctl.d/99-rp-filter.conf",
        ),
        reference=_REVERSE_PATH,
    )


def _is_strict(interface: Interface) -> bool:
    if interface.reverse_path_filter != _STRICT or not interface.up:
        return False
    return is_way_out(interface) or cni_families.of_interface(interface.name) is cni_families.CILIUM


def server_route_elsewhere(facts: NetworkFacts) -> Symptom | None:
    """The API server is reached by another interface than the one with the node's address."""
    for route in facts.server_routes:
        homes = _homes(facts, route)
        if homes and route.device not in homes.values() and route.source not in homes:
            break
    else:
        return None
    (address, home), *_ = homes.items()
    told = bool(facts.node_addresses)
    return Symptom(
        code="server_route_elsewhere",
        side="network",
        weight="cause" if told else "hint",
        seen=f"packets to the API server {route.server} leave by {route.device}"
        + (f" with the address {route.source}" if route.source else "")
        + (", but the node's address " if told else ", but the node's address is likely ")
        + (f"{address} is on {home}" if told else f"{address} on {home}: kubelet was told none"),
        why="the API server then knows the node by an address by which it does not talk: logs, "
        "exec and probes hang, and a firewall or the reverse-path filter may drop the answers",
        steps=(
            f"ip route get {route.server}; ip -br address show; kubectl get node -o wide",
            (
                "if the route is right, give kubelet the address that goes with it: --node-ip "
                f"{route.source or 'ADDRESS'}, and restart kubelet"
            ),
            (
                f"if the address is right, add a route: ip route add {route.server} via GATEWAY dev "
                f"{shlex.quote(home)}, and the same in the network's configuration"
            ),
        ),
        reference=_NODE_ADDRESS,
    )


def _homes(facts: NetworkFacts, route: ServerRoute) -> dict[str, str]:
    """Return the node's addresses that could talk to a server, and the interface of each.

    kubelet without --node-ip takes the address of the default route's interface, unless the
    host's name leads to another one.
    """
    ip: IpVersion = "IPv6" if ":" in route.server else "IPv4"
    homes = {
        address: each.name
        for each in facts.interfaces
        for address in each.addresses
        if each.name != "lo" and (":" in address) == (ip == "IPv6")
    }
    if facts.node_addresses:
        return {address: homes[address] for address in facts.node_addresses if address in homes}
    winner = route_checks.ways_out(facts, ip)[:1]
    return {address: home for address, home in homes.items() if home in winner}


def vxlan_port_shared(facts: NetworkFacts) -> Symptom | None:
    """Two VXLANs want one UDP port; where they differ in kind the kernel lets one of them be up."""
    for port, tunnels in _tunnels_by_port(facts):
        owners = {cni_families.of_interface(tunnel.name) for tunnel, _ in tunnels}
        if len(owners - {None}) == 1 == len(owners):
            continue  # one CNI's tunnels for IPv4 and IPv6
        mixed = len({vxlan.external for _, vxlan in tunnels}) > 1
        rivals = len(owners - {None}) > 1
        if mixed or rivals or owners != {None} or port == _LINUX_VXLAN_PORT:
            break
    else:
        return None
    names = [tunnel.name for tunnel, _ in tunnels]
    rightful = cni_families.rightful(facts) or frozenset()
    left = [name for name in names if cni_families.of_interface(name) not in rightful]
    return Symptom(
        code="vxlan_port_shared",
        side="network",
        weight="cause" if mixed or rivals else "hint",
        seen=f"the VXLANs {listed(names)} use one UDP port, {port}",
        why="the second to come up gets `address already in use`, or packets of one end in the "
        "other: pods do not reach other nodes",
        steps=(
            "ip -d link show type vxlan   # which one is the running CNI's?",
            "remove the one that is left over: ip link delete "
            + (shlex.quote(left[0]) if len(left) == 1 else "NAME"),
            (
                "or give one another port on all nodes: Flannel Backend.Port, Cilium tunnelPort, "
                "Calico vxlanPort"
            ),
        ),
        reference=_VXLAN,
    )


def _tunnels_by_port(
    facts: NetworkFacts,
) -> Iterator[tuple[int, tuple[tuple[Interface, Vxlan], ...]]]:
    """Give each port that several VXLANs use."""
    tunnels = [(each, each.vxlan) for each in facts.interfaces if each.vxlan is not None]
    for port in sorted({vxlan.port for _, vxlan in tunnels}):
        together = tuple(pair for pair in tunnels if pair[1].port == port)
        if len(together) > 1:
            yield port, together


CHECKS: tuple[Check, ...] = (
    *route_checks.CHECKS,
    wifi_beside_ethernet,
    reverse_path_filter,
    server_route_elsewhere,
    vxlan_port_shared,
    *cni_checks.CHECKS,
)
