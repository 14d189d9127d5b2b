"""Whose an interface, a chain or a configuration is."""

import pytest

from etcdbench.cni_families import (
    CALICO,
    CILIUM,
    FAMILIES,
    FLANNEL,
    Family,
    at_work,
    of_chain,
    of_file,
    of_interface,
    rightful,
    stale,
)
from etcdbench.network_model import CniFile, NetworkFacts
from networks import PLAIN, cni, host, named


@pytest.mark.parametrize(
    ("name", "owner"),
    [
        ("cilium_vxlan", "Cilium"),
        ("cilium_host", "Cilium"),
        ("lxc_health", "Cilium"),
        ("lxc4f2a9e1b3c7d", "Cilium"),
        ("lxcbr0", None),
        ("lxdbr0", None),
        ("flannel.1", "Flannel"),
        ("flannel-wg", "Flannel"),
        ("cni0", "the bridge plugin"),
        ("cni-podman0", None),
        ("cali0123456789a", "Calico"),
        ("vxlan.calico", "Calico"),
        ("wireguard.cali", "Calico"),
        ("tunl0", None),
        ("california", None),
        ("weave", "Weave"),
        ("vethwe-bridge", "Weave"),
        ("veth0a1b2c3d", None),
        ("docker0", None),
        ("wg0", None),
        ("eth0", None),
    ],
)
def test_interfaces(name: str, owner: str | None) -> None:
    """By the names that CNIs give them; `tunl0` comes with a kernel module."""
    found = of_interface(name)

    assert (found.name if found else None) == owner


@pytest.mark.parametrize(
    ("name", "owner"),
    [
        ("CILIUM_INPUT", "Cilium"),
        ("OLD_CILIUM_POST_nat", "Cilium"),
        ("FLANNEL-FWD", "Flannel"),
        ("flannel-ipv6", "Flannel"),
        ("cali-FORWARD", "Calico"),
        ("calico", "Calico"),
        ("WEAVE-NPC", "Weave"),
        ("calico-of-somebody-else", None),
        ("KUBE-SERVICES", None),
        ("KUBE-ROUTER-INPUT", None),
        ("kube-proxy", None),
        ("CNI-HOSTPORT-DNAT", None),
        ("DOCKER-USER", None),
        ("INPUT", None),
    ],
)
def test_chains(name: str, owner: str | None) -> None:
    """kube-proxy's, and those of plain plugins, are nobody's."""
    found = of_chain(name)

    assert (found.name if found else None) == owner


@pytest.mark.parametrize(
    ("file", "owners"),
    [
        (CniFile(name="x", plugins=("cilium-cni",)), {"Cilium"}),
        (CniFile(name="x", plugins=("flannel", "portmap")), {"Flannel", "the bridge plugin"}),
        (CniFile(name="10-canal.conflist", plugins=("calico",)), {"Calico", "Flannel"}),
        (CniFile(name="cilium.conf", plugins=("kindnet",)), set[str]()),
        (CniFile(name="05-Cilium.conflist"), {"Cilium"}),
        (CniFile(name="01-ours.conf"), set[str]()),
    ],
)
def test_configurations(file: CniFile, owners: set[str]) -> None:
    """By their plugins; by their names only where those cannot be read."""
    assert {family.name for family in of_file(file)} == owners


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (NetworkFacts(), None),
        (PLAIN, set[Family]()),
        (host(PLAIN, agents=("cilium-agent",)), {CILIUM}),
        (host(PLAIN, cni=cni({"x": ("ptp",)}), agents=("calico-node",)), {CALICO}),
        (host(PLAIN, cni=cni({"x": ("ptp",)}), agents=("flanneld",)), set[Family]()),
        (host(PLAIN, cni=cni({"x": ("calico",)}), agents=("flanneld",)), {CALICO, FLANNEL}),
        (host(PLAIN, cni=cni({"x": ("cilium-cni",)}), agents=("flanneld",)), {CILIUM}),
    ],
)
def test_who_is_rightful(facts: NetworkFacts, expected: set[Family] | None) -> None:
    """The configured one, and who runs beside it by design."""
    assert rightful(facts) == expected


def test_a_first_configuration_is_stale_only_where_a_later_one_is_at_work() -> None:
    """Otherwise it may be of a CNI that is only starting."""
    files = cni({"05": ("cilium-cni",), "10": ("flannel",)})
    alone = host(PLAIN, cni=files)

    assert not stale(alone)
    assert stale(host(alone, *named("flannel.1")))
    assert not stale(host(alone, *named("flannel.1", "cilium_host")))
    assert stale(host(alone, agents=("flanneld",)))


def test_who_is_at_work() -> None:
    """By interfaces, and by programs."""
    facts = host(PLAIN, *named("lxc_health"), agents=("calico-node",))

    assert at_work(facts) == {CILIUM, CALICO}


def test_no_family_takes_another_ones_names() -> None:
    """The first that matches wins, so that order must not matter."""
    names = ("cilium_host", "flannel.1", "cali0123456789a", "weave", "cni0", "lxc_health")
    for family in FAMILIES:
        assert {of_interface(name) for name in names} >= {family}
