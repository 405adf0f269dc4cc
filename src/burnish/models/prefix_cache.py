"""Prompts that go on from where their conversation's last prompt ended: its picture and its turns are not read again.

What was read of a prompt is kept, while there is room, until the next call has ended: by then the conversation has gone
on or has ended. What of it can be used is decided by tokens and pictures alone. Whether a model can be read in two
parts at all (its positions or masks may depend on the whole prompt) is tried on the first prompts.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple, final

import torch

from burnish.models.cache import ROOM
from burnish.models.continuous_batching import ReadPrompts
from burnish.models.encoding import Encoding
from burnish.models.prefix import Prefix
from burnish.models.queue import Task

log = logging.getLogger(__name__)

ROUNDING = {torch.float32: 0.01, torch.float64: 0.01}
"""How far scores of the next token may be from those of one reading, as a share of the largest of them."""
COARSE_ROUNDING = 0.1
FORGOTTEN = 4
"""Times as many tokens as are forgotten of a kept prompt must be gone on from, or the prompt is read anew."""
TRIED = 2
"""Prompts that are read in both ways, once, to see whether the model can be read in two parts."""


class _CachedPrompt(NamedTuple):
    """A prompt that was read: a row of a prefix."""

    prefix: Prefix
    row: int
    ids: torch.Tensor
    pictures: bytes
    """Digest."""


class _PrefixRow(NamedTuple):
    """A row of a prefix."""

    prefix: Prefix
    row: int


class _Continued(NamedTuple):
    """A prompt whose first tokens are those of a kept one."""

    task: Task
    kept: _CachedPrompt
    common: int


@final
class PrefixCache:
    """Reads prompts, and keeps what it read for the prompts that continue them."""

    def __init__(self, read: ReadPrompts, *, image_token_id: int | None, limit: int) -> None:
        """Keeps up to `limit` bytes, and nothing where the tokens that stand for pictures are not known."""
        self._read = read
        self._image_token_id, self._limit = (-1, 0) if image_token_id is None else (image_token_id, limit)
        self._kept: dict[str, _CachedPrompt] = {}
        self._of_this_call: dict[str, _CachedPrompt] = {}
        self._reads_in_parts: bool | None = None
        """Unknown until it is tried."""

    def begin(self) -> None:
        """A call begins. What the last one read may be continued; what it did not continue is let go."""
        self._kept, self._of_this_call = self._of_this_call, {}

    def forget(self) -> None:
        """Let everything go."""
        self._kept, self._of_this_call = {}, {}

    def read(self, tasks: Sequence[Task]) -> Prefix:
        """A prefix with a row for each prompt."""
        digests = [_digest(task.encoding) if self._limit and task.conversation else b"" for task in tasks]
        each = enumerate(zip(tasks, digests, strict=True))
        continued = {number: one for number, (task, seen) in each if (one := self._continued(task, seen)) is not None}
        if continued and not self._can_continue([*continued.values()][:TRIED]):
            continued = {}
        fresh = [number for number in range(len(tasks)) if number not in continued]
        places: dict[int, _PrefixRow] = {}
        if continued:
            prefix = _read_on([*continued.values()])
            places |= {number: _PrefixRow(prefix, row) for row, number in enumerate(continued)}
        if fresh:
            prefix = self._read([tasks[number] for number in fresh])
            places |= {number: _PrefixRow(prefix, row) for row, number in enumerate(fresh)}
        if continued and fresh:
            prefix = _joined([places[number] for number in range(len(tasks))])
        self._keep(tasks, digests, prefix)
        return prefix.sharing()

    def _continued(self, task: Task, pictures: bytes) -> _Continued | None:
        """What the task's conversation has kept of it, if that is all of its pictures at least."""
        kept = self._kept.pop(task.conversation, None)
        if kept is None or kept.pictures != pictures:
            return None
        ids = task.encoding.input_ids
        # the last token is always read, since what comes after it is to be predicted
        shared = min(len(ids) - 1, len(kept.ids))
        common = int((ids[:shared] == kept.ids[:shared]).cumprod(dim=0).sum())
        marks = ids.eq(self._image_token_id).nonzero()
        end_of_pictures = int(marks.max()) + 1 if len(marks) else 0
        # what is forgotten stays in its place, masked, and is computed with
        worth = common > FORGOTTEN * (len(kept.ids) - common) and common >= end_of_pictures
        return _Continued(task, kept, common) if worth else None

    def _keep(self, tasks: Sequence[Task], digests: Sequence[bytes], prefix: Prefix) -> None:
        if not any(task.conversation for task in tasks) or not prefix.joinable or self._reads_in_parts is False:
            return
        held = {id(kept.prefix): kept.prefix for kept in (*self._kept.values(), *self._of_this_call.values())}
        # no other is let go for it, so that all are not let go in turn where too many are open
        if sum(one.n_bytes for one in (*held.values(), prefix)) > self._limit:
            return
        for row, (task, pictures) in enumerate(zip(tasks, digests, strict=True)):
            if task.conversation:
                self._of_this_call[task.conversation] = _CachedPrompt(prefix, row, task.encoding.input_ids, pictures)

    def _can_continue(self, continued: Sequence[_Continued]) -> bool:
        """Whether the model reads prompts in two parts as in one, tried once."""
        if self._reads_in_parts is None:
            whole_BV, parts_BV = self._read([one.task for one in continued]).logits_BV, _read_on(continued).logits_BV
            difference = float((parts_BV - whole_BV).abs().max() / whole_BV.abs().max())
            self._reads_in_parts = difference < ROUNDING.get(continued[0].kept.prefix.model.dtype, COARSE_ROUNDING)
            if not self._reads_in_parts:
                self.forget()
                log.warning("This model cannot go on from what it has read: every turn of a dialogue is read whole.")
        return self._reads_in_parts


def _read_on(continued: Sequence[_Continued]) -> Prefix:
    """Read what is new of each prompt, behind what is kept."""
    new = [one.task.encoding.input_ids[one.common :] for one in continued]
    prefix = _joined([_PrefixRow(one.kept.prefix, one.kept.row) for one in continued], room=max(map(len, new)) + ROOM)
    prefix.forget([len(one.kept.ids) - one.common for one in continued])
    prefix.read_on(new)
    return prefix


def _joined(places: Sequence[_PrefixRow], *, room: int = ROOM) -> Prefix:
    """These rows in this order: each is copied once."""
    runs = (list(run) for _, run in groupby(places, key=lambda place: id(place.prefix)))
    return Prefix.join([(run[0].prefix, [place.row for place in run]) for run in runs], room=room)


def _digest(encoding: Encoding) -> bytes:
    digest = hashlib.blake2b()
    for name, tensor in sorted(encoding.pictures.items()):
        digest.update(f"{name}{tuple(tensor.shape)}{tensor.dtype}".encode())
        digest.update(tensor.contiguous().numpy().tobytes())
    return digest.digest()
