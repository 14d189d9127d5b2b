"""Options and profiles -> what will be run, for how long at most, and how many bytes it writes."""

import math

import msgspec

from etcdbench import etcd_model, stats
from etcdbench.errors import UsageError
from etcdbench.model import Settings
from etcdbench.profile import LoadedProfile
from etcdbench.records import Struct
from etcdbench.schedule import record_bytes
from etcdbench.workload import RUNG_PREFIX, Phase, Recipe, Requests

CALIBRATE_SECONDS = (3.0, 4.0)
"""Two runs: the second one's batches rest on the first one's flush times."""

QUICK_ROUND_SECONDS = 8.0
QUICK_ROUNDS_MAX = 5
ROUNDS_MAX = 9
"""With 16 s a round, calibration and ladder this stays under three minutes."""

CAP_SECONDS = 180.0
"""No further round begins that would end, with the ladder, after this: a slow disk makes runs
longer than planned."""

RECIPE_SECONDS_MAX = 150.0
"""The recipe writes until its file is full, however long a slow disk takes."""

START_SECONDS = 0.7
"""What starting and ending fio adds to each run."""

BESIDE_VALUE_BYTES_MAX = 4096
"""Beside a live etcd no value is larger than this."""

BESIDE_CALIBRATE_RATE = 10.0
"""Beside a live etcd the first look writes ten small records a second."""

BESIDE_SHARE = 0.1
"""Beside a live etcd our flushes may take this share of the disk's time."""

BESIDE_CEILING_NS = 100_000_000
"""Beside a live etcd a flush longer than its heartbeat interval (100 ms) stops us at once."""

ROOM_MARGIN_BYTES = 64_000_000
"""What must stay free on the filesystem beside what we write."""


class Plan(Struct, frozen=True, kw_only=True):
    """What a measurement will do.

    Attributes:
        settings: How it was asked for.
        profile_text: The main profile's text.
        requests: The request stream; None for a recipe.
        recipe: The recipe; None otherwise.
        calibrate_seconds: Length of each calibration run.
        phases: Phases of the main profile.
        rounds_max: How often a phase that repeats may be run.
        errors: Error that each look may spend.
        ladder: Phases of the ladder.
        ladder_requests: Its request stream: a class is a class whatever the main phase's values.
        judge_commits: Whether backend commits are judged.
    """

    settings: Settings
    profile_text: str
    requests: Requests | None
    recipe: Recipe | None
    calibrate_seconds: tuple[float, ...]
    phases: tuple[Phase, ...]
    rounds_max: int
    errors: tuple[float, ...]
    ladder: tuple[Phase, ...] = ()
    ladder_requests: Requests | None = None
    judge_commits: bool = True

    def seconds_max(self) -> float:
        """Return about how long the measurement takes at most."""
        if self.recipe:
            return RECIPE_SECONDS_MAX
        phases = sum(
            phase.runtime_seconds * (self.rounds_max if phase.repeat == "until-decided" else 1)
            for phase in self.phases
        )
        ladder = sum(phase.runtime_seconds for phase in self.ladder)
        starts = len(self.calibrate_seconds) + 1 + self.rounds_max + len(self.ladder)
        calibrate = sum(self.calibrate_seconds) + self.calibrate_seconds[-1]
        return calibrate + phases + ladder + starts * START_SECONDS

    def bytes_max(self) -> int:
        """Return how many bytes fio writes at most."""
        return self._wal_bytes_max() + self._backend_bytes_max()

    def room_bytes(self) -> int:
        """Return the room that the filesystem must have: whole WAL segments, database, margin."""
        segments = 2 + math.ceil(self._wal_bytes_max() / etcd_model.WAL_SEGMENT_BYTES)
        wal = 0 if self.recipe else segments * etcd_model.WAL_SEGMENT_BYTES
        return wal + self._backend_bytes_max() + ROOM_MARGIN_BYTES

    def _stretches(self) -> list[tuple[float, Requests]]:
        """Return seconds and requests of everything that is run at most."""
        requests = self.requests
        if requests is None:
            return []
        stretches = [(seconds, requests) for seconds in (*self.calibrate_seconds, 4.0)]
        for phase in self.phases:
            times = self.rounds_max if phase.repeat == "until-decided" else 1
            stretches.append((phase.runtime_seconds * times, at_rate(requests, phase)))
        climb = self.ladder_requests or requests
        stretches += [(phase.runtime_seconds, at_rate(climb, phase)) for phase in self.ladder]
        return stretches

    def _wal_bytes_max(self) -> int:
        if self.recipe:
            return self.recipe.size_bytes
        return sum(
            math.ceil(_requests_max(seconds * requests.rate_per_second)) * record_bytes(requests)
            for seconds, requests in self._stretches()
        )

    def _backend_bytes_max(self) -> int:
        total = 0.0
        for seconds, requests in self._stretches():
            commits = seconds / etcd_model.COMMIT_INTERVAL_SECONDS
            grown = etcd_model.new_pages(
                _requests_max(seconds * requests.rate_per_second),
                key_size_bytes=requests.key_size_bytes,
                value_size_bytes=requests.value_size_bytes,
            )
            total += commits * (etcd_model.PATH_PAGES + 2) + grown
        return round(total * etcd_model.PAGE_BYTES)


