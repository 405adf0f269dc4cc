"""Answers by beam search, as transformers searches: for benchmarks whose authors have it (SHR's five beams)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice
from typing import TypeAlias, final

import torch
from transformers import GenerationConfig

from burnish.models.base import Decoding
from burnish.models.continuous_batching import Answered
from burnish.models.memory import BatchSize
from burnish.models.prefix import Network, neutral_generation
from burnish.models.queue import Task

InputsOf: TypeAlias = Callable[[Sequence[Task]], Mapping[str, torch.Tensor]]
"""From prompts to a model's inputs for all of them, padded on the left."""


@final
@dataclass(frozen=True, kw_only=True)
class BeamSearch:
    """Tasks on their way to answers, so many beams of all of them at a time as there are places in a batch."""

    network: Network
    inputs: InputsOf
    decoding: Decoding
    end_ids: Sequence[int]
    pad_id: int
    batch: BatchSize
    penalty: float = 1.0
    """On tokens that were there already, in the prompt or in the answer; 1 is none."""

    def answer(self, tasks: Iterator[Task]) -> Iterator[Answered]:
        """Every task's answer: of the sequences found, the one whose mean log-probability a token is highest.

        Raises ModelError where a single task does not fit into memory.
        """
        while some := [*islice(tasks, max(1, self.batch.size // self.decoding.beams))]:
            found = self.batch.within_memory(partial(self._search, some), lambda: [*map(len, some)])
            if found is None:
                tasks = chain(some, tasks)
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
        with neutral_generation(self.network):
            found = self.network.generate(**inputs, generation_config=config)
        prompt = inputs["input_ids"].shape[1]
        answers = [self._until_end(row) for row in found.sequences[:, prompt:].tolist()]
        # a sequence's score is the sum of its log-probabilities over its length, for a length penalty of 1
        logps = [score * len(ids) for score, ids in zip(found.sequences_scores.tolist(), answers, strict=True)]
        return [Answered(task, tuple(ids), logp) for task, ids, logp in zip(tasks, answers, logps, strict=True)]

    def _until_end(self, ids: list[int]) -> list[int]:
        """Without the padding behind the end token."""
        length = next((place for place, token in enumerate(ids, start=1) if token in self.end_ids), len(ids))
        return ids[:length]
