"""What `ip -j` prints, as iproute2 6.1 does, and what there is without it."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asked import NOTHING, Told
from etcdbench import iproute
from etcdbench.network_model import DefaultRoute, Interface, ServerRoute, Vxlan
from trees import write_files

LINKS = "ip -j -d address show"

LOOPBACK = {
    "ifname": "lo",
    "flags": ["LOOPBACK", "UP", "LOWER_UP"],
    "addr_info": [{"family": "inet", "local": "127.0.0.1", "prefixlen": 8, "scope": "host"}],
}
CARD = {
    "ifindex": 2,
    "ifname": "wlan0",
    "flags": ["BROADCAST", "MULTICAST", "UP", "LOWER_UP"],
    "operstate": "UP",
    "inet6_addr_gen_mode": "eui64",
    "addr_info": [
        {"family": "inet", "local": "192.168.1.5", "prefixlen": 24, "scope": "global"},
        {"family": "inet6", "local": "fe80::1", "prefixlen": 64, "scope": "link"},
    ],
}


def tunnel(name: str, **data: object) -> dict[str, object]:
    """Return a VXLAN that is down."""
    return {
        "ifname": name,
        "flags": ["BROADCAST", "MULTICAST"],
        "linkinfo": {"info_kind": "vxlan", "info_data": {"id": 1, "port": 8472, **data}},
        "addr_info": [],
    }


def test_interfaces_with_everything(tmp_path: Path) -> None:
    """Addresses but those of the link, Wi-Fi and the filter from the kernel's files."""
    write_files(
        tmp_path,
        {
            "sys/class/net/wlan0/wireless/x": "",
            "proc/sys/net/ipv4/conf/all/rp_filter": "2\n",
            "proc/sys/net/ipv4/conf/wlan0/rp_filter": "1\n",
        },
    )
    rows = [{}, LOOPBACK, CARD, tunnel("flannel.1"), tunnel("cilium_vxlan", external=True)]

    assert iproute.interfaces(Told({LINKS: json.dumps(rows)}), root=tmp_path) == (
        Interface(name="lo", up=True, addresses=("127.0.0.1",), reverse_path_filter=2),
        Interface(
            name="wlan0",
            wireless=True,
            up=True,
            addresses=("192.168.1.5",),
            reverse_path_filter=2,
        ),
        Interface(
            name="flannel.1",
            kind="vxlan",
            vxlan=Vxlan(number=1, port=8472),
            reverse_path_filter=2,
        ),
        Interface(
            name="cilium_vxlan",
            kind="vxlan",
            vxlan=Vxlan(number=1, port=8472, external=True),
            reverse_path_filter=2,
        ),
    )


@pytest.mark.parametrize(
    ("name", "mark", "expected"),
    [
        ("ath0", "wireless/x", True),
        ("ath0", "phy80211/x", True),
        ("ath0", "device/x", False),
        ("wlp3s0", "device/x", True),
        ("wg0", "device/x", False),
    ],
)
def test_wifi_is_known_by_its_marks_and_by_its_name(
    tmp_path: Path,
    name: str,
    mark: str,
    expected: bool,  # noqa: FBT001 - a table
) -> None:
    """Old and new drivers leave different marks; systemd's names begin with `wl`."""
    write_files(tmp_path, {f"sys/class/net/{name}/{mark}": ""})
    rows = json.dumps([{**CARD, "ifname": name}])
    found = iproute.interfaces(Told({LINKS: rows}), root=tmp_path)

    assert [each.wireless for each in found or ()] == [expected]


@pytest.mark.parametrize("answer", [None, "{", '{"a": 1}', '[{"ifname": 1}]', "Option -j unknown"])
def test_an_answer_that_cannot_be_read_is_none(tmp_path: Path, answer: str | None) -> None:
    """Busybox has an `ip`, too."""
    programs = Told({LINKS: answer})

    assert iproute.interfaces(programs, root=tmp_path) is None


def test_another_tunnel_with_a_port_is_no_vxlan(tmp_path: Path) -> None:
    """Geneve has both, too."""
    row = tunnel("genev_sys_6081")
    row["linkinfo"] = {"info_kind": "geneve", "info_data": {"id": 1, "port": 6081}}
    found = iproute.interfaces(Told({LINKS: json.dumps([row])}), root=tmp_path)

    assert [(each.kind, each.vxlan) for each in found or ()] == [("geneve", None)]


@pytest.mark.parametrize("number", ["x", None, 1.5])
def test_a_vxlan_that_says_nothing_sensible_is_an_interface(tmp_path: Path, number: object) -> None:
    """Without a port."""
    rows = json.dumps([tunnel("flannel.1", port=number)])
    found = iproute.interfaces(Told({LINKS: rows}), root=tmp_path)

    assert [(each.kind, each.vxlan) for each in found or ()] == [("vxlan", None)]


