"""A stream of encoded prompts in an order that wastes little: windows of them, each sorted by length."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import TypeAlias, final

from burnish.errors import RequestError
from burnish.models.base import Request
from burnish.models.encoding import Encoder, Encoding


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A prompt to be answered."""

    request: int
    """Number of the request that it is made from."""
    variant: int = 0
    """Number among the prompts that are made from it."""
    variants: int = 1
    """How many these are."""
    encoding: Encoding
    seed: int = 0
    """Decides what is drawn."""
    conversation: str = ""
    """The request's."""
    against: Task | None = None
    """The same prompt about a distorted picture, whose scores the answer's are set against."""

    def __len__(self) -> int:
        return len(self.encoding)


@final
class Queue(Iterator[Task]):
    """Tasks in their order, of which some may be put back."""

    def __init__(self, tasks: Iterable[Task]) -> None:
        self._tasks, self._returned = iter(tasks), deque[Task]()

    def take(self, most: int) -> list[Task]:
        """The next that one forward pass may read together, `most` at the most; none where all are taken."""
        some = [*islice(self, most)]
        count = next((i for i, task in enumerate(some) if not _fit(task, some[0])), len(some))
        self.put_back(some[count:])
        return some[:count]

    def put_back(self, tasks: Sequence[Task]) -> None:
        """They come next, in this order."""
        self._returned.extendleft(reversed(tasks))

    def __next__(self) -> Task:
        return self._returned.popleft() if self._returned else next(self._tasks)


def _fit(task: Task, other: Task) -> bool:
    return task.encoding.pass_key == other.encoding.pass_key


Refuse: TypeAlias = Callable[[int, int, RequestError], None]
"""Told the number of a request and of its variant that cannot be encoded, and why."""


def encode_all(
    encoder: Encoder, variants: Iterator[Sequence[Request]], refuse: Refuse, *, window: Callable[[], int]
) -> Iterator[Task]:
    """Tasks for all variants of all requests, those of one request together.

    As many as `window` says are encoded and sorted together: it bounds the memory that waiting pictures take.
    """
    waiting: list[list[Task]] = []
    for number, prompts in enumerate(variants):
        waiting.append(_encode(encoder, number, prompts, refuse))
        if sum(map(len, waiting)) >= window():
            yield from _longest_first(waiting)
            waiting = []
    yield from _longest_first(waiting)


def _longest_first(requests: Sequence[Sequence[Task]]) -> Iterator[Task]:
    """A batch that does not fit into memory shows at once."""
    return chain.from_iterable(sorted(requests, key=lambda tasks: max(map(len, tasks), default=0), reverse=True))


def _encode(encoder: Encoder, number: int, prompts: Sequence[Request], refuse: Refuse) -> list[Task]:
    tasks = []
    for variant, prompt in enumerate(prompts):
        try:
            encoding = encoder.encode_request(prompt)
        except RequestError as error:
            refuse(number, variant, error)
        else:
            tasks.append(
                Task(
                    request=number,
                    variant=variant,
                    encoding=encoding,
                    seed=prompt.seed,
                    conversation=prompt.conversation,
                )
            )
    return [replace(task, variants=len(tasks)) for task in tasks]
