"""What default routes mean."""

import msgspec
import pytest

from etcdbench.diagnosis import Symptom
from etcdbench.network_checks import symptoms
from etcdbench.network_model import DefaultRoute, Interface, NetworkFacts
from etcdbench.route_checks import CHECKS, is_way_out
from networks import BY_ETHERNET, BY_SECOND, BY_WIFI, ETHERNET, LO, SECOND, WIFI

replace = msgspec.structs.replace

TUNNEL = Interface(name="wg0", kind="wireguard", up=True)
BY_TUNNEL = DefaultRoute(ip="IPv4", devices=("wg0",), metric=50)
NEW = DefaultRoute(ip="IPv6", devices=("eth0",), gateways=("fe80::1",), metric=1024)


def seen_with(*routes: DefaultRoute) -> list[Symptom]:
    """Return what a machine with two cards and Wi-Fi has with these default routes."""
    facts = NetworkFacts(interfaces=(LO, ETHERNET, SECOND, WIFI, TUNNEL), default_routes=routes)
    return [found for check in CHECKS if (found := check(facts)) is not None]


@pytest.mark.parametrize(
    ("routes", "code", "weight"),
    [
        ((BY_ETHERNET, BY_SECOND), "default_routes_tie", "cause"),
        (
            (replace(BY_ETHERNET, metric=None), replace(BY_SECOND, metric=0)),
            "default_routes_tie",
            "cause",
        ),
        ((replace(BY_ETHERNET, devices=("eth0", "eth1")),), "default_routes_tie", "cause"),
        ((BY_ETHERNET, replace(BY_WIFI, metric=100)), "default_routes_tie", "cause"),
        ((replace(BY_ETHERNET, metric=700), BY_WIFI), "default_route_by_wifi", "cause"),
        ((BY_ETHERNET, replace(BY_WIFI, metric=None)), "default_route_by_wifi", "cause"),
        ((BY_ETHERNET, BY_WIFI), "two_default_routes", "hint"),
        ((BY_ETHERNET, replace(BY_SECOND, metric=200)), "two_default_routes", "hint"),
        (
            (replace(BY_ETHERNET, devices=("eth0", "eth1"), protocol="bgp"),),
            "two_default_routes",
            "hint",
        ),
        (
            (replace(BY_ETHERNET, protocol="bgp"), BY_SECOND),
            "default_routes_tie",
            "cause",
        ),
        ((BY_ETHERNET, NEW, replace(NEW, devices=("eth1",))), "default_routes_tie", "hint"),
        ((NEW, replace(NEW, devices=("eth1",))), "default_routes_tie", "cause"),
    ],
)
def test_default_routes_by_several_interfaces(
    routes: tuple[DefaultRoute, ...], code: str, weight: str
) -> None:
    """A tie, or Wi-Fi that wins, is a cause; a clear order is worth knowing."""
    (found,) = seen_with(*routes)

    assert (found.code, found.weight) == (code, weight)


@pytest.mark.parametrize(
    "routes",
    [
        (),
        (BY_ETHERNET,),
        (BY_WIFI,),
        (BY_ETHERNET, NEW),
        (BY_ETHERNET, replace(BY_ETHERNET, gateways=("192.168.1.2",))),
        (BY_ETHERNET, BY_TUNNEL),
    ],
    ids=["none", "one", "Wi-Fi alone", "one of each protocol", "two routers", "a VPN"],
)
def test_default_routes_by_one_interface(routes: tuple[DefaultRoute, ...]) -> None:
    """Are as they should be."""
    assert seen_with(*routes) == []


def test_a_tie_names_both_ways() -> None:
    """Interfaces, routers and metrics."""
    (found,) = seen_with(BY_ETHERNET, replace(BY_SECOND, gateways=()))

    assert found.seen == (
        "default routes of IPv4 by eth0 and eth1 have the same metric: eth0 via 192.168.1.1, "
        "metric 100; eth1, metric 100"
    )


def test_an_interface_that_was_not_seen_is_no_wifi() -> None:
    """It may have come since."""
    unseen = replace(BY_SECOND, devices=("eth9",), metric=5)

    assert [found.code for found in seen_with(BY_ETHERNET, unseen)] == ["two_default_routes"]


def test_the_wired_interface_is_the_one_to_keep() -> None:
    """Metrics are to be raised on Wi-Fi."""
    (found,) = seen_with(BY_ETHERNET, replace(BY_WIFI, metric=5))

    assert any("--flannel-iface eth0" in step for step in found.steps)
    assert any("nmcli device modify wlan0" in step for step in found.steps)


def test_a_strange_name_is_quoted_in_commands() -> None:
    """Somebody may paste them into a root shell."""
    route = replace(BY_SECOND, devices=("a;reboot",))
    found = symptoms(NetworkFacts(default_routes=(BY_ETHERNET, route)))

    assert all("a;reboot" not in step.replace("'a;reboot'", "") for step in found[0].steps)


@pytest.mark.parametrize(
    ("interface", "expected"),
    [
        (ETHERNET, True),
        (WIFI, True),
        (Interface(name="br0", kind="bridge"), True),
        (Interface(name="local0"), True),
        (Interface(name="br-lan", kind="bridge"), True),
        (Interface(name="eth0", kind="veth", addresses=("172.17.0.2",)), True),
        (Interface(name="vethab12", kind="veth"), False),
        (Interface(name="br-0123456789ab", kind="bridge"), False),
        (Interface(name="flannel.1", kind="vxlan"), False),
        (Interface(name="cilium_host", kind="veth", addresses=("10.0.0.1",)), False),
        (TUNNEL, False),
        (LO, False),
    ],
)
def test_which_interfaces_lead_to_other_machines(interface: Interface, expected: bool) -> None:  # noqa: FBT001 - a table
    """Cards, their bridges and bonds, and a container's own end."""
    assert is_way_out(interface) is expected
