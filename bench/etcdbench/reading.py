"""Reading what others measured, and showing it: the session of `report` and of `compare`."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from etcdbench import sources
from etcdbench.assessment import assess, to_json
from etcdbench.candidates import choose
from etcdbench.comparison import compare
from etcdbench.errors import UsageError
from etcdbench.model import Result
from etcdbench.records import Struct
from etcdbench.screen import Screen
from etcdbench.store import OutputFile


class CompareRequest(Struct, frozen=True, kw_only=True):
    """What the user asked to be compared, as typed.

    Attributes:
        paths: The results.
        baseline: An earlier one that all are held against.
        places: How many nodes are to be promoted; None for no advice.
        page: Where to write the page; None for none.
        anyway: Whether to compare what was not measured alike.
        force: Whether an existing page may be overwritten.
        as_json: Whether to print JSON.
    """

    paths: tuple[Path, ...]
    baseline: Path | None = None
    places: int | None = None
    page: Path | None = None
    anyway: bool = False
    force: bool = False
    as_json: bool = False


def report(paths: Sequence[Path], *, page: Path | None, force: bool, as_json: bool) -> None:
    """Show results: on the terminal, as JSON (one line each), or as one page.

    Raises:
        ResultFileError: One cannot be read, or the page cannot be written.
    """
    results = read_all(paths)
    screen = Screen()
    if page:
        write_page(results, OutputFile(page, force=force))
        screen.tell_page(page)
    if page and not as_json:
        return
    for path, result in zip(paths, results.values(), strict=True):
        meaning = assess(result, result_file=str(path))
        if as_json:
            screen.print_json(to_json(meaning))
        else:
            screen.show(meaning, result)


def write_page(results: dict[str, Result], output: OutputFile) -> None:
    """Write the page of one or more results."""
    from etcdbench import render, report_facts, report_page  # noqa: PLC0415 - matplotlib, only for a page

    shown = [
        report_facts.Shown(
            name=name,
            key=f"r{number}",
            result=result,
            meaning=assess(result, result_file=name),
        )
        for number, (name, result) in enumerate(results.items(), start=1)
    ]
    output.write(render.render(report_page.page(shown)).encode())


def compare_results(request: CompareRequest) -> bool:
    """Compare results; say whether all is well.

    Returns:
        False where a disk has certainly become worse than its baseline, or where fewer nodes are
        fit than there are places.

    Raises:
        UsageError: The results were not measured alike, or options do not go together.
        ResultFileError: One cannot be read, or the page cannot be written.
    """
    if len(request.paths) < 2 and not request.baseline:  # noqa: PLR2004 - one has nothing to be compared with
        raise UsageError(
            "one result has nothing to be compared with", hint="give two, or --baseline"
        )
    results = read_all(request.paths)
    baseline = None
    if request.baseline:
        baseline = next(iter(read_all([request.baseline], taken=results).items()))
    output = OutputFile(request.page, force=request.force) if request.page else None
    comparison = compare(results, baseline=baseline, anyway=request.anyway)
    choices = () if request.places is None else choose(comparison, request.places)
    screen = Screen()
    if output:
        from etcdbench import compare_page, render  # noqa: PLC0415 - matplotlib, only for a page

        output.write(render.render(compare_page.page(comparison, results, choices)).encode())
        screen.tell_page(output.path)
    if request.as_json:
        shown = {**msgspec.to_builtins(comparison), "choices": msgspec.to_builtins(choices)}
        screen.print_json(msgspec.json.encode(shown).decode())
    else:
        from etcdbench import compare_view  # noqa: PLC0415 - not needed for JSON

        screen.print_blocks(compare_view.blocks(comparison, choices))
    chosen = sum(choice.chosen for choice in choices)
    return not comparison.worse and chosen >= (request.places or 0)


def read_all(paths: Sequence[Path], *, taken: dict[str, Result] | None = None) -> dict[str, Result]:
    """Read results and give each a short name of its own: its file's, longer where two are alike.

    Raises:
        UsageError: A file is given twice.
        ResultFileError: One cannot be read.
    """
    if len({path.resolve() for path in paths}) < len(paths):
        raise UsageError("a result is given twice", hint="give each file once")
    short = [path.name.removesuffix(".json").removesuffix(".etcdbench") for path in paths]
    names = [
        str(path) if short.count(name) > 1 or name in (taken or {}) else name
        for path, name in zip(paths, short, strict=True)
    ]
    return {name: sources.read(path) for name, path in zip(names, paths, strict=True)}
