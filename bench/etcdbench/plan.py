"""What will be run: for how long at most, how many bytes it writes, and what room it needs."""

import math

import msgspec

from etcdbench import etcd_model, seeking
from etcdbench.burst import Bursts
from etcdbench.model import Settings
from etcdbench.profile import LoadedProfile
from etcdbench.records import Struct
from etcdbench.schedule import record_bytes
from etcdbench.workload import RUNG_PREFIX, Phase, Recipe, Requests

CALIBRATE_SECONDS = (3.0, 4.0)
"""Two runs: the second one's batches rest on the first one's flush times."""

CAP_SECONDS = 180.0
"""No further round begins that would end, with the ladder, after this: a slow disk makes runs
longer than planned."""

RECIPE_SECONDS_MAX = 150.0
"""The recipe writes until its file is full, however long a slow disk takes."""

START_SECONDS = 0.7
"""What starting and ending fio adds to each run."""

BESIDE_CALIBRATE_RATE = 10.0
"""Beside a live etcd the first look writes ten small records a second."""

BESIDE_SHARE = 0.1
"""Beside a live etcd our flushes, the database's too, may take this share of the disk's time."""

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
        joins: The bursts of joining nodes; None to leave them out.
        capacities: The largest bursts of a search for how many may join at once.
        cap_seconds: No further round begins that would end, with all that follows, after this.
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
    joins: Bursts | None = None
    capacities: tuple[Bursts, ...] = ()
    cap_seconds: float = CAP_SECONDS

    def bursts_seconds(self) -> float:
        """Return how long all join bursts take."""
        return self.joins.seconds + self.joins.times * START_SECONDS if self.joins else 0.0

    def seconds_max(self) -> float:
        """Return about how long the measurement takes at most."""
        if self.recipe:
            return RECIPE_SECONDS_MAX
        if self.capacities:
            last = sum(one.seconds for one in self.capacities)
            return len(self.capacities) * seeking.SECONDS_MAX + last
        phases = sum(
            phase.runtime_seconds * (self.rounds_max if phase.repeat == "until-decided" else 1)
            for phase in self.phases
        )
        ladder = sum(phase.runtime_seconds for phase in self.ladder)
        starts = len(self.calibrate_seconds) + 1 + self.rounds_max + len(self.ladder)
        calibrate = sum(self.calibrate_seconds) + self.calibrate_seconds[-1]
        return calibrate + phases + ladder + starts * START_SECONDS + self.bursts_seconds()

    def bytes_max(self) -> int:
        """Return how many bytes fio writes at most."""
        if self.capacities:
            return sum(seeking.bytes_max(one) for one in self.capacities)
        own = self._wal_bytes_max() + self._backend_bytes_max()
        return own + (self.joins.times * self.joins.image_bytes if self.joins else 0)

    def room_bytes(self) -> int:
        """Return the room that the filesystem must have: whole WAL segments, database, margin."""
        segments = 2 + math.ceil(self._wal_bytes_max() / etcd_model.WAL_SEGMENT_BYTES)
        wal = 0 if self.recipe else segments * etcd_model.WAL_SEGMENT_BYTES
        wal += sum(seeking.etcd_bytes_max(one) for one in self.capacities)
        bursts = [one for one in (self.joins, *self.capacities) if one]
        shared = [one for one in bursts if one.burst.topology != "shared-disk"]
        images = max((one.image_bytes for one in shared), default=0)  # removed after each burst
        return wal + self._backend_bytes_max() + images + ROOM_MARGIN_BYTES

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
        even = sum(
            math.ceil(_requests_max(seconds * requests.rate_per_second)) * record_bytes(requests)
            for seconds, requests in self._stretches()
        )
        return even + (self.joins.etcd_bytes_max()[0] if self.joins else 0)

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
        joins = self.joins.etcd_bytes_max()[1] if self.joins else 0
        return round(total * etcd_model.PAGE_BYTES) + joins


def _requests_max(mean: float) -> float:
    """Return what a Poisson number of requests exceeds less than once in a million times."""
    return mean + 5 * math.sqrt(mean)


def at_rate(requests: Requests, phase: Phase) -> Requests:
    """Return the request stream at the rate of a phase."""
    if phase.rate_per_second is None:
        return requests
    return msgspec.structs.replace(requests, rate_per_second=phase.rate_per_second)


def beside_rate(flush_ns: float) -> float:
    """Return the requests per second that take no more than `BESIDE_SHARE` of a disk's time.

    At so few each has a flush of its own, and every commit, of which there are no more than
    requests, has two.

    Args:
        flush_ns: Mean time of a flush.
    """
    flushes = BESIDE_SHARE * 1e9 / max(flush_ns, 1.0)
    commits_max = 1 / etcd_model.COMMIT_INTERVAL_SECONDS
    return max(1.0, flushes - 2 * commits_max, min(flushes / 3, commits_max))


def class_rates(ladder: LoadedProfile) -> dict[str, float]:
    """Return the cluster classes and their rates, from the ladder's phases (`ladder-s`)."""
    return {
        phase.name.removeprefix(RUNG_PREFIX): phase.rate_per_second
        for phase in ladder.profile.phases
        if phase.rate_per_second is not None
    }
