"""Facts about the CNI -> symptoms: leftovers of another one, and parts that are missing."""

import shlex
from collections.abc import Callable, Iterable

from etcdbench import cni_families
from etcdbench.cni_families import Family
from etcdbench.diagnosis import Symptom, Weight
from etcdbench.network_model import Cni, NetworkFacts
from etcdbench.units import listed

NAMES_MAX = 6
"""So many names are shown; a node has hundreds of `lxc` interfaces."""

_LEFT_INTERFACES = "https://github.com/cilium/cilium/issues/3219"
_LEFT_CHAINS = "https://github.com/cilium/cilium/issues/17292"
_STALE_FILE = "https://github.com/deckhouse/deckhouse/issues/9234"
_FIRST_FILE = (
    "https://kubernetes.io/docs/concepts/extend-kubernetes/compute-storage-net/network-plugins/"
)
_CILIUM_BACKUP = "https://docs.cilium.io/en/stable/helm-reference/"
_MISSING_PLUGIN = "https://github.com/flannel-io/flannel/issues/2301"


def looked_at(facts: NetworkFacts) -> tuple[str, ...]:
    """Say which CNI is configured."""
    return () if facts.cni is None else (_configured(facts),)


# --- leftovers ----------------------------------------------------------------------------------


def leftover_interfaces(facts: NetworkFacts) -> Symptom | None:
    """Interfaces of a CNI that is not the configured one."""
    names = [interface.name for interface in facts.interfaces]
    left = _left(facts, ((name, cni_families.of_interface(name)) for name in names))
    if not left:
        return None
    shown = sorted(left)[:NAMES_MAX]
    return Symptom(
        code="cni_leftover_interfaces",
        side="network",
        weight=_weight(facts, left.values()),
        seen=f"{_belonging(facts, left)}: {_some(left)}; {_configured(facts)}",
        why="they hold addresses, routes and the VXLAN port that the running CNI needs, so that "
        "pods cannot reach each other or the CNI does not start",
        steps=(
            "kubectl get daemonset --all-namespaces   # is its DaemonSet gone?",
            f"ip -d link show {shlex.quote(shown[0])}; crictl pods   # does a pod still use it?",
            (
                "drain the node (kubectl drain NODE) and restart it: interfaces that nobody makes "
                "again are gone then"
            ),
            "or without a restart: "
            + "; ".join(f"ip link delete {shlex.quote(name)}" for name in shown),
        ),
        reference=_LEFT_INTERFACES,
    )


def leftover_chains(facts: NetworkFacts) -> Symptom | None:
    """Firewall chains of a CNI that is not the configured one."""
    left = _left(facts, ((name, cni_families.of_chain(name)) for name in facts.chains))
    if not left:
        return None
    name = shlex.quote(min(left))
    return Symptom(
        code="cni_leftover_chains",
        side="network",
        weight=_weight(facts, left.values()),
        seen=f"{_belonging(facts, left)}: the firewall chains {_some(left)}; {_configured(facts)}",
        why="their rules still mark, translate or drop packets that are now another CNI's; DNS "
        "in pods, or SSH, stops for no visible reason",
        steps=(
            f"nft list ruleset | grep -n -e {name}; iptables-save | grep -n -e {name}",
            (
                "drain the node (kubectl drain NODE) and restart it: rules that nobody saved are gone "
                f"then; saved ones: grep -l -r -e {name} /etc/iptables /etc/sysconfig /etc/nftables*"
            ),
            (
                "or keep a copy (iptables-save >/root/iptables.before; nft list ruleset "
                ">/root/nft.before) and let that CNI clean up (Cilium: cilium-dbg "
                "post-uninstall-cleanup)"
            ),
        ),
        reference=_LEFT_CHAINS,
    )


def _left(facts: NetworkFacts, names: Iterable[tuple[str, Family | None]]) -> dict[str, Family]:
    """Return what belongs to a CNI that does not belong here; nothing where that is not known."""
    rightful = cni_families.rightful(facts)
    if rightful is None:
        return {}
    return {name: family for name, family in names if family and family not in rightful}


def _weight(facts: NetworkFacts, left: Iterable[Family]) -> Weight:
    """Leftovers do harm beside another CNI; alone they wait for the next one."""
    present = {*left, *(cni_families.rightful(facts) or ())} - {cni_families.BRIDGE}
    return "cause" if cni_families.counting(facts) or len(present) > 1 else "hint"


def _belonging(facts: NetworkFacts, left: dict[str, Family]) -> str:
    """Say whose they are; a CNI that still runs would make them again."""
    names = listed(sorted(family.name for family in left.values()))
    still = cni_families.running(facts) & {*left.values()}
    agents = (agent for family in still for agent in family.agents)
    return f"leftovers of {names}" + (f" ({listed(sorted(agents))} still runs)" if still else "")


def _some(names: Iterable[str]) -> str:
    """Name the first few."""
    shown = sorted(names)
    more = len(shown) - NAMES_MAX
    return listed([*shown[:NAMES_MAX], f"{more} more"]) if more > 0 else listed(shown)


