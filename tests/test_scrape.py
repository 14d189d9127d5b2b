"""Fetching a page of metrics: bounded, without redirects, over TLS."""

import http.server
import shutil
import ssl
import subprocess
import time
from pathlib import Path

import pytest

from etcdbench import scrape
from etcdbench.errors import EtcdError, PreflightError, UsageError
from etcdbench.scrape import Address, Certificates, fetch, read_address, tls_context
from servers import Answer, serving, text


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("http://127.0.0.1:2381/metrics", "http://127.0.0.1:2381/metrics"),
        ("http://localhost:2381", "http://localhost:2381/metrics"),
        ("https://[::1]:2379/", "https://[::1]:2379/metrics"),
        ("http://etcd/other", "http://etcd:80/other"),
        ("https://etcd/metrics", "https://etcd:443/metrics"),
    ],
)
def test_addresses_are_read_as_they_are_typed(url: str, told: str) -> None:
    """Port and path may be left out."""
    assert read_address(url).url == told


@pytest.mark.parametrize(
    "url",
    [
        "",
        "127.0.0.1:2381",
        "file:///etc/passwd",
        "ftp://127.0.0.1/metrics",
        "http://",
        "http://:2381/metrics",
        "http://host:0/metrics",
        "http://host:99999/metrics",
        "http://host:port/metrics",
        "http://[::1/metrics",
        "http://me:secret@host:2381/metrics",
        "http://host:2381/metrics?x=1",
        "http://host:2381/a b",
        "http://host:2381/\nX: y",
        "http://hößt:2381/metrics",
        "http://host:2381/" + "x" * 3000,
    ],
)
def test_what_is_no_address_is_refused(url: str) -> None:
    """Neither files nor headers can be smuggled in, and no password is taken."""
    with pytest.raises(UsageError, match="is no address"):
        read_address(url)


def test_only_lines_with_the_asked_names_are_read() -> None:
    """The rest need not even be well-formed."""
    with serving(text('a_total 3\nbroken{x="\nb_total 4\n')) as url:
        found = fetch(read_address(url), timeout_seconds=2, names=("a_",))

    assert found == {("a_total", ""): 3.0}


def _redirect(request: http.server.BaseHTTPRequestHandler) -> None:
    request.send_response(302)
    request.send_header("Location", "/elsewhere")
    request.end_headers()


def _dribble(request: http.server.BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.end_headers()
    for _ in range(100):
        request.wfile.write(b"a 1\n")
        time.sleep(0.05)


def _no_http(request: http.server.BaseHTTPRequestHandler) -> None:
    request.wfile.write(b"SSH-2.0-OpenSSH_9.2\r\n")


def _nothing(request: http.server.BaseHTTPRequestHandler) -> None:
    del request


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (text("", status=404), "status 404"),
        (_redirect, "status 302"),
        (_dribble, "too slowly"),
        (_no_http, "SSH"),
        (text("a 1\n" * 1000), "too large"),
        (_nothing, "does not answer"),
    ],
    ids=["404", "redirect", "dribble", "no http", "large", "nothing"],
)
def test_what_is_no_page_is_an_error(
    monkeypatch: pytest.MonkeyPatch,
    answer: Answer,
    word: str,
) -> None:
    """Whatever answers, it takes no longer than it may."""
    monkeypatch.setattr(scrape, "SIZE_MAX_BYTES", 2000)
    began = time.monotonic()
    with serving(answer) as url, pytest.raises(EtcdError, match=word):
        fetch(read_address(url), timeout_seconds=0.5)

    assert time.monotonic() - began < 3


def test_nobody_there_is_an_error() -> None:
    """A port that nobody listens on."""
    with serving(text("")) as url:
        address = read_address(url)
    with pytest.raises(EtcdError, match=r"does not answer: .*refused"):
        fetch(address, timeout_seconds=1)


def test_a_name_that_no_host_can_have_is_an_error() -> None:
    """It is not even looked up."""
    with pytest.raises(EtcdError, match="does not answer"):
        fetch(Address(host="a" * 70 + ".example", port=80), timeout_seconds=1)


# --- TLS ----------------------------------------------------------------------------------------


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """Make a certificate for loopback that signs itself, and its key."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    paths = tmp_path / "tls.crt", tmp_path / "tls.key"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
    names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run(
        [*command.split(), *names, "-out", paths[0], "-keyout", paths[1]],
        check=True,
        capture_output=True,
    )
    return paths


def test_etcd_is_asked_over_tls_with_our_certificate(certificate: tuple[Path, Path]) -> None:
    """As etcd's client address wants it; without the authority it is not believed."""
    crt, key = certificate
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(crt, key)
    server.load_verify_locations(crt)
    server.verify_mode = ssl.CERT_REQUIRED
    ours = tls_context(Certificates(authority=crt, certificate=crt, key=key))
    with serving(text("a 1\n"), context=server) as url:
        address = read_address(url)
        assert fetch(address, timeout_seconds=2, context=ours) == {("a", ""): 1.0}
        with pytest.raises(EtcdError, match=r"(?i)certificate"):
            fetch(address, timeout_seconds=2)


def test_certificates_that_cannot_be_used_are_refused(
    tmp_path: Path, certificate: tuple[Path, Path]
) -> None:
    """Missing, no certificate, or a key that wants a password: nobody is asked for it."""
    crt, key = certificate
    locked, junk = tmp_path / "locked.key", tmp_path / "junk"
    junk.write_text("no PEM\n")
    subprocess.run(
        ["openssl", "ec", "-aes128", "-passout", "pass:secret", "-in", key, "-out", locked],
        check=True,
        capture_output=True,
    )
    for files in (
        Certificates(authority=tmp_path / "missing"),
        Certificates(authority=junk),
        Certificates(certificate=crt, key=junk),
        Certificates(certificate=crt, key=locked),
    ):
        with pytest.raises(PreflightError, match="cannot be used"):
            tls_context(files)


def test_a_certificate_needs_its_key() -> None:
    """One without the other is a mistake."""
    with pytest.raises(UsageError, match="go together"):
        tls_context(Certificates(certificate=Path("c.crt")))
    assert Address(host="::1", port=1).url == "http://[::1]:1/metrics"
