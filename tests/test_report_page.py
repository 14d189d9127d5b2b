"""A result as a page."""

import msgspec

from etcdbench import report_facts, report_page
from etcdbench.assessment import assess
from etcdbench.model import Result
from etcdbench.page import Page
from etcdbench.render import render
from fakes import device
from results import result
from test_report_charts import joined

EVIL = "</script><img src=x onerror=alert(1)>"


def page(*results: Result, name: str = "node1") -> Page:
    """Return the page of some results."""
    return report_page.page(
        [
            report_facts.Shown(
                name=name, key=f"r{n}", result=one, meaning=assess(one, result_file=name)
            )
            for n, one in enumerate(results)
        ]
    )


def test_the_same_result_gives_the_same_bytes_below_a_megabyte() -> None:
    """No clock, no order of chance."""
    one, two = (render(page(joined())) for _ in range(2))

    assert one == two
    assert len(one) < 1_000_000


def test_no_name_from_outside_is_markup() -> None:
    """Host, path, model, mount, profile: all of it is text."""
    evil = result(500, host=EVIL, disk=device(model=EVIL, firmware=EVIL))
    evil = msgspec.structs.replace(
        evil,
        target=msgspec.structs.replace(
            evil.target, path=f"/{EVIL}", mount_source=EVIL, mount_options=(EVIL,)
        ),
        interrupted=EVIL,
        etcdbench_version=EVIL,
        created_at=EVIL,
    )
    html = render(page(evil, name=EVIL))

    assert "<img" not in html
    assert "</script" not in html


def test_several_results_are_listed_at_the_top() -> None:
    """Each is a link."""
    html = render(page(result(500), result(600)))

    assert html.count('<li><a href="#part-') == 2
    assert html.count("<h1") == 2
