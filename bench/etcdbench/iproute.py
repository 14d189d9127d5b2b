"""Interfaces and routes as `ip -j` (iproute2) tells them, with /proc and /sys where it is missing.

`ip` speaks of the network namespace that we are in; files are read under a root directory.
"""

import re
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from etcdbench.network_model import DefaultRoute, Interface, IpVersion, ServerRoute, Vxlan
from etcdbench.probes import Programs, small_text

# Flag of a route in /proc/net/route: it is in use.
_RTF_UP = 1

_Row = TypeVar("_Row")


# The parts that we need of what `ip -j` prints (iproute2's ip/ipaddress.c and ip/iproute.c).
class _Address(msgspec.Struct, frozen=True):
    local: str = ""
    scope: str = "global"


class _LinkInfo(msgspec.Struct, frozen=True):
    info_kind: str | None = None
    info_data: dict[str, Any] = {}


class _Link(msgspec.Struct, frozen=True):
    ifname: str = ""  # iproute2 prints empty objects for what its filters leave out
    flags: tuple[str, ...] = ()
    linkinfo: _LinkInfo = _LinkInfo()
    addr_info: tuple[_Address, ...] = ()


class _Hop(msgspec.Struct, frozen=True):
    dev: str = ""
    gateway: str = ""
    flags: tuple[str, ...] = ()


class _Route(msgspec.Struct, frozen=True):
    type: str = "unicast"
    dev: str = ""
    gateway: str = ""
    metric: int | None = None
    protocol: str | None = None
    prefsrc: str | None = None
    flags: tuple[str, ...] = ()
    nexthops: tuple[_Hop, ...] = ()


# --- interfaces ---------------------------------------------------------------------------------


def interfaces(programs: Programs, *, root: Path) -> tuple[Interface, ...] | None:
    """Return all interfaces with everything that we know; None where `ip` gives no answer."""
    links = _rows(programs.answer("ip", "-j", "-d", "address", "show"), _Link)
    if links is None:
        return None
    return tuple(_interface(link, root) for link in links if link.ifname)


def interfaces_of_sysfs(*, root: Path) -> tuple[Interface, ...]:
    """Return all interfaces without addresses and without what a VXLAN is."""
    folders = sorted(folder for folder in root.glob("sys/class/net/*") if folder.is_dir())
    return tuple(_interface(_link_of_sysfs(folder), root) for folder in folders)


def _link_of_sysfs(folder: Path) -> _Link:
    # DEVTYPE is the kind of many virtual interfaces; Wi-Fi has one, too.
    kind = re.search(r"^DEVTYPE=(?!wlan$)(\w+)$", small_text(folder / "uevent"), re.MULTILINE)
    return _Link(
        ifname=folder.name,
        flags=("UP", "LOWER_UP") if small_text(folder / "carrier").strip() == "1" else (),
        linkinfo=_LinkInfo(info_kind=kind[1] if kind else None),
    )


def _interface(link: _Link, root: Path) -> Interface:
    folder = root / "sys/class/net" / link.ifname
    return Interface(
        name=link.ifname,
        kind=link.linkinfo.info_kind,
        wireless=_is_wireless(folder),
        up={"UP", "LOWER_UP"} <= set(link.flags),
        addresses=tuple(each.local for each in link.addr_info if each.scope != "link"),
        vxlan=_vxlan(link.linkinfo),
        reverse_path_filter=_reverse_path_filter(link.ifname, root),
    )


def _is_wireless(folder: Path) -> bool:
    """Look for the marks of drivers, and for the name (systemd.net-naming-scheme(7): `wl`)."""
    marks = (folder / "wireless", folder / "phy80211")
    return folder.name.startswith("wl") or any(mark.exists() for mark in marks)


def _vxlan(info: _LinkInfo) -> Vxlan | None:
    number, port = info.info_data.get("id", 0), info.info_data.get("port")
    if info.info_kind != "vxlan" or not isinstance(number, int) or not isinstance(port, int):
        return None
    return Vxlan(number=number, port=port, external=bool(info.info_data.get("external")))


def _reverse_path_filter(name: str, root: Path) -> int | None:
    """Return what is in force: the larger of the interface's and everybody's (ip-sysctl)."""
    folder = root / "proc/sys/net/ipv4/conf"
    texts = [small_text(folder / each / "rp_filter").strip() for each in ("all", name)]
    return max((int(text) for text in texts if text.isdecimal()), default=None)


# --- routes -------------------------------------------------------------------------------------


def default_routes(programs: Programs, ip: IpVersion) -> tuple[DefaultRoute, ...] | None:
    """Return the default routes of the main table; None where `ip` gives no answer."""
    option = {"IPv4": "-4", "IPv6": "-6"}[ip]
    rows = _rows(programs.answer("ip", "-j", option, "route", "show", "default"), _Route)
    if rows is None:
        return None
    return tuple(filter(None, (_default_route(ip, row) for row in rows)))


def default_routes_of_proc(*, root: Path) -> tuple[DefaultRoute, ...]:
    """Return those of IPv4: Iface Destination Gateway Flags RefCnt Use Metric Mask ..."""
    routes: list[DefaultRoute] = []
    for line in small_text(root / "proc/net/route").splitlines()[1:]:
        device, destination, _, flags, _, _, metric, mask, *_ = line.split()
        if not int(destination, 16) and not int(mask, 16) and int(flags, 16) & _RTF_UP:
            routes.append(DefaultRoute(ip="IPv4", devices=(device,), metric=int(metric) or None))
    return tuple(routes)


def route_to(programs: Programs, server: str) -> ServerRoute | None:
    """Ask the kernel how a packet to an address would leave; none is sent.

    Returns:
        The route, by `lo` where the address is our own; None where there is no route, or `ip`
        gives no answer.
    """
    rows = _rows(programs.answer("ip", "-j", "route", "get", server), _Route)
    if not rows or not rows[0].dev:
        return None
    device = "lo" if rows[0].type == "local" else rows[0].dev
    return ServerRoute(server=server, device=device, source=rows[0].prefsrc)


def _default_route(ip: IpVersion, row: _Route) -> DefaultRoute | None:
    """Keep a route by which packets can leave."""
    hops = row.nexthops or (_Hop(dev=row.dev, gateway=row.gateway, flags=row.flags),)
    alive = [hop for hop in hops if hop.dev not in {"", "lo"} and "dead" not in hop.flags]
    if row.type != "unicast" or not alive:
        return None
    return DefaultRoute(
        ip=ip,
        devices=tuple(hop.dev for hop in alive),
        gateways=tuple(hop.gateway for hop in alive if hop.gateway),
        metric=row.metric,
        protocol=row.protocol,
    )


def _rows(text: str | None, kind: type[_Row]) -> list[_Row] | None:
    """Read a list that `ip -j` printed; of an empty one it may print nothing at all."""
    if text is None:
        return None
    try:
        return msgspec.json.decode(text.strip() or "[]", type=list[kind])  # type: ignore[valid-type]
    except (msgspec.DecodeError, RecursionError):
        return None
