"""Fetches a page of metrics over plain HTTP, within a time limit and a size limit.

No redirect is followed and no proxy is asked: only the host that is named hears of us.
"""

import http.client
import re
import time
from urllib.parse import urlsplit

from etcdbench import metrics
from etcdbench.errors import EtcdError, UsageError
from etcdbench.records import Struct

PATH = "/metrics"
SIZE_MAX_BYTES = 16_000_000
"""etcd's page has about 100 kB."""

_CHUNK_BYTES = 65536
_PLAIN = re.compile("[!-~]+")
_MARK = "etcd_"
"""Most of etcd's page is about gRPC and Go: reading that would cost the time of a measurement."""


class Address(Struct, frozen=True, kw_only=True):
    """Where a page is."""

    host: str
    port: int
    path: str = PATH

    @property
    def url(self) -> str:
        """Return it as it is typed."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}{self.path}"


def read_address(url: str) -> Address:
    """Read `http://127.0.0.1:2381/metrics`; the path may be left out.

    Raises:
        UsageError: It is no such address.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, urlsplit("")
    plain = _PLAIN.fullmatch(url) and not (parts.username or parts.query)
    if parts.scheme != "http" or not host or not port or not plain:
        raise UsageError(
            f"{url} is no address of a metrics page",
            hint="give one such as http://127.0.0.1:2381/metrics; https is not supported",
        )
    return Address(host=host, port=port, path=PATH if parts.path in ("", "/") else parts.path)


def fetch(address: Address, *, timeout_seconds: float) -> metrics.Samples:
    """Fetch a page and read it.

    Raises:
        EtcdError: It did not come in time, is too large, or is no such page.
    """
    connection = http.client.HTTPConnection(address.host, address.port, timeout=timeout_seconds)
    try:
        text = _text(connection, address.path, ends_at=time.monotonic() + timeout_seconds)
    except (OSError, http.client.HTTPException) as error:
        raise EtcdError(
            f"{address.url} does not answer: {error}",
            hint="see whether etcd runs there and serves its metrics over plain HTTP",
        ) from error
    finally:
        connection.close()
    return metrics.read_samples(
        "".join(line for line in text.splitlines(keepends=True) if _MARK in line)
    )


def _text(connection: http.client.HTTPConnection, path: str, *, ends_at: float) -> str:
    """Ask for a page and read it piece by piece: a server that dribbles gets no more time."""
    connection.request("GET", path)
    answer = connection.getresponse()
    if answer.status != http.client.OK:
        raise http.client.HTTPException(f"status {answer.status}")
    pieces: list[bytes] = []
    size_bytes = 0
    while piece := answer.read1(_CHUNK_BYTES):
        pieces.append(piece)
        size_bytes += len(piece)
        if size_bytes > SIZE_MAX_BYTES or time.monotonic() > ends_at:
            raise http.client.HTTPException("the page is too large, or comes too slowly")
    return b"".join(pieces).decode("utf-8", errors="replace")
