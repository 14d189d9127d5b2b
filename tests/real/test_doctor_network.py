"""Each cause of network trouble, built in a network namespace of its own and recognised there.

What concerns files is built below a temporary root; what concerns the kernel is real. Real Wi-Fi
needs a driver, so its mark in sysfs is a directory below that root.
"""

import contextlib
import functools
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Iterator
from pathlib import Path

import msgspec
import pytest

from etcdbench.diagnosis import Symptom, Unseen
from trees import write_files

PROBE = """
import os, sys, time
from pathlib import Path
import msgspec
from etcdbench import network_checks, network_facts

root = Path(sys.argv[1])
os.setgroups([])
os.setgid(int(sys.argv[3]))
os.setuid(int(sys.argv[3]))
before = network_facts.reverse_path_drops(root=root)
time.sleep(float(sys.argv[2]))
facts = network_facts.gather(drops_before=before, root=root)
answer = {"symptoms": network_checks.symptoms(facts), "unseen": facts.unseen}
print(msgspec.json.encode(answer).decode())
"""

# Sends packets to a card as if they came from an address that is reached by the other card.
STRANGER = """
import socket, struct, sys, time
from pathlib import Path

card, source, target = sys.argv[1:]
address = Path(f"/sys/class/net/{card}/address").read_text().strip()
ethernet = bytes.fromhex(address.replace(":", "")) + bytes(6) + b"\\x08\\x00"
head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 28, 1, 0, 64, 17, 0,
                   socket.inet_aton(source), socket.inet_aton(target))
total = sum(struct.unpack("!10H", head))
total = (total & 0xFFFF) + (total >> 16)
head = head[:10] + struct.pack("!H", 0xFFFF ^ total) + head[12:]
packet = ethernet + head + struct.pack("!HHHH", 9, 9, 8, 0)
with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as wire:
    wire.bind((f"{card}-peer", 0x0800))
    while True:
        wire.send(packet)
        print("sent", flush=True)
        time.sleep(0.02)
"""

FLANNEL = '{"plugins": [{"type": "flannel"}, {"type": "portmap"}]}'
CILIUM = '{"plugins": [{"type": "cilium-cni"}]}'
PLUGINS = ("flannel", "bridge", "host-local", "portmap", "loopback", "cilium-cni")


class Answer(msgspec.Struct, frozen=True):
    """What the doctor's network half says."""

    symptoms: tuple[Symptom, ...]
    unseen: tuple[Unseen, ...]

    @property
    def weights(self) -> dict[str, str]:
        """Return the codes, and how much each means."""
        return {one.code: one.weight for one in self.symptoms}


