"""Answers to a stream of prompts, so many at a time: where answers have ended, other prompts take their places.

So little is computed behind an answer's end, and no long answer is alone in the batch while prompts wait.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeAlias, final

import torch

from burnish.models.decoding import Choose, penalised, token_logps
from burnish.models.memory import BatchSize
from burnish.models.padding import of_like_length
from burnish.models.prefix import Prefix
from burnish.models.queue import Queue, Task

FREE = 0.5
"""Share of the batch that must be free before prompts are read into it: reading a single one is dear."""
ENDED = 0.25
"""Share of the rows that must have ended before the others go on without them: they are copied for it."""


class Answered(NamedTuple):
    """A task and its answer."""

    task: Task
    token_ids: tuple[int, ...]
    """The end token included where it came."""
    logp: float
    """Summed log-probability (nats) of the tokens, by the scores that they were chosen by."""


ReadPrompts: TypeAlias = Callable[[Sequence[Task]], Prefix]
"""From prompts to a prefix with a row for each."""


class Streams(NamedTuple):
    """From how many readings of its prompt an answer is made, and how."""

    readings: int
    """Rows of a prefix for each task, one behind the other."""
    combine: Callable[[torch.Tensor], torch.Tensor]
    """From those rows' scores of the next token (readings * B, V) to the scores that it is chosen by (B, V)."""


ONE = Streams(1, lambda logits_BV: logits_BV)


@dataclass(slots=True)
class _BatchRow:
    task: Task
    numbers: random.Random
    token_ids: list[int] = field(default_factory=list)
    logp: float = 0.0
    ended: bool = False


@final
class Answering:
    """Tasks on their way to answers."""

    def __init__(
        self,
        tasks: Iterator[Task],
        read: ReadPrompts,
        choose: Choose,
        *,
        end_ids: Collection[int],
        max_new_tokens: int,
        batch: BatchSize,
        streams: Streams = ONE,
        penalty: float = 1.0,
    ) -> None:
        """`read` gives as many rows for each task as `streams` says; `penalty` is as `penalised` has it."""
        self._penalty = penalty
        self._read, self._choose, self._batch, self._streams = read, choose, batch, streams
        self._queue = Queue(tasks)
        self._end_ids, self._max_new_tokens = end_ids, max_new_tokens
        self._rows: list[_BatchRow] = []
        self._prefix: Prefix | None = None
        """What has been read of each row, its tokens but for the last included."""
        self._tokens_B = torch.empty(0)
        """The last token of each row."""

    def __iter__(self) -> Iterator[Answered]:
        """Every task's answer as soon as it ends. Raises ModelError where a single task does not fit into memory."""
        while self._advance():
            yield from self._choose_tokens()

    def _advance(self) -> bool:
        """Bring a batch to where its next tokens can be chosen. False when there is nothing left to do."""
        while self._batch.within_memory(self._step, self._lengths) is None:
            self._queue.put_back([row.task for row in self._rows if not row.ended])
            self._prefix, self._rows = None, []
        return bool(self._rows)

    def _lengths(self) -> list[int]:
        return [len(row.task) + len(row.token_ids) for row in self._rows if not row.ended]

    def _step(self) -> Literal[True]:
        self._extend()
        self._fill()
        return True

    def _extend(self) -> None:
        if self._prefix is not None:
            if all(row.ended for row in self._rows):
                self._prefix = None
            else:
                self._prefix.extend(self._tokens_B.repeat_interleave(self._streams.readings)[:, None])

    def _fill(self) -> None:
        """Let rows go that have ended, and others take their place."""
        live = [number for number, row in enumerate(self._rows) if not row.ended]
        free = self._batch.size - len(live)
        may_join = not live or (self._prefix is not None and self._prefix.joinable)
        new = self._queue.take(free) if may_join and free >= FREE * self._batch.size else []
        if not new and len(self._rows) - len(live) < ENDED * len(self._rows):
            return
        # the rows come first: should memory be full, their tasks begin again
        self._rows = [self._rows[number] for number in live] + [
            _BatchRow(task, random.Random(task.seed)) for task in new
        ]
        parts: list[tuple[Prefix, Sequence[int]]] = []
        if self._prefix is not None and live:
            parts.append((self._prefix, self._readings(live)))
        parts += self._read_alike(new)
        alone = bool(new) and len(parts) == 1 and parts[0][0].has_room
        self._prefix = parts[0][0] if alone else Prefix.join(parts) if parts else None

    def _read_alike(self, new: Sequence[Task]) -> Iterator[tuple[Prefix, Sequence[int]]]:
        """Prefixes of prompts of like length, and their rows; what cannot be joined with the first waits."""
        read = 0
        for group in of_like_length(new):
            prefix = self._read(group)
            yield prefix, self._readings(range(len(group)))
            read += len(group)
            if not prefix.joinable and read < len(new):
                self._queue.put_back(new[read:])
                del self._rows[read - len(new) :]
                return

    def _readings(self, rows: Sequence[int]) -> Sequence[int]:
        """The rows of the prefix that belong to these answers."""
        each = self._streams.readings
        return [each * row + reading for row in rows for reading in range(each)]

    def _choose_tokens(self) -> Iterator[Answered]:
        assert self._prefix is not None
        logits_BV = self._streams.combine(self._prefix.logits_BV)
        seen = (
            [(*row.task.encoding.input_ids.tolist(), *row.token_ids) for row in self._rows]
            if self._penalty != 1
            else []
        )
        chosen_by_BV = penalised(logits_BV, seen, self._penalty) if seen else logits_BV
        self._tokens_B = self._choose(chosen_by_BV, [row.numbers for row in self._rows])
        logps_B1 = token_logps(logits_BV[:, None], self._tokens_B[:, None])
        for row, token, [logp] in zip(self._rows, self._tokens_B.tolist(), logps_B1.tolist(), strict=True):
            if row.ended:
                continue
            row.token_ids.append(token)
            row.logp += logp
            if token in self._end_ids or len(row.token_ids) == self._max_new_tokens:
                row.ended = True
                yield Answered(row.task, tuple(row.token_ids), row.logp)
