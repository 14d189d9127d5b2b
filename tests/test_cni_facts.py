"""Configurations and plugins of the CNI, as container runtimes find them."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etcdbench import cni_facts
from etcdbench.diagnosis import Unseen
from etcdbench.network_model import Cni, CniFile
from trees import write_files

FLANNEL = json.dumps(
    {
        "name": "cbr0",
        "cniVersion": "0.3.1",
        "plugins": [
            {"type": "flannel", "delegate": {"hairpinMode": True, "isDefaultGateway": True}},
            {"type": "portmap", "capabilities": {"portMappings": True}},
        ],
    }
)
CILIUM = '{"cniVersion": "0.3.1", "name": "cilium", "plugins": [{"type": "cilium-cni"}]}'
CALICO = '{"plugins": [{"type": "calico", "ipam": {"type": "calico-ipam"}, "mtu": 0}]}'


def found_in(root: Path, files: Mapping[str, str]) -> tuple[Cni | None, list[Unseen]]:
    """Return what is found in a tree with these files, and what is not."""
    write_files(root, files)
    unseen: list[Unseen] = []
    return cni_facts.gather(root=root, unseen=unseen), unseen


def seen_in(root: Path, files: Mapping[str, str]) -> Cni:
    """Return what is found where all can be seen."""
    found, unseen = found_in(root, files)
    assert unseen == []
    assert found is not None
    return found


def test_nothing_is_an_answer(tmp_path: Path) -> None:
    """A host without a CNI."""
    found = seen_in(tmp_path, {})

    assert (found.directory, found.files, found.backups) == ("/etc/cni/net.d", (), ())


def test_flannel_hands_on_to_bridge_and_host_local(tmp_path: Path) -> None:
    """Programs that its configuration does not name."""
    found = seen_in(
        tmp_path, {"etc/cni/net.d/10-flannel.conflist": FLANNEL, "opt/cni/bin/flannel": ""}
    )

    assert found.files == (
        CniFile(
            name="10-flannel.conflist",
            plugins=("flannel", "portmap"),
            programs=("flannel", "bridge", "host-local", "portmap"),
        ),
    )
    assert found.programs == frozenset({"flannel"})


@pytest.mark.parametrize(
    ("text", "plugins", "programs"),
    [
        (CALICO, ("calico",), ("calico", "calico-ipam")),
        ('{"type": "loopback"}', ("loopback",), ("loopback",)),
        (
            '{"type": "flannel", "delegate": {"type": "ptp", "ipam": {"type": "dhcp"}}}',
            ("flannel",),
            ("flannel", "ptp", "dhcp"),
        ),
        (
            '{"type": "multus", "delegates": [{"plugins": [{"type": "ptp"}]}, {"type": "vlan"}]}',
            ("multus", "ptp", "vlan"),
            ("multus", "ptp", "vlan"),
        ),
        ('{"ipam": null, "plugins": []}', (), ()),
        ('{"ipam": {}, "type": "ptp"}', ("ptp",), ("ptp",)),
        ("[]", None, ()),
        ("", None, ()),
        ("not JSON", None, ()),
        ('{"type": 5}', None, ()),
        ('{"plugins": ' * 5000, None, ()),
    ],
)
def test_configurations_of_every_kind(
    tmp_path: Path, text: str, plugins: tuple[str, ...] | None, programs: tuple[str, ...]
) -> None:
    """Lists, single ones, those that hand on, and rubbish."""
    (file,) = seen_in(tmp_path, {"etc/cni/net.d/10-x.conf": text}).files

    assert (file.plugins, file.programs) == (plugins, programs)


def test_files_come_in_the_runtimes_order(tmp_path: Path) -> None:
    """By name; other files and directories are none, and what was put aside is told apart."""
    folder = "etc/cni/net.d"
    found = seen_in(
        tmp_path,
        {
            f"{folder}/10-flannel.conflist": FLANNEL,
            f"{folder}/05-cilium.conflist": CILIUM,
            f"{folder}/99-loopback.conf": '{"type": "loopback"}',
            f"{folder}/calico-kubeconfig": "",
            f"{folder}/whereabouts.d/nodeslice.conf": "",
            f"{folder}/00-folder.conf/x": "",
            f"{folder}/10-calico.conflist.cilium_bak": CALICO,
            f"{folder}/10-calico.conflist~": CALICO,
            f"{folder}/old.bak": "",
        },
    )

    assert [file.name for file in found.files] == [
        "05-cilium.conflist",
        "10-flannel.conflist",
        "99-loopback.conf",
    ]
    assert found.backups == ("10-calico.conflist.cilium_bak", "10-calico.conflist~", "old.bak")


@pytest.mark.parametrize(
    ("toml", "directory", "programs", "needs_loopback"),
    [
        ("", "/etc/cni/net.d", cni_facts._USUAL_PROGRAM_DIRECTORIES, True),
        (
            (
                'version = 2\n[plugins."io.containerd.grpc.v1.cri".cni]\n'
                '  bin_dir = "/usr/lib/cni"\n  conf_dir = "/etc/cni/other.d"  # ours\n'
            ),
            "/etc/cni/other.d",
            ("/usr/lib/cni",),
            True,
        ),
        (
            (
                "version = 3\n[plugins.'io.containerd.cri.v1.runtime'.cni]\n"
                "  bin_dirs = ['/opt/cni/bin',\n   '/usr/lib/cni']\n  use_internal_loopback = true\n"
            ),
            "/etc/cni/net.d",
            ("/opt/cni/bin", "/usr/lib/cni"),
            False,
        ),
        (
            '# conf_dir = "/commented"\nbin_dir = ""\nconf_dir = "relative"\n',
            "/etc/cni/net.d",
            cni_facts._USUAL_PROGRAM_DIRECTORIES,
            True,
        ),
    ],
)
def test_containerd_may_look_elsewhere(
    tmp_path: Path,
    toml: str,
    directory: str,
    programs: tuple[str, ...],
    needs_loopback: bool,  # noqa: FBT001 - a table
) -> None:
    """As its configuration says, in all its versions."""
    found = seen_in(tmp_path, {"etc/containerd/config.toml": toml})

    assert found.directory == directory
    assert found.program_directories == programs
    assert found.needs_loopback is needs_loopback


K3S = "var/lib/rancher/k3s"


@pytest.mark.parametrize(
    ("files", "directory", "programs"),
    [
        (
            {
                f"{K3S}/agent/etc/containerd/config.toml": f'bin_dir = "/{K3S}/data/cni"\n'
                f'conf_dir = "/{K3S}/agent/etc/cni/net.d"\n'
            },
            f"/{K3S}/agent/etc/cni/net.d",
            f"/{K3S}/data/cni",
        ),
        (
            {
                f"{K3S}/agent/etc/containerd/config.toml": "version = 2\n",
                f"{K3S}/agent/etc/cni/net.d/10-flannel.conflist": FLANNEL,
            },
            "/etc/cni/net.d",
            "/opt/cni/bin",
        ),
        (
            {f"{K3S}/agent/etc/cni/net.d/10-flannel.conflist": FLANNEL},
            f"/{K3S}/agent/etc/cni/net.d",
            f"/{K3S}/data/cni",
        ),
        (
            {"var/lib/rancher/rke2/agent/etc/containerd/config.toml": ""},
            "/etc/cni/net.d",
            "/opt/cni/bin",
        ),
        (
            {
                "var/snap/microk8s/current/args/cni-network/cni.yaml": "",
                "var/snap/microk8s/current/args/containerd.toml": "conf_dir = "
                '"${SNAP_DATA}/args/cni-network"\n',
            },
            "/var/snap/microk8s/current/args/cni-network",
            "/var/snap/microk8s/current/opt/cni/bin",
        ),
    ],
    ids=["k3s", "k3s with another CNI", "k3s before its first start", "rke2", "microk8s"],
)
def test_distributions_have_their_own_places(
    tmp_path: Path, files: Mapping[str, str], directory: str, programs: str
) -> None:
    """They count before a containerd that happens to be installed."""
    other = {"etc/containerd/config.toml": 'conf_dir = "/etc/cni/other.d"\n'}
    found = seen_in(tmp_path, {**other, **files})

    assert (found.directory, found.program_directories[0]) == (directory, programs)


def test_a_configuration_that_may_not_be_read_is_said(tmp_path: Path) -> None:
    """Its name is known all the same; here a pipe, which root cannot read either."""
    (tmp_path / "etc/cni/net.d").mkdir(parents=True)
    os.mkfifo(tmp_path / "etc/cni/net.d/05-cilium.conflist")

    found, unseen = found_in(tmp_path, {})

    assert found is not None
    assert found.files == (CniFile(name="05-cilium.conflist"),)
    assert unseen == [
        Unseen(
            what="a configuration of the CNI",
            because="/etc/cni/net.d/05-cilium.conflist: not a regular file",
        )
    ]


def test_a_directory_that_may_not_be_read_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then nothing is known about the CNI, or about its plugins."""
    write_files(tmp_path, {"etc/cni/net.d/05-cilium.conflist": CILIUM, "opt/cni/bin/x": ""})
    real = Path.iterdir

    def refuse(hidden: str) -> None:
        def iterdir(path: Path) -> object:
            if path == tmp_path / hidden:
                raise PermissionError(13, "Permission denied", str(path))
            return real(path)

        monkeypatch.setattr(Path, "iterdir", iterdir)

    refuse("etc/cni/net.d")
    found, unseen = found_in(tmp_path, {})
    assert found is None
    assert unseen[0].because == "/etc/cni/net.d: Permission denied"

    refuse("opt/cni/bin")
    found, unseen = found_in(tmp_path, {})
    assert found is not None
    assert found.programs is None
    assert unseen[0].what == "the CNI's plugins"


