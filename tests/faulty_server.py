"""A server that speaks OpenAI's chat protocol and goes wrong as a test has written it."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Answer:
    """What the faulty server does with one call."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    silent: bool = False
    """Whether nothing is answered while the client waits."""
    reset: bool = False


@dataclass
class Faulty:
    """A server whose every answer is written by the test."""

    script: Callable[[int, dict[str, Any]], Answer]
    """From the number of the call and its JSON to what happens."""
    calls: list[dict[str, Any]] = field(default_factory=list, repr=False)
    headers: list[dict[str, str]] = field(default_factory=list, repr=False)
    paths: list[str] = field(default_factory=list, repr=False)
    open: int = 0
    most_open: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    closing: threading.Event = field(default_factory=threading.Event)

    def answer(self, path: str, headers: dict[str, str], body: dict[str, Any]) -> Answer:
        with self.lock:
            number = len(self.calls)
            self.calls.append(body)
            self.headers.append(headers)
            self.paths.append(path)
            self.open += 1
            self.most_open = max(self.most_open, self.open)
        answer = self.script(number, body)
        time.sleep(answer.delay_s)
        if answer.silent:
            self.closing.wait()
        with self.lock:
            self.open -= 1
        return answer


@contextmanager
def serving(faulty: Faulty) -> Iterator[str]:
    """The address of a server on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self._send(faulty.answer(self.path, dict(self.headers), json.loads(body or b"{}")))

        do_GET = do_POST

        def _send(self, answer: Answer) -> None:
            if answer.reset:
                # linger for no time at all: the connection is reset instead of closed
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()
                self.close_connection = True
                return
            try:
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)
            except OSError:
                self.close_connection = True  # the client has given up waiting

        def log_message(self, *_: Any) -> None:
            """Keep the tests' output clean."""

        def finish(self) -> None:
            if not self.wfile.closed and self.connection.fileno() >= 0:
                super().finish()

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 256  # connections that come at once: what does not fit is tried again after seconds

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    finally:
        faulty.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()


def completion(text: str | None, finish: str = "stop") -> bytes:
    return json.dumps(
        {
            "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": finish}],
            "usage": {"prompt_tokens": 11, "completion_tokens": 3},
        }
    ).encode()


def said(error: str) -> bytes:
    return json.dumps({"error": {"message": error}}).encode()
