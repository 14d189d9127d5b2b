"""Our load client against a small gRPC server on loopback."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest

from etcdbench import client
from etcdbench.schedule import Load


class Server(grpc.GenericRpcHandler):
    """Keeps the messages that it is sent, and how many of them waited at once."""

    def __init__(self, *, refuse: bool = False, seconds: float = 0.0) -> None:
        """Answer everything so."""
        self.messages: list[tuple[str, bytes]] = []
        self.at_seconds: list[float] = []
        self.waiting = 0
        self.waiting_max = 0
        self._refuse = refuse
        self._seconds = seconds
        self._lock = threading.Lock()

    def service(
        self, handler_call_details: grpc.HandlerCallDetails
    ) -> "grpc.RpcMethodHandler[bytes, bytes]":
        """Take every method."""
        method = handler_call_details.method

        def answer(request: bytes, context: grpc.ServicerContext) -> bytes:
            with self._lock:
                self.messages.append((method, request))
                self.at_seconds.append(time.monotonic())
                self.waiting += 1
                self.waiting_max = max(self.waiting, self.waiting_max)
            time.sleep(self._seconds)
            with self._lock:
                self.waiting -= 1
            if self._refuse:
                context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "too many requests")
            return b""

        return grpc.unary_unary_rpc_method_handler(answer)


def load_of(count: int, *, key_copies: int = 1) -> Load:
    """Build requests a millisecond apart, with values of rising size."""
    return Load(
        due_seconds=tuple(index / 1000 for index in range(count)),
        value_sizes_bytes=tuple(1024 + index for index in range(count)),
        key_sizes_bytes=(276,) * count,
        key_copies=key_copies,
    )


def send(handler: Server, load: Load) -> tuple[int, str]:
    """Send requests to a server that the kernel picked a port for."""
    with ThreadPoolExecutor(max_workers=8) as threads:
        server = grpc.server(threads, handlers=[handler])
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        try:
            return client.send(f"http://127.0.0.1:{port}", load)
        finally:
            server.stop(None).wait()


@pytest.mark.parametrize(
    ("key_copies", "method"), [(1, "/etcdserverpb.KV/Put"), (3, "/etcdserverpb.KV/Txn")]
)
def test_every_request_is_sent_once(key_copies: int, method: str) -> None:
    """As a put, or as the API server's transaction."""
    load = load_of(50, key_copies=key_copies)
    server = Server()

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
    load, server = load_of(30), Server()
    began = time.monotonic()

    send(server, load)

    arrived = [at - began for at in server.at_seconds]
    assert all(at >= due for at, due in zip(sorted(arrived), load.due_seconds, strict=True))


def test_no_more_wait_than_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a disk that does not keep up, etcd must not be made to refuse."""
    monkeypatch.setattr(client, "IN_FLIGHT_MAX", 3)
    server = Server(seconds=0.02)

    assert send(server, load_of(20)) == (20, "")
    assert server.waiting_max == 3


def test_refused_requests_are_not_counted() -> None:
    """Only a success is an answer; what the server said to the first one is kept."""
    assert send(Server(refuse=True), load_of(2)) == (0, "RESOURCE_EXHAUSTED: too many requests")
