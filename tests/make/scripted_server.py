"""A scripted HTTP server: it speaks OpenAI's chat protocol, and what it answers is written by the test.

It is not a model. It stands where GPT-4V stood, so that composing can be tested over real connections.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Said:
    """What the server does with one call."""

    text: str | None = ""
    status: int = 200
    finish: str = "stop"
    delay_s: float = 0.0
    silent: bool = False
    """Whether nothing is answered while the client waits."""
    raw: bytes | None = None
    """Sent instead of a completion."""
    hang_up: bool = False
    """Close the connection without an answer."""


@dataclass
class Scripted:
    """A server whose every answer is written by the test."""

    script: Callable[[str, int], Said]
    """From the question (or the user's whole message) and the call's seed to what happens."""
    whole: bool = False
    questions: list[str] = field(default_factory=list)
    """Of every call, in the order they came."""
    bodies: list[dict[str, Any]] = field(default_factory=list)
    open: int = 0
    most_open: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    closing: threading.Event = field(default_factory=threading.Event)

    def answer(self, body: dict[str, Any]) -> Said:
        """Note the call and answer it."""
        sent = body["messages"][-1]["content"][-1]["text"]
        question = sent if self.whole else sent.partition("question: ")[2].partition(" and groundtruth")[0]
        with self.lock:
            self.questions.append(question)
            self.bodies.append(body)
            self.open += 1
            self.most_open = max(self.most_open, self.open)
        try:
            said = self.script(question, body.get("seed", 0))
            time.sleep(said.delay_s)
            if said.silent:
                self.closing.wait()
            return said
        finally:
            with self.lock:
                self.open -= 1


@contextmanager
def serving(scripted: Scripted) -> Iterator[str]:
    """The address of the server's model, on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            said = scripted.answer(json.loads(body))
            if said.hang_up:
                self.close_connection = True
                return
            data = completion(said) if said.raw is None else said.raw
            try:
                self.send_response(said.status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)
            except OSError:
                self.close_connection = True  # the client was killed, or has given up waiting

        def log_message(self, *_: Any) -> None:
            """Keep the tests' output clean."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:
            """A client that was killed resets its connections: no fault of the server's."""

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1#scripted"
    finally:
        scripted.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()


def completion(said: Said) -> bytes:
    """A chat completion of 100 tokens in and 10 out, or the error that a status stands for."""
    if said.status != 200:
        return json.dumps({"error": {"message": said.text}}).encode()
    return json.dumps(
        {
            "choices": [
                {"index": 0, "message": {"role": "assistant", "content": said.text}, "finish_reason": said.finish}
            ],
            "usage": {"prompt_tokens": 100, "completion_tokens": 10},
        }
    ).encode()
