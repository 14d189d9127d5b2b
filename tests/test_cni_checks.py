"""What a CNI's configuration and remains mean."""

import msgspec
import pytest

from etcdbench import cni_checks
from etcdbench.cni_checks import (
    backup_files,
    first_file_stale,
    leftover_chains,
    leftover_interfaces,
    plugin_missing,
    several_files,
)
from etcdbench.network_model import Cni, Interface, NetworkFacts
from networks import CALICO, CANAL, CHAINS, CILIUM, FLANNEL, PLAIN, cni, host, named, tunnel

FLANNELS = (*named("cni0", kind="bridge"), tunnel("flannel.1", 1, 8472))


@pytest.mark.parametrize(
    ("base", "more", "named_as"),
    [
        (CILIUM, FLANNELS, "Flannel"),
        (CILIUM, named("cni0", kind="bridge"), "the bridge plugin"),
        (CILIUM, named("cali0123456789a"), "Calico"),
        (FLANNEL, named("cilium_host", "cilium_net"), "Cilium"),
        (FLANNEL, named("lxc4f2a9e1b3c7d"), "Cilium"),
        (CALICO, FLANNELS, "Flannel"),
        (CANAL, named("cni0", kind="bridge"), "the bridge plugin"),
        (FLANNEL, named("vethwe-bridge"), "Weave"),
        (PLAIN, (*FLANNELS, *named("cilium_host")), "Cilium, Flannel and the bridge plugin"),
    ],
)
def test_interfaces_of_another_cni_are_a_cause(
    base: NetworkFacts, more: tuple[Interface, ...], named_as: str
) -> None:
    """Beside a CNI that is configured, or two of them beside each other."""
    found = leftover_interfaces(host(base, *more))

    assert found is not None
    assert found.weight == "cause"
    assert found.seen.startswith(f"leftovers of {named_as}")
    assert any(f"ip link delete {more[0].name}" in step for step in found.steps)


@pytest.mark.parametrize("more", [FLANNELS, named("cilium_host", "lxc_health")])
def test_interfaces_of_one_cni_without_any_configuration_are_a_hint(
    more: tuple[Interface, ...],
) -> None:
    """They wait for the next CNI; an agent that runs is only starting."""
    found = leftover_interfaces(host(PLAIN, *more))
    starting = host(PLAIN, *named("cilium_host"), agents=("cilium-agent",))

    assert found is not None
    assert (found.weight, "no CNI is configured" in found.seen) == ("hint", True)
    assert leftover_interfaces(starting) is None


def test_leftovers_beside_a_cni_that_is_only_starting_are_a_cause() -> None:
    """Its program runs, and has not written its configuration yet."""
    found = leftover_interfaces(host(PLAIN, *FLANNELS, agents=("cilium-agent",)))

    assert found is not None
    assert found.weight == "cause"


def test_a_cni_that_still_runs_is_named() -> None:
    """Its interfaces would come again."""
    agents = ("cilium-agent", "flanneld")
    found = leftover_interfaces(host(CILIUM, *FLANNELS, agents=agents))

    assert found is not None
    assert found.seen.startswith(
        "leftovers of Flannel and the bridge plugin (flanneld still runs): cni0 and flannel.1;"
    )


def test_a_handful_of_names_are_all_shown() -> None:
    """Without a word about more."""
    found = leftover_interfaces(host(FLANNEL, *named(*(f"lxc{n:04x}" for n in range(6)))))

    assert found is not None
    assert "lxc0004 and lxc0005; /etc/cni/net.d/10-flannel.conflist configures" in found.seen


def test_only_a_few_of_many_names_are_shown() -> None:
    """A node has hundreds."""
    found = leftover_interfaces(host(FLANNEL, *named(*(f"lxc{n:012x}" for n in range(200)))))

    assert found is not None
    assert "194 more" in found.seen
    assert len(found.seen) < 400
    assert all(len(step) < 400 for step in found.steps)


@pytest.mark.parametrize(
    ("base", "chain"),
    [
        (FLANNEL, "CILIUM_FORWARD"),
        (FLANNEL, "cali-OUTPUT"),
        (CILIUM, "FLANNEL-FWD"),
        (CILIUM, "flannel-ipv4"),
        (CALICO, "WEAVE-NPC"),
    ],
)
def test_chains_of_another_cni_are_a_cause(base: NetworkFacts, chain: str) -> None:
    """The chain is named, and how to look for it."""
    found = leftover_chains(host(base, chains=(*CHAINS, chain)))

    assert found is not None
    assert (found.weight, chain in found.seen) == ("cause", True)
    assert f"iptables-save | grep -n -e {chain}" in found.steps[0]


def test_chains_without_any_configuration_are_a_hint() -> None:
    """kubeadm reset leaves them."""
    found = leftover_chains(host(PLAIN, chains=(*CHAINS, "CILIUM_FORWARD")))

    assert found is not None
    assert found.weight == "hint"


