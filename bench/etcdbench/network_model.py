"""What `doctor` knows about a machine's network: interfaces, routes, filters, the CNI. Pure data.

`network_facts` gathers it, `network_checks` says what it means.
"""

from typing import Literal

from etcdbench.diagnosis import Unseen
from etcdbench.records import Struct

IpVersion = Literal["IPv4", "IPv6"]


class Vxlan(Struct, frozen=True, kw_only=True):
    """A VXLAN tunnel.

    Attributes:
        number: Its VNI.
        port: UDP port on which it listens; the kernel's default is 8472.
        external: Whether each packet says its own VNI (Cilium's does); the kernel lets such a
            tunnel share its port with none that has a VNI.
    """

    number: int
    port: int
    external: bool = False


class Interface(Struct, frozen=True, kw_only=True):
    """A network interface.

    Attributes:
        name: As the kernel knows it.
        kind: Of a virtual one (`vxlan`, `bridge`, `veth`); None for hardware.
        wireless: Whether it is Wi-Fi.
        up: Whether it is switched on and has a carrier.
        addresses: Its IP addresses without prefix lengths, and without link-local ones.
        vxlan: What it is if it is a VXLAN.
        reverse_path_filter: 0 off, 1 strict, 2 loose, with `all` taken into account; None where
            the kernel does not say.
    """

    name: str
    kind: str | None = None
    wireless: bool = False
    up: bool = False
    addresses: tuple[str, ...] = ()
    vxlan: Vxlan | None = None
    reverse_path_filter: int | None = None


class DefaultRoute(Struct, frozen=True, kw_only=True):
    """A default route of the main table.

    Attributes:
        ip: Which Internet Protocol it is for.
        devices: Names of the interfaces by which it leaves: one, or several next hops.
        gateways: Addresses of the routers, where they are known.
        metric: The smaller one wins; None, which counts as 0, where there is none.
        protocol: Who made it (`dhcp`, `static`, `bgp`), as the kernel was told.
    """

    ip: IpVersion
    devices: tuple[str, ...]
    gateways: tuple[str, ...] = ()
    metric: int | None = None
    protocol: str | None = None


class ServerRoute(Struct, frozen=True, kw_only=True):
    """How packets to an API server leave.

    Attributes:
        server: Its address.
        device: Name of the interface.
        source: Our address on these packets; None where the kernel does not say.
    """

    server: str
    device: str
    source: str | None = None


class CniFile(Struct, frozen=True, kw_only=True):
    """A configuration of the CNI.

    Attributes:
        name: Of the file.
        plugins: Types of its plugins, in order; None where it cannot be read or is no JSON.
        programs: Every program that it makes the container runtime start.
    """

    name: str
    plugins: tuple[str, ...] | None = None
    programs: tuple[str, ...] = ()


class Cni(Struct, frozen=True, kw_only=True):
    """What the container runtime finds about the CNI.

    Attributes:
        directory: Of the configurations.
        files: Configurations in the order in which runtimes read them: the first one counts.
        backups: Names of files beside them that look like configurations put aside.
        program_directories: Where plugins are looked for.
        programs: Names of the plugins that are there; None where that cannot be seen.
        needs_loopback: Whether the runtime starts the plugin `loopback` for each pod.
    """

    directory: str
    files: tuple[CniFile, ...] = ()
    backups: tuple[str, ...] = ()
    program_directories: tuple[str, ...] = ()
    programs: frozenset[str] | None = None
    needs_loopback: bool = False


class NetworkFacts(Struct, frozen=True, kw_only=True):
    """All of it, at one moment.

    Attributes:
        interfaces: All network interfaces.
        default_routes: Of the main table; those of both Internet Protocols.
        reverse_path_drops: Packets that the reverse-path filter dropped while we watched; None
            where the kernel does not count.
        server_routes: Routes to the API servers that configurations name by address.
        node_addresses: What kubelet was told to use as this node's address.
        cni: None where its configuration cannot be seen.
        chains: Names of firewall chains and nftables tables, sorted, each once.
        agents: Names of the CNIs' own programs that run (`cilium-agent`), sorted.
        unseen: What could not be looked at.
    """

    interfaces: tuple[Interface, ...] = ()
    default_routes: tuple[DefaultRoute, ...] = ()
    reverse_path_drops: int | None = None
    server_routes: tuple[ServerRoute, ...] = ()
    node_addresses: tuple[str, ...] = ()
    cni: Cni | None = None
    chains: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()
    unseen: tuple[Unseen, ...] = ()
