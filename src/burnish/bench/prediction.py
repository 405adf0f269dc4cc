"""From a model's reply to a question to the record of it."""

from __future__ import annotations

from types import MappingProxyType

from burnish.models import Reply
from burnish.records import Dropped, Example, Facts, Prediction
from burnish.store import Run


def prediction(
    run: Run,
    example: Example,
    reply: Reply,
    *,
    distortion: str = "",
    number: int = 0,
    facts: Facts = MappingProxyType({}),
) -> Prediction | Dropped:
    """The answer with its pictures in the run, or why there is none; `facts` are added to the example's.

    `number` is that of the one picture of several, from 1, that was distorted; 0 for all.
    """
    if reply.finish == "error":
        return Dropped(id=example.id, source=example.source, reason="refused", detail=reply.error, replies=(reply.end,))
    return Prediction(
        id=example.id,
        image=run.add_image(example.image),
        question=example.question,
        answer=example.answer or "",
        text=reply.text,
        source=example.source,
        distortion=distortion,
        n_tokens=len(reply.token_ids) or reply.completion_tokens,
        facts={**example.facts, **facts},
        thinking=reply.thinking,
        replies=(reply.end,),
        more_images=tuple(map(run.add_image, example.more_images)),
        distorted_image=number if example.more_images else 0,
    )
