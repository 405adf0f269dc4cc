"""What stands between the page and the world: headers, the names it answers to, how often it may be asked.

Who may see or do what hangs on the secret in the path alone. There is no cookie, so no other site can make a browser
act for somebody (CSRF): it would have to know the secret, and no page or header ever tells it that.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable, Callable, Collection

from fastapi import FastAPI, Request, Response
from fastapi.responses import PlainTextResponse
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

MOST_BYTES = 65_536
"""Of what a page sends: a few dozen ratings."""
LOOPBACK_NAMES = ("127.0.0.1", "localhost", "::1")
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; img-src 'self'; style-src 'self'; script-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Robots-Tag": "noindex",
    "Cache-Control": "no-store",
}
Handler = Callable[[Request], Awaitable[Response]]


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def guard(app: FastAPI, *, host: str, requests_a_minute: int) -> None:
    """Put the guards that fit the address before every route; beyond loopback an address may ask so often.

    On loopback, another site could point a name of its own at this machine and read everything (DNS rebinding),
    so only loopback's own names are answered. Elsewhere there is nothing to read without a secret, but anyone may try.
    """
    if is_loopback(host):
        _answer_to(app, {*LOOPBACK_NAMES, host})
    else:
        _limit(app, requests_a_minute)
    _refuse_large(app)
    _set_headers(app)


def _answer_to(app: FastAPI, names: Collection[str]) -> None:
    """Only requests that call this machine by one of these names. (Starlette's own guard cannot read [::1]:8000.)"""

    @app.middleware("http")
    async def refuse_other_names(request: Request, go_on: Handler) -> Response:
        if _name_in(request.headers.get("host", "")) in names:
            return await go_on(request)
        return PlainTextResponse("Invalid host header", 400)


def _name_in(host: str) -> str:
    """The name or address in a Host header, without its port and the brackets of IPv6."""
    name = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    return name.lower()


def _refuse_large(app: FastAPI) -> None:
    """Before anything is read, even from those without a secret."""

    @app.middleware("http")
    async def refuse_large(request: Request, go_on: Handler) -> Response:
        length = request.headers.get("content-length", "")
        if request.method in ("GET", "HEAD") or (length.isdecimal() and int(length) <= MOST_BYTES):
            return await go_on(request)
        return PlainTextResponse("Too large.", 413)


def _limit(app: FastAPI, requests_a_minute: int) -> None:
    limiter, limit = MovingWindowRateLimiter(MemoryStorage()), RateLimitItemPerMinute(requests_a_minute)

    @app.middleware("http")
    async def refuse_floods(request: Request, go_on: Handler) -> Response:
        address = request.client.host if request.client else ""
        if limiter.hit(limit, address):
            return await go_on(request)
        return PlainTextResponse("Too many requests: wait a moment.", 429, {"Retry-After": "5"})


def _set_headers(app: FastAPI) -> None:
    @app.middleware("http")
    async def add_headers(request: Request, go_on: Handler) -> Response:
        response = await go_on(request)
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        return response
