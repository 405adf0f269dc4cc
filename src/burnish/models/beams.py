"""Answers by beam search, as transformers searches: for benchmarks whose authors have it (SHR's five beams).

What is found is scored once more, as any given answer is. transformers repeats a prompt's pictures for its beams, and
some versions hand them to the wrong ones where a prompt has several, without a word
(findings/transformers_beams_pictures.sh).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeAlias, final

import torch
import transformers
from transformers import GenerationConfig

from burnish.errors import ModelError
from burnish.models.base import Decoding
from burnish.models.continuous_batching import Answered
from burnish.models.memory import BatchSize
from burnish.models.prefix import Network, neutral_generation
from burnish.models.queue import Queue, Task

_LIBRARY: Final = f"transformers {transformers.__version__}"
InputsOf: TypeAlias = Callable[[Sequence[Task]], Mapping[str, torch.Tensor]]
"""From prompts to a model's inputs for all of them, padded on the left."""
ScoreReplies: TypeAlias = Callable[[Sequence[Task], Sequence[Sequence[Sequence[int]]]], Sequence[Sequence[float]]]
"""From prompts and each one's answers to these answers' summed log-probabilities (nats)."""


@final
@dataclass(frozen=True, kw_only=True)
class BeamSearch:
    """Tasks on their way to answers, so many beams of all of them at a time as there are places in a batch."""

    network: Network
    inputs: InputsOf
    score: ScoreReplies
    decoding: Decoding
    end_ids: Sequence[int]
    pad_id: int
    batch: BatchSize
    penalty: float = 1.0
    """On tokens that were there already, in the prompt or in the answer; 1 is none."""

    def answer(self, tasks: Iterator[Task]) -> Iterator[Answered]:
        """Every task's answer: of the sequences found, the one whose mean log-probability a token is highest.

        Raises ModelError where a single task does not fit into memory, or the library searched with other pictures.
        """
        queue = Queue(tasks)
        while some := queue.take(max(1, self.batch.size // self.decoding.beams)):
            found = self.batch.within_memory(partial(self._search, some), lambda: [*map(len, some)])
            if found is None:
                queue.put_back(some)
            else:
                yield from found

    def _search(self, tasks: Sequence[Task]) -> list[Answered]:
        inputs = self.inputs(tasks)
        config = GenerationConfig(
            num_beams=self.decoding.beams,
            max_new_tokens=self.decoding.max_new_tokens,
            do_sample=False,
            repetition_penalty=self.penalty,
            eos_token_id=[*self.end_ids],
            pad_token_id=self.pad_id,
            return_dict_in_generate=True,
            output_scores=True,
        )
        try:
            with neutral_generation(self.network):
                found = self.network.generate(**inputs, generation_config=config)
        except ValueError as error:
            raise ModelError(f"{_LIBRARY} cannot search this model's answers ({error}): use --beams 1.") from error
        prompt = inputs["input_ids"].shape[1]
        answers = [self._until_end(row) for row in found.sequences[:, prompt:].tolist()]
        logps = [logp for (logp,) in self.score(tasks, [[ids] for ids in answers])]
        if self.penalty == 1:
            # a sequence's score is the sum of its log-probabilities over its length, for a length penalty of 1
            means = found.sequences_scores.tolist()
            for mean, logp, ids in zip(means, logps, answers, strict=True):
                self._check(mean * len(ids), logp, len(ids))
        return [Answered(task, tuple(ids), logp) for task, ids, logp in zip(tasks, answers, logps, strict=True)]

    def _check(self, found: float, scored: float, tokens: int) -> None:
        """Raise ModelError where an answer has another log-probability than it was found with, but for rounding."""
        per_token = 0.01 if self.network.dtype == torch.float32 else 0.1
        if abs(found - scored) > per_token * (tokens + 5):
            raise ModelError(
                f"{_LIBRARY} searches this model's answers wrongly: it found one with a log-probability of {found:.2f} "
                f"that has {scored:.2f}. Some versions mix up the pictures of a prompt with several: use --beams 1, or "
                "another version of transformers."
            )

    def _until_end(self, ids: list[int]) -> list[int]:
        """Without the padding behind the end token."""
        length = next((place for place, token in enumerate(ids, start=1) if token in self.end_ids), len(ids))
        return ids[:length]
