"""A batch of prompts that a model has read once, to be continued in any number of ways.

Reading (the pictures and the prompt) is the dear part. What comes of it is the key-value cache: rows of it can be
chosen, repeated and dropped, and continued by any tokens. Decoding and scoring are both written on this.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import torch
from torch.nn.functional import pad
from transformers import Cache, GenerationConfig

from burnish.models.cache import ROOM, Rows, has_room, join, joinable, keeps_states, n_bytes, select, sharing
from burnish.models.encoding import SEEN_PICTURES

Network: TypeAlias = Any
"""A PreTrainedModel that is a GenerationMixin too: a pair that types cannot say."""

LOOP_ARGUMENTS = ("logits_processor", "stopping_criteria", "generation_config")
"""What `generate` hands to a loop beside the model's inputs."""


@dataclass(slots=True, kw_only=True)
class Prefix:
    """B prompts, left-padded to one length L, and what the model predicts after each."""

    model: Network
    cache: Cache
    mask_BL: torch.Tensor
    """1 for real tokens."""
    last_positions: torch.Tensor
    """Position of each row's last token, of shape (..., B, 1): the leading axes are those of the model's position
    ids (none for most models, three or four for Qwen-VL's)."""
    logits_BV: torch.Tensor
    """Scores of the next token, float32."""
    behind: Mapping[str, torch.Tensor] = field(default_factory=dict)
    """What else the model wants for each token that comes, of shape (B, 1, ...): which pictures it looks at."""

    @classmethod
    def read(cls, model: Network, inputs: Mapping[str, torch.Tensor]) -> Prefix:
        """Read a collated batch. `generate` prepares positions and cache as each architecture wants them."""
        with neutral_generation(model):
            once = GenerationConfig(max_new_tokens=1)
            prefix: Prefix = model.generate(**inputs, generation_config=once, custom_generate=_read)
        return prefix

    @property
    def has_room(self) -> bool:
        """Whether it can be continued without a copy of what was read."""
        return has_room(self.cache)

    @property
    def joinable(self) -> bool:
        """Whether its rows can stand in one batch with those of others."""
        return not self.behind and joinable(self.cache)

    @property
    def n_bytes(self) -> int:
        """What its keys and values take."""
        return n_bytes(self.cache)

    def __len__(self) -> int:
        return self.logits_BV.shape[0]

    def sharing(self) -> Prefix:
        """The same, to be continued while rows of this one can still be chosen: what was read is not copied."""
        return replace(self, cache=sharing(self.cache))

    def select(self, rows: Sequence[int]) -> Prefix:
        """The given rows, in the given order, as a batch of its own; this one stays as it is."""
        return Prefix.join([(self, rows)])

    @staticmethod
    def join(parts: Sequence[tuple[Prefix, Sequence[int]]], *, room: int = ROOM) -> Prefix:
        """Rows of prefixes as one batch, each part's in the given order, padded no more than needed.

        All must be joinable if there are several. `room`: tokens that can follow before what was read is copied.
        """
        if not parts[0][0].joinable:
            [(prefix, rows)] = parts
            return prefix._reordered(rows)
        chosen = [(prefix, torch.tensor(rows, device=prefix.mask_BL.device)) for prefix, rows in parts]
        masks = [prefix.mask_BL[rows] for prefix, rows in chosen]
        # padding that all of a part's rows have in common is left behind
        starts = [int(mask.argmax(dim=1).min()) for mask in masks]
        length = max(mask.shape[1] - start for mask, start in zip(masks, starts, strict=True))
        cache = join(
            [Rows(prefix.cache, rows, start) for (prefix, rows), start in zip(parts, starts, strict=True)],
            length,
            room=room,
        )
        masks = [
            pad(mask[:, start:], (length - mask.shape[1] + start, 0)) for mask, start in zip(masks, starts, strict=True)
        ]
        return Prefix(
            model=parts[0][0].model,
            cache=cache,
            mask_BL=torch.cat(masks),
            last_positions=torch.cat([prefix.last_positions.index_select(-2, rows) for prefix, rows in chosen], dim=-2),
            logits_BV=torch.cat([prefix.logits_BV[rows] for prefix, rows in chosen]),
        )

    def _reordered(self, rows: Sequence[int]) -> Prefix:
        indices = torch.tensor(rows, device=self.mask_BL.device)
        return Prefix(
            model=self.model,
            cache=select(self.cache, rows),
            mask_BL=self.mask_BL[indices],
            last_positions=self.last_positions.index_select(-2, indices),
            logits_BV=self.logits_BV[indices],
            behind={name: values[indices] for name, values in self.behind.items()},
        )

    def extend(self, tokens_BT: torch.Tensor) -> torch.Tensor:
        """Continue every row by T tokens; returns the logits (B, T, V) after each of them, float32.

        A row that is shorter than T is filled up on the right with any token: what is returned for its own tokens does
        not depend on what follows them.
        """
        if not keeps_states(self.cache):
            return self._forward(tokens_BT, torch.ones_like(tokens_BT))
        each = [tokens_BT[:, place : place + 1] for place in range(tokens_BT.shape[1])]
        return torch.cat([self._forward(one, torch.ones_like(one)) for one in each], dim=1)

    def forget(self, counts: Sequence[int]) -> None:
        """Let each row's last tokens, so many of them, be as if they had not been read; only `read_on` may follow.

        They must be text: each stands one position behind the one before it.
        """
        forgotten_B1 = torch.tensor(counts, device=self.mask_BL.device)[:, None]
        kept_B1 = self.mask_BL.sum(dim=1, keepdim=True) - forgotten_B1
        self.mask_BL = self.mask_BL * (self.mask_BL.cumsum(dim=1) <= kept_B1)
        self.last_positions = self.last_positions - forgotten_B1.to(self.last_positions.device)

    def read_on(self, texts: Sequence[torch.Tensor]) -> None:
        """Continue each row by its own tokens, at least one, as if they had belonged to its prompt."""
        length = max(map(len, texts))
        # padded on the left, like prompts: all rows predict their next token at the same place
        tokens_BT = torch.stack([pad(ids, (length - len(ids), 0)) for ids in texts])
        real_BT = torch.stack([pad(torch.ones_like(ids), (length - len(ids), 0)) for ids in texts])
        self._forward(tokens_BT, real_BT, **({"logits_to_keep": 1} if self.model._supports_logits_to_keep() else {}))

    def _forward(self, tokens_BT: torch.Tensor, real_BT: torch.Tensor, **arguments: int) -> torch.Tensor:
        device = self.last_positions.device
        tokens_BT, real_BT = tokens_BT.to(device), real_BT.to(device)
        self.mask_BL = torch.cat([self.mask_BL, real_BT.to(self.mask_BL)], dim=1)
        positions = self.last_positions + real_BT.cumsum(dim=1)
        outputs = self.model(
            input_ids=tokens_BT,
            attention_mask=self.mask_BL,
            position_ids=positions,
            past_key_values=self.cache,
            use_cache=True,
            return_dict=True,
            # as long as all that was read: transformers 5.16 looks these tokens' places up in it
            **{name: one.expand(-1, self.mask_BL.shape[1], *one.shape[2:]) for name, one in self.behind.items()},
            **arguments,
        )
        self.last_positions = positions[..., -1:]
        logits_BTV: torch.Tensor = outputs.logits.float()
        self.logits_BV = logits_BTV[:, -1]
        return logits_BTV


