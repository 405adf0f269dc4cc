"""A double for tests: a model whose answers are written down, with the same face as a real one."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence

from burnish.ids import content_key, stable_seed
from burnish.models.base import Decoding, OnReply, Reply, Request, ScoredReply, Variants, ignore
from burnish.models.reading import read_text

END_TOKEN = 256
"""Tokens are the answer's UTF-8 bytes; this one ends it."""


class ScriptedModel:
    """Answers by a function of the request, or by a mapping from the last message's text.

    Deterministic, without torch. Scores are made up from hashes: they depend on conversation, pictures and tokens and
    on nothing else, and add up token by token, as real ones do.
    """

    def __init__(self, script: Callable[[Request], str] | Mapping[str, str], *, name: str = "scripted") -> None:
        self._answer = script if callable(script) else lambda request: script[request.messages[-1].text]
        self.fingerprint = hashlib.sha256(name.encode()).hexdigest()
        self.template_fingerprint = hashlib.sha256(b"scripted").hexdigest()
        self.generate_calls: list[int] = []
        """How many requests each call of `generate` had."""
        self.score_calls: list[int] = []
        """How many requests each call of `score` had."""

    def generate(self, requests: Sequence[Request], decoding: Decoding, on_reply: OnReply = ignore) -> list[Reply]:
        """The written answers, cut after `max_new_tokens` bytes."""
        self.generate_calls.append(len(requests))
        replies = []
        for number, request in enumerate(requests):
            replies.append(self._reply(self._answer(request), decoding.max_new_tokens))
            on_reply(number, replies[-1])
        return replies

    def score(self, requests: Sequence[Request], answers: Sequence[Sequence[Sequence[int]]]) -> list[list[float]]:
        """For each token a number in (-4, 0] that depends on request, place and token, summed over each answer."""
        self.score_calls.append(len(requests))
        keys = [_key(request) for request in requests]
        return [
            [sum(_logp(key, place, token) for place, token in enumerate(ids)) for ids in row]
            for key, row in zip(keys, answers, strict=True)
        ]

    def contrast(self, variants: Iterable[Variants], decoding: Decoding) -> list[tuple[ScoredReply, ...]]:
        """Answers like `generate`, weighed like `score`."""
        asked = [*variants]
        replies = [self.generate([clean, *distorted], decoding) for clean, distorted in asked]
        logps = self.score([clean for clean, _ in asked], [[reply.token_ids for reply in row] for row in replies])
        return [tuple(map(ScoredReply, *row)) for row in zip(replies, logps, strict=True)]

    def _reply(self, text: str, max_new_tokens: int) -> Reply:
        ids = (*text.encode(), END_TOKEN)[:max_new_tokens]
        ended = ids[-1] == END_TOKEN
        kept = bytes(ids[:-1] if ended else ids).decode(errors="ignore")
        return read_text(kept, cut=not ended, token_ids=ids, completion_tokens=len(ids))


def _key(request: Request) -> str:
    parts = [
        part
        for message in request.messages
        for part in (message.role, message.text, *(content_key(image.tobytes()) for image in message.images))
    ]
    return "\x1f".join(parts)


def _logp(key: str, place: int, token: int) -> float:
    return -4 * (stable_seed(key, place, token) / 2**63)
