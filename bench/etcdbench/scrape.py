"""Fetches a page of metrics over HTTP or HTTPS, within a time limit and a size limit.

No redirect is followed and no proxy is asked: only the host that is named hears of us.
"""

import http.client
import ssl
import time
from pathlib import Path
from urllib.parse import urlsplit

from etcdbench import metrics
from etcdbench.errors import EtcdError, PreflightError, UsageError
from etcdbench.records import Struct

DEFAULT_URL = "http://127.0.0.1:2381/metrics"
"""Where kubeadm lets etcd serve its metrics, to this machine only and without TLS."""

PATH = "/metrics"
SIZE_MAX_BYTES = 16_000_000
"""etcd's page has about 100 kB."""

URL_MAX_CHARACTERS = 2000
_CHUNK_BYTES = 65536
_PORTS = {"http": 80, "https": 443}


class Address(Struct, frozen=True, kw_only=True):
    """Where a page is."""

    host: str
    port: int
    path: str = PATH
    secure: bool = False

    @property
    def url(self) -> str:
        """Return it as it is typed."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.secure else 'http'}://{host}:{self.port}{self.path}"


class Certificates(Struct, frozen=True, kw_only=True):
    """Files for TLS, in PEM.

    Attributes:
        authority: Who signed etcd's certificate; None for the system's authorities.
        certificate, key: Ours; None where etcd asks for none.
    """

    authority: Path | None = None
    certificate: Path | None = None
    key: Path | None = None


def read_address(url: str) -> Address:
    """Read `http://127.0.0.1:2381/metrics`; port and path may be left out.

    Raises:
        UsageError: It is no such address.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, urlsplit("")
    plain = url.isascii() and url.isprintable() and " " not in url
    bare = not (parts.username or parts.password or parts.query or parts.fragment)
    known = parts.scheme in _PORTS and host and port != 0
    if not (plain and bare and known) or len(url) > URL_MAX_CHARACTERS:
        raise UsageError(
            f"{url[:200]} is no address of a metrics page", hint=f"give one such as {DEFAULT_URL}"
        )
    return Address(
        host=host or "",
        port=port or _PORTS[parts.scheme],
        path=PATH if parts.path in ("", "/") else parts.path,
        secure=parts.scheme == "https",
    )


def tls_context(certificates: Certificates) -> ssl.SSLContext:
    """Return what checks etcd's certificate, and shows it ours.

    Raises:
        UsageError: A certificate without a key, or the other way round.
        PreflightError: A file cannot be read, or is none.
    """
    if (certificates.certificate is None) != (certificates.key is None):
        raise UsageError("--cert and --key go together", hint="give both, or neither of them")
    try:
        context = ssl.create_default_context(cafile=certificates.authority)
        if certificates.certificate is not None:
            # Without a password of our own OpenSSL would ask the terminal for one.
            context.load_cert_chain(certificates.certificate, certificates.key, password=lambda: "")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise PreflightError(
            f"the certificates cannot be used: {reason[:200]}",
            hint="give PEM files that you may read; kubeadm keeps them in /etc/kubernetes/pki/etcd "
            "(--cacert ca.crt --cert healthcheck-client.crt --key healthcheck-client.key)",
        ) from error
    return context


def fetch(
    address: Address,
    *,
    timeout_seconds: float,
    context: ssl.SSLContext | None = None,
    names: tuple[str, ...] = ("",),
) -> metrics.Samples:
    """Fetch a page and read it.

    Args:
        address: Where it is.
        timeout_seconds: How long it may take.
        context: For TLS; None for the system's authorities and no certificate of ours.
        names: How the lines begin that are read: to parse all 2,000 of them takes 20 times as
            long as to parse etcd's two histograms.

    Raises:
        EtcdError: It did not come in time, is too large, or is no such page.
    """
    connection = _connection(address, timeout_seconds, context)
    try:
        text = _text(connection, address.path, ends_at=time.monotonic() + timeout_seconds)
    except (OSError, UnicodeError, http.client.HTTPException) as error:
        raise EtcdError(
            f"{address.url} does not answer: {str(error)[:200] or type(error).__name__}",
            hint="see whether etcd runs and serves its metrics there; over https it may want "
            "--cacert, --cert and --key",
        ) from error
    finally:
        connection.close()
    lines = text.splitlines()
    return metrics.read_samples("\n".join(line for line in lines if line.startswith(names)) + "\n")


def _connection(
    address: Address, timeout_seconds: float, context: ssl.SSLContext | None
) -> http.client.HTTPConnection:
    if not address.secure:
        return http.client.HTTPConnection(address.host, address.port, timeout=timeout_seconds)
    return http.client.HTTPSConnection(
        address.host,
        address.port,
        timeout=timeout_seconds,
        context=context or ssl.create_default_context(),
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
