"""The documents say what is true."""

import re
from pathlib import Path

from cli import call
from etcdbench import checks, join_checks, ladder, profile
from etcdbench.commands import COMMANDS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
DOCS = {path.name: path.read_text() for path in (ROOT / "docs").glob("*.md")}


def test_every_option_of_the_readme_exists() -> None:
    """No option is praised that is not there."""
    commands = [[name] for name, _ in COMMANDS] + [["profiles", "show"]]
    known = {"--output-format"}  # fio's own
    for command in commands:
        known |= set(re.findall(r"--[a-z-]+", call(*command, "--help").stdout))

    assert set(re.findall(r"`[^`\n]*?(--[a-z-]+)", README)) <= known


def test_every_command_is_in_the_changelog_or_the_readme() -> None:
    """Nothing is hidden."""
    text = README + (ROOT / "CHANGELOG.md").read_text()

    assert [name for name, _ in COMMANDS if f"etcdbench {name}" not in text] == []


def test_every_link_leads_to_a_file() -> None:
    """Relative links resolve."""
    for name, text in {"README.md": README, **{f"docs/{n}": t for n, t in DOCS.items()}}.items():
        for link in re.findall(r"\]\(([^)#]+)\)", text):
            if not link.startswith("http"):
                assert ((ROOT / name).parent / link).exists(), f"{name}: {link}"


def test_every_check_is_documented() -> None:
    """The interface's page names each id."""
    for check in (*checks.CHECKS, *join_checks.CHECKS, ladder.cluster_class_reached):
        assert check.__name__.removesuffix("_reached") in DOCS["json.md"]


def test_every_profile_of_ours_is_mentioned() -> None:
    """In the changelog, where users look for what is new."""
    for name in profile.names():
        assert f"`{name}`" in (ROOT / "CHANGELOG.md").read_text()


def test_no_placeholder_is_left() -> None:
    """A transcript is a transcript."""
    assert not re.search(r"@[A-Z_]+@", README + "".join(DOCS.values()))


def test_every_test_that_the_promises_name_exists() -> None:
    """A promise that nothing holds is none."""
    tests = "".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    soak = (ROOT / "tests" / "benchmarks" / "soak.py").read_text()
    named = set(re.findall(r"`(test_\w+)`", DOCS["safety.md"]))
    caused = set(re.findall(r"`soak\.(\w+)`", DOCS["safety.md"]))

    assert len(named) > 30
    assert [name for name in sorted(named) if f"def {name}(" not in tests] == []
    assert [name for name in sorted(caused) if f"def {name}(" not in soak] == []


def test_every_caveat_is_documented() -> None:
    """The interface's page names each code."""
    source = (ROOT / "bench" / "etcdbench" / "caveats.py").read_text()
    codes = set(re.findall(r'code="([a-z_]+)"', source))
    codes |= {f"device_{kind}" for kind in re.findall(r'return \(\s+"([a-z_]+)",', source)}

    assert len(codes) > 15
    assert [code for code in sorted(codes) if f"`{code}`" not in DOCS["json.md"]] == []


def test_the_campaign_s_figures_are_those_of_its_page() -> None:
    """The tables that accuracy.md repeats are the ones that were written from the results."""
    row = r"^\| (?:regular|poisson) \|.*\(\d\.\d+\.\.\d\.\d+\) \|.*$"
    rows = re.findall(row, DOCS["accuracy.md"], re.MULTILINE)
    written = DOCS["accuracy-campaign.md"].split("\n## Machines\n")[0].splitlines()  # of all

    assert len(rows) == 8
    assert [row for row in rows if row not in written] == []
