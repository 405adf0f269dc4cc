"""Prompts that go on from where their conversation's last prompt ended: its picture and its turns are not read again.

What was read of a prompt is kept, while there is room, until the next call has ended: by then the conversation has gone
on or has ended. What of it can be used is decided by tokens and pictures alone. Whether a model can be read in two
parts at all (its positions or masks may depend on the whole prompt) is tried on the first prompts.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from typing import NamedTuple, final

import torch

from burnish.models.continuous_batching import Read
from burnish.models.encoding import Encoding
from burnish.models.prefix import Prefix
from burnish.models.queue import Task

log = logging.getLogger(__name__)

ROUNDING = {torch.float32: 0.01, torch.float64: 0.01}
"""How far scores of the next token may be from those of one reading, as a share of the largest of them."""
COARSE_ROUNDING = 0.1
TRIED = 2
"""Prompts that are read in both ways, once, to see whether the model can be read in two parts."""


class _Kept(NamedTuple):
    """A prompt that was read: a row of a prefix."""

    prefix: Prefix
    row: int
    ids: torch.Tensor
    pictures: bytes
    """Digest."""


class _Continued(NamedTuple):
    """A prompt whose first tokens are those of a kept one."""

    task: Task
    kept: _Kept
    common: int


@final
class PrefixCache:
    """Reads prompts, and keeps what it read for the prompts that continue them."""

    def __init__(self, read: Read, *, image_token_id: int | None, limit: int) -> None:
        """Keeps up to `limit` bytes, and nothing where the tokens that stand for pictures are not known."""
        self._read = read
        self._image_token_id, self._limit = (-1, 0) if image_token_id is None else (image_token_id, limit)
        self._kept: dict[str, _Kept] = {}
        self._of_this_call: dict[str, _Kept] = {}
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
        continued = {number: one for number, task in enumerate(tasks) if (one := self._continued(task)) is not None}
        if continued and not self._can_continue([*continued.values()][:TRIED]):
            continued = {}
        fresh = [number for number in range(len(tasks)) if number not in continued]
        prefixes = []
        if continued:
            prefixes.append(_read_on([*continued.values()]))
        if fresh:
            prefixes.append(self._read([tasks[number] for number in fresh]))
        [prefix, *others] = prefixes
        if others:
            joined = Prefix.join([(one, range(len(one))) for one in prefixes])
            order = [*continued, *fresh]
            prefix = joined.select(sorted(range(len(tasks)), key=order.__getitem__))
        self._keep(tasks, prefix)
        return prefix

    def _continued(self, task: Task) -> _Continued | None:
        """What the task's conversation has kept of it, if that is all of its pictures at least."""
        kept = self._kept.pop(task.conversation, None)
        if kept is None or kept.pictures != _digest(task.encoding):
            return None
        ids = task.encoding.input_ids
        # the last token is always read, since what comes after it is to be predicted
        shared = min(len(ids) - 1, len(kept.ids))
        common = int((ids[:shared] == kept.ids[:shared]).cumprod(dim=0).sum())
        pictures = ids.eq(self._image_token_id).nonzero()
        end_of_pictures = int(pictures.max()) + 1 if len(pictures) else 0
        return _Continued(task, kept, common) if common > 0 and common >= end_of_pictures else None

    def _keep(self, tasks: Sequence[Task], prefix: Prefix) -> None:
        if not any(task.conversation for task in tasks) or not prefix.joinable or self._reads_in_parts is False:
            return
        held = {id(kept.prefix): kept.prefix for kept in (*self._kept.values(), *self._of_this_call.values())}
        # no other is let go for it, so that all are not let go in turn where too many are open
        if sum(one.n_bytes for one in (*held.values(), prefix)) > self._limit:
            return
        for row, task in enumerate(tasks):
            if task.conversation:
                ids = task.encoding.input_ids
                self._of_this_call[task.conversation] = _Kept(prefix, row, ids, _digest(task.encoding))

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
    parts: dict[int, list[int]] = {}
    for number, one in enumerate(continued):
        parts.setdefault(id(one.kept.prefix), []).append(number)
    order = [number for part in parts.values() for number in part]
    prefix = Prefix.join(
        [(continued[part[0]].kept.prefix, [continued[number].kept.row for number in part]) for part in parts.values()]
    )
    ordered = [continued[number] for number in order]
    prefix.forget([len(one.kept.ids) - one.common for one in ordered])
    prefix.read_on([one.task.encoding.input_ids[one.common :] for one in ordered])
    return prefix.select(sorted(range(len(order)), key=order.__getitem__))


def _digest(encoding: Encoding) -> bytes:
    digest = hashlib.blake2b()
    for name, tensor in sorted(encoding.pictures.items()):
        digest.update(f"{name}{tuple(tensor.shape)}{tensor.dtype}".encode())
        digest.update(tensor.contiguous().numpy().tobytes())
    return digest.digest()
