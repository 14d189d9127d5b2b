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
import time
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from etcdbench import etcd_api
from etcdbench.calls import WIRE_ERRORS, Calls
from etcdbench.etcd_model import TRANSACTION_KEY_COPIES
from etcdbench.schedule import Load

IN_FLIGHT_MAX = 1000
"""So many requests may wait for etcd at once; it refuses more than 5,000 (`maxGapBetweenApplyAndCommitIndex`)."""


def send(url: str, load: Load) -> tuple[int, str]:
    """Send every request at its due time.

    Returns:
        How many were answered with success, and why the first of the others was not: gRPC's status and
        etcd's words, empty where all were answered.

    What the client does while etcd flushes makes its flushes longer (docs/accuracy-causes.md): requests are
    made before the first one is due, and answers are read after the last one.
    """
    address = urlsplit(url)
    with closing(Calls(address.hostname or "", address.port or 0)) as calls:
        try:
            _send(calls, load)
        except (OSError, *WIRE_ERRORS) as error:
            answered, refusal = calls.outcome()
            return answered, refusal or f"UNAVAILABLE: {error}"  # as gRPC names a lost connection
        return calls.outcome()


def _send(calls: Calls, load: Load) -> None:
    made = [calls.make(*request_of(load, number)) for number in range(len(load.due_seconds))]
    began = time.monotonic()
    for call, due_seconds in zip(made, load.due_seconds, strict=True):
        calls.read_until(began + due_seconds)
        while len(calls.waiting) >= IN_FLIGHT_MAX:
            calls.read()
        calls.send(call)
    while calls.waiting:
        calls.read()


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
