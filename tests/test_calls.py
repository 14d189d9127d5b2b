"""gRPC calls of ours against gRPC's own server, and against sockets that speak something else."""

import socket
import time
from collections.abc import Generator
from contextlib import closing, contextmanager

import pytest
from hyperframe.exceptions import HyperframeError
from hyperframe.frame import GoAwayFrame, RstStreamFrame

from etcdbench.calls import Calls
from grpc_server import Handler, serving

SETTINGS_OF_A_STREAM = b"\0\0\0\x04\0\0\0\0\x01"
"""A frame that HTTP/2 forbids."""

METHOD = "/etcdserverpb.KV/Put"


def ask(handler: Handler, *messages: bytes) -> tuple[int, str]:
    """Ask all, wait for every answer."""
    with serving(handler) as port, closing(Calls("127.0.0.1", port)) as calls:
        for message in messages:
            calls.send(calls.make(METHOD, message))
        wait(calls)
        return calls.outcome()


@pytest.mark.parametrize("size_bytes", [0, 1, 16_379, 16_380, 65_530, 65_531, 3_000_000])
def test_messages_arrive_whole(size_bytes: int) -> None:
    """Also those longer than HTTP/2's frame (16,384 bytes) and its window (65,535)."""
    handler = Handler()
    message = bytes(number % 251 for number in range(size_bytes))

    assert ask(handler, message) == (1, "")
    assert handler.messages == [(METHOD, message)]


def test_more_bytes_than_the_window_are_sent_in_many_calls() -> None:
    """The window of the connection is given back as the server reads."""
    handler = Handler()
    messages = [number.to_bytes(2, "big") * 1000 for number in range(200)]

    assert ask(handler, *messages) == (200, "")
    assert sorted(message for _, message in handler.messages) == messages


def test_answers_longer_than_the_window_arrive() -> None:
    """As a transaction's that finds its key: nothing has to be given back for them."""
    assert ask(Handler(answer_bytes=300_000), b"1", b"2", b"3") == (3, "")


def test_a_refusal_is_told_in_grpcs_and_the_servers_words() -> None:
    """The message is percent-encoded on its way."""
    refused = ask(Handler(refuse=True), b"1", b"2")

    assert refused == (0, "RESOURCE_EXHAUSTED: too many requests, 100 % full")


def test_waiting_for_a_moment_takes_answers_and_ends_in_time() -> None:
    """Not before it, and with the answers that came by then."""
    with serving(Handler()) as port, closing(Calls("127.0.0.1", port)) as calls:
        calls.send(calls.make(METHOD, b""))
        until = time.monotonic() + 0.5
        calls.read_until(until)
        assert time.monotonic() >= until
        assert not calls.waiting


@contextmanager
def answered_by(said: bytes) -> Generator[Calls, None, None]:
    """Make a call to a server that says just this, and closes."""
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        closing(Calls("127.0.0.1", server.getsockname()[1])) as calls,
    ):
        calls.send(calls.make(METHOD, b""))
        other, _ = server.accept()
        with other:
            other.sendall(said)
            other.shutdown(socket.SHUT_WR)
            yield calls


def wait(calls: Calls) -> None:
    """Wait for every answer."""
    while calls.waiting:
        calls.read()


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (b"", ConnectionResetError),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", ConnectionResetError),
        (GoAwayFrame(0, error_code=2).serialize(), ConnectionResetError),
        (SETTINGS_OF_A_STREAM, HyperframeError),
    ],
)
def test_a_lost_connection_and_another_protocol_are_errors(
    said: bytes, error: type[Exception]
) -> None:
    """Nothing waits for ever."""
    with answered_by(said) as calls, pytest.raises(error):
        wait(calls)


def test_a_call_that_the_server_breaks_off_is_refused() -> None:
    """Its stream is reset."""
    with answered_by(RstStreamFrame(1, error_code=7).serialize()) as calls:
        wait(calls)

    assert calls.outcome() == (0, "stream reset, error 7")


def test_nobody_there_is_an_error() -> None:
    """A port that was just let go."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(OSError, match="refused"):
        Calls("127.0.0.1", port)
