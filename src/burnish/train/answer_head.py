"""Log-probabilities of answer tokens from hidden states, in blocks: logits of all answer tokens never stand at once.

With 150,000 words a token's logits take 600 KB, and their gradients as much again. A frozen output head needs neither:
the gradient of a token's log-probability is its word's row of the head less the mean of all rows, each as likely as its
word is. That mean is made beside the log-probability, so nothing is computed twice.

Axes: N answer tokens, P tokens that predict one or several of them, D width, V words.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, cast

import torch
from torch import Tensor, nn

BLOCK_BYTES: Final = 2**26
"""Of the float32 logits that stand at once."""


class _Logps(torch.autograd.Function):
    """The log-probability (float32) of each answer token."""

    @staticmethod
    def forward(ctx: Any, hidden_PD: Tensor, weight_VD: Tensor, predictor_N: Tensor, token_N: Tensor) -> Tensor:
        learned = ctx.needs_input_grad[0]
        logp_N = hidden_PD.new_empty(len(token_N), dtype=torch.float32)
        mean_PD = torch.empty_like(hidden_PD) if learned else None
        for block in _blocks(len(hidden_PD), len(weight_VD)):
            logits_BV = (hidden_PD[block] @ weight_VD.T).float()
            logits_BV -= logits_BV.logsumexp(dim=1, keepdim=True)
            within_N = (predictor_N >= block.start) & (predictor_N < block.stop)
            logp_N[within_N] = logits_BV[predictor_N[within_N] - block.start, token_N[within_N]]
            if mean_PD is not None:
                mean_PD[block] = logits_BV.exp_().to(weight_VD.dtype) @ weight_VD
        ctx.save_for_backward(mean_PD, weight_VD, predictor_N, token_N)
        return logp_N

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        [gradient_N] = gradients
        mean_PD, weight_VD, predictor_N, token_N = ctx.saved_tensors
        each_ND = gradient_N[:, None] * (weight_VD[token_N].float() - mean_PD[predictor_N].float())
        hidden_PD = torch.zeros_like(mean_PD, dtype=torch.float32).index_add_(0, predictor_N, each_ND)
        return hidden_PD.to(mean_PD.dtype), None, None, None


def logps_in_blocks(hidden_PD: Tensor, weight_VD: Tensor, predictor_N: Tensor, token_N: Tensor) -> Tensor:
    """The log-probability (nats, float32) of each token `token_N` behind the hidden state of number `predictor_N`.

    Gradients reach `hidden_PD` alone.
    """
    return cast(Tensor, _Logps.apply(hidden_PD.to(weight_VD.dtype), weight_VD, predictor_N, token_N))  # type: ignore[no-untyped-call]


def frozen_rows(head: nn.Module) -> Tensor | None:
    """The head's matrix, (V, D), if that is all there is to it and it is not trained; None for any other head."""
    if type(head) is not nn.Linear or head.bias is not None or head.weight.requires_grad:
        return None
    weight_VD: Tensor = head.weight
    return weight_VD if weight_VD.is_floating_point() and weight_VD.numel() else None


def _blocks(rows: int, words: int) -> Iterator[slice]:
    size = max(1, BLOCK_BYTES // (4 * words))
    return (slice(start, min(start + size, rows)) for start in range(0, rows, size))
