"""Sends requests to etcd, each at the time that the stream says. A program of its own.

    python -m etcdbench.client URL FILE

FILE holds the requests as JSON (`schedule.Load`). It speaks gRPC, as the API server does: through
etcd's JSON gateway the same puts cost etcd 1.7 times the CPU time, and its flushes wait for that. Open
loop: a request is sent when it is due, whether the one before has been answered or not, up to
`IN_FLIGHT_MAX`. It prints how many were sent, how many of them answered, and why the first refused one was.
"""

import functools
import json
import sys
import threading
import time
from pathlib import Path

import grpc
import msgspec

from etcdbench import etcd_api
from etcdbench.etcd_model import TRANSACTION_KEY_COPIES
from etcdbench.schedule import Load

IN_FLIGHT_MAX = 1000
"""So many requests may wait for etcd at once; it refuses more than 5,000 (`maxGapBetweenApplyAndCommitIndex`)."""

_OPTIONS = (("grpc.enable_http_proxy", 0),)  # etcd is on loopback


def send(url: str, load: Load) -> tuple[int, str]:
    """Send every request at its due time.

    Returns:
        How many were answered with success, and why the first of the others was not: gRPC's status and
        etcd's words, empty where all were answered.

    From a thread that sleeps, and not in an event loop: asyncio's timers have whole milliseconds,
    and hand over in one clump what falls due within one.
    """
    room = threading.Semaphore(IN_FLIGHT_MAX)
    with grpc.insecure_channel(url.removeprefix("http://"), _OPTIONS) as channel:
        began = time.monotonic()
        calls: list[grpc.Future[bytes]] = []
        for number, due in enumerate(load.due_seconds):
            method, message = request_of(load, number)
            request: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(method)
            time.sleep(max(0.0, due - (time.monotonic() - began)))
            room.acquire()
            call = request.future(message)
            call.add_done_callback(lambda _: room.release())
            calls.append(call)
        errors = [error for call in calls if (error := call.exception())]
        return len(calls) - len(errors), _reason(errors[0]) if errors else ""


def _reason(error: Exception) -> str:
    """Return gRPC's status and etcd's words in one line."""
    if not isinstance(error, grpc.RpcError):
        return f"{error}"
    words = " ".join((error.details() or "").split())
    return f"{error.code().name}: {words}" if words else error.code().name


def request_of(load: Load, number: int) -> tuple[str, bytes]:
    """Return method and message of a request: a put, or what the API server sends for a new object."""
    key = f"etcdbench/{number}".encode().ljust(load.key_sizes_bytes[number], b".")
    value = _value(load.value_sizes_bytes[number])
    if load.key_copies < TRANSACTION_KEY_COPIES:
        return etcd_api.PUT, etcd_api.put(key, value)
    return etcd_api.TXN, etcd_api.create(key, value)


@functools.cache
def _value(size_bytes: int) -> bytes:
    """Return a value that does not compress; the same for each size."""
    pattern = bytes((number * number + number // 7) % 251 for number in range(4096))
    return (pattern * (size_bytes // len(pattern) + 1))[:size_bytes]


def main(arguments: list[str]) -> None:
    """Send and print."""
    url, file = arguments
    load = msgspec.json.decode(Path(file).read_bytes(), type=Load)
    answered, refusal = send(url, load)
    print(json.dumps([len(load.due_seconds), answered, refusal]))  # noqa: T201 - the answer of this program


if __name__ == "__main__":
    main(sys.argv[1:])
