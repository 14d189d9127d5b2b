"""Unary gRPC calls over one HTTP/2 connection: made beforehand, sent one by one, answered in any order.

Whatever runs on the machine while etcd flushes makes its flushes longer, so that a load client must do
next to nothing then: requests are whole frames before the load begins, one thread waits for the next
due time and for answers, and what the answers say is read in the end. The wire formats are hyperframe's
and hpack's; gRPC adds five bytes before a message and a status after the answer (gRPC's
`PROTOCOL-HTTP2.md`).
"""

import functools
import select
import socket
import time
from collections import Counter
from typing import NamedTuple
from urllib.parse import unquote

from hpack import Decoder, Encoder, HPACKError, NeverIndexedHeaderTuple
from hyperframe.exceptions import HyperframeError
from hyperframe.frame import (
    ContinuationFrame,
    DataFrame,
    Frame,
    GoAwayFrame,
    HeadersFrame,
    PingFrame,
    RstStreamFrame,
    SettingsFrame,
    WindowUpdateFrame,
)

WIRE_ERRORS = (HPACKError, HyperframeError)
"""The other side does not speak HTTP/2."""

STATUS_NAMES = (
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
)
"""gRPC's names of its statuses 0 to 16."""

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_WINDOW_BYTES = 65_535
_FRAME_BYTES_MAX = 16_384
_FRAME_HEADER_BYTES = 9
_WINDOW_BYTES_MAX = 2**31 - 1
"""What the server may send unasked, on each stream and in all: as much as HTTP/2 has. A transaction
that finds its key answers with the value."""
_CONNECT_SECONDS = 10.0
_STATUS = b"grpc-status"
_MESSAGE = b"grpc-message"


class Call(NamedTuple):
    """A call as frames, with what each counts for flow control."""

    stream: int
    frames: tuple[tuple[bytes, int], ...]


