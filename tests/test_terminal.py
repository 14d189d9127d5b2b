"""What the user sees, at 80 columns and without colours."""

import io
from collections.abc import Sequence

import msgspec
import pytest
from rich.console import Console
from rich.text import Text

from etcdbench import sources, terminal
from etcdbench.assessment import assess
from etcdbench.model import Finding, Result, Settings, Verdict
from fakes import DATA, device, result_of, run_of, stream, target

MS = 1_000_000


def shown(result: Result, *, width: int = 80) -> str:
    """Return the report as plain text."""
    out = io.StringIO()
    console = Console(file=out, width=width, highlight=False, markup=False, emoji=False)
    for part in terminal.blocks(assess(result, result_file="r.json"), result):
        console.print(part)
    return out.getvalue()


def measured(seconds: Sequence[dict[int, int]], **changes: object) -> Result:
    """Build four rounds with a WAL of these seconds."""
    one = run_of("steady", stream("wal", seconds), stream("commit", [{9 * MS: 10}] * 16))
    return result_of(*(one,) * 4, **changes)


GOOD = measured([{3 * MS: 150}] * 16)
BAD = measured([{12 * MS: 150}] * 16)


def test_the_verdict_comes_first() -> None:
    """The first words are the answer."""
    assert shown(GOOD).split()[0] == "PASS"
    assert shown(BAD).split()[0] == "FAIL"


def test_a_fail_gives_its_reason_next_and_its_source() -> None:
    """The sentence that decides follows the verdict; the limit's address is there."""
    text = shown(BAD)

    assert "100 % of WAL flushes took over 10.0 ms" in text.split("\n\n")[0].replace("\n", " ")
    assert "https://etcd.io/docs/v3.6/faq/" in text


def test_a_quick_pass_claims_the_wal_only() -> None:
    """Commits were not judged, and the first line says so."""
    quick = measured(
        [{3 * MS: 150}] * 16, settings=Settings(profile="steady", mode="quick", rounds_max=5)
    )

    assert "commits were not judged" in shown(quick).strip().splitlines()[0]


def test_a_bounded_verdict_says_what_bounds_it() -> None:
    """All checks pass, and the measurement was cut off: that is the reason."""
    cut_off = measured([{3 * MS: 150}] * 16, interrupted="the disk did not answer")

    assert "the disk did not answer" in shown(cut_off).split("\n\n")[0]


def test_advice_is_given_once() -> None:
    """Not under every check that it fits."""
    text = " ".join(shown(BAD).split())

    assert text.count("power-loss protection") == 1


@pytest.mark.parametrize("width", [80, 100, 200])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    """The table fits into 80 columns."""
    long_names = measured(
        [{12 * MS: 150}] * 16,
        target=target(device(model="X" * 200), mount_point="/" + "y" * 200),
    )
    for result in (GOOD, BAD, long_names):
        assert max(len(line) for line in shown(result, width=width).splitlines()) <= width


def test_names_from_outside_do_not_command_the_terminal() -> None:
    """A disk model with an escape sequence, or with rich's own markup, is plain text."""
    evil = measured([{MS: 150}] * 16, target=target(device(model="\x1b]0;owned\x07[red]x[/red]")))

    text = shown(evil)

    assert "\x1b" not in text
    assert "[red]x[/red]" in text.replace("\n", "")


def test_every_verdict_has_a_sentence_and_a_style() -> None:
    """None is shown bare."""
    assert set(terminal.SENTENCES) == set(terminal.STYLES) == set(Verdict)


def test_every_check_has_a_name_for_people() -> None:
    """The table shows words, not identifiers."""
    for finding in assess(BAD, result_file=None).checks:
        assert finding.id in terminal.NAMES


@pytest.mark.parametrize(
    ("ids", "sentence"),
    [
        ({"join_bystander"}, "logins hang"),
        ({"promotion_ready"}, "takes a new member's database too slowly"),
        ({"join_wal_fsync_p99", "join_bystander"}, "while nodes join"),
        ({"wal_fsync_p99", "join_wal_fsync_p99"}, "too slow for etcd at this load"),
    ],
)
def test_a_fail_claims_no_more_than_what_failed(ids: set[str], sentence: str) -> None:
    """A disk may keep etcd's limits and still make logins hang."""
    failed = tuple(
        Finding(id=name, phase="join", verdict=Verdict.FAIL, because="x") for name in sorted(ids)
    )
    result = result_of()
    meaning = msgspec.structs.replace(
        assess(result, result_file=None), verdict=Verdict.FAIL, checks=failed, capacities=()
    )

    verdict = terminal.blocks(meaning, result)[1]
    assert isinstance(verdict, Text)
    assert sentence in verdict.plain


@pytest.mark.parametrize(
    ("name", "first", "second"),
    [
        ("fio/3.33/recipe.json", "INCONCLUSIVE", "fio-3.33, job mytest: rw=write"),
        ("fio/3.33/timeline.jsonplus", "INCONCLUSIVE", "job etcd_perf: rw=write"),
        ("etcd/3.4/after.prom", "INCONCLUSIVE", "from etcd's metrics in"),
    ],
)
def test_a_file_of_others_reads_well(name: str, first: str, second: str) -> None:
    """Where it is from, and nothing of a disk or a machine that nobody knows."""
    text = shown(sources.read(DATA / name))

    assert text.split()[0] == first
    assert second in " ".join(text.split())
    for unknown in ("None", " is on ", "0 CPUs", "0 B", "kept in", "  -  -  "):
        assert unknown not in text
    assert max(len(line) for line in text.splitlines()) <= 80


@pytest.mark.parametrize(
    ("origin", "wal_ns", "sentence"),
    [
        ("metrics", 3 * MS, "so far this disk was fast enough for this etcd"),
        ("metrics", 12 * MS, "so far this disk was too slow for this etcd"),
        ("fio", 12 * MS, "this disk is too slow for etcd, by etcd's own limits"),
    ],
)
def test_a_verdict_on_others_figures_claims_no_load_of_ours(
    origin: str, wal_ns: int, sentence: str
) -> None:
    """They were taken under another load, or none."""
    result = measured([{wal_ns: 150}] * 16, origin=origin, requests=None)

    assert sentence in shown(result).strip().splitlines()[0]


def test_what_a_file_of_others_says_does_not_command_the_terminal() -> None:
    """Options, versions and names come from outside."""
    evil = measured([{MS: 150}] * 16, origin="fio", requests=None, target=target(path="\x1b[31mx"))
    run = msgspec.structs.replace(evil.runs[0], job_file="[\x1b]0;a\x07]\nbs=\x1b[2J")

    assert "\x1b" not in shown(msgspec.structs.replace(evil, runs=(run,)))
    assert "its options are unknown" in shown(
        msgspec.structs.replace(evil, runs=(msgspec.structs.replace(run, job_file=""),))
    )
