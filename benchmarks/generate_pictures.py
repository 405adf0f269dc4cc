"""Answers and dialogues about pictures of 576 tokens, on a random model in a family's shape, and what limits them.

The limit is put together from parts that are measured alone, in batches of the same size: a picture and its prompt are
made ready and read, tokens are chosen one by one, answers are weighed behind a prompt that was read before, and of a
dialogue's later turns only what is new is read. Nothing else is in it: no batch is ever half full, nothing is copied.

Times are of the process's CPU, which others on the machine change little; on a GPU they are of the clock.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Callable, Sequence
from statistics import median
from typing import Any, NamedTuple, TypeVar

import torch

from burnish.distort import parse
from burnish.images import decode
from burnish.models import Decoding, Message, ModelOptions, Request, Variants
from burnish.models.local import LocalModel
from burnish.models.prefix import Prefix
from burnish.models.queue import Task
from burnish.pocket.vocabulary import words as vocabulary
from dpo_pairs import picture
from generate_alone import one_at_a_time
from shapes import Name, Shape, save

T = TypeVar("T")
TURNS = 3
QUESTION = 30
"""Words."""
DISTORTED = ("noise:500", "noise:800")


class Parts(NamedTuple):
    """Seconds, each for one prompt or one token of one row."""

    ready: float
    """A picture and its prompt, by the processor."""
    read: float
    """Both, by the model."""
    token: float
    """The choice of a token."""
    weighed: float
    """A whole answer behind a prompt that was read."""
    turn: float
    """What a later turn brings: an answer and a question."""


def measure(family: Name, *, width: int, examples: int, tokens: int, batch: int, repeats: int) -> dict[str, object]:
    """Save the model, run all in turns; the bars' numbers."""
    with tempfile.TemporaryDirectory() as folder:
        save(Shape(folder, family=family, width=width))
        options = ModelOptions(model=folder, device="cpu", batch_size=batch, reuse_gib=8.0)
        reusing = LocalModel.open(options)
        reading = LocalModel(reusing.model, reusing.processor, fingerprint=lambda: "", batch_size=batch)
        draw, decoding = random.Random(0), Decoding(max_new_tokens=tokens)
        variants = [_variants(draw) for _ in range(examples)]
        requests = [request for clean, distorted in variants for request in (clean, *distorted)]
        reusing.contrast(variants[:1], decoding)  # warms up
        _dialogues(reusing, variants[:2], decoding)  # tries whether it can go on from what it read
        found = []
        for _ in range(repeats):
            parts = _parts(reusing, requests[:batch], tokens)
            alone, expected = timed(lambda: one_at_a_time(reusing, requests, decoding))
            plain, replies = timed(lambda: reusing.generate(requests, decoding))
            pairs, weighed = timed(lambda: reusing.contrast(variants, decoding))
            answers = [one.reply.token_ids for row in weighed for one in row]
            again, talked = timed(lambda: _dialogues(reading, variants, decoding))
            dialogues, reused = timed(lambda: _dialogues(reusing, variants, decoding))
            least = _least(parts, answers, len(variants))
            found.append(
                {
                    "speedup": alone / pairs,
                    "limit": alone / least,
                    "fraction_of_limit": least / pairs,
                    "score_extra": pairs / plain - 1,
                    "fraction_of_limit_dialogues": _least_of_dialogues(parts, reused) / dialogues,
                    "reuse": again / dialogues,
                }
            )
            print({name: round(value, 3) for name, value in found[-1].items()}, parts, flush=True)
    return {
        **{name: median(one[name] for one in found) for name in found[0]},
        "equal": expected == [reply.token_ids for reply in replies] == answers,
        "equal_dialogues": talked == reused,
        "tokens": sum(map(len, answers)),
    }


def timed(work: Callable[[], T]) -> tuple[float, T]:
    """Seconds that it takes, and what it returns."""
    clock = time.perf_counter if torch.cuda.is_available() else time.process_time
    began = clock()
    result = work()
    return clock() - began, result


def _variants(draw: random.Random) -> Variants:
    image = decode(picture(draw))
    clean = Request(messages=(Message(role="user", text=_said(draw), images=(image,)),))
    distorted = [
        Request(messages=clean.messages, pixel_transform=parse(spec).pixels(draw.randrange(2**31)))
        for spec in DISTORTED
    ]
    return Variants(clean, tuple(distorted))


def _said(draw: random.Random) -> str:
    known = [word.strip() for word in vocabulary() if word.startswith(" ") and word.strip().isalpha()]
    return " ".join(draw.choices(known, k=QUESTION))


def _dialogues(model: LocalModel, variants: Sequence[Variants], decoding: Decoding) -> list[list[tuple[int, ...]]]:
    """Every clean question and two more behind it, all dialogues at once."""
    draw = random.Random(1)
    said: list[tuple[Message, ...]] = [clean.messages for clean, _ in variants]
    answers: list[list[tuple[int, ...]]] = [[] for _ in variants]
    for turn in range(TURNS):
        asked = [Request(messages=one, conversation=str(number)) for number, one in enumerate(said)]
        replies = model.generate(asked, decoding)
        for number, reply in enumerate(replies):
            answers[number].append(reply.token_ids)
            if turn + 1 < TURNS:
                more = (Message(role="assistant", text=reply.text), Message(role="user", text=_said(draw)))
                said[number] = (*said[number], *more)
    return answers


@torch.no_grad()
def _parts(model: LocalModel, requests: Sequence[Request], tokens: int) -> Parts:
    """Of a batch of these requests."""
    rows, network = len(requests), model.model
    draw = torch.Generator().manual_seed(0)

    def ids(length: int) -> torch.Tensor:
        return torch.randint(len(vocabulary()) // 2, (rows, length), generator=draw)

    ready, encodings = timed(lambda: [model.encoder.encode_request(request) for request in requests])
    tasks = [Task(request=number, encoding=one) for number, one in enumerate(encodings)]
    read, prefix = timed(lambda: Prefix.read(network, model._inputs(tasks)))
    whole: list[Any] = [prefix.select(range(rows)) for _ in range(3)]
    token, _ = timed(lambda: [whole[0].extend(ids(1)) for _ in range(tokens)])
    weighed, _ = timed(lambda: whole[1].extend(ids(tokens)))
    turn, _ = timed(lambda: whole[2].read_on([*ids(tokens + QUESTION)]))
    return Parts(ready / rows, read / rows, token / rows / tokens, weighed / rows, turn / rows)


def _least(parts: Parts, answers: Sequence[Sequence[int]], examples: int) -> float:
    """Seconds of all pairs: a first token comes with the prompt, and the clean answer's weight with its tokens."""
    reads = len(answers) * (parts.ready + parts.read)
    return reads + sum(len(ids) - 1 for ids in answers) * parts.token + (len(answers) - examples) * parts.weighed


def _least_of_dialogues(parts: Parts, answers: Sequence[Sequence[Sequence[int]]]) -> float:
    """Seconds of all dialogues: every turn is made ready, the first is read whole."""
    turns = [ids for one in answers for ids in one]
    reads = len(turns) * parts.ready + len(answers) * parts.read + (len(turns) - len(answers)) * parts.turn
    return reads + sum(len(ids) - 1 for ids in turns) * parts.token