def _configured(facts: NetworkFacts) -> str:
    """Say what is rightful here."""
    files = cni_families.counting(facts)
    if cni_families.stale(facts):
        files = cni_families.others(facts)
    if not files or facts.cni is None:
        return "no CNI is configured"
    kinds = listed(files[0].plugins) if files[0].plugins else "another CNI"
    return f"{facts.cni.directory}/{files[0].name} configures {kinds}"


# --- configurations and plugins -----------------------------------------------------------------


def plugin_missing(facts: NetworkFacts) -> Symptom | None:
    """A plugin that the configuration names is nowhere: no pod gets a network."""
    cni = facts.cni
    counting = cni_families.counting(facts)
    if cni is None or cni.programs is None or not counting:
        return None
    files = (*counting, *(file for file in cni.files if file.plugins == ("loopback",)))
    needed = {name for file in files for name in file.programs}
    needed.update(("loopback",) if cni.needs_loopback else ())
    missing = sorted(needed - cni.programs)
    if not missing:
        return None
    folders = " ".join(map(shlex.quote, cni.program_directories))
    return Symptom(
        code="cni_plugin_missing",
        side="network",
        weight="cause",
        seen=f"{cni.directory}/{counting[0].name} needs {listed(missing)}, which "
        f"{'is' if len(missing) == 1 else 'are'} not in {listed(cni.program_directories)}",
        why="the container runtime then starts no pod (`failed to find plugin`), and the node "
        "stays or becomes NotReady",
        steps=(
            f"ls -l {folders}",
            (
                "restart the CNI's DaemonSet, which puts its own plugins there: "
                "kubectl rollout restart daemonset -n NAMESPACE NAME"
            ),
            (
                "bridge, host-local, loopback and portmap come with the package kubernetes-cni or "
                "containernetworking-plugins, or from "
                "https://github.com/containernetworking/plugins/releases"
            ),
        ),
        reference=_MISSING_PLUGIN,
    )


def first_file_stale(facts: NetworkFacts) -> Symptom | None:
    """The configuration that counts is of a CNI that is gone; the running one's comes later."""
    if facts.cni is None or not cni_families.stale(facts):
        return None
    first, then = cni_families.counting(facts)[0], cni_families.others(facts)[0]
    return Symptom(
        code="cni_first_file_stale",
        side="network",
        weight="cause",
        seen=f"the first CNI configuration, {facts.cni.directory}/{first.name}, is of a CNI that "
        f"does not run here; that of the one that does, {then.name}, comes after it",
        why="the container runtime takes the first file by name, so that new pods get no network",
        steps=_steps_for_files(facts.cni, (first.name,)),
        reference=_STALE_FILE,
    )


def several_files(facts: NetworkFacts) -> Symptom | None:
    """Several configurations: the first one counts, the others wait for their chance."""
    others = [file.name for file in cni_families.others(facts)]
    if facts.cni is None or not others or cni_families.stale(facts):
        return None
    first = cni_families.counting(facts)[0]
    return Symptom(
        code="cni_several_files",
        side="network",
        weight="hint",
        seen=f"several CNI configurations in {facts.cni.directory}: {first.name} counts, besides "
        f"there {'is' if len(others) == 1 else 'are'} {listed(others)}",
        why="the container runtime takes the first file by name; when that one is renamed or "
        "removed, new pods get another network than the running ones",
        steps=_steps_for_files(facts.cni, tuple(others)),
        reference=_FIRST_FILE,
    )


def backup_files(facts: NetworkFacts) -> Symptom | None:
    """Configurations that were put aside: another CNI was here before."""
    if facts.cni is None or not facts.cni.backups:
        return None
    return Symptom(
        code="cni_backup_files",
        side="network",
        weight="hint",
        seen=f"configurations put aside in {facts.cni.directory}: {_some(facts.cni.backups)}",
        why="another CNI was configured here before (Cilium renames what it finds to .cilium_bak);"
        " when that name is given back, or its agent starts again, it takes over",
        steps=_steps_for_files(facts.cni, facts.cni.backups),
        reference=_CILIUM_BACKUP,
    )


def _steps_for_files(cni: Cni, names: tuple[str, ...]) -> tuple[str, ...]:
    paths = " ".join(shlex.quote(f"{cni.directory}/{name}") for name in names[:NAMES_MAX])
    return (
        f"ls -l {shlex.quote(cni.directory)}; head {paths}   # whose are they?",
        (
            f"if nothing uses it, put it aside: mkdir -p /root/cni-before && mv {paths} "
            "/root/cni-before/"
        ),
        "see that a new pod gets an address: kubectl get pods -A -o wide",
    )


CHECKS: tuple[Callable[[NetworkFacts], Symptom | None], ...] = (
    leftover_interfaces,
    leftover_chains,
    plugin_missing,
    first_file_stale,
    several_files,
    backup_files,
)
