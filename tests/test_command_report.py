"""`etcdbench report` and `etcdbench compare` as their users call them."""

import json
import os
from pathlib import Path

import msgspec
import pytest

from cli import call, complaint
from etcdbench.model import Result
from etcdbench.store import encode
from results import result


def kept(folder: Path, name: str, made: Result) -> Path:
    """Keep a result as `run` does."""
    path = folder / f"{name}.etcdbench.json"
    path.write_bytes(encode(made))
    return path


@pytest.fixture
def two(tmp_path: Path) -> tuple[Path, Path]:
    """Give two results of nodes of different speed."""
    return (
        kept(tmp_path, "fast", result(400, host="fast")),
        kept(tmp_path, "slow", result(9000, host="slow", seed=2)),
    )


def test_a_report_is_what_run_has_shown(two: tuple[Path, Path]) -> None:
    """On the terminal, or as JSON; the verdict is no exit status here."""
    shown = call("report", two[1])
    as_json = call("report", "--json", *two)

    assert shown.returncode == as_json.returncode == 0
    assert " FAIL " in shown.stdout
    verdicts = [json.loads(line)["verdict"] for line in as_json.stdout.splitlines()]
    assert verdicts == ["pass", "fail"]


def test_a_report_names_the_file_that_was_read(two: tuple[Path, Path]) -> None:
    """Its whole path, whatever the result is called for short."""
    lines = call("report", "--json", *two).stdout.splitlines()

    assert [json.loads(line)["result_file"] for line in lines] == [str(path) for path in two]
    assert str(two[1]) in call("report", two[1]).stdout.replace("\n", "")


def test_a_page_is_one_small_file(two: tuple[Path, Path], tmp_path: Path) -> None:
    """Under a megabyte for each."""
    page = tmp_path / "page.html"
    done = call("report", two[0], "-o", page)

    assert (done.returncode, done.stdout) == (0, "")
    assert str(page) in done.stderr
    assert 10_000 < page.stat().st_size < 1_000_000


def test_a_page_replaces_nothing_unasked(two: tuple[Path, Path], tmp_path: Path) -> None:
    """--force does."""
    page = tmp_path / "page.html"
    page.write_text("mine")
    what, hint = complaint(call("report", two[0], "-o", page))

    assert (page.read_text(), "--force" in hint) == ("mine", True)
    assert "exists already" in what
    assert call("report", two[0], "-o", page, "--force").returncode == 0


def test_results_are_ranked_and_one_is_promoted(two: tuple[Path, Path], tmp_path: Path) -> None:
    """Terminal, JSON and page of one comparison."""
    page = tmp_path / "page.html"
    shown = call("compare", *two, "--promote", "1", "--html", page)
    found = json.loads(call("compare", *two, "--promote", "1", "--json").stdout)

    assert shown.returncode == 0
    assert "promote fast" in shown.stdout
    assert page.stat().st_size > 10_000
    assert found["format"] == "etcdbench-comparison"
    assert [(row["name"], row["rank"]) for row in found["rows"]] == [("fast", 1), ("slow", 2)]
    assert [choice["chosen"] for choice in found["choices"]] == [True, False]


def test_a_free_place_that_nobody_fits_is_no_success(two: tuple[Path, Path]) -> None:
    """Two places, one fit node."""
    assert call("compare", *two, "--promote", "2").returncode == 3


def test_a_disk_that_became_worse_is_an_exit_status(two: tuple[Path, Path]) -> None:
    """3, for scripts that look again every month."""
    worse = call("compare", two[1], "--baseline", two[0])
    well = call("compare", two[0], "--baseline", two[1])

    assert (worse.returncode, well.returncode) == (3, 0)
    assert "it has become worse" in " ".join(worse.stdout.split())


def test_files_of_the_same_name_are_told_apart(tmp_path: Path) -> None:
    """Two nodes that both kept `disk.json`."""
    paths: list[Path] = []
    for node in ("a", "b"):
        (tmp_path / node).mkdir()
        paths.append(kept(tmp_path / node, "disk", result(400)))

    names = [row["name"] for row in json.loads(call("compare", "--json", *paths).stdout)["rows"]]
    assert sorted(names) == [str(path) for path in paths]


def test_what_was_not_measured_alike_is_refused_by_name(
    two: tuple[Path, Path], tmp_path: Path
) -> None:
    """--anyway compares it and says so."""
    odd = msgspec.structs.replace(result(400), profile_text="", etcdbench_version="9.9")
    path = kept(tmp_path, "odd", odd)
    what, hint = complaint(call("compare", two[0], path))

    assert "etcdbench is '0.1' in fast, but '9.9' in odd" in what
    assert "--anyway" in hint
    assert "Compared all the same" in call("compare", two[0], path, "--anyway").stdout


def bad_files(folder: Path) -> dict[str, Path]:
    """Make what is no result."""
    whole = encode(result(400))
    made = {
        "truncated": whole[: len(whole) // 2],
        "empty": b"",
        "newer": whole.replace(b'"version":2', b'"version":99', 1),
        "nan": whole.replace(b'"wall_seconds":60.0', b'"wall_seconds":NaN', 1),
        "negative": whole.replace(b'"counts":[', b'"counts":[-5,', 1),
        "deep": b"[" * 200_000,
    }
    paths: dict[str, Path] = {}
    for name, data in made.items():
        paths[name] = folder / f"{name}.json"
        paths[name].write_bytes(data)
    huge = paths["huge"] = folder / "huge.json"
    with huge.open("wb") as stream:
        stream.truncate(2_000_000_000)
    paths["directory"] = folder
    paths["missing"] = folder / "missing.json"
    pipe = paths["pipe"] = folder / "pipe"
    os.mkfifo(pipe)
    return paths


def test_what_is_no_result_is_one_line_and_a_hint(tmp_path: Path) -> None:
    """Status 1, no traceback, and no page."""
    page = tmp_path / "page.html"
    for name, path in bad_files(tmp_path).items():
        done = call("report", path, "-o", page, timeout_seconds=20)
        what, _ = complaint(done)

        assert done.returncode == 1, name
        assert str(path) in what, name
        assert not page.exists(), name


def test_a_result_is_not_compared_with_itself(two: tuple[Path, Path]) -> None:
    """Nor alone."""
    assert call("compare", two[0], two[0]).returncode == 2
    assert call("compare", two[0]).returncode == 2
