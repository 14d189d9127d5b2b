"""Pages in a real Chromium: nothing is asked for, nothing runs, all of it can be seen."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from etcdbench import compare_page, report_facts, report_page
from etcdbench.assessment import assess
from etcdbench.candidates import choose
from etcdbench.comparison import compare
from etcdbench.render import render
from results import result
from test_report_charts import joined

pytestmark = pytest.mark.browser

EVIL = "</script><img src=x onerror=document.title='owned'>"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start the system's Chromium."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield started
        started.close()


def report_of(name: str) -> str:
    """Return the page of a joined result."""
    shown = report_facts.Shown(
        name=name, key="r1", result=joined(), meaning=assess(joined(), result_file=name)
    )
    return render(report_page.page([shown]))


def comparison_of(name: str) -> str:
    """Return the page of three nodes."""
    results = {name: result(500, host=name), "b": result(900, seed=2), "c": result(4000, seed=3)}
    found = compare(results)
    return render(compare_page.page(found, results, choose(found, 1)))


@pytest.fixture(params=["report", "comparison"])
def html(request: pytest.FixtureRequest) -> str:
    """Give a page whose name is an attack."""
    return report_of(EVIL) if request.param == "report" else comparison_of(EVIL)


def opened(browser: Browser, html: str, folder: Path, *, width: int, dark: bool = False) -> Page:
    """Open a page; anything it asks for or complains about fails the test."""
    path = folder / "page.html"
    path.write_text(html)
    page = browser.new_page(
        viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light"
    )
    troubles: list[str] = []
    page.on("console", lambda message: troubles.append(message.text))
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("request", lambda asked: troubles.append(asked.url))
    page.goto(path.as_uri())
    page.wait_for_load_state("networkidle")
    assert troubles == [path.as_uri()]  # the page itself, and nothing else
    return page


@pytest.mark.parametrize("width", [360, 1400])
@pytest.mark.parametrize("dark", [False, True])
def test_a_page_opens_cleanly_and_fits(
    browser: Browser, html: str, tmp_path: Path, width: int, *, dark: bool
) -> None:
    """On a phone and on a screen, light and dark: no sideways scrolling, every chart to be seen."""
    page = opened(browser, html, tmp_path, width=width, dark=dark)

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    charts = page.locator("figure svg")
    assert charts.count() >= 3
    for number in range(charts.count()):
        box = charts.nth(number).bounding_box()
        assert box is not None
        assert box["width"] > 0.7 * min(width, 600)
        assert box["height"] > 100
    page.close()


def test_an_attack_in_a_name_is_text(browser: Browser, html: str, tmp_path: Path) -> None:
    """It runs nothing, and can be read."""
    page = opened(browser, html, tmp_path, width=1400)

    assert page.title() != "owned"
    assert page.locator("img").count() == 0
    assert page.get_by_text("onerror").count() > 0
    page.close()


@pytest.mark.parametrize("dark", [False, True])
def test_text_has_the_contrast_of_wcag_aa(
    browser: Browser, html: str, tmp_path: Path, *, dark: bool
) -> None:
    """4.5 to 1 for every colour of text, in charts too."""
    page = opened(browser, html, tmp_path, width=1400, dark=dark)
    worst = page.evaluate(
        """() => {
          const channel = c => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
          const light = rgb => { const [r, g, b] = rgb.match(/[\\d.]+/g).map(Number);
            return 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b); };
          const paper = e => { for (; e; e = e.parentElement) {
            const c = getComputedStyle(e).backgroundColor;
            if (!/rgba\\(.*, 0\\)/.test(c)) return c; } };
          let worst = [21, ''];
          for (const e of document.querySelectorAll('main *:not(style), footer *')) {
            if (![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())) continue;
            const drawn = e.closest('svg');
            const style = getComputedStyle(e);
            const ink = drawn && style.fill !== 'none' ? style.fill : style.color;
            const [a, b] = [light(ink), light(paper(e))].sort((x, y) => y - x);
            const contrast = (a + 0.05) / (b + 0.05);
            if (contrast < worst[0]) worst = [contrast, ink + ' ' + e.textContent];
          }
          return worst; }"""
    )

    assert worst[0] >= 4.5, worst
    page.close()


def test_a_page_prints_dark_on_white(browser: Browser, html: str, tmp_path: Path) -> None:
    """Also where the screen is dark; charts are there."""
    page = opened(browser, html, tmp_path, width=1400, dark=True)
    page.emulate_media(media="print")

    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert len(page.pdf()) > 20_000
    page.close()


def test_a_page_has_landmarks_and_names(browser: Browser, html: str, tmp_path: Path) -> None:
    """What a screen reader goes by."""
    page = opened(browser, html, tmp_path, width=1400)

    assert page.get_by_role("main").count() == 1
    assert page.get_by_role("heading", level=1).count() == 1
    assert page.get_by_role("columnheader").count() > 5
    assert page.get_by_role("rowheader").count() > 3
    images = page.get_by_role("img")
    assert images.count() >= 3
    assert all(images.nth(n).get_attribute("aria-label") for n in range(images.count()))
    page.close()