class Node:
    """A network namespace with two cards, and a root directory."""

    def __init__(self, name: str, root: Path) -> None:
        """Name a namespace that exists."""
        self.name = name
        self.root = root
        for place in ("proc", "sys"):  # the kernel's own, as this namespace has them
            (root / place).symlink_to(f"/{place}")
        write_files(root, {f"opt/cni/bin/{name}": "" for name in PLUGINS})

    def run(self, *commands: str) -> None:
        """Run commands in the namespace; each must succeed."""
        for command in commands:
            self._exec(*command.split(" "))

    def card(self, name: str, address: str) -> None:
        """Add a card with an address; the other end of its cable is here, too."""
        self.run(
            f"ip link add {name} type veth peer name {name}-peer",
            f"ip link set {name}-peer up",
            f"ip link set {name} up",
            f"ip address add {address} dev {name}",
        )

    def set(self, name: str, value: int) -> None:
        """Write a setting of the network below /proc/sys/net."""
        self._exec("sh", "-c", f"echo {value} >/proc/sys/net/{name}")

    @contextlib.contextmanager
    def packets_from(self, source: str, *, to: str, target: str) -> Generator[None]:
        """Let packets of a stranger arrive at a card."""
        argv = [sys.executable, "-c", STRANGER, to, source, target]
        with subprocess.Popen(
            ["ip", "netns", "exec", self.name, *argv], stdout=subprocess.PIPE
        ) as sender:
            try:
                assert sender.stdout is not None
                assert sender.stdout.readline() == b"sent\n"
                yield
            finally:
                sender.kill()

    def ask(self, *, watch_seconds: float = 0.0, user: int = 0) -> Answer:
        """Let the doctor look, as some user."""
        arguments = (str(self.root), str(watch_seconds), str(user))
        out = self._exec(sys.executable, "-c", PROBE, *arguments)
        return msgspec.json.decode(out, type=Answer)

    def _exec(self, *argv: str) -> str:
        done = subprocess.run(
            ["ip", "netns", "exec", self.name, *argv],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, f"{argv}: {done.stderr}"
        return done.stdout


@functools.cache
def why_no_namespace() -> str | None:
    """Say why no network namespace can be made here."""
    if os.geteuid():
        return "network namespaces need root"
    if shutil.which("ip") is None:
        return "iproute2 is not installed"
    name = f"edb-try-{os.getpid()}"
    made = subprocess.run(["ip", "netns", "add", name], capture_output=True, check=False)
    subprocess.run(["ip", "netns", "delete", name], capture_output=True, check=False)
    return None if made.returncode == 0 else "network namespaces cannot be made here"


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    """Give a node with one card and one default route, and remove it."""
    if reason := why_no_namespace():
        pytest.skip(reason)
    name = f"edb-{os.getpid()}-{time.monotonic_ns() % 10**9}"
    subprocess.run(["ip", "netns", "add", name], check=True)
    try:
        node = Node(name, tmp_path)
        node.run("ip link set lo up")
        node.card("eth0", "192.168.1.5/24")
        node.run("ip route add default via 192.168.1.1 dev eth0 metric 100")
        yield node
    finally:
        subprocess.run(["ip", "netns", "delete", name], check=True)


def tool(*names: str) -> str:
    """Return the first of some programs that is installed, or skip."""
    found = next((name for name in names if shutil.which(name)), None)
    if found is None:
        pytest.skip(f"{' or '.join(names)} is not installed")
    return found


# --- nothing is wrong ---------------------------------------------------------------------------


def test_a_clean_host(node: Node) -> None:
    """One card, one default route, no CNI."""
    assert node.ask().weights == {}


def test_a_clean_flannel_host(node: Node) -> None:
    """Its tunnel, its bridge, a pod, and a VPN that is nobody's business."""
    write_files(node.root, {"etc/cni/net.d/10-flannel.conflist": FLANNEL})
    node.run(
        "ip link add flannel.1 type vxlan id 1 local 192.168.1.5 dev eth0 dstport 8472 nolearning",
        "ip link set flannel.1 up",
        "ip link add cni0 type bridge",
        "ip link set cni0 up",
        "ip address add 10.42.0.1/24 dev cni0",
        "ip link add vethd00d type veth peer name pod0",
        "ip link set vethd00d master cni0 up",
    )

    assert node.ask().weights == {}


def test_a_clean_cilium_host(node: Node) -> None:
    """Its three interfaces and a pod."""
    write_files(node.root, {"etc/cni/net.d/05-cilium.conflist": CILIUM})
    node.run(
        "ip link add cilium_host type veth peer name cilium_net",
        "ip link add cilium_vxlan type vxlan external dstport 8472",
        "ip link set cilium_vxlan up",
        "ip link add lxc4f2a9e1b3c7d type veth peer name pod0",
    )

    assert node.ask().weights == {}


# --- routes and interfaces ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "weights"),
    [
        (
            "ip route append default via 10.0.0.1 dev eth1 metric 100",
            {"default_routes_tie": "cause"},
        ),
        (
            "ip route replace default metric 100 nexthop via 192.168.1.1 nexthop via 10.0.0.1",
            {"default_routes_tie": "cause"},
        ),
        ("ip route add default via 10.0.0.1 dev eth1 metric 200", {"two_default_routes": "hint"}),
        ("ip route add default via 10.0.0.1 dev eth1", {"two_default_routes": "hint"}),
    ],
    ids=["same metric", "two hops", "clear order", "one without a metric"],
)
def test_two_default_routes(node: Node, command: str, weights: dict[str, str]) -> None:
    """A tie is a cause, an order is worth knowing."""
    node.card("eth1", "10.0.0.5/24")
    node.run(command)

    assert node.ask().weights == weights


