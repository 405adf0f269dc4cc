"""Addresses that are listened on, and what connections inherit."""

from __future__ import annotations

import socket

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from burnish.web.guard import guard
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


@pytest.mark.parametrize("host", ["::1", "127.0.0.1", "localhost"])
def test_a_page_answers_by_the_names_of_this_machine_alone(host: str) -> None:
    app = FastAPI()
    app.get("/")(lambda: "here")
    guard(app, host=host, requests_a_minute=10)
    client = TestClient(app)
    for name in ("[::1]:8001", "[::1]", "127.0.0.1:8001", "localhost:1", "LOCALHOST"):
        assert client.get("/", headers={"Host": name}).status_code == 200, name
    for name in ("evil.example", "evil.example:8001", "[::2]:8001", "", "[", "localhost.evil.example"):
        assert client.get("/", headers={"Host": name}).status_code == 400, name