def _read(model: Network, input_ids: torch.Tensor, **prepared: Any) -> Prefix:
    """Stands in for `generate`'s own loop: the first forward pass, and nothing after it."""
    inputs = {name: value for name, value in prepared.items() if name not in LOOP_ARGUMENTS}
    first = model.prepare_inputs_for_generation(input_ids, is_first_iteration=True, **inputs)
    outputs = model(**first, return_dict=True)
    mask_BL = inputs.get("attention_mask")
    return Prefix(
        model=model,
        cache=outputs.past_key_values,
        # `generate` leaves out a mask without padding
        mask_BL=torch.ones_like(input_ids) if mask_BL is None else mask_BL,
        # as the model is given them: PaliGemma counts from 1
        last_positions=first.get("position_ids", inputs["position_ids"])[..., -1:].clone(),
        logits_BV=outputs.logits[:, -1].float(),
        behind={name: inputs[name][:, -1:] for name in SEEN_PICTURES if inputs.get(name) is not None},
    )


@contextmanager
def neutral_generation(model: Network) -> Iterator[None]:
    """Checkpoints bring sampling defaults (temperature, penalties, cache kinds); none of them may reach an answer."""
    own = model.generation_config
    model.generation_config = GenerationConfig()
    try:
        yield
    finally:
        model.generation_config = own
