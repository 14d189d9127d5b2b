"""Everything about a machine's network, from a tree and programs that answer as told."""

import json
import threading
from pathlib import Path

import pytest

from asked import NOTHING, Told
from etcdbench import network_facts
from etcdbench.network_model import DefaultRoute, Interface, NetworkFacts, ServerRoute
from trees import add_process, write_files

NETSTAT = (
    "TcpExt: SyncookiesSent IPReversePathFilter TCPTimeWaitOverflow\nTcpExt: 0 {} 7\n"
    "IpExt: InNoRoutes\nIpExt: 3\n"
)
KUBECONFIG = """apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: c2VjcmV0
    server: https://{}:6443
  name: default
"""


def gathered(root: Path, programs: Told = NOTHING) -> NetworkFacts:
    """Gather from a tree."""
    return network_facts.gather(drops_before=None, root=root, programs=programs)


def test_the_drop_counter_is_read_twice(tmp_path: Path) -> None:
    """Facts hold its growth."""
    write_files(tmp_path, {"proc/net/netstat": NETSTAT.format(1000)})
    before = network_facts.reverse_path_drops(root=tmp_path)
    write_files(tmp_path, {"proc/net/netstat": NETSTAT.format(1234)})

    facts = network_facts.gather(drops_before=before, root=tmp_path, programs=NOTHING)

    assert (before, facts.reverse_path_drops) == (1000, 234)


def test_a_counter_that_is_missing_is_not_known(tmp_path: Path) -> None:
    """Never 0."""
    assert network_facts.reverse_path_drops(root=tmp_path) is None
    assert network_facts.gather(drops_before=5, root=tmp_path, programs=NOTHING) is not None
    assert gathered(tmp_path).reverse_path_drops is None


def test_without_iproute2_the_kernels_files_are_read_and_that_is_said(tmp_path: Path) -> None:
    """Less is known, and what."""
    write_files(
        tmp_path,
        {
            "sys/class/net/eth0/carrier": "1\n",
            "proc/net/route": "head\neth0 00000000 0100000A 0003 0 0 100 00000000 0 0 0\n",
        },
    )

    facts = gathered(tmp_path)

    assert facts.interfaces == (Interface(name="eth0", up=True),)
    assert facts.default_routes == (DefaultRoute(ip="IPv4", devices=("eth0",), metric=100),)
    assert {one.what for one in facts.unseen} >= {
        "addresses, and ports of VXLANs",
        "default routes of IPv6",
    }


def test_default_routes_of_both_protocols(tmp_path: Path) -> None:
    """IPv4's first."""
    programs = Told(
        {
            "ip -j -d address show": "[]",
            "ip -j -4 route show default": '[{"dev": "eth0", "gateway": "10.0.0.1"}]',
            "ip -j -6 route show default": '[{"dev": "eth0", "metric": 1024}]',
        }
    )

    facts = gathered(tmp_path, programs)

    assert [(route.ip, route.metric) for route in facts.default_routes] == [
        ("IPv4", None),
        ("IPv6", 1024),
    ]
    assert all("iproute2" not in one.because for one in facts.unseen)


@pytest.mark.parametrize(
    ("name", "text", "servers"),
    [
        ("etc/kubernetes/kubelet.conf", KUBECONFIG.format("10.9.9.9"), ("10.9.9.9",)),
        ("etc/kubernetes/kubelet.conf", KUBECONFIG.format("[fd00::9]"), ("fd00::9",)),
        ("etc/kubernetes/kubelet.conf", KUBECONFIG.format("api.example.org"), ()),
        ("etc/kubernetes/kubelet.conf", KUBECONFIG.format("10.9.9.9.example.org"), ()),
        ("etc/rancher/k3s/k3s.yaml", KUBECONFIG.format("127.0.0.1"), ()),
        ("etc/rancher/k3s/k3s.yaml", KUBECONFIG.format("[::1]"), ()),
        ("etc/rancher/k3s/config.yaml", 'server: "https://10.9.9.9:6443"\n', ("10.9.9.9",)),
        ("etc/rancher/rke2/config.yaml", "server: https://10.9.9.9\n", ("10.9.9.9",)),
        (
            "etc/systemd/system/k3s-agent.service.env",
            "K3S_TOKEN='x'\nK3S_URL='https://10.9.9.9:6443'\n",
            ("10.9.9.9",),
        ),
        ("etc/kubernetes/kubelet.conf", "server: https://999.1.1.1:6443\n", ()),
    ],
)
def test_api_servers_are_found_by_address(
    tmp_path: Path, name: str, text: str, servers: tuple[str, ...]
) -> None:
    """A name is not looked up: that would send packets, and may hang."""
    write_files(tmp_path, {name: text})

    assert network_facts._read(tmp_path).servers == servers


def test_only_a_few_api_servers_are_asked_for(tmp_path: Path) -> None:
    """Each once."""
    lines = "".join(f"server: https://10.0.0.{number % 7}:6443\n" for number in range(1, 15))
    write_files(tmp_path, {"etc/kubernetes/kubelet.conf": lines})
    programs = Told({f"ip -j route get 10.0.0.{number}": None for number in range(7)})

    gathered(tmp_path, programs)

    asked = [line for line in programs.asked if " get " in line]
    assert asked == [f"ip -j route get 10.0.0.{number}" for number in (1, 2, 3)]


