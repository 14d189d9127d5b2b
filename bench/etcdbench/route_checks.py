"""Default routes -> symptoms: which interface does a node talk by, and is that certain?"""

import re
import shlex

from etcdbench import cni_families
from etcdbench.diagnosis import Symptom, Weight
from etcdbench.network_model import DefaultRoute, Interface, IpVersion, NetworkFacts
from etcdbench.units import listed

_IP_VERSIONS: tuple[IpVersion, ...] = ("IPv4", "IPv6")

# Of a routing daemon: several default routes are then somebody's plan.
_ROUTING_PROTOCOLS = frozenset({"babel", "bgp", "bird", "eigrp", "isis", "ospf", "rip", "zebra"})

# Bridges of container and VM managers, VPNs, and helpers of Kubernetes.
_SIDE_NAMES = re.compile(
    r"lo|docker\d+|docker_gwbridge|br-[0-9a-f]{12}|virbr\d+|lxcbr\d+|lxdbr\d+|incusbr\d+"
    r"|podman\d+|cni-podman\d+|nerdctl\d+|nodelocaldns|kube-ipvs0|tunl0|sit0|ifb\d+"
    r"|wg.*|tailscale\d+|zt.*|tun\d+|tap\d+"
)
_SIDE_KINDS = frozenset({"geneve", "gre", "ifb", "ipip", "sit", "tun", "vxlan", "wireguard"})

_TWO_CARDS = "https://github.com/k3s-io/k3s/issues/1131"
_SEVERAL_HOPS = "https://github.com/k3s-io/k3s/issues/259"
_WIFI = "https://github.com/k3s-io/k3s/issues/3466"


def default_routes_tie(facts: NetworkFacts) -> Symptom | None:
    """Default routes by different interfaces with the same metric: which one wins is luck."""
    for ip in _IP_VERSIONS:
        best = _best(facts, ip)
        if len(_devices(best)) > 1 and not _planned(best):
            break
    else:
        return None
    return Symptom(
        code="default_routes_tie",
        side="network",
        weight=_weight(facts, ip),
        seen=f"default routes of {ip} by {listed(_devices(best))} have the same metric: "
        + "; ".join(map(way, best)),
        why="which one is used is luck, and kubelet and the CNI may choose differently: packets "
        "leave by one interface, answers come back by the other, and connections hang",
        steps=_steps_for_two(_devices(best)),
        reference=_SEVERAL_HOPS,
    )


def default_route_by_wifi(facts: NetworkFacts) -> Symptom | None:
    """The default route that wins leaves by Wi-Fi, although another interface has one."""
    for ip in _IP_VERSIONS:
        ways = _devices(_best(facts, ip))
        rest = [name for name in ways_out(facts, ip) if name not in ways]
        if len(ways) == 1 and rest and _is_wifi(facts, ways[0]) and not _is_wifi(facts, rest[0]):
            break
    else:
        return None
    return Symptom(
        code="default_route_by_wifi",
        side="network",
        weight=_weight(facts, ip),
        seen=f"the default route of {ip} that wins leaves by the Wi-Fi interface {ways[0]}, "
        f"although there is one by {listed(rest)}, too",
        why="the cluster then runs over Wi-Fi, whose delays and losses look like a node that "
        "hangs; kubelet and the CNI take the interface of the default route",
        steps=_steps_for_two((rest[0], *ways)),
        reference=_WIFI,
    )


def two_default_routes(facts: NetworkFacts) -> Symptom | None:
    """Default routes by several interfaces whose metrics say which one wins."""
    if default_routes_tie(facts) or default_route_by_wifi(facts):
        return None
    for ip in _IP_VERSIONS:
        routes = _routes(facts, ip)
        if len(_devices(routes)) > 1:
            break
    else:
        return None
    return Symptom(
        code="two_default_routes",
        side="network",
        weight="hint",
        seen=f"default routes of {ip} by several interfaces: {'; '.join(map(way, routes))}",
        why="the smallest metric wins, which is well; but when that interface goes down "
        "everything moves to another address, which a cluster does not survive",
        steps=_steps_for_two(_devices(routes)),
        reference=_TWO_CARDS,
    )


def ways_out(facts: NetworkFacts, ip: IpVersion) -> tuple[str, ...]:
    """Name the interfaces by which default routes leave, the one that wins first."""
    return _devices(_routes(facts, ip))


def _routes(facts: NetworkFacts, ip: IpVersion) -> tuple[DefaultRoute, ...]:
    """Return the default routes of one protocol, the one that wins first."""
    side = {each.name for each in facts.interfaces if not is_way_out(each)}
    routes = (each for each in facts.default_routes if each.ip == ip)
    return tuple(sorted((each for each in routes if side.isdisjoint(each.devices)), key=_metric))


def _best(facts: NetworkFacts, ip: IpVersion) -> tuple[DefaultRoute, ...]:
    """Return those that no other one beats."""
    routes = _routes(facts, ip)
    return tuple(each for each in routes if _metric(each) == _metric(routes[0]))


def _weight(facts: NetworkFacts, ip: IpVersion) -> Weight:
    """With both protocols a cluster uses IPv4 unless it was told otherwise."""
    return "hint" if ip == "IPv6" and _routes(facts, "IPv4") else "cause"


def _metric(route: DefaultRoute) -> int:
    return route.metric or 0


def _devices(routes: tuple[DefaultRoute, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(device for route in routes for device in route.devices))


def _planned(routes: tuple[DefaultRoute, ...]) -> bool:
    return all(route.protocol in _ROUTING_PROTOCOLS for route in routes)


def way(route: DefaultRoute) -> str:
    """Say where a default route leads."""
    via = f" via {listed(route.gateways)}" if route.gateways else ""
    metric = f", metric {route.metric}" if route.metric else ", no metric"
    return f"{listed(route.devices)}{via}{metric}"


def _steps_for_two(devices: tuple[str, ...]) -> tuple[str, ...]:
    """Say how to decide between interfaces; the first is the one to keep."""
    keep, *rest = devices
    raised = shlex.quote(rest[0])
    return (
        "ip route show default; ip -6 route show default   # which one shall the cluster use?",
        (
            "say so to the cluster: kubelet --node-ip ADDRESS; k3s --node-ip ADDRESS "
            f"--flannel-iface {shlex.quote(keep)}; Cilium devices={shlex.quote(keep)}"
        ),
        (
            f"raise the metric of the others: nmcli device modify {raised} ipv4.route-metric 800, "
            f"or in netplan dhcp4-overrides: {{route-metric: 800}}, or RouteMetric=800 of "
            "systemd-networkd"
        ),
        (
            "or drop their default routes for good (use-routes: false, UseRoutes=no, "
            "ipv4.never-default yes); not over an SSH session that comes in by them"
        ),
    )


# --- interfaces ---------------------------------------------------------------------------------


def is_way_out(interface: Interface) -> bool:
    """Tell whether an interface leads to other machines, as far as its name and kind say."""
    side = _SIDE_NAMES.fullmatch(interface.name) or interface.kind in _SIDE_KINDS
    if side or cni_families.of_interface(interface.name):
        return False
    return interface.kind != "veth" or bool(interface.addresses)  # in a container, its own


def _is_wifi(facts: NetworkFacts, name: str) -> bool:
    return any(each.wireless for each in facts.interfaces if each.name == name)


CHECKS = (default_routes_tie, default_route_by_wifi, two_default_routes)
