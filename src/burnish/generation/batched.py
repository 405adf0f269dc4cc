"""Lives whose models are asked in whole batches: local models, which compute many requests at a time.

What a local model says can depend, in the last digits, on its neighbours in a batch. So the replies of a batch are kept
all together or not at all, and a batch that a kill tore is asked again whole, with the same requests in it.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import replace
from itertools import groupby

from burnish.generation.driver import Lives, Wanted
from burnish.generation.requests import Ask, Requests
from burnish.models import Reply, ScoringModel, StreamingModel, Variants


def live_in_batches(lives: Lives) -> None:
    """Ask until all lives have ended, always for what most of them wait for. Raises ModelError or ServerError."""
    while batch := _next_batch(lives):
        replies = _scored(lives, batch) if _is_scored(batch[0].ask) else _replies(lives, batch)
        for one, reply in zip(batch, replies, strict=True):
            lives.hand_on(one, reply)


def _next_batch(lives: Lives) -> list[Wanted]:
    """What may be asked together, as much of it as there is; empty at the end."""
    while lives.open_next():
        pass
    groups: dict[Hashable, list[Wanted]] = {}
    for one in lives.take_all():
        groups.setdefault(_together(one.ask), []).append(one)
    largest = max(groups.values(), key=len, default=[])
    for group in groups.values():
        if group is not largest:
            lives.requeue(group)
    return largest


def _together(ask: Ask) -> Hashable:
    return id(ask.model), ask.decoding, ask.scored


def _replies(lives: Lives, batch: Sequence[Wanted]) -> Sequence[Reply]:
    """An endpoint's replies are kept the moment they come: they may be paid for."""
    asks = [one.ask for one in batch]
    model, at_once = asks[0].model, isinstance(asks[0].model, StreamingModel)

    def hear(number: int, reply: Reply) -> None:
        if at_once:
            lives.keep([(batch[number], reply)])
        lives.heard()

    replies = model.generate(Requests(asks), asks[0].decoding, hear)
    if not at_once:
        lives.keep([*zip(batch, replies, strict=True)])
    return replies


def _is_scored(ask: Ask) -> bool:
    return ask.scored and isinstance(ask.model, ScoringModel)


def _scored(lives: Lives, batch: Sequence[Wanted]) -> Sequence[Reply]:
    """What each life asks together is scored on the first of its requests."""
    model = batch[0].ask.model
    assert isinstance(model, ScoringModel)
    # built when they are reached, so that few pictures are open at a time
    built = ([one.ask.build() for one in group] for _, group in groupby(batch, key=lambda one: one.one.position))
    variants = (Variants(first, tuple(others)) for first, *others in built)
    scored = [one for some in model.contrast(variants, batch[0].ask.decoding) for one in some]
    replies = [replace(one.reply, logp=one.logp) for one in scored]
    lives.keep([*zip(batch, replies, strict=True)])
    for _ in replies:
        lives.heard()
    return replies
