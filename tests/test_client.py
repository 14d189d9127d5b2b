"""Our load client against a small server of HTTP on loopback."""

import asyncio
import base64
import json

from etcdbench import client


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
            self.puts.append(
                (len(base64.b64decode(body["key"])), len(base64.b64decode(body["value"])))
            )
            writer.write(f"HTTP/1.1 {self.status}\r\nContent-Length: 2\r\n\r\n{{}}".encode())
        writer.close()


async def send(server: Server, dues: list[float]) -> int:
    """Send requests to a server that the kernel picked a port for."""
    listener = await asyncio.start_server(server.handle, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    async with listener:
        return await client.send(
            f"http://127.0.0.1:{port}", dues=dues, key_size_bytes=276, value_size_bytes=1024
        )


def test_every_request_is_sent_once_with_its_sizes() -> None:
    """276-byte keys and 1 KiB values."""
    server = Server()

    answered = asyncio.run(send(server, [index / 1000 for index in range(50)]))

    assert answered == 50
    assert server.puts == [(276, 1024)] * 50


def test_refused_requests_are_not_counted() -> None:
    """Only a 200 is an answer."""
    assert asyncio.run(send(Server("503 Service Unavailable"), [0.0, 0.001])) == 0
