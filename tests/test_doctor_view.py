"""A diagnosis as text."""

import io

import pytest
from rich.console import Console

from etcdbench import doctor_view
from etcdbench.diagnosis import Side, Symptom, Unseen, Weight, diagnose


def symptom(side: Side, weight: Weight, seen: str) -> Symptom:
    """Build one."""
    return Symptom(
        code="code",
        side=side,
        weight=weight,
        seen=seen,
        why="it matters",
        steps=("look at it", "mend it"),
        reference="https://example.org",
    )


def shown(
    *symptoms: Symptom, unseen: tuple[Unseen, ...] = (), figures: tuple[str, ...] = ()
) -> str:
    """Return the text on a wide terminal without colours."""
    stream = io.StringIO()
    console = Console(file=stream, width=300, markup=False, highlight=False, emoji=False)
    for part in doctor_view.blocks(diagnose(symptoms, unseen, figures)):
        console.print(part)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("symptoms", "headline"),
    [
        ((), " NEITHER  Neither the disk nor the network was seen"),
        ((symptom("disk", "hint", "a"),), " NEITHER  Neither the disk nor the network was seen"),
        ((symptom("disk", "cause", "a"), symptom("disk", "cause", "b")), " DISK  The disk: a\n"),
        ((symptom("network", "cause", "b"),), " NETWORK  The network: b\n"),
        (
            (symptom("network", "cause", "b"), symptom("disk", "cause", "a")),
            " BOTH  The disk and the network. Disk: a. Network: b\n",
        ),
    ],
    ids=["nothing", "a hint", "disk", "network", "both"],
)
def test_the_verdict_comes_first(symptoms: tuple[Symptom, ...], headline: str) -> None:
    """In a sentence, with the first cause of each side."""
    assert shown(*symptoms).lstrip("\n").startswith(headline)


def test_neither_says_what_to_do_next() -> None:
    """The node hung a minute ago, and will again."""
    assert "run it again while it hangs" in shown()
    assert "run it again" not in shown(symptom("disk", "cause", "a"))


def test_causes_come_with_reason_steps_and_source() -> None:
    """Before hints."""
    text = shown(symptom("disk", "hint", "minor"), symptom("disk", "cause", "major"))

    assert text.index("* disk: major") < text.index("Worth knowing") < text.index("* disk: minor")
    for words in ("it matters", "-> look at it", "-> mend it", "https://example.org"):
        assert text.count(words) == 2


def test_a_step_is_said_once() -> None:
    """Two symptoms of one disk want the same to be done."""
    text = shown(symptom("disk", "cause", "one"), symptom("disk", "cause", "two"))

    assert text.count("-> look at it") == 1
    assert text.count("it matters") == 2


def test_figures_and_what_was_not_seen_are_listed() -> None:
    """Headings without items are left out."""
    text = shown(unseen=(Unseen(what="a log", because="no right"),), figures=("a figure",))

    assert "Figures\n* a figure" in text
    assert "Could not be seen\n* a log: no right" in text
    assert "Worth knowing" not in text
    assert "Figures" not in shown()


def test_names_from_outside_cannot_command_the_terminal() -> None:
    """Logs, mounts and models are others' text."""
    text = shown(
        symptom("disk", "cause", "\x1b[2Jx"),
        unseen=(Unseen(what="\x1b", because="\x07"),),
        figures=("\x1b[0m",),
    )

    assert "\x1b" not in text
    assert "\x07" not in text
