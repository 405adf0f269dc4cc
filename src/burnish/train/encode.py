"""From questions and answers to a batch of sequences, each a prompt as the model sees it and one answer.

The prompt's tokens are those of inference (`burnish.models.encoding` makes both). An answer's tokens are the ones
that the model generated, its end token included; of an answer known only as text, they are those that a model which
keeps to its chat template would generate.

Axes: E examples in a batch, A answers an example at most, S sequences (one for each answer that is there), T tokens.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple, TypeAlias, final

import torch
from torch import Tensor

from burnish.loop import clean_request
from burnish.models.base import Message
from burnish.models.encoding import Encoder, Encoding, collate
from burnish.records import Answer, Example

Batch: TypeAlias = dict[str, Tensor]
"""A model's inputs by their own names, and beside them what `BOOKKEEPING` names."""

BOOKKEEPING = ("answer_mask_ST", "before_ST", "example_S", "answer_S", "present_EA")
"""Where answers are; the place of the token that each one follows; which example and which of its answers a sequence
belongs to; which answers there are."""


class Row(NamedTuple):
    """A training example with its answers as tokens, ready to be joined with its picture."""

    id: str
    picture: str
    question: str
    answers: Sequence[Sequence[int]]


@final
@dataclass(frozen=True)
class AnswerEncoder:
    """Makes an answer's tokens."""

    encoder: Encoder
    end_ids: Collection[int]
    """The tokens at which the model stops."""

    def ids(self, prompt: Sequence[Message], answer: Answer) -> list[int]:
        """The tokens that were generated where they are known, else those of the text and an end token."""
        return list(answer.token_ids) or self.text_ids(prompt, answer.text)

    def text_ids(self, prompt: Sequence[Message], text: str) -> list[int]:
        """The tokens of `text` as the assistant's answer to `prompt`, with the end token of the chat template."""
        return self.lesson(prompt, text)[1]

    def lesson(self, prompt: Sequence[Message], text: str) -> tuple[list[int], list[int]]:
        """The written prompt's tokens, each picture still one mark, and those of `text` as `text_ids` gives them."""
        before = self.encoder.prompt(prompt)
        conversation = self.encoder.prompt([*prompt, Message(role="assistant", text=text)])
        lead, after = "", ""
        if text and conversation.startswith(before):
            # what the template writes between its cue and the answer (a space), and after the answer
            lead, _, after = conversation.removeprefix(before).partition(text)
        begin, whole = self.tokens(before), self.tokens(before + lead + text)
        # some tokenizers treat the first word of a text on its own as another one, so the prompt goes before it
        joins = whole[: len(begin)] == begin
        ids = whole[len(begin) :] if joins else self.tokens(lead + text)
        ends = [token for token in self.tokens(after) if token in self.end_ids]
        return begin, [*ids, ends[0] if ends else self._end_id]

    def tokens(self, text: str) -> list[int]:
        """The tokens of a text with the chat template's own marks in it."""
        ids: list[int] = self.encoder.processor.tokenizer(text, add_special_tokens=False)["input_ids"]
        return ids

    @cached_property
    def _end_id(self) -> int:
        own = self.encoder.processor.tokenizer.eos_token_id
        return own if own in self.end_ids else min(self.end_ids)


@final
@dataclass(frozen=True)
class Collator:
    """Joins rows and their pictures to a batch; made for a data loader's worker processes."""

    encoder: Encoder
    open_picture: Callable[[str], bytes]
    pad_token_id: int

    def __call__(self, rows: Sequence[Mapping[str, Any]]) -> Batch:
        """Rows as mappings of the fields of `Row`, because that is how a data set gives them."""
        examples = [Row(**row) for row in rows]
        return batch([(self._prompt(row), row.answers) for row in examples], self.pad_token_id)

    def _prompt(self, row: Row) -> Encoding:
        return self.encoder.encode(conversation(row.question, self.open_picture(row.picture)))


def conversation(question: str, picture: bytes) -> Sequence[Message]:
    """What an answer ends, the same as when answers were generated."""
    return clean_request(Example(id="", image=picture, question=question, source="")).messages


def batch(examples: Sequence[tuple[Encoding, Sequence[Sequence[int]]]], pad_token_id: int) -> Batch:
    """One sequence for every answer of every example, padded on the right."""
    sequences = [_join(prompt, ids) for prompt, answers in examples for ids in answers]
    inputs = collate(sequences, pad_token_id, side="right")
    places = [(e, a) for e, (_, answers) in enumerate(examples) for a in range(len(answers))]
    example_S, answer_S = torch.tensor(places).unbind(dim=1)
    present_EA = torch.zeros(len(examples), int(answer_S.max()) + 1, dtype=torch.bool)
    present_EA[example_S, answer_S] = True
    answer_mask_ST = inputs["attention_mask"].bool()
    for mask_T, (e, _) in zip(answer_mask_ST, places, strict=True):
        mask_T[: len(examples[e][0])] = False
    return {
        **inputs,
        "answer_mask_ST": answer_mask_ST,
        "before_ST": one_after_another(answer_mask_ST),
        "example_S": example_S,
        "answer_S": answer_S,
        "present_EA": present_EA,
    }


def one_after_another(mask_ST: Tensor) -> Tensor:
    """Where the token before each one stands in ordinary sequences: one place to the left, -1 for the first."""
    return (torch.arange(mask_ST.shape[1]) - 1).repeat(mask_ST.shape[0], 1)


def by_example(values_S: Tensor, batch: Batch) -> Tensor:
    """One value a sequence, laid out as one row an example, (E, A); 0 where there is no answer."""
    values_EA = values_S.new_zeros(batch["present_EA"].shape)
    return values_EA.index_put((batch["example_S"], batch["answer_S"]), values_S)


def _join(prompt: Encoding, answer: Sequence[int]) -> Encoding:
    """The prompt with the answer's tokens after it; `per_token` has 0, the value for text, at them."""
    tail = torch.tensor(answer, dtype=prompt.input_ids.dtype)
    per_token = {
        name: torch.cat([values, values.new_zeros(len(answer), *values.shape[1:])])
        for name, values in prompt.per_token.items()
    }
    return replace(prompt, input_ids=torch.cat([prompt.input_ids, tail]), per_token=per_token)
