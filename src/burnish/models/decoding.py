"""From a prefix to answers, and from a prefix and answers to log-probabilities."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import TypeAlias

import torch

from burnish.models.base import Decoding
from burnish.models.prefix import Prefix

Choose: TypeAlias = Callable[[torch.Tensor, Sequence[int]], torch.Tensor]
"""From next-token scores (B, V) and the number of the answer that each row belongs to, to the next tokens (B,)."""

SCORE_TOKENS = 64
"""Answer tokens that are scored in one forward pass: bounds the memory that their logits take."""


def chooser(decoding: Decoding, seeds: Iterable[int]) -> Choose:
    """How the next token is chosen: the likeliest, or drawn with each answer's own seed (not read if not needed)."""
    if decoding.temperature == 0:
        return lambda logits_BV, _: logits_BV.argmax(dim=-1)
    return Sampler(decoding.temperature, decoding.top_p, seeds)


class Sampler:
    """Draws tokens from the nucleus of each row's own distribution with each answer's own random numbers."""

    def __init__(self, temperature: float, top_p: float, seeds: Iterable[int]) -> None:
        self._temperature, self._top_p = temperature, top_p
        self._generators = [random.Random(seed) for seed in seeds]

    def __call__(self, logits_BV: torch.Tensor, answers: Sequence[int]) -> torch.Tensor:
        draws = [[self._generators[answer].random()] for answer in answers]
        uniform_B1 = torch.tensor(draws, dtype=torch.float64, device=logits_BV.device)
        probabilities_BV, tokens_BV = (logits_BV.double() / self._temperature).softmax(dim=-1).sort(descending=True)
        cumulative_BV = probabilities_BV.cumsum(dim=-1)
        # the nucleus: the fewest tokens that together reach top_p, so each whose forerunners do not
        in_nucleus_BV = cumulative_BV - probabilities_BV < self._top_p
        last_B1 = in_nucleus_BV.sum(dim=-1, keepdim=True) - 1
        mass_B1 = cumulative_BV.gather(-1, last_B1)
        places_B1 = torch.searchsorted(cumulative_BV, uniform_B1 * mass_B1, right=True)
        return tokens_BV.gather(-1, places_B1.minimum(last_B1)).squeeze(-1)


def decode(prefix: Prefix, choose: Choose, end_ids: Collection[int], max_new_tokens: int) -> list[list[int]]:
    """One answer for each row of `prefix`, its end token included where it came.

    A row leaves the batch with its end token, so that no row is computed for the sake of a longer neighbour.
    """
    answers: list[list[int]] = [[] for _ in range(prefix.logits_BV.shape[0])]
    live = list(range(len(answers)))
    for _ in range(max_new_tokens - 1):
        tokens_B = _append(prefix, choose, answers, live)
        rows = [row for row, answer in enumerate(live) if answers[answer][-1] not in end_ids]
        if not rows:
            return answers
        if len(rows) < len(live):
            prefix, tokens_B, live = prefix.select(rows), tokens_B[rows], [live[row] for row in rows]
        prefix.extend(tokens_B[:, None])
    _append(prefix, choose, answers, live)
    return answers


def _append(prefix: Prefix, choose: Choose, answers: list[list[int]], live: Sequence[int]) -> torch.Tensor:
    tokens_B = choose(prefix.logits_BV, live)
    for answer, token in zip(live, tokens_B.tolist(), strict=True):
        answers[answer].append(token)
    return tokens_B


def score(prefix: Prefix, answers: Sequence[Sequence[Sequence[int]]]) -> list[list[float]]:
    """Summed log-probabilities (nats) of the token ids in `answers[row]`, each continuing `prefix`'s row.

    The prompt is read once, whatever the number of answers; no logits of prompt tokens are ever made.
    """
    scores = [[0.0] * len(ids) for ids in answers]
    for k in range(max((len(ids) for ids in answers), default=0)):
        rows = [row for row, ids in enumerate(answers) if k < len(ids) and ids[k]]
        if rows:
            logps = _continuation_logps(prefix.select(rows), [answers[row][k] for row in rows])
            for row, logp in zip(rows, logps, strict=True):
                scores[row][k] = logp
    return scores


def _continuation_logps(prefix: Prefix, answers: Sequence[Sequence[int]]) -> list[float]:
    """Summed log-probability of one non-empty answer for each row; uses `prefix` up."""
    longest = max(len(ids) for ids in answers)
    device = prefix.logits_BV.device
    tokens_BT = torch.zeros(len(answers), longest, dtype=torch.long, device=device)
    real_BT = torch.zeros(len(answers), longest, dtype=torch.bool, device=device)
    for row, ids in enumerate(answers):
        tokens_BT[row, : len(ids)] = torch.tensor(ids)
        real_BT[row, : len(ids)] = True
    logps_BT = [_token_logps(prefix.logits_BV[:, None], tokens_BT[:, :1])]
    for start in range(0, longest - 1, SCORE_TOKENS):
        stop = min(start + SCORE_TOKENS, longest - 1)
        logits_BTV = prefix.extend(tokens_BT[:, start:stop])
        logps_BT.append(_token_logps(logits_BTV, tokens_BT[:, start + 1 : stop + 1]))
    sums: list[float] = torch.cat(logps_BT, dim=1).double().where(real_BT, 0).sum(dim=1).tolist()
    return sums


def _token_logps(logits_BTV: torch.Tensor, tokens_BT: torch.Tensor) -> torch.Tensor:
    chosen_BT = logits_BTV.gather(-1, tokens_BT.unsqueeze(-1)).squeeze(-1)
    return chosen_BT - logits_BTV.logsumexp(dim=-1)
