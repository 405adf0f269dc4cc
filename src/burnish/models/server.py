"""A model at any OpenAI-compatible endpoint: vLLM, `transformers serve`, a hosted service.

Requests are taken as calls become free, so that no more than `concurrency` pictures are encoded and no more calls are
open at once, however many requests there are.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import Any, final

import aiohttp

from burnish.errors import ModelError, ServerError
from burnish.models.base import (
    Call,
    CallLimit,
    CallSource,
    Decoding,
    Message,
    ModelOptions,
    OnReply,
    Reply,
    Request,
    ignore,
    run_to_end,
)
from burnish.models.dialect import Dialect
from burnish.models.endpoint import Endpoint, Exhausted, Refused, Unreadable
from burnish.models.first_replies import FirstReplies
from burnish.models.reading import read_completion
from burnish.models.request_pool import GIVE_UP, RequestPool
from burnish.models.sending import AS_THEY_ARE, Sending
from burnish.records import Json
from burnish.redaction import redacted


class ServerModel:
    """One named model at an endpoint, as `burnish.models.Model`. It cannot weigh answers."""

    template_fingerprint = ""
    """The endpoint hides its chat template."""

    def __init__(
        self,
        endpoint: Endpoint,
        name: str,
        *,
        concurrency: int = 32,
        sending: Sending = AS_THEY_ARE,
        give_up: int = GIVE_UP,
        penalised: bool = False,
        fields: Mapping[str, Json] = MappingProxyType({}),
    ) -> None:
        """`penalised` leaves the repetition penalty to the endpoint; `fields` are merged into every request."""
        self.name = name
        self._sending = sending
        self._endpoint = endpoint
        self._concurrency = concurrency
        self._give_up = give_up
        self._penalised = penalised
        self._fields = dict(fields)
        self._dialect = Dialect(fixed=fields)

    @classmethod
    def open(cls, options: ModelOptions) -> ServerModel:
        """The model that `http://HOST/v1#NAME` names; without a name, the endpoint's only one.

        Raises ConfigError for a bad address and ServerError where a name is needed and cannot be found.
        """
        address, _, name = options.model.partition("#")
        endpoint = Endpoint.parse(
            address, api_key_env=options.api_key_env, timeout_s=options.timeout, retries=options.retries
        )
        return cls(
            endpoint,
            name or _only_model(endpoint),
            concurrency=options.concurrency,
            penalised=options.repetition_penalty == "checkpoint",
            fields=options.request_fields,
            sending=Sending.parse(options.send, options.send_side),
            give_up=options.give_up,
        )

    @property
    def fingerprint(self) -> str:
        """Digest of address and name. It is weak: it cannot tell when the endpoint changes the weights behind them."""
        return hashlib.sha256(f"{redacted(str(self._endpoint.url))}\n{self.name}".encode()).hexdigest()

    def generate(self, requests: Sequence[Request], decoding: Decoding, on_reply: OnReply = ignore) -> list[Reply]:
        """One reply per request, in order; an empty text is an answer like any other.

        A request that the endpoint refuses for good (a 4xx) gets a reply with `finish="error"`. Raises ServerError
        for what concerns every request (no valid key, no credit, no such model, the first eight all refused alike), and
        where the endpoint fails again and again; and ModelError for pixel noise.
        """
        replies: dict[int, Reply] = {}

        def keep(number: int, reply: Reply) -> None:
            replies[number] = reply
            on_reply(number, reply)

        run_to_end(self.stream(_ModelList(requests, decoding), keep))
        return [replies[number] for number in range(len(requests))]

    @property
    def places(self) -> int:
        """Calls that are open at once."""
        return self._concurrency

    @property
    def address(self) -> str:
        """Of its endpoint."""
        return str(self._endpoint.url)

    async def stream(self, calls: CallSource, on_reply: OnReply, gate: CallLimit | None = None) -> None:
        """The same of calls that are taken one by one, as places become free; see `StreamingModel`."""
        first = FirstReplies(on_reply)
        open_calls = RequestPool(
            calls, self._body, first, places=self._concurrency, give_up=self._give_up, on_idle=first.pass_on
        )

        async with self._endpoint.client() as client:
            answer = partial(self._answer, client, gate or nullcontext())
            await open_calls.answer_all(lambda: open_calls.work(answer), partial(self._is_well, client))

    async def _is_well(self, client: aiohttp.ClientSession) -> bool:
        """Whether the endpoint lists its models, or at least says that it does not."""
        try:
            await self._endpoint.call(client, "GET", "/models", None, lambda body: body)
        except Exhausted:
            return False
        except (Refused, ServerError):
            return True
        return True

    async def _answer(
        self, client: aiohttp.ClientSession, gate: AbstractAsyncContextManager[None], body: bytes
    ) -> Reply:
        async with gate:
            return await self._reply_to(client, body)

    async def _reply_to(self, client: aiohttp.ClientSession, body: bytes) -> Reply:
        """The reply to one request, which is sent again without each field that the endpoint does not take."""
        without: list[str] = []
        while True:
            sent = self._dialect.adapted(body, also=without)
            known = self._dialect.refused
            try:
                reply = await self._endpoint.call(client, "POST", "/chat/completions", sent, read_completion)
            except Refused as refusal:
                name = self._dialect.refused_field(sent, str(refusal))
                if name is None:
                    return Reply(text="", finish="error", error=str(refusal))
                without.append(name)
            else:
                self._dialect.learn(without)
                return replace(reply, asked_without=tuple(dict.fromkeys((*known, *without))))

    def _body(self, call: Call) -> bytes:
        request, decoding = call.build(), call.decoding
        if decoding.beams > 1:
            raise ModelError(
                f"{decoding.beams} beams cannot be searched through a server, whose protocol has none: use a local "
                "model, or --beams 1."
            )
        if decoding.contrast:
            raise ModelError(
                "Visual contrastive decoding needs a model's scores at every token, which no server gives: use a local "
                "model, or no --contrast."
            )
        if request.pixel_transform is not None:
            raise ModelError(
                "Noise in a model's pixel space cannot go through a server, which takes only image files: use "
                "imagenoise:800, its approximation on the picture itself, or a local model."
            )
        body: dict[str, Any] = {
            "model": self.name,
            "messages": [_message(message, self._sending) for message in request.messages],
            "max_tokens": decoding.max_new_tokens,
            "temperature": decoding.temperature,
        }
        if decoding.temperature > 0:
            body |= {"top_p": decoding.top_p, "seed": request.seed}
        if not self._penalised:
            body["repetition_penalty"] = 1.0
        return json.dumps(body | self._fields).encode()


@final
class _ModelList:
    """Requests that are all known, as a `CallSource`."""

    def __init__(self, requests: Sequence[Request], decoding: Decoding) -> None:
        self._requests, self._decoding, self._next = requests, decoding, 0

    @property
    def over(self) -> bool:
        """Whether all were taken."""
        return self._next == len(self._requests)

    def take(self) -> Call | None:
        """The next."""
        if self.over:
            return None
        self._next += 1
        return Call(partial(self._requests.__getitem__, self._next - 1), self._decoding)

    def listen(self, wake: Callable[[], None]) -> None:
        """There is nothing to wait for."""


def _message(message: Message, sending: Sending) -> dict[str, Any]:
    if not message.images:
        return {"role": message.role, "content": message.text}
    pictures = [{"type": "image_url", "image_url": {"url": sending.data_url(image)}} for image in message.images]
    return {"role": message.role, "content": [*pictures, {"type": "text", "text": message.text}]}


def _only_model(endpoint: Endpoint) -> str:
    async def ask() -> list[str]:
        async with endpoint.client() as client:
            return await endpoint.call(client, "GET", "/models", None, _names)

    try:
        names = run_to_end(ask())
    except Refused as refusal:
        raise ServerError(f"{endpoint.url} does not say which models it has ({refusal}): add #NAME.") from refusal
    if len(names) != 1:
        found = "no model" if not names else f"{len(names)} models ({', '.join(sorted(names)[:20])})"
        raise ServerError(f"{endpoint.url} lists {found}: name one after the address, as in {endpoint.url}#NAME.")
    return names[0]


def _names(body: Any) -> list[str]:
    try:
        return [str(entry["id"]) for entry in body["data"]]
    except (KeyError, TypeError) as error:
        raise Unreadable from error
