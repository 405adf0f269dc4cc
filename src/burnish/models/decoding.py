"""The next token of an answer, and log-probabilities of answers that are there."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias, final

import torch

from burnish.models.base import Decoding
from burnish.models.memory import BatchSize
from burnish.models.padding import of_like_length
from burnish.models.prefix import Prefix

Choose: TypeAlias = Callable[[torch.Tensor, Sequence[random.Random]], torch.Tensor]
"""From next-token scores (B, V) and each row's own random numbers to the next tokens (B,)."""

SCORE_TOKENS = 64
"""Answer tokens that are scored in one forward pass: bounds the memory that their logits take."""


def chooser(decoding: Decoding) -> Choose:
    """How the next token is chosen: the likeliest, or drawn."""
    if decoding.beams > 1:
        raise ValueError("Beams are not chosen token by token: `generate` searches, and `contrast` cannot.")
    if decoding.temperature == 0:
        return lambda logits_BV, _: logits_BV.argmax(dim=-1)
    return Sampler(decoding.temperature, decoding.top_p)


def penalised(logits_BV: torch.Tensor, seen: Sequence[Sequence[int]], penalty: float) -> torch.Tensor:
    """Scores in which tokens that each row has seen already, in its prompt or answer, are less likely.

    A penalty above 1 divides positive scores and multiplies negative ones (CTRL; Keskar et al., 2019, section 4.1).
    """
    seen_BV = torch.zeros_like(logits_BV, dtype=torch.bool)
    for row, tokens in enumerate(seen):
        known = torch.tensor([token for token in {*tokens} if token < logits_BV.shape[-1]], device=logits_BV.device)
        seen_BV[row, known] = True
    return torch.where(seen_BV, torch.where(logits_BV < 0, logits_BV * penalty, logits_BV / penalty), logits_BV)


@final
@dataclass(frozen=True)
class Sampler:
    """Draws tokens from the nucleus of each row's own distribution with each row's own random numbers."""

    temperature: float
    top_p: float

    def __call__(self, logits_BV: torch.Tensor, numbers: Sequence[random.Random]) -> torch.Tensor:
        draws = [[own.random()] for own in numbers]
        uniform_B1 = torch.tensor(draws, dtype=torch.float64, device=logits_BV.device)
        probabilities_BV, tokens_BV = (logits_BV.double() / self.temperature).softmax(dim=-1).sort(descending=True)
        cumulative_BV = probabilities_BV.cumsum(dim=-1)
        # the nucleus: the fewest tokens that together reach top_p, so each whose forerunners do not
        in_nucleus_BV = cumulative_BV - probabilities_BV < self.top_p
        last_B1 = in_nucleus_BV.sum(dim=-1, keepdim=True) - 1
        mass_B1 = cumulative_BV.gather(-1, last_B1)
        places_B1 = torch.searchsorted(cumulative_BV, uniform_B1 * mass_B1, right=True)
        return tokens_BV.gather(-1, places_B1.minimum(last_B1)).squeeze(-1)


class Continuation(NamedTuple):
    """An answer to one row of a prefix."""

    prefix: Prefix
    row: int
    token_ids: Sequence[int]


def score(continuations: Sequence[Continuation], batch: BatchSize) -> list[float]:
    """Summed log-probabilities (nats) of the answers' tokens.

    Prompts are read already, and no logits of their tokens are ever made. Answers of like length are scored together.
    """
    logps = [0.0] * len(continuations)
    waiting = [number for number, one in enumerate(continuations) if one.token_ids]
    waiting.sort(key=lambda number: len(continuations[number].token_ids), reverse=True)
    while waiting:
        first = continuations[waiting[0]].prefix
        fit = [i for i in waiting if first.joinable or continuations[i].prefix is first][: batch.size]
        fit = fit[: len(of_like_length([continuations[i].token_ids for i in fit])[0])]
        found = _within_memory([continuations[number] for number in fit], batch)
        if found is not None:
            for number, logp in zip(fit, found, strict=True):
                logps[number] = logp
            waiting = [number for number in waiting if number not in fit]
    return logps


def _within_memory(continuations: Sequence[Continuation], batch: BatchSize) -> list[float] | None:
    return batch.within_memory(
        lambda: _score_together(continuations),
        lambda: [one.prefix.mask_BL.shape[1] + len(one.token_ids) for one in continuations],
    )


def _score_together(continuations: Sequence[Continuation]) -> list[float]:
    parts: defaultdict[int, list[int]] = defaultdict(list)
    for number, one in enumerate(continuations):
        parts[id(one.prefix)].append(number)
    prefix = Prefix.join(
        [(continuations[part[0]].prefix, [continuations[number].row for number in part]) for part in parts.values()]
    )
    order = [number for part in parts.values() for number in part]
    logps = _continuation_logps(prefix, [continuations[number].token_ids for number in order])
    return [logp for _, logp in sorted(zip(order, logps, strict=True))]


def _continuation_logps(prefix: Prefix, answers: Sequence[Sequence[int]]) -> list[float]:
    """Summed log-probability of one non-empty answer for each row; uses `prefix` up."""
    longest = max(len(ids) for ids in answers)
    device = prefix.logits_BV.device
    tokens_BT = torch.zeros(len(answers), longest, dtype=torch.long, device=device)
    real_BT = torch.zeros(len(answers), longest, dtype=torch.bool, device=device)
    for row, ids in enumerate(answers):
        tokens_BT[row, : len(ids)] = torch.tensor(ids)
        real_BT[row, : len(ids)] = True
    logps_BT = [token_logps(prefix.logits_BV[:, None], tokens_BT[:, :1])]
    for start in range(0, longest - 1, SCORE_TOKENS):
        stop = min(start + SCORE_TOKENS, longest - 1)
        logits_BTV = prefix.extend(tokens_BT[:, start:stop])
        logps_BT.append(token_logps(logits_BTV, tokens_BT[:, start + 1 : stop + 1]))
    sums: list[float] = torch.cat(logps_BT, dim=1).double().where(real_BT, 0).sum(dim=1).tolist()
    return sums


def token_logps(logits_BTV: torch.Tensor, tokens_BT: torch.Tensor) -> torch.Tensor:
    """Log-probability (nats) of each token under the scores that predict it, of shape (B, T)."""
    chosen_BT = logits_BTV.gather(-1, tokens_BT.unsqueeze(-1)).squeeze(-1)
    return chosen_BT - logits_BTV.logsumexp(dim=-1)