def test_without_privileges_less_is_seen_and_that_is_said(node: Node) -> None:
    """Routes are everybody's, a configuration may be root's alone."""
    node.card("eth1", "10.0.0.5/24")
    node.run("ip route append default via 10.0.0.1 dev eth1 metric 100")
    with tempfile.TemporaryDirectory() as folder:  # pytest's own are for one user only
        Path(folder).chmod(0o755)
        theirs = Node(node.name, Path(folder))
        write_files(theirs.root, {"etc/cni/net.d/10-flannel.conflist": FLANNEL})
        (theirs.root / "etc/cni/net.d").chmod(0o700)
        answer = theirs.ask(user=65534)

    assert answer.weights == {"default_routes_tie": "cause"}
    assert (
        "Permission denied"
        in {one.what: one.because for one in answer.unseen}["the CNI's configuration"]
    )


def with_sysfs(node: Node, *wireless: str) -> None:
    """Give the node a sysfs of its own in which these interfaces are Wi-Fi."""
    (node.root / "sys").unlink()
    write_files(node.root, {f"sys/class/net/{name}/wireless/x": "" for name in wireless})


def test_the_default_route_leaves_by_wifi(node: Node) -> None:
    """Its metric is the lower one."""
    with_sysfs(node, "wlan0")
    node.card("wlan0", "192.168.2.5/24")
    assert node.ask().weights == {"wifi_beside_ethernet": "hint"}

    node.run("ip route add default via 192.168.2.1 dev wlan0 metric 50")
    assert node.ask().weights == {
        "default_route_by_wifi": "cause",
        "wifi_beside_ethernet": "hint",
    }


def test_the_reverse_path_filter_drops_packets(node: Node) -> None:
    """Real ones, whose sender is reached by the other card."""
    node.card("eth1", "10.0.0.5/24")
    for name in ("eth0", "eth1"):
        node.set(f"ipv4/conf/{name}/rp_filter", 1)
    assert node.ask(watch_seconds=0.2).weights == {}

    with node.packets_from("10.0.0.77", to="eth0", target="192.168.1.5"):
        answer = node.ask(watch_seconds=0.3)
    assert answer.weights == {"reverse_path_filter": "cause"}
    assert "eth0 and eth1" in answer.symptoms[0].seen


def test_the_api_server_is_reached_by_another_interface(node: Node) -> None:
    """The node's address is on one card, the route leaves by the other."""
    node.card("eth1", "10.0.0.5/24")
    (node.root / "proc").unlink()
    write_files(
        node.root,
        {
            "etc/kubernetes/kubelet.conf": "    server: https://10.0.0.9:6443\n",
            "proc/77/comm": "kubelet\n",
            "proc/77/cmdline": "kubelet\0--node-ip=192.168.1.5\0",
        },
    )
    assert node.ask().weights == {"server_route_elsewhere": "cause"}

    write_files(node.root, {"proc/77/cmdline": "kubelet\0--node-ip=10.0.0.5\0"})
    assert node.ask().weights == {}


def test_two_vxlans_on_one_port(node: Node) -> None:
    """The kernel refuses to bring up the second; the doctor says why."""
    node.run(
        "ip link add flannel.1 type vxlan id 1 local 192.168.1.5 dev eth0 dstport 8472",
        "ip link add cilium_vxlan type vxlan external dstport 8472",
        "ip link set cilium_vxlan up",
    )
    with pytest.raises(AssertionError, match="Address already in use"):
        node.run("ip link set flannel.1 up")

    assert node.ask().weights["vxlan_port_shared"] == "cause"


