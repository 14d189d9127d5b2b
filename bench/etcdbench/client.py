"""Sends requests to etcd, each at the time that the stream says. A program of its own.

    python -m etcdbench.client URL FILE

FILE holds the requests as JSON (`schedule.Load`). Open loop: a request is sent when it is due,
whether the one before has been answered or not, as far as the connections allow. It prints how
many were sent and how many of them answered.
"""

import asyncio
import base64
import functools
import json
import sys
import time
from pathlib import Path

import msgspec

from etcdbench.etcd_model import TRANSACTION_KEY_COPIES
from etcdbench.schedule import Load

CONNECTIONS = 64
"""So many requests may wait for etcd at once; `check perf` at class s has 50 clients."""

Request = tuple[str, bytes]
"""Path and body."""


async def send(url: str, load: Load) -> int:
    """Send every request at its due time; return how many were answered with success."""
    host, _, port = url.removeprefix("http://").partition(":")
    queue: asyncio.Queue[int] = asyncio.Queue()
    workers = [
        asyncio.create_task(_work(queue, host, int(port), load))
        for _ in range(min(CONNECTIONS, max(len(load.due_seconds), 1)))
    ]
    began = time.monotonic()
    for number, due in enumerate(load.due_seconds):
        wait = due - (time.monotonic() - began)
        if wait > 0:
            await asyncio.sleep(wait)
        queue.put_nowait(number)
    for _ in workers:
        queue.put_nowait(-1)
    return sum(await asyncio.gather(*workers))


def request_of(load: Load, number: int) -> Request:
    """Return path and body of a request: a put, or what the API server sends for a new object."""
    name = f"etcdbench/{number}".encode().ljust(load.key_sizes_bytes[number], b".")
    put = {"key": _text(name), "value": _value(load.value_sizes_bytes[number])}
    if load.key_copies < TRANSACTION_KEY_COPIES:
        return "/v3/kv/put", json.dumps(put).encode()
    compare = {"target": "MOD", "key": put["key"], "mod_revision": "0", "result": "EQUAL"}
    transaction = {
        "compare": [compare],
        "success": [{"request_put": put}],
        "failure": [{"request_range": {"key": put["key"]}}],
    }
    return "/v3/kv/txn", json.dumps(transaction).encode()


@functools.cache
def _value(size_bytes: int) -> str:
    """Return a value that does not compress; the same for each size."""
    pattern = bytes((number * number + number // 7) % 251 for number in range(4096))
    return _text((pattern * (size_bytes // len(pattern) + 1))[:size_bytes])


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


async def _work(queue: "asyncio.Queue[int]", host: str, port: int, load: Load) -> int:
    """Send what the queue says over one connection of HTTP/1.1."""
    reader, writer = await asyncio.open_connection(host, port)
    answered = 0
    while (number := await queue.get()) >= 0:
        path, body = request_of(load, number)
        head = f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        status = await reader.readline()
        length = 0
        while (line := await reader.readline()).strip():
            name, _, text = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(text)
        await reader.readexactly(length)
        answered += b" 200 " in status
    writer.close()
    return answered


def main(arguments: list[str]) -> None:
    """Send and print."""
    url, file = arguments
    load = msgspec.json.decode(Path(file).read_bytes(), type=Load)
    answered = asyncio.run(send(url, load))
    print(json.dumps([len(load.due_seconds), answered]))  # noqa: T201 - the answer of this program


if __name__ == "__main__":
    main(sys.argv[1:])
