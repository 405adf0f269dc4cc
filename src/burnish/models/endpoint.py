"""One HTTP endpoint that speaks OpenAI's chat protocol: calls, retries, and what its refusals mean.

What may pass by itself is tried again with growing, jittered pauses: no connection, no answer in time, 429, 5xx, and an
answer that cannot be read. What will not is never tried again.
"""

from __future__ import annotations

import asyncio
import io
import os
import random
import re
import ssl
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from http import HTTPStatus
from typing import Any, NamedTuple, TypeVar

import aiohttp

from burnish.errors import ConfigError, ServerError
from burnish.jsons import read_json
from burnish.models.address import Address, certificates

T = TypeVar("T")

_FILTERED = re.compile(r"flagged|moderation|content.?(filter|policy)|safety", re.IGNORECASE)
"""What a refusal says that concerns what one request shows or asks, and not the key."""
_LONGEST_HEADER = 65_536
"""Bytes of a header; some gateways send long ones."""
LONGEST_PAUSE_S = 300.0
"""However long an endpoint asks to be left alone, it is asked again after this."""


class Refused(Exception):
    """The endpoint will never answer this one request (a 4xx); the text is one sentence."""


class Exhausted(ServerError):
    """A request failed at every try, each time in a way that may pass by itself."""


class Unreadable(Exception):
    """An answer came that is not what the protocol says."""


class _HttpResponse(NamedTuple):
    """An answer, of whatever kind."""

    url: str
    status: int
    headers: Mapping[str, str]
    """By names in any case."""
    content: bytes

    @property
    def text(self) -> str:
        """The body as UTF-8, whatever charset it claims: some that Python knows give no text."""
        return self.content.decode(errors="replace")


