"""What facts about the network mean: each symptom, and machines without any."""

import msgspec
import pytest

import networks
from etcdbench import cni_checks, network_checks, route_checks
from etcdbench.diagnosis import Symptom
from etcdbench.network_checks import (
    reverse_path_filter,
    server_route_elsewhere,
    symptoms,
    vxlan_port_shared,
    wifi_beside_ethernet,
)
from etcdbench.network_model import Interface, NetworkFacts, ServerRoute
from networks import ETHERNET, LO, PLAIN, SECOND, WIFI, host, named, tunnel


@pytest.mark.parametrize("facts", networks.CLEAN.values(), ids=networks.CLEAN)
def test_a_clean_host_has_no_symptom(facts: NetworkFacts) -> None:
    """CNIs, container managers and VPNs as they should be."""
    assert symptoms(facts) == ()


def test_what_could_not_be_seen_is_no_symptom() -> None:
    """Nor a reason to fail."""
    assert symptoms(NetworkFacts()) == ()


def test_every_symptom_says_what_to_do_and_where_that_comes_from() -> None:
    """All checks at once; the names are an interface."""
    strict = (*(msgspec.structs.replace(each, reverse_path_filter=1) for each in (ETHERNET, WIFI)),)
    facts = NetworkFacts(
        interfaces=(
            LO,
            *strict,
            *named("cni0", kind="bridge"),
            tunnel("flannel.1", 1, 8472),
            tunnel("cilium_vxlan", 0, 8472, external=True),
        ),
        default_routes=(networks.BY_ETHERNET, msgspec.structs.replace(networks.BY_WIFI, metric=5)),
        reverse_path_drops=3,
        server_routes=(ServerRoute(server="10.9.9.9", device="wlan0", source="192.168.2.5"),),
        node_addresses=("192.168.1.5",),
        cni=networks.cni(
            {"05-cilium.conflist": ("cilium-cni",), "10-flannel.conflist": ("flannel",)},
            backups=("10-flannel.conflist.cilium_bak",),
            needs_loopback=True,
        ),
        chains=("FLANNEL-FWD",),
    )

    found = symptoms(facts)

    assert {one.code: one.weight for one in found} == {
        "default_route_by_wifi": "cause",
        "wifi_beside_ethernet": "hint",
        "reverse_path_filter": "cause",
        "server_route_elsewhere": "cause",
        "vxlan_port_shared": "cause",
        "cni_leftover_interfaces": "cause",
        "cni_leftover_chains": "cause",
        "cni_plugin_missing": "cause",
        "cni_several_files": "hint",
        "cni_backup_files": "hint",
    }
    for one in found:
        assert one.side == "network"
        assert one.seen
        assert one.why
        assert len(one.steps) > 1
        assert one.reference.startswith("https://")


def test_every_check_is_called() -> None:
    """A check that is written and not listed would never be missed."""
    for module in (network_checks, route_checks, cni_checks):
        checks = {
            value
            for name, value in vars(module).items()
            if getattr(value, "__annotations__", {}).get("return") == (Symptom | None)
            and not name.startswith("_")
        }
        assert checks <= set(network_checks.CHECKS)
        assert len(checks) > 2


def test_what_was_looked_at_is_said_in_sentences() -> None:
    """Healthy or not."""
    assert network_checks.looked_at(networks.CONTROL_PLANE) == (
        "default route of IPv4: eth0 via 192.168.1.1, metric 100",
        "API server 192.168.1.2: reached by eth0",
        "dropped by the reverse-path filter: 0 packets",
        "/etc/cni/net.d/10-flannel.conflist configures flannel and portmap",
    )
    assert network_checks.looked_at(PLAIN)[-1] == "no CNI is configured"
    assert network_checks.looked_at(NetworkFacts()) == ()


def test_wifi_beside_ethernet_is_worth_knowing() -> None:
    """It explains nothing by itself."""
    found = wifi_beside_ethernet(host(PLAIN, WIFI))

    assert found is not None
    assert (found.weight, found.seen) == (
        "hint",
        "the Wi-Fi interface wlan0 is up beside eth0",
    )


@pytest.mark.parametrize(
    "interfaces",
    [
        (LO, WIFI),
        (LO, ETHERNET, msgspec.structs.replace(WIFI, up=False)),
        (LO, msgspec.structs.replace(ETHERNET, up=False), WIFI),
        (LO, WIFI, *named("docker0", kind="bridge"), *named("veth1"), *named("lxc_health")),
    ],
    ids=["Wi-Fi alone", "Wi-Fi down", "cable unplugged", "a laptop with containers"],
)
def test_one_way_out_is_no_hint(interfaces: tuple[Interface, ...]) -> None:
    """Bridges and ends of containers are no way out."""
    assert wifi_beside_ethernet(NetworkFacts(interfaces=interfaces)) is None


def strict(*interfaces: Interface, drops: int | None, mode: int = 1) -> NetworkFacts:
    """Return facts in which these interfaces have one mode of the reverse-path filter."""
    changed = (msgspec.structs.replace(each, reverse_path_filter=mode) for each in interfaces)
    return NetworkFacts(interfaces=tuple(changed), reverse_path_drops=drops)


def test_a_strict_filter_that_drops_is_a_cause() -> None:
    """The figure is that of the second in which we watched."""
    found = reverse_path_filter(strict(LO, ETHERNET, SECOND, drops=1200))

    assert found is not None
    assert found.weight == "cause"
    assert "eth0 and eth1" in found.seen
    assert "1,200 packets" in found.seen


