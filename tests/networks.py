"""Facts of whole machines: clean hosts of every kind, and what tests add to them."""

from collections.abc import Mapping

import msgspec

from etcdbench.network_model import (
    Cni,
    CniFile,
    DefaultRoute,
    Interface,
    NetworkFacts,
    ServerRoute,
    Vxlan,
)

LO = Interface(name="lo", up=True, addresses=("127.0.0.1", "::1"))
ETHERNET = Interface(name="eth0", up=True, addresses=("192.168.1.5",))
SECOND = Interface(name="eth1", up=True, addresses=("10.0.0.5",))
WIFI = Interface(name="wlan0", wireless=True, up=True, addresses=("192.168.2.5",))

BY_ETHERNET = DefaultRoute(
    ip="IPv4", devices=("eth0",), gateways=("192.168.1.1",), metric=100, protocol="dhcp"
)
BY_SECOND = DefaultRoute(ip="IPv4", devices=("eth1",), gateways=("10.0.0.1",), metric=100)
BY_WIFI = DefaultRoute(ip="IPv4", devices=("wlan0",), gateways=("192.168.2.1",), metric=600)

PLAIN = NetworkFacts(
    interfaces=(LO, ETHERNET),
    default_routes=(BY_ETHERNET,),
    reverse_path_drops=0,
    cni=Cni(directory="/etc/cni/net.d"),
)
"""A host with one network card and no CNI."""

CHAINS = (
    "FORWARD",
    "INPUT",
    "KUBE-SERVICES",
    "KUBE-POSTROUTING",
    "filter",
    "nat",
    "CNI-HOSTPORT-DNAT",
)
"""The kernel's, kube-proxy's, and those of the portmap plugin."""


def named(*names: str, kind: str = "veth") -> tuple[Interface, ...]:
    """Make virtual interfaces that are up."""
    return tuple(Interface(name=name, kind=kind, up=True) for name in names)


def tunnel(name: str, number: int, port: int, *, external: bool = False) -> Interface:
    """Make a VXLAN."""
    vxlan = Vxlan(number=number, port=port, external=external)
    return Interface(name=name, kind="vxlan", up=True, vxlan=vxlan)


def cni(
    files: Mapping[str, tuple[str, ...] | None],
    programs: tuple[str, ...] = (),
    *,
    backups: tuple[str, ...] = (),
    needs_loopback: bool = False,
) -> Cni:
    """Make a CNI whose configurations need just their plugins, all of which are there."""
    configurations = tuple(
        CniFile(name=name, plugins=plugins, programs=plugins or ())
        for name, plugins in files.items()
    )
    needed = {name for file in configurations for name in file.programs}
    return Cni(
        directory="/etc/cni/net.d",
        files=configurations,
        program_directories=("/opt/cni/bin",),
        programs=frozenset({*needed, *programs}),
        backups=backups,
        needs_loopback=needs_loopback,
    )


def host(base: NetworkFacts = PLAIN, *more: Interface, **changes: object) -> NetworkFacts:
    """Return another machine: with more interfaces, and with other facts."""
    together = (*base.interfaces, *more)
    return msgspec.structs.replace(base, **{"interfaces": together, **changes})


CILIUM = host(
    PLAIN,
    *named("cilium_net", "cilium_host", "lxc_health", "lxc4f2a9e1b3c7d"),
    tunnel("cilium_vxlan", 0, 8472, external=True),
    cni=cni({"05-cilium.conflist": ("cilium-cni",)}),
    chains=(*CHAINS, "CILIUM_INPUT", "OLD_CILIUM_FORWARD"),
    agents=("cilium-agent",),
)

FLANNEL = host(
    PLAIN,
    *named("cni0", kind="bridge"),
    *named("veth0a1b2c3d"),
    tunnel("flannel.1", 1, 8472),
    tunnel("flannel-v6.1", 1, 8472),
    cni=cni({"10-flannel.conflist": ("flannel", "portmap"), "99-loopback.conf": ("loopback",)}),
    chains=(*CHAINS, "FLANNEL-FWD", "FLANNEL-POSTRTG", "flannel-ipv4"),
    agents=("flanneld",),
)

CALICO = host(
    PLAIN,
    *named("cali0123456789a"),
    *named("tunl0", kind="ipip"),
    tunnel("vxlan.calico", 4096, 4789),
    cni=cni({"10-calico.conflist": ("calico", "bandwidth", "portmap")}),
    chains=(*CHAINS, "cali-INPUT", "cali-fw-cali0123456789a", "calico"),
    agents=("calico-node",),
)

CANAL = host(
    CALICO,
    tunnel("flannel.1", 1, 8472),
    cni=cni({"10-canal.conflist": ("calico", "portmap")}),
    chains=(*CHAINS, "cali-INPUT", "FLANNEL-FWD"),
)

CHAINED = host(
    FLANNEL,
    *named("lxc_health", "cilium_host"),
    cni=cni({"05-chained.conflist": ("flannel", "portmap", "cilium-cni")}),
    chains=(*CHAINS, "CILIUM_INPUT", "FLANNEL-FWD"),
)

POLICY_ONLY = host(
    PLAIN,
    *named("eni0a1b2c3d"),
    cni=cni({"10-aws.conflist": ("aws-cni", "portmap")}),
    chains=(*CHAINS, "cali-INPUT"),
    agents=("calico-node",),
)

WORKSTATION = host(
    PLAIN,
    *named("docker0", "br-0123456789ab", "virbr0", "lxcbr0", "lxdbr0", kind="bridge"),
    Interface(name="wg0", kind="wireguard", up=True, addresses=("10.9.0.2",)),
    Interface(name="tailscale0", kind="tun", up=True, addresses=("100.64.0.2",)),
    Interface(name="vethd00d", kind="veth", up=True),
    cni=cni({"87-podman-bridge.conflist": ("bridge", "portmap", "firewall", "tuning")}),
    chains=(*CHAINS, "DOCKER", "DOCKER-USER", "LIBVIRT_INP", "ts-input"),
)

CONTROL_PLANE = host(
    FLANNEL,
    server_routes=(ServerRoute(server="192.168.1.2", device="eth0", source="192.168.1.5"),),
    node_addresses=("192.168.1.5",),
)

CLEAN = {
    "without a CNI": PLAIN,
    "Cilium": CILIUM,
    "Flannel": FLANNEL,
    "Calico": CALICO,
    "Canal": CANAL,
    "Cilium chained to Flannel": CHAINED,
    "Calico for policies": POLICY_ONLY,
    "Docker, libvirt, podman and VPNs": WORKSTATION,
    "a worker and its API server": CONTROL_PLANE,
}
