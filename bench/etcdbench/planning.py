"""Options and profiles -> a plan: rounds, errors to spend, ladder, joins."""

import math

import msgspec

from etcdbench import stats
from etcdbench.burst import Bursts
from etcdbench.errors import UsageError
from etcdbench.model import Settings
from etcdbench.plan import CALIBRATE_SECONDS, CAP_SECONDS, Plan, at_rate
from etcdbench.profile import LoadedProfile
from etcdbench.search import BURSTS_EACH
from etcdbench.workload import RUNG_PREFIX, Phase, Requests

QUICK_ROUND_SECONDS = 8.0
QUICK_ROUNDS_MAX = 5
ROUNDS_MAX = 9
"""With 16 s a round, calibration and ladder this stays under three minutes."""

CAP_WITH_JOIN_SECONDS = 120.0
ROUNDS_WITH_JOIN_MAX = 3
"""A default measurement with its short join burst ends within two minutes."""

BESIDE_VALUE_BYTES_MAX = 4096
"""Beside a live etcd no value is larger than this."""


def make_plan(
    *,
    main: LoadedProfile,
    ladder: LoadedProfile,
    settings: Settings,
    rate_per_second: float | None = None,
    value_size_bytes: int | None = None,
    joins: Bursts | None = None,
    capacities: tuple[Bursts, ...] = (),
) -> Plan:
    """Put a plan together.

    Args:
        main: The main profile.
        ladder: The ladder.
        settings: How the measurement is asked for; `rounds_max` and `load` are filled in here.
        rate_per_second: Requests per second where the profile's are not wanted.
        value_size_bytes: Value size where the profile's is not wanted.
        joins: The bursts of joining nodes; None to leave them out.
        capacities: The largest bursts of a search; then nothing else is measured.

    Raises:
        UsageError: A rate or size that a request stream cannot have.
    """
    requests = requests_of(main, rate_per_second=rate_per_second, value_size_bytes=value_size_bytes)
    if requests is None:
        return _recipe_plan(main, settings)
    if settings.beside_etcd:
        requests = _gentle(requests)
    quick = settings.mode == "quick"
    short = joins is not None and joins.burst.pull_seconds_max is not None
    phases = _phases(main, quick=quick)
    rounds_max = _rounds_max(phases, quick=quick, short=short)
    errors = stats.spending(1 if settings.mode == "full" else rounds_max)
    if capacities:
        return _search_plan(main, requests, settings, capacities)
    if not settings.beside_etcd:
        _demand_enough_flushes(requests, phases, rounds_max=rounds_max, error=errors[-1])
    return Plan(
        settings=msgspec.structs.replace(
            settings,
            rounds_max=rounds_max,
            bursts_max=joins.times if joins else 0,
            load=_class_of(requests, phases, ladder),
        ),
        profile_text=main.text,
        requests=requests,
        recipe=None,
        calibrate_seconds=CALIBRATE_SECONDS,
        phases=phases,
        rounds_max=rounds_max,
        errors=errors,
        ladder=() if quick or settings.beside_etcd else ladder.profile.phases,
        ladder_requests=ladder.profile.requests,
        judge_commits=not quick,
        joins=joins,
        cap_seconds=CAP_WITH_JOIN_SECONDS
        if short
        else CAP_SECONDS + (joins.seconds if joins else 0.0),
    )


def _rounds_max(phases: tuple[Phase, ...], *, quick: bool, short: bool) -> int:
    """Return how often phases may be repeated; 1 where none is."""
    if not any(phase.repeat == "until-decided" for phase in phases):
        return 1
    return QUICK_ROUNDS_MAX if quick else ROUNDS_WITH_JOIN_MAX if short else ROUNDS_MAX


def _phases(main: LoadedProfile, *, quick: bool) -> tuple[Phase, ...]:
    """Return the profile's phases; for a quick look none is longer than such a look's round."""
    longest = QUICK_ROUND_SECONDS if quick else math.inf
    return tuple(
        msgspec.structs.replace(phase, runtime_seconds=min(phase.runtime_seconds, longest))
        for phase in main.profile.phases
    )


def _demand_enough_flushes(
    requests: Requests, phases: tuple[Phase, ...], *, rounds_max: int, error: float
) -> None:
    """Refuse a rate at which even a perfect disk could not be told from a bad one in time.

    Raises:
        UsageError: The last look could not prove anything with no flush over the limit.
    """
    needed = stats.samples_needed(share=0.01, error=error)
    for phase in phases:
        times = rounds_max if phase.repeat == "until-decided" else 1
        rate = at_rate(requests, phase).rate_per_second
        seconds = phase.runtime_seconds * times
        if rate * seconds < needed:
            raise UsageError(
                f"{rate:g} requests a second are {rate * seconds:.0f} flushes in {seconds:.0f} s; "
                f"{needed} are needed to prove anything",
                hint=f"give a rate of {math.ceil(needed / seconds)} or more, which is harder on "
                "the disk, or add --no-join, leave --quick out, or add --full",
            )


def _class_of(requests: Requests, phases: tuple[Phase, ...], ladder: LoadedProfile) -> str | None:
    """Return the cluster class whose requests these are, if there is one."""
    known = ladder.profile.requests
    if known is None or any(phase.rate_per_second is not None for phase in phases):
        return None
    rungs = ladder.profile.phases
    name = next((rung.name for rung in rungs if at_rate(known, rung) == requests), None)
    return name.removeprefix(RUNG_PREFIX) if name else None


def _search_plan(
    main: LoadedProfile, requests: Requests, settings: Settings, capacities: tuple[Bursts, ...]
) -> Plan:
    """Plan a search for how many nodes may join: learn the flush time, then bursts only."""
    return Plan(
        settings=msgspec.structs.replace(settings, capacity=True, bursts_max=BURSTS_EACH),
        profile_text=main.text,
        requests=requests,
        recipe=None,
        calibrate_seconds=CALIBRATE_SECONDS,
        phases=(),
        rounds_max=1,
        errors=stats.spending(1),
        capacities=capacities,
    )


def _recipe_plan(main: LoadedProfile, settings: Settings) -> Plan:
    """Plan a recipe: one run, as it is."""
    return Plan(
        settings=msgspec.structs.replace(settings, load=None),
        profile_text=main.text,
        requests=None,
        recipe=main.profile.recipe,
        calibrate_seconds=(),
        phases=(),
        rounds_max=1,
        errors=stats.spending(1),
        judge_commits=False,
    )


def _gentle(requests: Requests) -> Requests:
    """Return requests whose values are small enough to be written beside a live etcd."""
    size_bytes = min(requests.value_size_bytes, BESIDE_VALUE_BYTES_MAX)
    return msgspec.structs.replace(requests, value_size_bytes=size_bytes)


def requests_of(
    main: LoadedProfile, *, rate_per_second: float | None, value_size_bytes: int | None
) -> Requests | None:
    """Return a profile's requests, with another rate or size where one is given; None for a recipe.

    Raises:
        UsageError: No etcd has such requests.
    """
    requests = main.profile.requests
    if requests is None:
        return None
    try:
        return msgspec.convert(
            {
                **msgspec.to_builtins(requests),
                **({} if rate_per_second is None else {"rate_per_second": rate_per_second}),
                **({} if value_size_bytes is None else {"value_size_bytes": value_size_bytes}),
            },
            Requests,
        )
    except msgspec.ValidationError as error:
        raise UsageError(
            "no etcd has such requests",
            hint="--rate goes from over 0 to 100,000 per second, --value-size to 1.5 MB",
        ) from error
