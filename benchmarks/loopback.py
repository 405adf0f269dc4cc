"""HTTP read by hand, for servers in a benchmark: a framework would take more of the machine than what it measures."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import TypeAlias

Answer: TypeAlias = Callable[[bytes, asyncio.Transport], None]
"""Gets the body of a call, and answers it now or later by `send`."""


class Connection(asyncio.Protocol):
    """One connection, whose client sends the next call when the last one is answered."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._received = bytearray()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember whom to answer."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer when the call is whole."""
        self._received += data
        head, end, body = self._received.partition(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head.lower())
        if end and len(body) >= int(length[1] if length else 0):
            self._received.clear()
            assert self._transport
            self._answer(bytes(body), self._transport)


async def listen(answer: Answer) -> tuple[asyncio.Server, int]:
    """A server at a free port of this machine, and the port."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(answer), "127.0.0.1", 0, backlog=4096)
    port: int = server.sockets[0].getsockname()[1]
    return server, port


def send(transport: asyncio.Transport, text: str, status: str = "200 OK", headers: str = "") -> None:
    """Answer a call; each of `headers` ends its line."""
    body = text.encode()
    transport.write(f"HTTP/1.1 {status}\r\n{headers}Content-Length: {len(body)}\r\n\r\n".encode() + body)