def test_agents_are_found_by_name() -> None:
    """Other programs are no agents."""
    commands = [("flanneld", ()), ("bash", ("bash",)), ("cilium-agent", ()), ("flanneld", ())]

    assert cni_facts.agents(commands) == ("cilium-agent", "flanneld")


def test_a_file_that_may_not_be_looked_at_is_unseen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a directory that may be listed and not entered."""

    def refuse(path: Path) -> str:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(cni_facts, "read_small", refuse)
    found, unseen = found_in(tmp_path, {"etc/cni/net.d/05-cilium.conflist": CILIUM})

    assert found is not None
    assert found.files == (CniFile(name="05-cilium.conflist"),)
    assert unseen[0].because == "/etc/cni/net.d/05-cilium.conflist: Permission denied"


KEYS = st.sampled_from(["type", "plugins", "ipam", "delegate", "delegates", "name"])
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
)


@given(st.one_of(st.text(), ANYTHING.map(lambda value: msgspec.json.encode(value).decode())))
def test_no_configuration_makes_us_fail(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    """Whoever wrote it."""
    path = tmp_path_factory.getbasetemp() / "any.conf"
    path.write_text(text, encoding="utf-8", errors="replace")

    assert cni_facts._configuration(path, path.parent, []) is not None
    assert isinstance(cni_facts._said(text, "bin_dirs?"), tuple)
