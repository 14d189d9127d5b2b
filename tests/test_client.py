"""Our load client against a small server of HTTP on loopback."""

import asyncio
import base64
import json

import pytest

from etcdbench import client
from etcdbench.schedule import Load


class Server:
    """Counts the puts that it is asked for."""

    def __init__(self, status: str = "200 OK") -> None:
        """Answer everything with a status."""
        self.status = status
        self.puts: list[tuple[int, int]] = []

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        while (await reader.readline()).strip():
            length = 0
            while (line := await reader.readline()).strip():
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            body = json.loads(await reader.readexactly(length))
            put = body["success"][0]["request_put"] if "success" in body else body
            self.puts.append(
                (len(base64.b64decode(put["key"])), len(base64.b64decode(put["value"])))
            )
            writer.write(f"HTTP/1.1 {self.status}\r\nContent-Length: 2\r\n\r\n{{}}".encode())
        writer.close()


def load_of(count: int, *, key_copies: int = 1) -> Load:
    """Build requests a millisecond apart, with values of rising size."""
    return Load(
        due_seconds=tuple(index / 1000 for index in range(count)),
        value_sizes_bytes=tuple(1024 + index for index in range(count)),
        key_sizes_bytes=(276,) * count,
        key_copies=key_copies,
    )


async def send(server: Server, load: Load) -> int:
    """Send requests to a server that the kernel picked a port for."""
    listener = await asyncio.start_server(server.handle, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    async with listener:
        return await client.send(f"http://127.0.0.1:{port}", load)


@pytest.mark.parametrize("key_copies", [1, 3])
def test_every_request_is_sent_once_with_its_sizes(key_copies: int) -> None:
    """276-byte keys and values of their own sizes, as puts and as transactions."""
    server = Server()

    answered = asyncio.run(send(server, load_of(50, key_copies=key_copies)))

    assert answered == 50
    assert sorted(server.puts) == [(276, 1024 + index) for index in range(50)]


def test_a_kubernetes_transaction_names_its_key_three_times() -> None:
    """Compare, put, and the get if that fails."""
    path, body = client.request_of(load_of(1, key_copies=3), 0)
    key = json.loads(body)["compare"][0]["key"]

    assert path == "/v3/kv/txn"
    assert body.count(key.encode()) == 3


def test_refused_requests_are_not_counted() -> None:
    """Only a 200 is an answer."""
    assert asyncio.run(send(Server("503 Service Unavailable"), load_of(2))) == 0