def test_sysfs_knows_names_kinds_and_carriers(tmp_path: Path) -> None:
    """Where iproute2 is missing."""
    write_files(
        tmp_path,
        {
            "sys/class/net/eth0/carrier": "1\n",
            "sys/class/net/eth0/uevent": "INTERFACE=eth0\nIFINDEX=2\n",
            "sys/class/net/flannel.1/uevent": "DEVTYPE=vxlan\nINTERFACE=flannel.1\n",
            "sys/class/net/wlan0/carrier": "0\n",
            "sys/class/net/wlan0/uevent": "DEVTYPE=wlan\n",
            "sys/class/net/wlan0/phy80211/name": "phy0\n",
            "sys/class/net/bonding_masters": "",
        },
    )

    assert iproute.interfaces_of_sysfs(root=tmp_path) == (
        Interface(name="eth0", up=True),
        Interface(name="flannel.1", kind="vxlan"),
        Interface(name="wlan0", wireless=True),
    )


def test_default_routes() -> None:
    """One way, several hops, and what is no way out."""
    rows: list[dict[str, object]] = [
        {"dst": "default", "gateway": "10.0.0.1", "dev": "eth0", "protocol": "dhcp", "metric": 9},
        {
            "dst": "default",
            "flags": [],
            "nexthops": [
                {"gateway": "10.1.0.1", "dev": "eth1", "weight": 1, "flags": []},
                {"dev": "eth2", "weight": 1, "flags": ["linkdown"]},
                {"dev": "eth3", "weight": 1, "flags": ["dead", "linkdown"]},
            ],
        },
        {"dst": "default", "dev": "eth4", "flags": ["dead"]},
        {"type": "unreachable", "dst": "default", "dev": "lo", "metric": 4294967295},
    ]
    programs = Told({"ip -j -4 route show default": json.dumps(rows)})

    assert iproute.default_routes(programs, "IPv4") == (
        DefaultRoute(
            ip="IPv4", devices=("eth0",), gateways=("10.0.0.1",), metric=9, protocol="dhcp"
        ),
        DefaultRoute(ip="IPv4", devices=("eth1", "eth2"), gateways=("10.1.0.1",)),
    )


def test_no_default_route_is_an_answer_too() -> None:
    """Of some versions an empty one."""
    assert iproute.default_routes(Told({"ip -j -6 route show default": "\n"}), "IPv6") == ()
    assert iproute.default_routes(NOTHING, "IPv6") is None


def test_default_routes_of_the_kernels_own_list(tmp_path: Path) -> None:
    """Recorded; 0001 is `up`, and the metric is decimal."""
    write_files(
        tmp_path,
        {
            "proc/net/route": "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\n"
            "eth0\t00000000\t0100000A\t0003\t0\t0\t100\t00000000\t0\t0\t0\n"
            "eth1\t00000000\t0101000A\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
            "eth0\t0000000A\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0\n"
            "eth2\t00000000\t0100000A\t0002\t0\t0\t0\t00000000\t0\t0\t0\n"
        },
    )

    assert iproute.default_routes_of_proc(root=tmp_path) == (
        DefaultRoute(ip="IPv4", devices=("eth0",), metric=100),
        DefaultRoute(ip="IPv4", devices=("eth1",)),
    )


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (
            {"dst": "10.9.9.9", "gateway": "10.0.0.1", "dev": "eth0", "prefsrc": "10.0.0.5"},
            ServerRoute(server="10.9.9.9", device="eth0", source="10.0.0.5"),
        ),
        (
            {"type": "local", "dst": "10.9.9.9", "dev": "eth0"},
            ServerRoute(server="10.9.9.9", device="lo"),
        ),
        ({}, None),
    ],
)
def test_the_route_to_a_server(row: dict[str, str], expected: ServerRoute | None) -> None:
    """By `lo` where it is this machine."""
    programs = Told({"ip -j route get 10.9.9.9": json.dumps([row])})

    assert iproute.route_to(programs, "10.9.9.9") == expected


def test_no_route_to_a_server() -> None:
    """`ip` then fails."""
    assert iproute.route_to(Told({"ip -j route get 10.9.9.9": None}), "10.9.9.9") is None


KEYS = st.sampled_from(
    ["ifname", "flags", "linkinfo", "info_kind", "info_data", "port", "dev", "nexthops", "metric"]
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text("a.", max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
)


@given(ANYTHING)
def test_no_answer_makes_us_fail(answer: object) -> None:
    """Whatever another version of iproute2 may print."""
    text = json.dumps(answer)
    programs = Told({LINKS: text, "ip -j -4 route show default": text})
    nowhere = Path("/nonexistent")

    assert isinstance(iproute.interfaces(programs, root=nowhere), tuple | None)
    assert isinstance(iproute.default_routes(programs, "IPv4"), tuple | None)
