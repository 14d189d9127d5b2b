"""A diagnosis as text: the verdict in a sentence, then causes, hints, and what was not seen."""

from collections.abc import Iterable, Iterator

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from etcdbench.diagnosis import Diagnosis, Side, Symptom
from etcdbench.units import printable

STYLES = {
    "disk": "bold red",
    "network": "bold red",
    "both": "bold red",
    "neither": "bold green",
}

NEITHER = "Neither the disk nor the network was seen to be the cause at this moment"
AGAIN = (
    "run it again while it hangs, or `etcdbench watch`, and `etcdbench run PATH` to test the disk "
    "under a join's load"
)


def blocks(diagnosis: Diagnosis) -> list[RenderableType]:
    """Return the report as renderables, in order."""
    causes = [one for one in diagnosis.symptoms if one.weight == "cause"]
    hints = [one for one in diagnosis.symptoms if one.weight == "hint"]
    parts: list[RenderableType] = [
        Text(),
        Text.assemble(
            (f" {diagnosis.verdict.upper()} ", f"{STYLES[diagnosis.verdict]} reverse"),
            " ",
            (printable(headline(diagnosis)), "bold"),
        ),
    ]
    if diagnosis.verdict == "neither":
        parts.append(_inset(f"-> {AGAIN}"))
    parts += _titled("What explains it, and what to do (we change nothing)", _symptoms(causes))
    parts += _titled("Worth knowing", _symptoms(hints))
    parts += _titled("Figures", (Text(f"* {printable(one)}") for one in diagnosis.looked_at))
    parts += _titled(
        "Could not be seen",
        (Text(f"* {printable(one.what)}: {printable(one.because)}") for one in diagnosis.unseen),
    )
    return parts


def headline(diagnosis: Diagnosis) -> str:
    """Say the verdict in a sentence, with the first cause of each side."""
    disk, network = _first(diagnosis, "disk"), _first(diagnosis, "network")
    if disk and network:
        return f"The disk and the network. Disk: {disk}. Network: {network}"
    if disk:
        return f"The disk: {disk}"
    return f"The network: {network}" if network else NEITHER


def _first(diagnosis: Diagnosis, side: Side) -> str | None:
    causes = (one.seen for one in diagnosis.symptoms if (one.side, one.weight) == (side, "cause"))
    return next(causes, None)


def _titled(title: str, items: Iterable[RenderableType]) -> Iterator[RenderableType]:
    """Give a heading and its items; nothing without items."""
    shown = list(items)
    if shown:
        yield from (Text(), Text(title, style="bold"), *shown)


def _symptoms(symptoms: Iterable[Symptom]) -> Iterator[RenderableType]:
    """Give each symptom with reason, steps and source; a step that was said is not said again."""
    said: set[str] = set()
    for symptom in symptoms:
        new = [step for step in symptom.steps if step not in said]
        said.update(new)
        yield Group(
            Text.assemble("* ", (f"{symptom.side}: ", "bold"), printable(symptom.seen)),
            _inset(symptom.why),
            *(_inset(f"-> {step}") for step in new),
            _inset(symptom.reference, style="dim"),
        )


def _inset(text: str, *, style: str = "") -> RenderableType:
    return Padding(Text(printable(text), style=style), (0, 0, 0, 2), expand=False)
