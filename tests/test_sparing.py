"""Beside a live etcd: who watches over it before anything is written."""

from collections.abc import Callable
from http.server import BaseHTTPRequestHandler

import pytest

from etcdbench import etcd_watch, metrics, scrape, sparing
from etcdbench.errors import EtcdError, PreflightError
from etcdbench.etcd_watch import EtcdWatch
from etcdbench.guard import Guard
from etcdbench.rivals import present
from etcds import Etcd, text_of
from fakes import result_of
from servers import serving, text

MS = 1_000_000


@pytest.fixture(autouse=True)
def _be_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Watch for a moment only, and look for an etcd where none is."""
    monkeypatch.setattr(etcd_watch, "QUIET_SECONDS", 0.15)
    with serving(text("")) as url:
        monkeypatch.setattr(scrape, "DEFAULT_URL", url)


def guard(
    address: str | None = None, *, on_watch: Callable[[str], None] = lambda _url: None
) -> Guard:
    """Make a guard of an etcd on a disk of its own."""
    with present(["test-sparing"]) as presence:
        return sparing.guard_of(
            None if address is None else scrape.read_address(address),
            presence,
            on_watch=on_watch,
            check_stop=lambda: None,
        )


def test_an_etcd_is_watched_before_our_load_begins() -> None:
    """At the address that was given; and the user is told of the wait."""
    told: list[str] = []
    with serving(text(text_of(Etcd().fetch(1.0)))) as url:
        found = guard(url, on_watch=told.append)

    assert told == [url]
    assert found.etcd is not None
    assert len(found.etcd.record().before[0].blocks) == 1


def test_the_usual_address_is_tried_and_may_be_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """The other ceilings hold without it."""
    assert guard().etcd is None
    with serving(text(text_of(Etcd().fetch(1.0)))) as url:
        monkeypatch.setattr(scrape, "DEFAULT_URL", url)
        found = guard()
    assert found.etcd is not None


def test_an_address_that_was_given_must_answer() -> None:
    """The user meant it."""
    with pytest.raises(EtcdError, match="does not answer"):
        guard(scrape.DEFAULT_URL)


def test_a_second_measurement_on_the_disk_is_refused() -> None:
    """Two gentle shares are one too many."""
    with present(["test-sparing"]), pytest.raises(PreflightError, match="another etcdbench"):
        guard()


def test_an_etcd_that_is_unwell_without_us_is_left_alone() -> None:
    """Its flushes take too long already."""
    etcd = Etcd()
    pages = [text_of(etcd.fetch(1.0))]
    etcd.flush(metrics.WAL_FSYNC, 300 * MS)
    pages.append(text_of(etcd.fetch(1.0)))

    def answer(request: BaseHTTPRequestHandler) -> None:
        text(pages.pop(0) if len(pages) > 1 else pages[0])(request)

    with serving(answer) as url, pytest.raises(PreflightError, match="over 64 ms before our load"):
        guard(url)


def test_a_result_tells_what_etcd_said_until_now() -> None:
    """Where one was watched; nothing else of it changes."""
    etcd = Etcd()
    watch = EtcdWatch("http://x", etcd.fetch)
    watch.watch_quiet(check_stop=lambda: None)
    etcd.flush(metrics.WAL_FSYNC, MS, times=4)
    found = sparing.told(result_of(), Guard(watch))

    assert found.live_metrics is not None
    assert found.live_metrics.beside[0].histogram().count == 4
    assert sparing.told(result_of(), Guard()) == result_of()
    assert sparing.told(result_of(), None) == result_of()