class Calls:
    """A connection, and the calls under way on it.

    Attributes:
        waiting: Streams whose answer has not come.
    """

    def __init__(self, host: str, port: int) -> None:
        """Connect.

        Raises:
            OSError: Nobody is there.
        """
        self.waiting: set[int] = set()
        self._authority = f"{host}:{port}"
        self._next_stream = 1
        self._came = b""
        self._block = b""
        self._blocks: list[bytes] = []
        self._resets: list[str] = []
        self._sent_bytes = 0
        self._stream_window_bytes = _WINDOW_BYTES
        self._more_bytes = Counter[int]()
        self._socket = socket.create_connection((host, port), timeout=_CONNECT_SECONDS)
        self._socket.settimeout(None)  # how long a load may last is known to whoever started it
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        opening = (
            SettingsFrame(0, {SettingsFrame.INITIAL_WINDOW_SIZE: _WINDOW_BYTES_MAX}),
            WindowUpdateFrame(0, window_increment=_WINDOW_BYTES_MAX - _WINDOW_BYTES),
        )
        self._socket.sendall(_PREFACE + b"".join(frame.serialize() for frame in opening))

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()

    def make(self, method: str, message: bytes) -> Call:
        """Make a call; calls have to be sent in the order in which they are made."""
        stream = self._next_stream
        self._next_stream += 2
        block = _headers(method, self._authority)
        headers = HeadersFrame(stream, block, flags=["END_HEADERS"]).serialize()
        not_compressed = b"\0"
        whole = not_compressed + len(message).to_bytes(4, "big") + message
        *pieces, last = (
            whole[start : start + _FRAME_BYTES_MAX]
            for start in range(0, len(whole), _FRAME_BYTES_MAX)
        )
        frames = [DataFrame(stream, piece).serialize() for piece in pieces]
        frames.append(DataFrame(stream, last, flags=["END_STREAM"]).serialize())
        frames[0] = headers + frames[0]
        sizes_bytes = map(len, (*pieces, last))
        return Call(stream, tuple(zip(frames, sizes_bytes, strict=True)))

    def send(self, call: Call) -> None:
        """Send a call, and take answers while flow control has no room for it.

        Raises:
            OSError: The connection was lost.
            WIRE_ERRORS: The other side does not speak HTTP/2.
        """
        self.waiting.add(call.stream)
        sent_bytes = 0
        for frame, size_bytes in call.frames:
            sent_bytes += size_bytes
            self._sent_bytes += size_bytes
            while (
                self._sent_bytes > _WINDOW_BYTES + self._more_bytes[0]
                or sent_bytes > self._stream_window_bytes + self._more_bytes[call.stream]
            ):
                self.read()
            self._socket.sendall(frame)

    def read_until(self, at_seconds: float) -> None:
        """Take answers until a moment of `time.monotonic`.

        Raises:
            OSError: The connection was lost.
            WIRE_ERRORS: The other side does not speak HTTP/2.
        """
        while (rest_seconds := at_seconds - time.monotonic()) > 0:
            readable, _, _ = select.select([self._socket], [], [], rest_seconds)
            if readable:
                self.read()

    def read(self) -> None:
        """Wait for something to come, and take it.

        Raises:
            OSError: The connection was lost.
            WIRE_ERRORS: The other side does not speak HTTP/2.
        """
        data = self._socket.recv(_WINDOW_BYTES)
        if not data:
            raise ConnectionResetError("the connection was closed")
        came = memoryview(self._came + data)
        while len(came) >= _FRAME_HEADER_BYTES:
            frame, size_bytes = Frame.parse_frame_header(came[:_FRAME_HEADER_BYTES])
            end = _FRAME_HEADER_BYTES + size_bytes
            if len(came) < end:
                break
            frame.parse_body(came[_FRAME_HEADER_BYTES:end])
            self._take(frame)
            came = came[end:]
        self._came = bytes(came)

    def _take(self, frame: Frame) -> None:
        match frame:
            case HeadersFrame() | ContinuationFrame():
                self._block += frame.data
                if "END_HEADERS" in frame.flags:
                    self._blocks.append(self._block)
                    self._block = b""
            case WindowUpdateFrame():
                self._more_bytes[frame.stream_id] += frame.window_increment
            case PingFrame() if "ACK" not in frame.flags:
                answer = PingFrame(0, opaque_data=frame.opaque_data, flags=["ACK"])
                self._socket.sendall(answer.serialize())
            case SettingsFrame() if "ACK" not in frame.flags:
                # It holds for the stream that is being sent as well.
                self._stream_window_bytes = frame.settings.get(
                    SettingsFrame.INITIAL_WINDOW_SIZE, self._stream_window_bytes
                )
                self._socket.sendall(SettingsFrame(0, flags=["ACK"]).serialize())
            case RstStreamFrame():
                self._resets.append(f"stream reset, error {frame.error_code}")
                self.waiting.discard(frame.stream_id)
            case GoAwayFrame():
                raise ConnectionResetError(f"the connection was ended, error {frame.error_code}")
            case _:
                pass
        if "END_STREAM" in frame.flags:
            self.waiting.discard(frame.stream_id)

    def outcome(self) -> tuple[int, str]:
        """Read what the answers said.

        Returns:
            How many calls were answered with success, and why the first of the others was not: gRPC's
            status and the server's words; empty where all answers were successes.

        Raises:
            WIRE_ERRORS: The other side does not speak HTTP/2.
        """
        decoder = Decoder()
        # Each block changes how the next one is read: all of them, and in their order.
        fields = [dict(decoder.decode(block, raw=True)) for block in self._blocks]
        statuses = [_in_words(one) for one in fields if _STATUS in one]
        refusals = [status for status in statuses if status != STATUS_NAMES[0]]
        return len(statuses) - len(refusals), next(iter((*refusals, *self._resets)), "")


@functools.cache
def _headers(method: str, authority: str) -> bytes:
    """Return a call's headers. None of them is put into the table that later ones could refer to."""
    fields = (
        (":method", "POST"),
        (":scheme", "http"),
        (":path", method),
        (":authority", authority),
        ("content-type", "application/grpc"),
        ("te", "trailers"),
    )
    return Encoder().encode(NeverIndexedHeaderTuple(*field) for field in fields)


def _in_words(headers: dict[bytes, bytes]) -> str:
    """Return gRPC's status and the server's words in one line."""
    code = headers[_STATUS].decode(errors="replace")
    known = code.isdecimal() and int(code) < len(STATUS_NAMES)
    name = STATUS_NAMES[int(code)] if known else f"status {code}"
    words = " ".join(unquote(headers.get(_MESSAGE, b"")).split())
    return f"{name}: {words}" if words else name
