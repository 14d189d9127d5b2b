"""Fetch a page of metrics over HTTP(S): one request, no redirect, no proxy, bounded.

kubeadm and k3s let etcd serve its metrics on loopback without TLS, at `DEFAULT_URL`; an etcd's
client address serves them, too, and wants a client certificate.
"""

import http.client
import ssl
import time
import urllib.parse
from dataclasses import dataclass
from pathlib import Path

from etcdbench import metrics
from etcdbench.errors import EtcdError, PreflightError, UsageError
from etcdbench.etcd_pages import interesting
from etcdbench.metrics import Samples

DEFAULT_URL = "http://127.0.0.1:2381/metrics"

TIMEOUT_SECONDS = 2.0
PAGE_MAX_BYTES = 10_000_000
"""etcd's page has 0.2 MB; who sends this much is not an etcd."""

URL_MAX_CHARACTERS = 2000
_CHUNK_BYTES = 65_536


@dataclass(frozen=True, kw_only=True)
class Certificates:
    """Files for TLS, in PEM.

    Attributes:
        authority: Who has signed etcd's certificate; None for the system's authorities.
        certificate, key: Ours.
    """

    authority: Path | None = None
    certificate: Path | None = None
    key: Path | None = None


class Address:
    """Where a page of metrics is.

    Attributes:
        url: As it is shown: without a query.
    """

    def __init__(self, url: str, *, certificates: Certificates) -> None:
        """Look at an address; nobody is asked yet.

        Raises:
            UsageError: It is no address of a page of metrics.
            PreflightError: A certificate cannot be used.
        """
        parts = _parsed(url)
        self._host, self._port = parts.hostname or "", parts.port
        self._path = parts.path if parts.path.strip("/") else "/metrics"
        self.url = f"{parts.scheme}://{parts.netloc}{self._path}"
        self._context = _context(certificates) if parts.scheme == "https" else None
        if self._context is None and certificates != Certificates():
            raise UsageError(
                f"{self.url} needs no certificates",
                hint="leave --cacert, --cert and --key out, or write https://",
            )

    def read(self) -> Samples:
        """Fetch the page, and read of it what `etcd_pages` wants.

        Raises:
            EtcdError: Nobody answers, or with something else.
        """
        try:
            text = self._fetch()
        except (OSError, http.client.HTTPException, UnicodeError) as error:
            said = str(error) or type(error).__name__
            raise EtcdError(
                f"{self.url} does not answer: {said[:200]}",
                hint="give the address of etcd's metrics with --metrics URL; where it wants TLS "
                "with --cacert, --cert and --key",
            ) from error
        return metrics.read_samples(interesting(text))

    def _fetch(self) -> str:
        connection = self._connection()
        deadline = time.monotonic() + TIMEOUT_SECONDS
        try:
            connection.request("GET", self._path, headers={"Accept": "text/plain"})
            response = connection.getresponse()
            if response.status != http.client.OK:
                raise http.client.HTTPException(f"status {response.status}")
            pieces: list[bytes] = []
            size_bytes = 0
            while chunk := response.read1(_CHUNK_BYTES):
                pieces.append(chunk)
                size_bytes += len(chunk)
                if size_bytes > PAGE_MAX_BYTES:
                    raise http.client.HTTPException("its page is too large")
                if time.monotonic() > deadline:
                    raise TimeoutError("its page takes too long")
        finally:
            connection.close()
        return b"".join(pieces).decode("utf-8", errors="replace")

    def _connection(self) -> http.client.HTTPConnection:
        if self._context is None:
            return http.client.HTTPConnection(self._host, self._port, timeout=TIMEOUT_SECONDS)
        return http.client.HTTPSConnection(
            self._host, self._port, timeout=TIMEOUT_SECONDS, context=self._context
        )


def _parsed(url: str) -> urllib.parse.SplitResult:
    hint = f"give an address such as {DEFAULT_URL}"
    plain = url.isascii() and url.isprintable() and " " not in url
    if not plain or len(url) > URL_MAX_CHARACTERS:
        raise UsageError("--metrics is no address", hint=hint)
    try:
        parts = urllib.parse.urlsplit(url)
        known = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError as error:
        raise UsageError(f"--metrics {url}: {error}", hint=hint) from error
    if not known:
        raise UsageError(f"--metrics {url} is no http:// or https:// address", hint=hint)
    if parts.username or parts.password or parts.query or parts.fragment:
        raise UsageError(
            "--metrics takes no password, query or fragment",
            hint=f"{hint}; for TLS give --cert and --key",
        )
    return parts


def _context(certificates: Certificates) -> ssl.SSLContext:
    """Return what checks etcd's certificate and shows ours."""
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
            hint="give PEM files that you may read, as kubeadm keeps them in /etc/kubernetes/pki/etcd:"
            " --cacert ca.crt --cert healthcheck-client.crt --key healthcheck-client.key",
        ) from error
    return context
