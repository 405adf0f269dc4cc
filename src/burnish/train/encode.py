"""From questions and answers to a batch: a prompt as the model sees it, and behind it each of the answers to it.

The prompt's tokens are those of inference (`burnish.models.encoding` makes both). An answer's tokens are the ones
that the model generated, its end token included; of an answer known only as text, they are those that a model which
keeps to its chat template would generate.

Axes: E examples in a batch, A answers an example at most, S rows, T tokens.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, final

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from burnish.distort import parse
from burnish.generation.questions import PictureBytes, conversation, distorted, each
from burnish.ids import content_key
from burnish.models.base import Message
from burnish.models.encoding import Encoder, Encoding
from burnish.records import Answer
from burnish.train.batch_layout import APART, Reading
from burnish.train.sequences import Batch
from burnish.train.token_tree import Node, Tree


class PairRow(NamedTuple):
    """A training example with its answers as tokens, ready to be joined with its picture."""

    id: str
    picture: str
    question: str
    answers: Sequence[Sequence[int]]
    references: Sequence[float] = ()
    """Each answer's log-probability (nats) under the model to be trained, where the run has them all."""
    before: Sequence[tuple[str, str]] = ()
    """Speaker and text of the messages before the question."""
    distortions: Sequence[str] = ()
    """Of the rejected answers, where the chosen one is read under their distorted pictures too; else none."""
    seeds: Sequence[int] = ()
    """By which those pictures are drawn again."""
    distorted_image: int = 0
    """Number, from 1, of the one picture of several that was distorted; 0 where all were."""


@final
@dataclass(frozen=True)
class AnswerEncoder:
    """Makes an answer's tokens."""

    encoder: Encoder
    end_ids: Collection[int]
    """The tokens at which the model stops."""

    def ids(self, prompt: Sequence[Message], answer: Answer) -> list[int]:
        """The tokens that were generated where they are known, else those of the text and an end token.

        An answer that was cut did not end there: no end token is put behind it.
        """
        return list(answer.token_ids) or self.lesson(prompt, answer.text, cut=answer.finish == "length")[1]

    def text_ids(self, prompt: Sequence[Message], text: str) -> list[int]:
        """The tokens of `text` as the assistant's answer to `prompt`, with the end token of the chat template."""
        return self.lesson(prompt, text)[1]

    def lesson(self, prompt: Sequence[Message], text: str, *, cut: bool = False) -> tuple[list[int], list[int]]:
        """The written prompt's tokens, each picture still one mark, and those of `text` as `text_ids` gives them.

        A text that was `cut` gets no end token.
        """
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
        if cut:
            return begin, ids
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
    open_pictures: Callable[[str], PictureBytes]
    pad_token_id: int
    reading: Reading = APART
    """With `Together` an example's answers share its picture and question, and short examples share rows."""
    rejected_too: bool = False
    """Whether under a distorted picture its rejected answer is read beside the chosen one."""

    def __call__(self, rows: Sequence[Mapping[str, Any]]) -> Batch:
        """Rows as mappings of the fields of `Row`, because that is how a data set gives them."""
        examples = [PairRow(**row) for row in rows]
        pictures = [self.open_pictures(row.picture) for row in examples]
        asked = [conversation(row.question, shown, row.before) for row, shown in zip(examples, pictures, strict=True)]
        prompts = [(self.encoder.encode(one), row.answers) for one, row in zip(asked, examples, strict=True)]
        drawn = [
            (place, number, spec, seed)
            for place, row in enumerate(examples)
            for number, (spec, seed) in enumerate(zip(row.distortions, row.seeds, strict=True), start=1)
        ]
        distorted = [
            (
                self._distorted(asked[place], spec, seed, examples[place].distorted_image),
                self._read_again(examples[place].answers, number),
            )
            for place, number, spec, seed in drawn
        ]
        joined = batch([*prompts, *distorted], self.pad_token_id, self.reading)
        keys = [key_of_all(shown) for shown in pictures]
        joined["examples"] = torch.tensor(len(examples))
        joined["id_E"] = [row.id for row in examples]
        joined["picture_E"] = [
            *keys,
            *(content_key(f"{keys[place]} {spec} {seed}".encode()) for place, _, spec, seed in drawn),
        ]
        if all(row.references for row in examples):
            references = [torch.tensor(row.references, dtype=torch.float32) for row in examples]
            joined["reference_EA"] = pad_sequence(references, batch_first=True)
        return joined

    def _read_again(self, answers: Sequence[Sequence[int]], number: int) -> Sequence[Sequence[int]]:
        """Of an example's answers, those that are read under the distorted picture of this rejected one, from 1."""
        return [answers[0], answers[number]] if self.rejected_too else answers[:1]

    def _distorted(self, asked: Sequence[Message], spec: str, seed: int, number: int) -> Encoding:
        """The conversation about the distorted pictures, as it was put when the rejected answer was given."""
        return self.encoder.encode_request(distorted(asked, parse(spec), seed, number))


def key_of_all(pictures: PictureBytes) -> str:
    """Content key of an example's pictures together."""
    keys = [content_key(picture) for picture in each(pictures)]
    return keys[0] if len(keys) == 1 else content_key("".join(keys).encode())


def batch(
    examples: Sequence[tuple[Encoding, Sequence[Sequence[int]]]], pad_token_id: int, reading: Reading = APART
) -> Batch:
    """Every example as a tree: its prompt, and each answer behind it as the turn of its number from 1."""
    counts_E = torch.tensor([len(answers) for _, answers in examples])
    return {
        **reading([(prompt, answer_tree(prompt, answers)) for prompt, answers in examples], pad_token_id),
        "present_EA": torch.arange(int(counts_E.max())) < counts_E[:, None],
    }


def by_example(values_ST: Tensor, batch: Batch) -> Tensor:
    """The sum over each answer's tokens, laid out as one row an example, (E, A); 0 where there is no answer."""
    # as torch sums, in pairs: one after another, rounding reaches 1e-4 nats below a thousand of them
    return token_by_token(values_ST, batch).sum(dim=-1)


def token_by_token(values_ST: Tensor, batch: Batch) -> Tensor:
    """The values of each answer's tokens in their order, (E, A, L); 0 behind an answer's end.

    An answer's tokens stand together in one row, so that a token's number is how far it is from the first of them.
    """
    mask_ST = batch["answer_mask_ST"]
    _, place_N = mask_ST.nonzero(as_tuple=True)
    examples, answers = batch["present_EA"].shape
    answer_N = batch["tree_ST"][mask_ST] * answers + batch["turn_ST"][mask_ST] - 1
    first = place_N.new_full((examples * answers,), mask_ST.shape[1])
    number_N = place_N - first.scatter_reduce(0, answer_N, place_N, "amin")[answer_N]
    values = values_ST.new_zeros(examples * answers, int(number_N.max()) + 1)
    return values.index_put((answer_N, number_N), values_ST[mask_ST]).view(examples, answers, -1)


def answer_tree(prompt: Encoding, answers: Sequence[Sequence[int]]) -> Tree:
    """The prompt, and each answer behind it as the turn of its number from 1."""
    stem = Node(-1, tuple(prompt.input_ids.tolist()), 0)
    return (stem, *(Node(0, tuple(ids), number) for number, ids in enumerate(answers, start=1)))