@pytest.mark.parametrize(
    "facts",
    [
        host(CILIUM, *FLANNELS, cni=None),
        host(CILIUM, *FLANNELS, cni=cni({"01-ours.conflist": None})),
    ],
    ids=["directory hidden", "file hidden"],
)
def test_nothing_is_left_over_where_the_configuration_cannot_be_seen(facts: NetworkFacts) -> None:
    """Not every user may read it."""
    assert leftover_interfaces(facts) is None
    assert leftover_chains(facts) is None


def test_the_name_of_a_hidden_file_tells_enough() -> None:
    """Cilium's is root's alone."""
    facts = host(CILIUM, cni=cni({"05-cilium.conflist": None}))

    assert leftover_interfaces(facts) is None
    assert leftover_interfaces(host(facts, *FLANNELS)) is not None


@pytest.mark.parametrize("missing", ["flannel", "portmap", "loopback"])
def test_a_plugin_that_is_missing_is_a_cause(missing: str) -> None:
    """Also `loopback` of a file that sets up nothing else."""
    present = {"flannel", "portmap", "loopback"} - {missing}
    assert FLANNEL.cni is not None
    files = {file.name: file.plugins for file in FLANNEL.cni.files}

    found = plugin_missing(host(FLANNEL, cni=_only(files, present)))

    assert found is not None
    assert found.weight == "cause"
    assert f"needs {missing}, which is not in /opt/cni/bin" in found.seen


def _only(files: dict[str, tuple[str, ...] | None], present: set[str]) -> Cni:
    """Return a CNI with just these programs."""
    return msgspec.structs.replace(cni(files), programs=frozenset(present))


def test_plugins_that_cannot_be_seen_are_not_missing() -> None:
    """Not every user may look."""
    hidden = msgspec.structs.replace(cni({"05-x.conf": ("ptp",)}), programs=None)

    assert plugin_missing(host(PLAIN, cni=hidden)) is None


def test_containerd_needs_loopback_unasked() -> None:
    """Unless it was told to do that itself."""
    files: dict[str, tuple[str, ...] | None] = {"05-cilium.conflist": ("cilium-cni",)}

    assert plugin_missing(host(CILIUM, cni=cni(files, needs_loopback=True))) is not None
    assert plugin_missing(host(CILIUM, cni=cni(files, ("loopback",), needs_loopback=True))) is None


def test_plugins_of_a_file_that_does_not_count_may_be_missing() -> None:
    """A CNI that left took them along."""
    files: dict[str, tuple[str, ...] | None] = {
        "05-cilium.conflist": ("cilium-cni",),
        "10-flannel.conflist": ("flannel", "portmap"),
    }

    assert plugin_missing(host(CILIUM, cni=_only(files, {"cilium-cni"}))) is None


def test_several_configurations_are_worth_knowing() -> None:
    """Where the first is that of the CNI that runs."""
    facts = host(CILIUM, cni=cni({"05-cilium.conflist": ("cilium-cni",), "10-x.conf": ("ptp",)}))
    found = several_files(facts)

    assert found is not None
    assert found.weight == "hint"
    assert "05-cilium.conflist counts, besides there is 10-x.conf" in found.seen
    assert first_file_stale(facts) is None


def test_a_first_configuration_of_a_cni_that_is_gone_is_a_cause() -> None:
    """The running one comes later; then its interfaces are no leftovers."""
    files: dict[str, tuple[str, ...] | None] = {
        "05-cilium.conflist": ("cilium-cni",),
        "10-flannel.conflist": ("flannel", "portmap"),
    }
    facts = host(FLANNEL, cni=cni(files))
    found = first_file_stale(facts)

    assert found is not None
    assert found.weight == "cause"
    assert "05-cilium.conflist" in found.steps[1]
    assert leftover_interfaces(facts) is None
    assert several_files(facts) is None


def test_with_multus_all_configurations_count() -> None:
    """It hands on to them."""
    files: dict[str, tuple[str, ...] | None] = {
        "00-multus.conf": ("multus-shim", "ptp"),
        "10-flannel.conflist": ("flannel",),
    }
    facts = host(FLANNEL, cni=cni(files))

    assert several_files(facts) is None
    assert leftover_interfaces(facts) is None


def test_backups_are_worth_knowing() -> None:
    """Cilium's way to take over."""
    files: dict[str, tuple[str, ...] | None] = {"05-cilium.conflist": ("cilium-cni",)}
    facts = host(CILIUM, cni=cni(files, backups=("10-flannel.conflist.cilium_bak",)))
    found = backup_files(facts)

    assert found is not None
    assert found.weight == "hint"
    assert "10-flannel.conflist.cilium_bak" in found.seen


def test_a_strange_file_name_is_quoted_in_commands() -> None:
    """Somebody may paste them into a root shell."""
    files: dict[str, tuple[str, ...] | None] = {"05-a.conf": ("ptp",), "$(reboot).conf": ("ptp",)}
    found = several_files(host(PLAIN, cni=cni(files)))

    assert found is not None
    assert "'/etc/cni/net.d/$(reboot).conf'" in found.steps[1]
    assert all("$(reboot)" not in step.replace("/$(reboot).conf'", "") for step in found.steps)


def test_all_checks_of_the_module_are_listed() -> None:
    """Six of them."""
    assert len(cni_checks.CHECKS) == 6
