"""Sends a stream of put requests to etcd, at the times that the stream says. A program of its own.

    python -m etcdbench.client URL RATE SECONDS ARRIVALS KEY_BYTES VALUE_BYTES SEED

Open loop: a request is sent when it is due, whether the one before has been answered or not, as
far as the connections allow. It prints how many were sent and how many of them answered.
"""

import asyncio
import base64
import json
import random
import sys
import time

from etcdbench import etcd_model

CONNECTIONS = 64
"""So many requests may wait for etcd at once; `check perf` at class s has 50 clients."""


async def send(url: str, *, dues: list[float], key_size_bytes: int, value_size_bytes: int) -> int:
    """Send every request at its due time; return how many were answered with success."""
    host, _, port = url.removeprefix("http://").partition(":")
    queue: asyncio.Queue[int] = asyncio.Queue()
    workers = [
        asyncio.create_task(
            _work(
                queue,
                host,
                int(port),
                key_size_bytes=key_size_bytes,
                value_size_bytes=value_size_bytes,
            )
        )
        for _ in range(min(CONNECTIONS, max(len(dues), 1)))
    ]
    began = time.monotonic()
    for number, due in enumerate(dues):
        wait = due - (time.monotonic() - began)
        if wait > 0:
            await asyncio.sleep(wait)
        queue.put_nowait(number)
    for _ in workers:
        queue.put_nowait(-1)
    return sum(await asyncio.gather(*workers))


async def _work(
    queue: "asyncio.Queue[int]", host: str, port: int, *, key_size_bytes: int, value_size_bytes: int
) -> int:
    """Put what the queue says over one connection of HTTP/1.1."""
    reader, writer = await asyncio.open_connection(host, port)
    value = base64.b64encode(random.Random(1).randbytes(value_size_bytes)).decode()  # noqa: S311 - a load, not a secret
    answered = 0
    while (number := await queue.get()) >= 0:
        key = base64.b64encode(f"etcdbench/{number}".encode().ljust(key_size_bytes, b".")).decode()
        body = json.dumps({"key": key, "value": value}).encode()
        head = f"POST /v3/kv/put HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(body)}\r\n\r\n"
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
    url, rate, seconds, arrivals, key, value, seed = arguments
    dues: list[float] = []
    for due in etcd_model.arrivals(
        float(rate),
        poisson=arrivals == "poisson",
        rng=random.Random(int(seed)),  # noqa: S311 - a load, not a secret
    ):
        if due > float(seconds):
            break
        dues.append(due)
    answered = asyncio.run(
        send(url, dues=dues, key_size_bytes=int(key), value_size_bytes=int(value))
    )
    print(json.dumps([len(dues), answered]))  # noqa: T201 - the answer of this program


if __name__ == "__main__":
    main(sys.argv[1:])