# --- the CNI ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "commands",
    [
        ("ip link add cilium_host type veth peer name cilium_net",),
        ("ip link add lxc4f2a9e1b3c7d type veth peer name pod0",),
        ("ip link add cali0123456789a type veth peer name pod0",),
    ],
    ids=["cilium_host", "lxc", "cali"],
)
def test_interfaces_of_another_cni_beside_flannel(node: Node, commands: tuple[str, ...]) -> None:
    """Whichever it was."""
    write_files(node.root, {"etc/cni/net.d/10-flannel.conflist": FLANNEL})
    node.run(*commands)

    assert node.ask().weights == {"cni_leftover_interfaces": "cause"}


@pytest.mark.parametrize(
    "command",
    [
        "ip link add flannel.1 type vxlan id 1 local 192.168.1.5 dev eth0 dstport 8473",
        "ip link add cni0 type bridge",
    ],
    ids=["flannel.1", "cni0"],
)
def test_interfaces_of_flannel_beside_cilium(node: Node, command: str) -> None:
    """As in the issue that the symptom names."""
    write_files(node.root, {"etc/cni/net.d/05-cilium.conflist": CILIUM})
    node.run(command)

    assert node.ask().weights == {"cni_leftover_interfaces": "cause"}


@pytest.mark.parametrize("program", ["nft", "iptables-nft", "iptables-legacy"])
def test_chains_of_another_cni(node: Node, program: str) -> None:
    """In the tables of today and of yesterday."""
    tool(program)
    tool("nft", "iptables-nft-save") if program != "iptables-legacy" else tool(f"{program}-save")
    write_files(node.root, {"etc/cni/net.d/10-flannel.conflist": FLANNEL})
    if program == "nft":
        node.run("nft add table ip filter", "nft add chain ip filter CILIUM_FORWARD")
    else:
        node.run(f"{program} -N CILIUM_FORWARD", f"{program} -N KUBE-SERVICES")

    answer = node.ask()

    assert answer.weights == {"cni_leftover_chains": "cause"}
    assert "CILIUM_FORWARD" in answer.symptoms[0].seen


def test_looking_leaves_no_table_behind(node: Node) -> None:
    """iptables-save would make the kernel create tables."""
    tool("iptables-legacy-save")
    names = Path("/proc/net/ip_tables_names")
    node.ask()

    assert node._exec("cat", str(names)) == ""


@pytest.mark.parametrize("missing", ["bridge", "flannel", "portmap", "loopback"])
def test_a_plugin_is_missing(node: Node, missing: str) -> None:
    """Named in the configuration, or by the plugin that is."""
    write_files(
        node.root,
        {
            "etc/cni/net.d/10-flannel.conflist": FLANNEL,
            "etc/cni/net.d/99-loopback.conf": '{"type": "loopback"}',
        },
    )
    (node.root / "opt/cni/bin" / missing).unlink()

    answer = node.ask()

    assert answer.weights == {"cni_plugin_missing": "cause"}
    assert f"needs {missing}, which is not in" in answer.symptoms[0].seen


def test_several_configurations_and_one_put_aside(node: Node) -> None:
    """Worth knowing."""
    write_files(
        node.root,
        {
            "etc/cni/net.d/05-cilium.conflist": CILIUM,
            "etc/cni/net.d/10-other.conf": '{"type": "ptp"}',
            "etc/cni/net.d/10-flannel.conflist.cilium_bak": FLANNEL,
        },
    )

    assert node.ask().weights == {"cni_several_files": "hint", "cni_backup_files": "hint"}


def test_the_first_configuration_is_of_a_cni_that_is_gone(node: Node) -> None:
    """The one that runs comes later."""
    write_files(
        node.root,
        {
            "etc/cni/net.d/05-cilium.conflist": CILIUM,
            "etc/cni/net.d/10-flannel.conflist": FLANNEL,
        },
    )
    node.run("ip link add flannel.1 type vxlan id 1 local 192.168.1.5 dev eth0 dstport 8472")

    assert node.ask().weights == {"cni_first_file_stale": "cause"}
