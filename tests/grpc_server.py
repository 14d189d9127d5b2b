"""A small gRPC server on loopback, by gRPC's own library: what our load client is tested against."""

import threading
import time
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import grpc


class Handler(grpc.GenericRpcHandler):
    """Keeps the messages that it is sent, and how many of them waited at once."""

    def __init__(
        self, *, refuse: bool = False, seconds: float = 0.0, answer_bytes: int = 0
    ) -> None:
        """Answer everything so."""
        self.messages: list[tuple[str, bytes]] = []
        self.at_seconds: list[float] = []
        self.waiting = 0
        self.waiting_max = 0
        self._refuse = refuse
        self._seconds = seconds
        self._answer = bytes(answer_bytes)
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
                context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "too many requests, 100 % full")
            return self._answer

        return grpc.unary_unary_rpc_method_handler(answer)


@contextmanager
def serving(handler: Handler) -> Generator[int, None, None]:
    """Serve on a port that the kernel picks, and give it."""
    with ThreadPoolExecutor(max_workers=8) as threads:
        server = grpc.server(threads, handlers=[handler])
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        try:
            yield port
        finally:
            server.stop(None).wait()
