"""Self-distillation from feedback on recorded dialogues (SDPO, arXiv 2601.20802).

The model that has read the comment on an answer is the teacher, token by token, of the model that has not: both read
the student's own answer, one behind the question, one behind question, answer and comment, in one tree of tokens. Where
the student thinks before it answers again, the teacher's answer stands behind the thought that was recorded.

Axes: N answer tokens, M of them the student's, each with the same token of the teacher's; V words.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import takewhile
from typing import Any, NamedTuple, final

import torch
from torch import Tensor, nn

from burnish.train.averages import Averages
from burnish.train.logps import answer_distributions, token_logps
from burnish.train.sequences import Batch
from burnish.train.start_weights import StartWeights, as_before
from burnish.train.trainer import AnswerTrainer


class Sides(NamedTuple):
    """Places among the N answer tokens."""

    student_M: Tensor
    teacher_M: Tensor


@final
class DistilTrainer(AnswerTrainer):
    """Trains the model to say of its own what it would say once it has read the comment."""

    def __init__(self, *, clip: float, start: StartWeights | None = None, **parts: Any) -> None:
        """`clip`: the largest weight of a token, which the model may find likelier now than it was when it was said.

        `start`: of an adapter that is gone on from, or of a model that is trained whole; without it answers count as
        those of the model without its adapter.
        """
        super().__init__(**parts)
        self._clip, self._start = clip, start
        self._averages = Averages(self.args.device)

    def items(self, batch: Batch) -> tuple[int]:
        """Tokens of the student's answers."""
        return (len(sides(batch).student_M),)

    def compute_loss(
        self,
        model: nn.Module,
        inputs: Batch,
        return_outputs: bool = False,  # noqa: ARG002 - Trainer's signature; there is no evaluation that asks for it
        num_items_in_batch: Tensor | int | None = None,
    ) -> Tensor:
        """KL(student, teacher) at each token of the answer, the teacher held still, weighted as it is off policy."""
        inputs = self.look(model, inputs)
        student_M, teacher_M = sides(inputs)
        said_N, then_N = inputs["input_ids"][inputs["answer_mask_ST"]], self._when_recorded(model, inputs)
        logps_NV = answer_distributions(model, inputs)
        student_MV = logps_NV[student_M]
        kl_M = divergence(student_MV, logps_NV[teacher_M].detach())
        now_M = student_MV.detach().gather(1, said_N[student_M][:, None])[:, 0]
        weights_M = off_policy(now_M, then_N[student_M], self._clip)
        self._measure(kl_M.detach(), weights_M)
        return self.mean_over_step((weights_M * kl_M).sum(), num_items_in_batch)

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """Add the averages since the last log, over all tokens of all processes."""
        logs |= self._averages.take(self.accelerator.reduce)
        super().log(logs, start_time)

    @torch.no_grad()
    def _when_recorded(self, model: nn.Module, inputs: Batch) -> Tensor:
        """Log-probabilities of the answer tokens under the model as it was before the training, (N)."""
        with as_before(self.accelerator.unwrap_model(model), self._start):
            return token_logps(model, inputs)[inputs["answer_mask_ST"]]

    def _measure(self, kl_M: Tensor, weights_M: Tensor) -> None:
        self._averages.add("kl", kl_M)
        self._averages.add("off_policy/weight", weights_M)
        self._averages.add("off_policy/clipped", weights_M >= self._clip)
        self._averages.count(len(kl_M))


def divergence(student_MV: Tensor, teacher_MV: Tensor) -> Tensor:
    """KL(student, teacher) in nats of log-probabilities over all words, (M): sum of p_s (log p_s - log p_t)."""
    return (student_MV.exp() * (student_MV - teacher_MV)).sum(dim=1)


def off_policy(now_M: Tensor, then_M: Tensor, clip: float) -> Tensor:
    """How much likelier the tokens are now than when they were said, at most `clip`: truncated importance weights."""
    return (now_M - then_M).exp().clamp(max=clip)


def sides(batch: Batch) -> Sides:
    """The student's tokens (odd turns of a tree) and, in the same order, the teacher's (the even turn behind each).

    The teacher may read a thought before the answer, so what both say alike from the end is taken: an answer's first
    token may differ behind another word, and is left out then.
    """
    mask_ST = batch["answer_mask_ST"]
    tree_N, turn_N, said_N = (
        values[mask_ST].tolist() for values in (batch["tree_ST"], batch["turn_ST"], batch["input_ids"])
    )
    places: dict[tuple[int, int], list[int]] = defaultdict(list)
    for place, key in enumerate(zip(tree_N, turn_N, strict=True)):
        places[key].append(place)
    student, teacher = list[int](), list[int]()
    for (tree, turn), own in places.items():
        if turn % 2:
            other = places.get((tree, turn + 1), [])
            alike = _alike([said_N[i] for i in own], [said_N[i] for i in other])
            student += own[len(own) - alike :]
            teacher += other[len(other) - alike :]
    return Sides(
        torch.tensor(student, dtype=torch.long, device=mask_ST.device),
        torch.tensor(teacher, dtype=torch.long, device=mask_ST.device),
    )


def _alike(one: Sequence[int], other: Sequence[int]) -> int:
    """How many tokens are the same from the end."""
    pairs = zip(reversed(one), reversed(other), strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
