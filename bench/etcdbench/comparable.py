"""Whether results may be compared: were they asked for, and measured, in the same way?"""

from collections.abc import Callable, Mapping, Sequence

from etcdbench.errors import UsageError
from etcdbench.model import Result
from etcdbench.records import Struct
from etcdbench.units import format_bytes


class Difference(Struct, frozen=True, kw_only=True):
    """A field in which results differ that should be alike.

    Attributes:
        field: Its name.
        values: Name of a result -> what it has there.
    """

    field: str
    values: dict[str, str]

    def __str__(self) -> str:
        """Name the field and its first two values."""
        said: dict[str, str] = {}
        for name, value in self.values.items():
            said.setdefault(value, name)
        return f"{self.field} is " + ", but ".join(
            f"{value!r} in {name}" for value, name in list(said.items())[:2]
        )


def differences(results: Mapping[str, Result]) -> tuple[Difference, ...]:
    """Return the fields in which results differ that must be alike to be compared."""
    found: list[Difference] = []
    for field, value_of in FIELDS.items():
        values = {name: value_of(result) for name, result in results.items()}
        if len(set(values.values())) > 1:
            found.append(Difference(field=field, values=values))
    return tuple(found)


def demand(found: Sequence[Difference]) -> None:
    """Refuse to compare what differs.

    Raises:
        UsageError: It does.
    """
    if found:
        raise UsageError(
            f"these results cannot be compared: {found[0]}",
            hint="compare what was measured alike, or add --anyway, which then says so",
        )


def _origin(result: Result) -> str:
    return result.origin


def _profile(result: Result) -> str:
    mode = " --quick" if result.settings.mode == "quick" else ""
    gentle = " --beside-etcd" if result.settings.beside_etcd else ""
    return f"{result.settings.profile}{mode}{gentle}"


def _load(result: Result) -> str:
    requests = result.requests
    if requests is None:
        return "as fast as it goes"
    return (
        f"{requests.rate_per_second:g} {requests.arrivals} requests/s of "
        f"{format_bytes(requests.key_size_bytes)} + {format_bytes(requests.value_size_bytes)}"
    )


def _phases(result: Result) -> str:
    return " ".join(result.main_phases())


def _joins(result: Result) -> str:
    if not result.bursts:
        return "none"
    burst = result.bursts[0]
    cut = ", cut" if burst.cut else ""
    return (
        f"{burst.nodes} with {burst.cni} within {burst.jitter_seconds:g} s, {burst.topology}, "
        f"{burst.scale:.0%} of the images{cut}"
    )


def _fio(result: Result) -> str:
    """Return what of fio's version changes how it measures: its first number."""
    return result.environment.fio_version.partition(".")[0]


def _etcdbench(result: Result) -> str:
    """Return the release whose model of etcd was written."""
    return ".".join(result.etcdbench_version.split(".")[:2])


FIELDS: dict[str, Callable[[Result], str]] = {
    "where it comes from": _origin,
    "profile": _profile,
    "load": _load,
    "phases": _phases,
    "join": _joins,
    "fio": _fio,
    "etcdbench": _etcdbench,
}
"""What must be alike, and how it is told."""
