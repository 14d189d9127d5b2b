"""A page of metrics is fetched in time, and nothing else is believed."""

import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler

import pytest

from etcdbench import metrics, scrape
from etcdbench.errors import EtcdError, UsageError
from etcds import Etcd, page, serving, text_of

MS = 1_000_000


@pytest.mark.parametrize(
    ("typed", "url"),
    [
        ("http://127.0.0.1:2381/metrics", "http://127.0.0.1:2381/metrics"),
        ("http://127.0.0.1:2381", "http://127.0.0.1:2381/metrics"),
        ("http://node-1:2381/", "http://node-1:2381/metrics"),
        ("http://[::1]:2379/x", "http://[::1]:2379/x"),
    ],
)
def test_an_address_is_read_and_may_lack_its_path(typed: str, url: str) -> None:
    """What is kept is whole."""
    assert scrape.read_address(typed).url == url


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "127.0.0.1:2381",
        "https://127.0.0.1:2381",
        "file:///etc/passwd",
        "http://127.0.0.1",
        "http://:2381",
        "http://127.0.0.1:0",
        "http://127.0.0.1:99999",
        "http://user:secret@127.0.0.1:2381",
        "http://127.0.0.1:2381/x?y=z",
        "http://127.0.0.1:2381/x y",
        "http://127.0.0.1:2381/\r\nHost: evil",
        "http://[::1:2381",
    ],
)
def test_what_is_no_address_is_refused(typed: str) -> None:
    """Other schemes, no port, a password, and what would be a second line."""
    with pytest.raises(UsageError, match="no address of a metrics page"):
        scrape.read_address(typed)


def test_a_page_is_fetched_and_read() -> None:
    """Only what is etcd's; the hundreds of other lines cost nothing."""
    etcd = Etcd()
    etcd.flush(metrics.WAL_FSYNC, 3 * MS, times=5)
    text = text_of(etcd.fetch(1.0)) + "go_goroutines 7\n"
    with serving(page(text)) as url:
        found = scrape.fetch(scrape.read_address(url), timeout_seconds=2)

    assert found[f"{metrics.WAL_FSYNC}_bucket", "0.004"] == 5
    assert ("go_goroutines", "") not in found


@pytest.mark.parametrize(
    ("text", "status"), [("moved", 302), ("no", 404), ("etcd_x{ 1 2 3 4\n", 200)]
)
def test_what_is_no_page_is_an_error(text: str, status: int) -> None:
    """No redirect is followed, no error page is read."""
    with serving(page(text, status=status)) as url, pytest.raises(EtcdError):
        scrape.fetch(scrape.read_address(url), timeout_seconds=2)


def dribble(handler: BaseHTTPRequestHandler) -> None:
    """Send a byte every 50 ms, for ever."""
    handler.send_response(200)
    handler.end_headers()
    while True:
        handler.wfile.write(b"#")
        handler.wfile.flush()
        time.sleep(0.05)


def flood(handler: BaseHTTPRequestHandler) -> None:
    """Send more than anybody takes."""
    handler.send_response(200)
    handler.end_headers()
    while True:
        handler.wfile.write(b"#" * 1_000_000)


def say_nothing(_handler: BaseHTTPRequestHandler) -> None:
    """Send nothing until nobody listens any more."""
    time.sleep(0.5)


@pytest.mark.parametrize("answer", [dribble, flood, say_nothing])
def test_a_page_that_does_not_come_in_time_is_given_up(
    answer: Callable[[BaseHTTPRequestHandler], None],
) -> None:
    """A server that dribbles gets no more time than one that is silent, and no more memory."""
    with serving(answer) as url:
        began = time.monotonic()
        with pytest.raises(EtcdError, match="does not answer"):
            scrape.fetch(scrape.read_address(url), timeout_seconds=0.3)
        assert time.monotonic() - began < 3


def test_where_nobody_listens_is_an_error_at_once() -> None:
    """A closed port."""
    with serving(page("")) as url:
        address = scrape.read_address(url)

    with pytest.raises(EtcdError, match="does not answer"):
        scrape.fetch(address, timeout_seconds=2)