def _requests_max(mean: float) -> float:
    """Return what a Poisson number of requests exceeds less than once in a million times."""
    return mean + 5 * math.sqrt(mean)


def at_rate(requests: Requests, phase: Phase) -> Requests:
    """Return the request stream at the rate of a phase."""
    if phase.rate_per_second is None:
        return requests
    return msgspec.structs.replace(requests, rate_per_second=phase.rate_per_second)


def class_rates(ladder: LoadedProfile) -> dict[str, float]:
    """Return the cluster classes and their rates, from the ladder's phases (`ladder-s`)."""
    return {
        phase.name.removeprefix(RUNG_PREFIX): phase.rate_per_second
        for phase in ladder.profile.phases
        if phase.rate_per_second is not None
    }


def make_plan(
    *,
    main: LoadedProfile,
    ladder: LoadedProfile,
    settings: Settings,
    rate_per_second: float | None = None,
    value_size_bytes: int | None = None,
) -> Plan:
    """Put a plan together.

    Args:
        main: The main profile.
        ladder: The ladder.
        settings: How the measurement is asked for; `rounds_max` and `load` are filled in here.
        rate_per_second: Requests per second where the profile's are not wanted.
        value_size_bytes: Value size where the profile's is not wanted.

    Raises:
        UsageError: A rate or size that a request stream cannot have.
    """
    if main.profile.recipe:
        return _recipe_plan(main, settings)
    requests = _requests(main, rate_per_second=rate_per_second, value_size_bytes=value_size_bytes)
    if settings.beside_etcd:
        requests = msgspec.structs.replace(
            requests, value_size_bytes=min(requests.value_size_bytes, BESIDE_VALUE_BYTES_MAX)
        )
    quick = settings.mode == "quick"
    repeats = any(phase.repeat == "until-decided" for phase in main.profile.phases)
    rounds_max = (QUICK_ROUNDS_MAX if quick else ROUNDS_MAX) if repeats else 1
    looks = 1 if settings.mode == "full" else rounds_max
    errors = stats.spending(looks)
    phases = main.profile.phases
    if quick:
        phases = tuple(
            msgspec.structs.replace(
                phase, runtime_seconds=min(phase.runtime_seconds, QUICK_ROUND_SECONDS)
            )
            for phase in phases
        )
    if not settings.beside_etcd:
        _demand_enough_flushes(requests, phases, rounds_max=rounds_max, error=errors[-1])
    return Plan(
        settings=msgspec.structs.replace(
            settings, rounds_max=rounds_max, load=_class_of(requests, phases, ladder)
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
                "the disk, or leave --quick out, or add --full",
            )


def _class_of(requests: Requests, phases: tuple[Phase, ...], ladder: LoadedProfile) -> str | None:
    """Return the cluster class whose requests these are, if there is one."""
    known = ladder.profile.requests
    if known is None or any(phase.rate_per_second is not None for phase in phases):
        return None
    rungs = ladder.profile.phases
    name = next((rung.name for rung in rungs if at_rate(known, rung) == requests), None)
    return name.removeprefix(RUNG_PREFIX) if name else None


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


def _requests(
    main: LoadedProfile, *, rate_per_second: float | None, value_size_bytes: int | None
) -> Requests:
    requests = main.profile.requests
    if requests is None:
        raise AssertionError("a profile without recipe has requests")
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
