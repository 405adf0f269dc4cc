"""Answers to requests and to variants of them, all weighed on the request itself.

A request's prompt is read once: what was read is kept until its variants' answers have ended, and then continued by
each of them. What its own answer weighs is known from choosing its tokens.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, TypeAlias, final

from burnish.models.continuous_batching import Answered, ReadPrompts
from burnish.models.decoding import Continuation, score
from burnish.models.memory import BatchSize
from burnish.models.prefix import Prefix
from burnish.models.queue import Task

WAITING = 2
"""Batches of answers that are collected before they are weighed, so that each pass has answers of like length."""

_TaskKey: TypeAlias = tuple[int, tuple[int, ...]]
"""A request's number and an answer's tokens."""


class Contrasted(NamedTuple):
    """An answer to a request or to a variant of it."""

    answered: Answered
    logp: float | None
    """Summed log-probability (nats) of the answer after the request; None where that was refused."""


@final
class Contrasting:
    """Requests (variant 0 of themselves) whose prompts are kept until all their variants' answers are weighed."""

    def __init__(self, read: ReadPrompts, batch: BatchSize) -> None:
        self._read, self._batch = read, batch
        self._prompts: dict[int, tuple[Prefix, int]] = {}
        """By request, what was read of its prompt: a row of a prefix."""
        self._answers: defaultdict[int, list[Answered]] = defaultdict(list)
        """By request, what has ended so far."""
        self._complete: list[Answered] = []
        """All answers of some requests, to be told once they are weighed."""
        self._waiting: dict[_TaskKey, Continuation] = {}
        self._logps: dict[_TaskKey, float] = {}

    def read(self, tasks: Sequence[Task]) -> Prefix:
        """Read prompts, and keep those of the requests themselves."""
        prefix = self._read(tasks)
        rows = [row for row, task in enumerate(tasks) if task.variant == 0]
        if rows:
            kept = prefix.select(rows)
            self._prompts |= {tasks[row].request: (kept, number) for number, row in enumerate(rows)}
        return prefix

    def score_replies(self, answers: Iterable[Answered]) -> Iterator[Contrasted]:
        """Every answer with its weight, once those to all variants of its request are there."""
        for answered in answers:
            siblings = self._answers[answered.task.request]
            siblings.append(answered)
            if len(siblings) == answered.task.variants:
                self._collect(self._answers.pop(answered.task.request))
                if len(self._waiting) >= WAITING * self._batch.size:
                    yield from self._report()
        yield from self._report()

    def _collect(self, siblings: Sequence[Answered]) -> None:
        request = siblings[0].task.request
        prompt = self._prompts.pop(request, None)
        self._complete += siblings
        self._logps |= {(request, one.token_ids): one.logp for one in siblings if one.task.variant == 0}
        for key in ((request, one.token_ids) for one in siblings):
            # an answer that several variants have in common is weighed once, one that is the request's own never
            if prompt is not None and key not in self._logps:
                self._waiting[key] = Continuation(*prompt, key[1])

    def _report(self) -> Iterator[Contrasted]:
        self._logps |= zip(self._waiting, score([*self._waiting.values()], self._batch), strict=True)
        for answered in self._complete:
            yield Contrasted(answered, self._logps.get((answered.task.request, answered.token_ids)))
        self._complete, self._waiting, self._logps = [], {}, {}