def test_ciliums_own_interfaces_count() -> None:
    """As in the issue that the symptom names."""
    assert reverse_path_filter(strict(ETHERNET, *named("lxc_health"), drops=1)) is not None


@pytest.mark.parametrize(
    "facts",
    [
        strict(ETHERNET, SECOND, drops=0),
        strict(ETHERNET, SECOND, drops=None),
        strict(ETHERNET, SECOND, drops=-4),
        strict(ETHERNET, SECOND, drops=9, mode=2),
        strict(LO, ETHERNET, drops=9),
        strict(ETHERNET, *named("docker0", kind="bridge"), *named("cali0123456789a"), drops=9),
        strict(ETHERNET, msgspec.structs.replace(SECOND, up=False), drops=9),
    ],
    ids=["quiet", "uncounted", "reset", "loose", "one card", "bridges and Calico's", "one is down"],
)
def test_a_filter_that_does_its_work_is_none(facts: NetworkFacts) -> None:
    """Strict is the default of some distributions, and Calico's own choice."""
    assert reverse_path_filter(facts) is None


def reached_by(device: str, source: str, *addresses: str, server: str = "10.9.9.9") -> NetworkFacts:
    """Return facts in which the API server is reached by an interface."""
    return NetworkFacts(
        interfaces=(LO, ETHERNET, SECOND),
        server_routes=(ServerRoute(server=server, device=device, source=source),),
        node_addresses=addresses,
    )


def test_an_api_server_by_another_interface_is_a_cause() -> None:
    """Both interfaces and addresses are named."""
    found = server_route_elsewhere(reached_by("eth1", "10.0.0.5", "192.168.1.5"))

    assert found is not None
    assert found.weight == "cause"
    for word in ("10.9.9.9", "eth1", "10.0.0.5", "192.168.1.5", "eth0"):
        assert word in found.seen


def test_without_an_address_kubelet_takes_that_of_the_default_route() -> None:
    """As on every Vagrant machine; a host's name may decide otherwise, hence a hint."""
    second = msgspec.structs.replace(networks.BY_SECOND, metric=200)
    facts = host(reached_by("eth1", "10.0.0.5"), default_routes=(networks.BY_ETHERNET, second))
    found = server_route_elsewhere(facts)

    assert found is not None
    assert found.weight == "hint"
    assert "likely 192.168.1.5 on eth0" in found.seen


@pytest.mark.parametrize(
    "facts",
    [
        reached_by("eth0", "192.168.1.5", "192.168.1.5"),
        reached_by("eth1", "10.0.0.5", "192.168.1.5", "10.0.0.5"),
        reached_by("eth1", "192.168.1.5", "192.168.1.5"),
        reached_by("eth1", "10.0.0.5"),
        host(reached_by("eth0", "192.168.1.5"), default_routes=(networks.BY_ETHERNET,)),
        reached_by("eth1", "10.0.0.5", "203.0.113.9"),
        reached_by("eth1", "10.0.0.5", "fd00::5"),
        reached_by("eth1", "10.0.0.5", "127.0.0.1"),
    ],
    ids=[
        "same",
        "one of two",
        "same source",
        "address unknown",
        "default",
        "address of nobody",
        "IPv6",
        "loopback",
    ],
)
def test_an_api_server_that_is_reached_as_it_should_be(facts: NetworkFacts) -> None:
    """Or of which we cannot tell."""
    assert server_route_elsewhere(facts) is None


@pytest.mark.parametrize(
    ("tunnels", "weight"),
    [
        ((tunnel("flannel.1", 1, 8472), tunnel("cilium_vxlan", 0, 8472, external=True)), "cause"),
        ((tunnel("flannel.1", 1, 4789), tunnel("vxlan.calico", 4096, 4789)), "cause"),
        ((tunnel("vxlan9", 9, 4789), tunnel("vxlan8", 0, 4789, external=True)), "cause"),
        ((tunnel("flannel.1", 1, 8472), tunnel("vxlan42", 42, 8472)), "hint"),
        ((tunnel("vxlan41", 41, 8472), tunnel("vxlan42", 42, 8472)), "hint"),
        ((tunnel("flannel.1", 1, 4789), tunnel("vxlan42", 42, 4789)), "hint"),
    ],
)
def test_two_vxlans_on_one_port(tunnels: tuple[Interface, ...], weight: str) -> None:
    """A cause where the kernel lets only one of them be up, or they are two CNIs'."""
    found = vxlan_port_shared(NetworkFacts(interfaces=tunnels))

    assert found is not None
    assert found.weight == weight


@pytest.mark.parametrize(
    "tunnels",
    [
        (tunnel("flannel.1", 1, 8472), tunnel("vxlan.calico", 4096, 4789)),
        (tunnel("flannel.1", 1, 8472), tunnel("flannel-v6.1", 1, 8472)),
        (tunnel("vxlan41", 41, 4789), tunnel("vxlan42", 42, 4789)),
        (tunnel("vxlan42", 42, 8472),),
    ],
    ids=["two ports", "one CNI's", "somebody's own", "one"],
)
def test_vxlans_that_go_together(tunnels: tuple[Interface, ...]) -> None:
    """The kernel lets tunnels of one kind share a port."""
    assert vxlan_port_shared(NetworkFacts(interfaces=tunnels)) is None


def test_only_the_vxlan_that_is_left_over_is_to_be_deleted() -> None:
    """Never the running CNI's."""
    found = vxlan_port_shared(host(networks.CILIUM, tunnel("flannel.1", 1, 8472)))

    assert found is not None
    assert any("ip link delete flannel.1" in step for step in found.steps)