@pytest.mark.parametrize(
    ("command", "addresses"),
    [
        ("/usr/bin/kubelet --node-ip=10.0.0.5 --v=2", ("10.0.0.5",)),
        ("/usr/bin/kubelet --node-ip 10.0.0.5,fd00::5", ("10.0.0.5", "fd00::5")),
        ("kube-apiserver --advertise-address=10.0.0.5", ("10.0.0.5",)),
        ("/usr/bin/kubelet --node-ip=0.0.0.0", ()),
        ("/usr/bin/kubelet --node-ip", ()),
        ("/usr/bin/kubelet --config=x", ()),
        ("bash --node-ip=10.0.0.5", ()),
    ],
)
def test_the_nodes_address_is_what_kubelet_was_told(
    tmp_path: Path, command: str, addresses: tuple[str, ...]
) -> None:
    """Several for two protocols; `0.0.0.0` says only which protocol."""
    add_process(tmp_path, 100, command, name=Path(command.partition(" ")[0]).name[:15])

    assert gathered(tmp_path).node_addresses == addresses


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("etc/rancher/k3s/config.yaml", 'token: x\nnode-ip: "10.0.0.5"\n'),
        ("etc/rancher/rke2/config.yaml", "node-ip: 10.0.0.5\nnode-external-ip: 203.0.113.1\n"),
        (
            "var/lib/kubelet/kubeadm-flags.env",
            'KUBELET_KUBEADM_ARGS="--pod-infra=x --node-ip=10.0.0.5"\n',
        ),
        ("etc/default/kubelet", "#OLD=--node-ip=10.9.9.9\nKUBELET_EXTRA_ARGS=--node-ip 10.0.0.5\n"),
        (
            "etc/systemd/system/k3s-agent.service",
            "ExecStart=/usr/local/bin/k3s \\\n    agent \\\n\t'--node-ip' \\\n\t'10.0.0.5' \\\n",
        ),
    ],
)
def test_files_say_the_address_too(tmp_path: Path, name: str, text: str) -> None:
    """k3s hides its arguments, and a kubelet that does not run has none."""
    write_files(tmp_path, {name: text})

    assert gathered(tmp_path).node_addresses == ("10.0.0.5",)


def test_what_runs_counts_before_what_files_say(tmp_path: Path) -> None:
    """They may have been changed since."""
    write_files(tmp_path, {"etc/default/kubelet": "KUBELET_EXTRA_ARGS=--node-ip=10.0.0.9\n"})
    add_process(tmp_path, 100, "kubelet --node-ip=10.0.0.5")

    assert gathered(tmp_path).node_addresses == ("10.0.0.5",)


def test_the_route_to_the_api_server(tmp_path: Path) -> None:
    """Without the node's own address there is nothing to hold it against, which is said."""
    write_files(tmp_path, {"etc/kubernetes/kubelet.conf": KUBECONFIG.format("10.9.9.9")})
    row = [{"dst": "10.9.9.9", "dev": "eth1", "prefsrc": "10.0.0.5"}]
    programs = Told({"ip -j route get 10.9.9.9": json.dumps(row)})

    facts = gathered(tmp_path, programs)
    assert facts.server_routes == (
        ServerRoute(server="10.9.9.9", device="eth1", source="10.0.0.5"),
    )
    assert any(one.what == "this node's own address" for one in facts.unseen)

    add_process(tmp_path, 100, "kubelet --node-ip=10.0.0.5")
    assert all("own address" not in one.what for one in gathered(tmp_path, programs).unseen)


def test_an_api_server_without_a_route_is_said(tmp_path: Path) -> None:
    """With its address."""
    write_files(tmp_path, {"etc/kubernetes/kubelet.conf": KUBECONFIG.format("10.9.9.9")})

    assert any("10.9.9.9" in one.what for one in gathered(tmp_path).unseen)


def test_an_api_server_on_this_machine_has_no_route(tmp_path: Path) -> None:
    """A control-plane node talks to itself."""
    write_files(tmp_path, {"etc/kubernetes/admin.conf": KUBECONFIG.format("10.9.9.9")})
    row = '[{"type": "local", "dst": "10.9.9.9", "dev": "lo"}]'

    assert gathered(tmp_path, Told({"ip -j route get 10.9.9.9": row})).server_routes == ()


def test_agents_cni_and_chains_are_there(tmp_path: Path) -> None:
    """Each from its own module."""
    add_process(tmp_path, 100, "/usr/bin/cilium-agent --config-dir=/x")
    write_files(
        tmp_path,
        {"etc/cni/net.d/05-cilium.conflist": '{"type": "cilium-cni"}', "opt/cni/bin/loopback": ""},
    )
    chain = {"chain": {"family": "ip", "table": "filter", "name": "CILIUM_INPUT"}}
    programs = Told({"nft -j list chains": json.dumps({"nftables": [chain]})})

    facts = gathered(tmp_path, programs)

    assert facts.agents == ("cilium-agent",)
    assert facts.cni is not None
    assert facts.cni.programs == frozenset({"loopback"})
    assert facts.chains == ("CILIUM_INPUT", "filter")


def test_facts_hold_no_secret(tmp_path: Path) -> None:
    """The files in which API servers are named have keys, too."""
    write_files(tmp_path, {"etc/kubernetes/kubelet.conf": KUBECONFIG.format("10.9.9.9")})

    assert "c2VjcmV0" not in repr(gathered(tmp_path))


def test_a_disk_that_hangs_does_not_hang_the_network_half(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is configured is then unseen; the kernel answers all the same."""
    never = threading.Event()

    def hang(**_: object) -> None:
        never.wait(20)

    monkeypatch.setattr("etcdbench.cni_facts.gather", hang)
    write_files(tmp_path, {"sys/class/net/eth0/carrier": "1\n"})

    facts = gathered(tmp_path)
    never.set()

    assert facts.cni is None
    assert [each.name for each in facts.interfaces] == ["eth0"]
    assert any("did not answer in time" in one.because for one in facts.unseen)