class _Passing(Exception):
    """A failure that may pass by itself."""

    def __init__(self, reason: str, retry_after_s: float = 0.0) -> None:
        super().__init__(reason)
        self.retry_after_s = retry_after_s


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """Where an endpoint is and how patiently it is asked."""

    url: Address
    """The base address, such as http://localhost:8000/v1."""
    api_key_env: str
    timeout_s: float
    retries: int
    first_pause_s: float = 0.5
    """The first pause before a retry; each further one is twice as long, less up to half of it by chance."""

    @classmethod
    def parse(cls, address: str, *, api_key_env: str, timeout_s: float, retries: int) -> Endpoint:
        """An endpoint from an address as the user wrote it. Raises ConfigError."""
        return cls(url=Address.parse(address), api_key_env=api_key_env, timeout_s=timeout_s, retries=retries)

    @cached_property
    def _certificates(self) -> ssl.SSLContext | bool:
        """Read once: it takes as long as many calls."""
        return certificates() if self.url.scheme == "https" else True

    def client(self) -> aiohttp.ClientSession:
        """A client for any number of calls at once, which sends the key, if the environment holds one.

        To be made in the event loop, and used as a context manager. Raises ConfigError.
        """
        key = os.environ.get(self.api_key_env, "").strip()
        if not (key.isascii() and key.isprintable()):
            raise ConfigError(f"The key in {self.api_key_env} has characters that no key can have: set it again.")
        return aiohttp.ClientSession(
            headers={"Content-Type": "application/json", **({"Authorization": f"Bearer {key}"} if key else {})},
            connector=aiohttp.TCPConnector(limit=0, ssl=self._certificates),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(),  # none: `_once` puts one limit on the whole call
            proxy=self.url.proxy,
            max_line_size=_LONGEST_HEADER,
            max_field_size=_LONGEST_HEADER,
        )

    async def call(
        self, client: aiohttp.ClientSession, method: str, path: str, body: bytes | None, read: Callable[[Any], T]
    ) -> T:
        """What `read` makes of the JSON answer to one call; `body` is JSON too.

        Raises Refused for a 4xx that concerns this request alone, ServerError for one that concerns them all, and
        Exhausted when every retry has failed.
        """
        url = str(self.url.below(path))
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
        self, client: aiohttp.ClientSession, method: str, url: str, body: bytes | None, read: Callable[[Any], T]
    ) -> T:
        data = None if body is None else io.BytesIO(body)  # which is sent piece by piece
        try:
            async with (
                asyncio.timeout(self.timeout_s),
                client.request(method, url, data=data, allow_redirects=False) as response,
            ):
                content = await response.read()
        except TimeoutError as error:
            raise _Passing(f"no answer within {self.timeout_s:g} s") from error
        except (aiohttp.ClientError, OSError) as error:
            raise _Passing(_short(_failure(error))) from error
        answer = _HttpResponse(url, response.status, response.headers, content)
        self._check(answer)
        try:
            return read(read_json(content))
        except (ValueError, Unreadable) as error:
            raise _Passing(f"an answer that is not the protocol's: {_short(answer.text)!r}") from error

    def _check(self, answer: _HttpResponse) -> None:
        """Return for a success; raise what a refusal means."""
        code, url = answer.status, answer.url
        if HTTPStatus.OK <= code < HTTPStatus.MULTIPLE_CHOICES:
            return
        if code == HTTPStatus.PAYMENT_REQUIRED or _has_no_quota(answer):
            raise ServerError(
                f"{url} has no credit left for the key in {self.api_key_env} ({code} {_detail(answer)}): top it up, "
                "and the same command goes on."
            )
        if code == HTTPStatus.TOO_MANY_REQUESTS or code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise _Passing(f"{code} {_detail(answer)}", _retry_after_s(answer))
        if code == HTTPStatus.FORBIDDEN and _FILTERED.search(answer.text):
            raise Refused(f"The endpoint refuses this request ({code} {_detail(answer)}).")
        if code in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            raise ServerError(
                f"{url} refuses the key in the environment variable {self.api_key_env} ({code}): put a valid one there."
                if os.environ.get(self.api_key_env)
                else f"{url} asks for a key ({code}): put it into the environment variable {self.api_key_env}."
            )
        if code == HTTPStatus.NOT_FOUND:
            raise ServerError(
                f"{url} is not there, or does not know the model (404 {_detail(answer)}): check the address, which "
                "mostly ends in /v1, and the name after #."
            )
        if code >= HTTPStatus.BAD_REQUEST:
            raise Refused(f"The endpoint refuses this request ({code} {_detail(answer)}).")
        raise ServerError(f"{url} points elsewhere ({code} {answer.headers.get('location', '')}): give that address.")


def _failure(error: Exception) -> str:
    """What kept an answer from coming, in words that say the same of every system."""
    if isinstance(error, aiohttp.ClientConnectorError) and not isinstance(error, aiohttp.ClientSSLError):
        return f"ConnectError: {error.os_error.strerror or error.os_error}"
    return f"{type(error).__name__}: {error}"


def _has_no_quota(answer: _HttpResponse) -> bool:
    """Whether it is not for too many calls that this one is turned down, but for want of money."""
    return answer.status == HTTPStatus.TOO_MANY_REQUESTS and "insufficient_quota" in answer.text


def _detail(answer: _HttpResponse) -> str:
    """What an error body says, in whichever of the usual places."""
    try:
        body = read_json(answer.content)
    except ValueError:
        return _short(answer.text)
    if isinstance(body, dict):
        body = body.get("error") or body.get("detail") or body.get("message") or body
    if isinstance(body, dict):
        body = body.get("message") or body
    return _short(str(body))


def _short(text: str) -> str:
    return textwrap.shorten(text, 200, placeholder=" …").rstrip(".")


def _retry_after_s(answer: _HttpResponse) -> float:
    """Seconds that the endpoint asks to wait: a number, or a date."""
    value = answer.headers.get("retry-after", "")
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError, OverflowError):
        return 0.0
