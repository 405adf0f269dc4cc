"""One HTTP endpoint that speaks OpenAI's chat protocol: calls, retries, and what its refusals mean.

What may pass by itself is tried again with growing, jittered pauses: no connection, no answer in time, 429, 5xx, and an
answer that cannot be read. What will not is never tried again.
"""

from __future__ import annotations

import asyncio
import os
import random
import re
import ssl
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Any, TypeVar

import httpx

from burnish.errors import ConfigError, ServerError
from burnish.jsons import read_json

T = TypeVar("T")

_FILTERED = re.compile(r"flagged|moderation|content.?(filter|policy)|safety", re.IGNORECASE)
"""What a refusal says that concerns what one request shows or asks, and not the key."""
LONGEST_PAUSE_S = 300.0
"""However long an endpoint asks to be left alone, it is asked again after this."""


class Refused(Exception):
    """The endpoint will never answer this one request (a 4xx); the text is one sentence."""


class Exhausted(ServerError):
    """A request failed at every try, each time in a way that may pass by itself."""


class Unreadable(Exception):
    """An answer came that is not what the protocol says."""


class _Passing(Exception):
    """A failure that may pass by itself."""

    def __init__(self, reason: str, retry_after_s: float = 0.0) -> None:
        super().__init__(reason)
        self.retry_after_s = retry_after_s


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """Where an endpoint is and how patiently it is asked."""

    url: httpx.URL
    """The base address, such as http://localhost:8000/v1."""
    api_key_env: str
    timeout_s: float
    retries: int
    first_pause_s: float = 0.5
    """The first pause before a retry; each further one is twice as long, less up to half of it by chance."""

    @classmethod
    def parse(cls, address: str, *, api_key_env: str, timeout_s: float, retries: int) -> Endpoint:
        """An endpoint from an address as the user wrote it. Raises ConfigError."""
        try:
            url = httpx.URL(address)
        except httpx.InvalidURL as error:
            raise ConfigError(f"The model {address} is not a web address ({error}).") from error
        if not url.host:
            raise ConfigError(f"The model {address} names no host: write http://HOST/v1#NAME.")
        if url.port is not None and not 0 < url.port <= 65535:
            raise ConfigError(f"The model {address} has the port {url.port}: ports are from 1 to 65535.")
        if url.userinfo:
            raise ConfigError(
                "A model's address must not hold a password: put the key into the variable --api-key-env names."
            )
        return cls(url=url, api_key_env=api_key_env, timeout_s=timeout_s, retries=retries)

    @cached_property
    def _certificates(self) -> ssl.SSLContext:
        """Read once: it takes as long as many calls."""
        return httpx.create_ssl_context()

    def client(self) -> httpx.AsyncClient:
        """A client for one call at a time, which sends the key, if the environment holds one. Use it as a context
        manager. Calls that are open at once take a client each: for every call a pool of httpx looks at all of its
        connections, which at 256 of them costs more than the call.
        """
        key = os.environ.get(self.api_key_env, "").strip()
        if not (key.isascii() and key.isprintable()):
            raise ConfigError(f"The key in {self.api_key_env} has characters that no key can have: set it again.")
        return httpx.AsyncClient(
            headers={"Authorization": f"Bearer {key}"} if key else {},
            limits=httpx.Limits(max_connections=1, max_keepalive_connections=1),
            timeout=None,  # `_once` puts one limit on the whole call
            verify=self._certificates,
        )

    async def call(
        self, client: httpx.AsyncClient, method: str, path: str, body: bytes | None, read: Callable[[Any], T]
    ) -> T:
        """What `read` makes of the JSON answer to one call; `body` is JSON too.

        Raises Refused for a 4xx that concerns this request alone, ServerError for one that concerns them all, and
        Exhausted when every retry has failed.
        """
        url = self.url.copy_with(path=self.url.path.rstrip("/") + path)
        pause_s = self.first_pause_s
        for tries in range(1, self.retries + 2):
            try:
                return await self._once(client, method, url, body, read)
            except _Passing as failure:
                reason, asked_s = str(failure), failure.retry_after_s
            if tries <= self.retries:
                await asyncio.sleep(max(min(asked_s, LONGEST_PAUSE_S), pause_s * random.uniform(0.5, 1.0)))
                pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
        times = "once" if tries == 1 else f"{tries} times"
        raise Exhausted(
            f"{url} was asked {times} without success (at last: {reason}): see whether the server runs, or give it "
            "more --timeout and --retries, or less --concurrency."
        )

    async def _once(
        self, client: httpx.AsyncClient, method: str, url: httpx.URL, body: bytes | None, read: Callable[[Any], T]
    ) -> T:
        try:
            async with asyncio.timeout(self.timeout_s):
                response = await client.request(method, url, content=body, headers={"Content-Type": "application/json"})
        except TimeoutError as error:
            raise _Passing(f"no answer within {self.timeout_s:g} s") from error
        except httpx.RequestError as error:
            raise _Passing(f"{type(error).__name__}: {_short(str(error))}") from error
        self._check(response)
        try:
            return read(read_json(response.content))
        except (ValueError, Unreadable) as error:
            raise _Passing(f"an answer that is not the protocol's: {_short(_text(response))!r}") from error

    def _check(self, response: httpx.Response) -> None:
        """Return for a success; raise what a refusal means."""
        code, url = response.status_code, response.url
        if response.is_success:
            return
        if code == httpx.codes.PAYMENT_REQUIRED or _has_no_quota(response):
            raise ServerError(
                f"{url} has no credit left for the key in {self.api_key_env} ({code} {_detail(response)}): top it up, "
                "and the same command goes on."
            )
        if code == httpx.codes.TOO_MANY_REQUESTS or response.is_server_error:
            raise _Passing(f"{code} {_detail(response)}", _retry_after_s(response))
        if code == httpx.codes.FORBIDDEN and _FILTERED.search(_text(response)):
            raise Refused(f"The endpoint refuses this request ({code} {_detail(response)}).")
        if code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
            raise ServerError(
                f"{url} refuses the key in the environment variable {self.api_key_env} ({code}): put a valid one there."
                if os.environ.get(self.api_key_env)
                else f"{url} asks for a key ({code}): put it into the environment variable {self.api_key_env}."
            )
        if code == httpx.codes.NOT_FOUND:
            raise ServerError(
                f"{url} is not there, or does not know the model (404 {_detail(response)}): check the address, which "
                "mostly ends in /v1, and the name after #."
            )
        if response.is_client_error:
            raise Refused(f"The endpoint refuses this request ({code} {_detail(response)}).")
        raise ServerError(f"{url} points elsewhere ({code} {response.headers.get('location', '')}): give that address.")


def _has_no_quota(response: httpx.Response) -> bool:
    """Whether it is not for too many calls that this one is turned down, but for want of money."""
    return response.status_code == httpx.codes.TOO_MANY_REQUESTS and "insufficient_quota" in _text(response)


def _detail(response: httpx.Response) -> str:
    """What an error body says, in whichever of the usual places."""
    try:
        body = read_json(response.content)
    except ValueError:
        return _short(_text(response))
    if isinstance(body, dict):
        body = body.get("error") or body.get("detail") or body.get("message") or body
    if isinstance(body, dict):
        body = body.get("message") or body
    return _short(str(body))


def _text(response: httpx.Response) -> str:
    """The body as UTF-8, whatever charset it claims: some that Python knows give no text."""
    return response.content.decode(errors="replace")


def _short(text: str) -> str:
    return textwrap.shorten(text, 200, placeholder=" …").rstrip(".")


def _retry_after_s(response: httpx.Response) -> float:
    """Seconds that the endpoint asks to wait: a number, or a date."""
    value = response.headers.get("retry-after", "")
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError, OverflowError):
        return 0.0
