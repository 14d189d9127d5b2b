"""Read profiles: ours by name, the user's own by file. A profile is data and is never trusted."""

import importlib.resources
from pathlib import Path

import msgspec

from etcdbench.errors import ProfileError
from etcdbench.records import Struct
from etcdbench.workload import Profile, is_main_phase

SIZE_MAX_BYTES = 100_000
"""A larger file is no profile."""

REQUESTS_MAX = 3_000_000
"""More requests in one fio run would fill our memory with their schedule."""

_HINT = "start from one of ours: etcdbench profiles show steady"


class LoadedProfile(Struct, frozen=True, kw_only=True):
    """A profile and the text it was read from.

    Attributes:
        name: Name of one of ours, or the path as given.
        text: The file's text, kept in results.
        profile: Its content.
    """

    name: str
    text: str
    profile: Profile


JOINS = {"flannel": "node-join-flannel", "cilium": "node-join-cilium", "calico": "node-join-calico"}
"""CNI -> the profile of a node's join with it."""

LADDER = "ladder"
"""The profile that every default measurement ends with; it cannot be the main one."""


def names() -> list[str]:
    """Return the names of our profiles, sorted."""
    folder = importlib.resources.files("etcdbench.profiles")
    return sorted(entry.name[:-5] for entry in folder.iterdir() if entry.name.endswith(".toml"))


def load(name: str) -> LoadedProfile:
    """Load one of ours by name, or the user's own by path.

    Raises:
        ProfileError: There is no such profile, or it cannot be used.
    """
    if name in names():
        text = importlib.resources.files("etcdbench.profiles").joinpath(f"{name}.toml").read_text()
        return LoadedProfile(name=name, text=text, profile=parse(text, name=name))
    path = Path(name)
    try:
        if not path.is_file():
            raise ProfileError(
                f"{name} is neither a profile of ours nor a file",
                hint=f"ours are {', '.join(names())}",
            )
        if path.stat().st_size > SIZE_MAX_BYTES:
            raise ProfileError(f"{name} is too large for a profile", hint=_HINT)
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise ProfileError(f"{name} cannot be read: {error}", hint=_HINT) from error
    return LoadedProfile(name=name, text=text, profile=parse(text, name=name))


def parse(text: str, *, name: str) -> Profile:
    """Turn a profile's text into a Profile.

    Raises:
        ProfileError: It says something that a profile cannot say.
    """
    try:
        profile = msgspec.toml.decode(text, type=Profile)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise ProfileError(f"profile {name}: {error}", hint=_HINT) from error
    kinds = (profile.requests, profile.recipe, profile.join)
    if sum(kind is not None for kind in kinds) != 1:
        raise ProfileError(
            f"profile {name} needs either [requests], [recipe] or [join], and only one of them",
            hint=_HINT,
        )
    if (profile.requests is None) == bool(profile.phases):
        raise ProfileError(
            f"profile {name}: [requests] needs [[phases]], [recipe] and [join] have none",
            hint=_HINT,
        )
    if len({phase.name for phase in profile.phases}) < len(profile.phases):
        raise ProfileError(f"profile {name} names two phases alike", hint=_HINT)
    for phase in profile.phases:
        rate = phase.rate_per_second or (
            profile.requests.rate_per_second if profile.requests else 0
        )
        if rate * phase.runtime_seconds > REQUESTS_MAX:
            raise ProfileError(
                f"profile {name}: phase {phase.name} has more than {REQUESTS_MAX:,} requests",
                hint="make it shorter, and repeat it until-decided",
            )
    reserved = [phase.name for phase in profile.phases if not is_main_phase(phase.name)]
    if reserved and name != LADDER:
        raise ProfileError(
            f"profile {name}: the phase name `{reserved[0]}` is ours", hint="choose another name"
        )
    return profile
