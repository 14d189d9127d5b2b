"""Joins -> the writes that reach etcd, one by one: when, and how large.

Pure arithmetic; the numbers are the profile's. The totals do not depend on chance, only when each
write comes does.
"""

import math
import random
from collections.abc import Iterator

from etcdbench.join_profile import Join, JoinPhase
from etcdbench.records import Struct

QUIET = "quiet"


class Write(Struct, frozen=True, kw_only=True):
    """One write request.

    Attributes:
        due_seconds: When it reaches etcd, from the beginning of the quiet stretch.
        value_size_bytes: Bytes of its value.
    """

    due_seconds: float
    value_size_bytes: int


class Span(Struct, frozen=True, kw_only=True):
    """A phase of the burst.

    Attributes:
        name: `quiet`, `register`, `pull` or `settle`.
        begin_seconds: From the beginning of the quiet stretch.
        end_seconds: Where the next one begins.
    """

    name: str
    begin_seconds: float
    end_seconds: float


def spans(
    join: Join,
    *,
    jitter_seconds: float,
    quiet_seconds: float,
    pull_seconds_max: float | None = None,
) -> tuple[Span, ...]:
    """Lay out the burst of all nodes: quiet, register, pull, settle.

    With nodes that start up to `jitter_seconds` apart, registering lasts that much longer.

    Args:
        join: The model.
        jitter_seconds: Within which all nodes start.
        quiet_seconds: How long only the background writes, before.
        pull_seconds_max: Where to cut the pull phase, and the burst with it; None for all of it.
    """
    lengths = {phase.name: phase.runtime_seconds for phase in join.phases}
    steps = [(QUIET, quiet_seconds), ("register", lengths["register"] + jitter_seconds)]
    if pull_seconds_max is None:
        steps += [("pull", lengths["pull"]), ("settle", lengths["settle"])]
    else:
        steps += [("pull", min(lengths["pull"], pull_seconds_max))]
    found: list[Span] = []
    begin = 0.0
    for name, seconds in steps:
        found.append(Span(name=name, begin_seconds=begin, end_seconds=begin + seconds))
        begin += seconds
    return tuple(found)


def writes(
    join: Join,
    *,
    nodes: int,
    jitter_seconds: float,
    quiet_seconds: float,
    rng: random.Random,
) -> list[Write]:
    """Return all writes of a burst, in order of time.

    Args:
        join: The model.
        nodes: How many join.
        jitter_seconds: Within which they start.
        quiet_seconds: How long only the background writes, before.
        rng: Source of all draws.
    """
    found: list[Write] = []
    for _ in range(nodes):
        begin = quiet_seconds + rng.uniform(0, jitter_seconds)
        for phase in join.phases:
            found += _phase_writes(join, phase.name, begin, phase.runtime_seconds, rng)
            begin += phase.runtime_seconds
    found += _background(join, quiet_seconds + jitter_seconds + join.window_seconds, rng)
    return sorted(found, key=lambda write: write.due_seconds)


def _phase_writes(
    join: Join, phase: JoinPhase, begin: float, seconds: float, rng: random.Random
) -> Iterator[Write]:
    """Deal the phase's writes out to groups, and the groups over its time."""
    sizes = [kind.value_size_bytes for kind in join.objects for _ in range(kind.count(phase))]
    rng.shuffle(sizes)
    while sizes:
        group = min(_group_size(join.clustering.writes_mean, rng), len(sizes))
        lasts = (group - 1) * join.clustering.gap_seconds
        due = begin + rng.uniform(0, max(seconds - lasts, 0.0))
        for number in range(group):
            yield Write(
                due_seconds=due + number * join.clustering.gap_seconds,
                value_size_bytes=sizes.pop(),
            )


def _group_size(mean: float, rng: random.Random) -> int:
    """Draw from the geometric distribution that begins at 1."""
    if mean <= 1:
        return 1
    return 1 + int(math.log(1 - rng.random()) / math.log(1 - 1 / mean))


def _background(join: Join, seconds: float, rng: random.Random) -> Iterator[Write]:
    """Spread the timers' writes: each interval holds one, at a random moment."""
    step = 1 / join.background.rate_per_second
    for number in range(round(seconds * join.background.rate_per_second)):
        yield Write(
            due_seconds=(number + rng.random()) * step,
            value_size_bytes=join.background.value_size_bytes,
        )
