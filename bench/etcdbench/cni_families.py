"""To which CNI an interface, a chain or a configuration belongs, and which CNI is rightful here.

A CNI is rightful if the configuration that counts names it. What else is found of CNIs has been
left over, or is at work beside it: both break pods' networks.
"""

import re
from collections.abc import Iterable

from etcdbench.network_model import CniFile, NetworkFacts
from etcdbench.records import Struct


class Family(Struct, frozen=True, kw_only=True):
    """What a CNI leaves on a node.

    Attributes:
        name: As people call it.
        interfaces: Pattern of the names of its interfaces.
        chains: Pattern of the names of its chains and nftables tables.
        plugins: Types of its plugins in a configuration.
        agents: Its programs.
    """

    name: str
    interfaces: str
    chains: str
    plugins: tuple[str, ...]
    agents: tuple[str, ...]


CILIUM = Family(
    name="Cilium",
    # Not `lxcbr0`, a bridge of LXC; Cilium's end in digits of a hash.
    interfaces=r"cilium_\w+|lxc_health|lxc[0-9a-f]{1,12}",
    chains=r"(OLD_)?CILIUM_.*",
    plugins=("cilium-cni",),
    agents=("cilium-agent",),
)
FLANNEL = Family(
    name="Flannel",
    interfaces=r"flannel[.-].+",
    chains=r"FLANNEL-.*|flannel-ipv[46]",
    plugins=("flannel",),
    agents=("flanneld",),
)
CALICO = Family(
    name="Calico",
    interfaces=r"cali[0-9a-f]{1,11}|(vxlan|vxlan-v6)\.calico|(wireguard|wg-v6|bpfin|bpfout)\.cali",
    chains=r"cali-.*|calico",
    plugins=("calico",),
    agents=("calico-node",),
)
WEAVE = Family(
    name="Weave",
    interfaces=r"weave|vethwe-.+",
    chains=r"WEAVE(-.*)?",
    plugins=("weave-net",),
    agents=("weaver",),
)
BRIDGE = Family(
    name="the bridge plugin",
    interfaces=r"cni0",
    chains=r"(?!)",
    plugins=("bridge", "flannel"),
    agents=(),
)

FAMILIES = (CILIUM, FLANNEL, CALICO, WEAVE, BRIDGE)


def of_interface(name: str) -> Family | None:
    """Return whose interface this is; None where it is no CNI's that we know."""
    return next((each for each in FAMILIES if re.fullmatch(each.interfaces, name)), None)


def of_chain(name: str) -> Family | None:
    """Return whose chain or table this is; kube-proxy's and those of plain plugins are nobody's."""
    return next((each for each in FAMILIES if re.fullmatch(each.chains, name)), None)


def of_file(file: CniFile) -> frozenset[Family]:
    """Return whose configuration this is: by its plugins, by its name where it is unreadable.

    Canal is Calico with Flannel's tunnels; only the name says so.
    """
    canal = {CALICO, FLANNEL} if "canal" in file.name else set[Family]()
    if file.plugins is None:
        named = {each for each in FAMILIES if each.name.lower() in file.name.lower()}
        return frozenset(named | canal)
    return frozenset(canal | {each for each in FAMILIES if {*each.plugins} & {*file.plugins}})


def counting(facts: NetworkFacts) -> tuple[CniFile, ...]:
    """Return the configurations that count: the first, and with multus all others, too.

    One with nothing but `loopback` sets up no pod's network; many nodes have such a one.
    """
    files = () if facts.cni is None else facts.cni.files
    real = tuple(file for file in files if file.plugins != ("loopback",))
    multus = any(name.startswith("multus") for name in (real[0].plugins or ())) if real else False
    return real if multus else real[:1]


def others(facts: NetworkFacts) -> tuple[CniFile, ...]:
    """Return the configurations that do not count, because another comes first."""
    files = () if facts.cni is None else facts.cni.files
    return tuple(
        file for file in files if file not in counting(facts) and file.plugins != ("loopback",)
    )


def at_work(facts: NetworkFacts) -> frozenset[Family]:
    """Return the CNIs that have interfaces or programs here, rightful or not."""
    seen = (of_interface(interface.name) for interface in facts.interfaces)
    return running(facts) | {each for each in seen if each is not None}


def running(facts: NetworkFacts) -> frozenset[Family]:
    """Return the CNIs whose programs run here, rightful or not."""
    return frozenset(each for each in FAMILIES if {*each.agents} & {*facts.agents})


def configured(files: Iterable[CniFile]) -> frozenset[Family]:
    """Return whose configurations these are together."""
    return frozenset(family for file in files for family in of_file(file))


def stale(facts: NetworkFacts) -> bool:
    """Tell whether the configuration that counts is of a CNI that is not here.

    Only where another one, with a configuration further down, is at work.
    """
    first, working = configured(counting(facts)), at_work(facts)
    return bool(first) and not first & working and bool(configured(others(facts)) & working)


def rightful(facts: NetworkFacts) -> frozenset[Family] | None:
    """Return the CNIs that belong here; None where the configuration does not tell.

    Two run beside another CNI by design: Calico for policies alone, and Flannel as the tunnels of
    Calico. Without any configuration a CNI belongs here if its program runs.
    """
    files = others(facts) if stale(facts) else counting(facts)
    if facts.cni is None or any(file.plugins is None and not of_file(file) for file in files):
        return None
    if not files:
        return running(facts)
    named = configured(files)
    beside = {CALICO} | ({FLANNEL} if CALICO in named else set[Family]())
    return named | (running(facts) & beside)
