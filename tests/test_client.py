"""Our load client against a small gRPC server on loopback."""

import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from etcdbench import client
from etcdbench.schedule import Load
from grpc_server import Handler, serving


def load_of(count: int, *, key_copies: int = 1) -> Load:
    """Build requests a millisecond apart, with values of rising size."""
    return Load(
        due_seconds=tuple(index / 1000 for index in range(count)),
        value_sizes_bytes=tuple(1024 + index for index in range(count)),
        key_sizes_bytes=(276,) * count,
        key_copies=key_copies,
    )


def send(handler: Handler, load: Load) -> tuple[int, str]:
    """Send requests to a server that the kernel picked a port for."""
    with serving(handler) as port:
        return client.send(f"http://127.0.0.1:{port}", load)


@pytest.mark.parametrize(
    ("key_copies", "method"), [(1, "/etcdserverpb.KV/Put"), (3, "/etcdserverpb.KV/Txn")]
)
def test_every_request_is_sent_once(key_copies: int, method: str) -> None:
    """As a put, or as the API server's transaction."""
    load = load_of(50, key_copies=key_copies)
    server = Handler()

    answered = send(server, load)

    assert answered == (50, "")
    assert {name for name, _ in server.messages} == {method}
    assert sorted(server.messages) == sorted(client.request_of(load, index) for index in range(50))


@pytest.mark.parametrize(("key_copies", "count"), [(1, 1), (3, 3)])
def test_keys_and_values_have_their_sizes(key_copies: int, count: int) -> None:
    """A put names its key once; a transaction three times: compare, put, get."""
    load = load_of(2, key_copies=key_copies)
    _, message = client.request_of(load, 1)
    key = b"etcdbench/1".ljust(276, b".")

    assert message.count(key) == count
    assert count * 276 + 1025 < len(message) < count * 276 + 1025 + 40


def test_no_request_is_sent_before_it_is_due() -> None:
    """The n-th to arrive is the n-th that was due, or a later one."""
    load, server = load_of(30), Handler()
    began = time.monotonic()

    send(server, load)

    arrived = [at - began for at in server.at_seconds]
    assert all(at >= due for at, due in zip(sorted(arrived), load.due_seconds, strict=True))


def test_no_more_wait_than_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a disk that does not keep up, etcd must not be made to refuse."""
    monkeypatch.setattr(client, "IN_FLIGHT_MAX", 3)
    server = Handler(seconds=0.02)

    assert send(server, load_of(20)) == (20, "")
    assert server.waiting_max == 3


def test_refused_requests_are_not_counted() -> None:
    """Only a success is an answer; what the server said to the first one is kept."""
    refused = send(Handler(refuse=True), load_of(2))

    assert refused == (0, "RESOURCE_EXHAUSTED: too many requests, 100 % full")


def test_a_server_that_goes_away_ends_the_load() -> None:
    """What was answered until then counts, and the reason is the first one."""
    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor() as threads:

        def close_the_first() -> None:
            server.accept()[0].close()

        threads.submit(close_the_first)
        answered, reason = client.send(f"http://127.0.0.1:{server.getsockname()[1]}", load_of(5))

    assert answered == 0
    assert reason.startswith("UNAVAILABLE: ")
