"""What `doctor` found, as types: symptoms, what could not be seen, and the verdict in words.

Pure data; the probes are in `network_facts` and `disk_facts`, what they mean in `network_checks`
and `disk_checks`.
"""

from collections.abc import Sequence
from typing import Literal

from etcdbench.records import Struct

Side = Literal["disk", "network"]
Weight = Literal["cause", "hint"]
Blame = Literal["disk", "network", "both", "neither"]


class Symptom(Struct, frozen=True, kw_only=True):
    """One thing that was seen; the names are an interface (docs/json.md).

    Attributes:
        code: Stable name (`two_default_routes`).
        side: Whether it speaks of the disk or of the network.
        weight: A `cause` can explain a node that hangs, and decides the verdict; a `hint` is worth
            knowing and decides nothing.
        seen: What was seen, with its figures, in a sentence.
        why: Why it matters.
        steps: What to do: exact commands or sentences, the careful ones first. None is run by us.
        reference: Address of the source.
    """

    code: str
    side: Side
    weight: Weight
    seen: str
    why: str
    steps: tuple[str, ...]
    reference: str


class Unseen(Struct, frozen=True, kw_only=True):
    """Something that could not be looked at: never taken for healthy."""

    what: str
    because: str


class Seen(Struct, frozen=True, kw_only=True):
    """What one half found.

    Attributes:
        symptoms: What stands out, the most telling first.
        unseen: What could not be looked at.
        looked_at: Figures in sentences, healthy ones too.
    """

    symptoms: tuple[Symptom, ...]
    unseen: tuple[Unseen, ...]
    looked_at: tuple[str, ...] = ()


class Diagnosis(Struct, frozen=True, kw_only=True):
    """The JSON object of `etcdbench doctor`.

    Attributes:
        verdict: Which side has a cause.
        symptoms: Causes first.
        unseen: What could not be looked at.
        looked_at: Figures in sentences, healthy ones too.
    """

    format: str = "etcdbench-diagnosis"
    version: int = 1
    verdict: Blame
    symptoms: tuple[Symptom, ...]
    unseen: tuple[Unseen, ...]
    looked_at: tuple[str, ...] = ()


def diagnose(
    symptoms: Sequence[Symptom], unseen: Sequence[Unseen], looked_at: Sequence[str] = ()
) -> Diagnosis:
    """Put the symptoms together: causes first, and the verdict that they support."""
    blamed: set[Side] = {one.side for one in symptoms if one.weight == "cause"}
    verdict: Blame = "neither"
    for side in blamed:
        verdict = "both" if len(blamed) > 1 else side
    return Diagnosis(
        verdict=verdict,
        symptoms=tuple(sorted(symptoms, key=lambda one: one.weight != "cause")),
        unseen=tuple(unseen),
        looked_at=tuple(looked_at),
    )
