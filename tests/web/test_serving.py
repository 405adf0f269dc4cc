"""Addresses that are listened on, and what connections inherit."""

from __future__ import annotations

import socket

import pytest

from burnish.web.serving import address, listen


@pytest.mark.parametrize(("host", "begin"), [("127.0.0.1", "http://127.0.0.1:"), ("::1", "http://[::1]:")])
def test_a_free_port_is_told_as_browsers_take_it(host: str, begin: str) -> None:
    with listen(host, 0) as listening:
        port = listening.getsockname()[1]
        assert port > 0
        assert address(host, listening) == f"{begin}{port}/"


def test_connections_send_short_answers_at_once() -> None:
    with listen("127.0.0.1", 0) as listening, socket.create_connection(listening.getsockname()):
        accepted, _ = listening.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
