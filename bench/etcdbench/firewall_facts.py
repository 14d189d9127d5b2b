"""Names of firewall chains: nftables' and the older iptables', without loading a kernel module.

A program that asks for a table that the kernel has not loaded makes it load one, so each is
started only where its part of the kernel is there already.
"""

import re
from pathlib import Path

import msgspec

from etcdbench.diagnosis import Unseen
from etcdbench.patience import Patience
from etcdbench.probes import Programs, read_small, small_text

_CHAIN_OF_SAVE = re.compile(r"^:(\S+) ", re.MULTILINE)


class _Named(msgspec.Struct, frozen=True):
    """A table or a chain in nft's JSON (libnftables-json(5))."""

    name: str = ""
    table: str = ""


class _Object(msgspec.Struct, frozen=True):
    chain: _Named | None = None


class _Ruleset(msgspec.Struct, frozen=True):
    nftables: tuple[_Object, ...] = ()


def gather(
    programs: Programs, patience: Patience, *, root: Path, unseen: list[Unseen]
) -> tuple[str, ...]:
    """Return the names of all chains and of nftables' tables, sorted, each once.

    Args:
        programs: Who asks nft and iptables-save.
        patience: How long to wait for the disk that lists the kernel's parts.
        root: Where /proc is.
        unseen: What could not be looked at is added.
    """
    names: set[str] = set()
    safe = _loaded("nf_tables", patience, root)
    for what, found in (
        ("nftables chains", _chains_of_nftables(programs) if safe else set[str]()),
        ("iptables chains", _chains_of_iptables(programs, root, ask_nftables=safe)),
    ):
        if isinstance(found, str):
            unseen.append(Unseen(what=what, because=found))
        else:
            names |= found
    return tuple(sorted(names))


def _chains_of_nftables(programs: Programs) -> set[str] | str:
    """Return the names, or why there are none."""
    if programs.find("nft"):
        answer = programs.answer("nft", "-j", "list", "chains")
        if answer is None:
            return "`nft -j list chains` failed or took too long; it needs root"
        return _names_of_nft(answer)
    saver = programs.find("iptables-nft-save", "iptables-save")
    if saver is None:
        return "neither nft nor iptables-save is installed"
    answer = programs.answer(saver)
    if answer is None:
        return f"`{Path(saver).name}` failed or took too long; it needs root"
    return set(_CHAIN_OF_SAVE.findall(answer))


def _names_of_nft(answer: str) -> set[str] | str:
    try:
        objects = msgspec.json.decode(answer, type=_Ruleset).nftables
    except (msgspec.DecodeError, RecursionError):
        return "what `nft -j list chains` prints cannot be read"
    chains = [each.chain for each in objects if each.chain is not None]
    return {name for chain in chains for name in (chain.name, chain.table) if name}


def _chains_of_iptables(programs: Programs, root: Path, *, ask_nftables: bool) -> set[str] | str:
    """Return the names, or why there are none; the kernel says which tables are in use.

    Args:
        programs: Who asks.
        root: Where /proc is.
        ask_nftables: Whether a program may be asked that is nftables' in disguise.
    """
    listing = root / "proc/net/ip_tables_names"
    try:
        tables = read_small(listing)
    except FileNotFoundError:
        return set()
    except OSError:
        return f"/{listing.relative_to(root)} is root's"
    if not tables.strip():
        return set()
    saver = programs.find("iptables-legacy-save", *(["iptables-save"] if ask_nftables else []))
    if saver is None:
        return "iptables-legacy-save is not installed"
    answer = programs.answer(saver)
    if answer is None:
        return f"`{Path(saver).name}` failed or took too long; it needs root"
    return set(_CHAIN_OF_SAVE.findall(answer))


def _loaded(module: str, patience: Patience, root: Path) -> bool:
    """Tell whether asking for a part of the kernel would load nothing."""
    try:
        modules = read_small(root / "proc/modules")
    except FileNotFoundError:
        return True  # a kernel that cannot load any
    except OSError:
        return False
    if re.search(rf"^{module} ", modules, re.MULTILINE):
        return True
    release = small_text(root / "proc/sys/kernel/osrelease").strip()
    listing = root / "lib/modules" / release / "modules.builtin"
    return f"/{module}.ko" in (patience.in_time(lambda: small_text(listing)) or "")
