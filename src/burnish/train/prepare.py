"""Turns a training set into a table on disk: answers as tokens, what cannot be trained on left out and counted.

The table holds no pictures. It is mapped into memory, so that any number of processes read one copy of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, final

from datasets import Dataset, Features, List, Value
from datasets.arrow_writer import ArrowWriter

from burnish.errors import RequestError, RunError
from burnish.generation.questions import conversation
from burnish.progress import Progress
from burnish.records import Answer, Dropped
from burnish.replies import GIVE_TRUTHS, NO_TRUTH
from burnish.train.encode import AnswerEncoder, PairRow
from burnish.train.examples import TrainingExample, TrainingSet
from burnish.train.picture_lengths import DOT, Lengths

_FEATURES = Features(
    {
        "id": Value("string"),
        "picture": Value("string"),
        "question": Value("string"),
        "answers": List(List(Value("int32"))),
        "references": List(Value("float32")),
        "before": List(List(Value("string"))),
        "distortions": List(Value("string")),
        "seeds": List(Value("int64")),
        "distorted_image": Value("int32"),
    }
)


class PreparedPairs(NamedTuple):
    """How much there is to train on, and what became of the rest."""

    examples: int
    answers: int
    cut: int
    """Answers that were cut because their sequence was longer than the limit."""
    equal: int
    """Rejected answers left out of pairs that have others, because within the limit they equal the chosen one."""
    left_out: Mapping[str, int]
    """Reason to number of examples."""

    def sentence(self) -> str:
        """What the command line says."""
        reasons = ", ".join(f"{count:,} ({reason})" for reason, count in sorted(self.left_out.items()))
        parts = [f"{self.examples:,} examples with {self.answers:,} answers to train on"]
        parts += [f"left out: {reasons}"] if reasons else []
        parts += [f"{self.cut:,} answers cut at the longest sequence"] if self.cut else []
        parts += [f"{self.equal:,} rejected answers left out, then equal to the chosen one"] if self.equal else []
        return "; ".join(parts) + "."


def prepare(examples: TrainingSet, preparer: Preparer, table: Path) -> PreparedPairs:
    """Write the rows of all examples that can be trained on. Raises RunError when there is none."""
    left_out: Counter[str] = Counter()
    rows = answers = 0
    with Progress("prepared") as progress, ArrowWriter(path=str(table), features=_FEATURES) as writer:
        for example in examples.read():
            outcome = example if isinstance(example, Dropped) else preparer.prepare(example)
            if isinstance(outcome, Dropped):
                left_out[outcome.reason] += 1
            else:
                writer.write(outcome._asdict())
                rows, answers = rows + 1, answers + len(outcome.answers)
            progress.advance()
        if rows:
            writer.finalize()
    refuse_nothing(rows, left_out)
    return PreparedPairs(rows, answers, preparer.cut, preparer.equal, dict(left_out))


def refuse_nothing(rows: int, left_out: Mapping[str, int]) -> None:
    """Raise RunError unless there are rows."""
    if not rows:
        reasons = ", ".join(f"{count:,} times {reason}" for reason, count in left_out.items()) or "it is empty"
        mend = f": {GIVE_TRUTHS}" if [*left_out] == [NO_TRUTH] else ""
        raise RunError(f"There is nothing to train on ({reasons}){mend}.")


def open_table(table: Path) -> Dataset:
    """The rows that `prepare` wrote."""
    return Dataset.from_file(str(table))


@final
class Preparer:
    """Turns one example at a time into a row, or finds out why it cannot be one."""

    def __init__(
        self, encoder: AnswerEncoder, *, max_length: int, picture_marks: Collection[int], distorted: bool = False
    ) -> None:
        """`picture_marks` are the tokens that stand for pictures; sequences may have `max_length` tokens.

        `distorted`: rows name the rejected answers' distorted pictures, and an example without one is left out.
        """
        self._encoder, self._max_length, self._distorted = encoder, max_length, distorted
        self._marks = frozenset(picture_marks)
        self._lengths = Lengths(encoder)
        self.cut = 0
        """Answers cut so far."""
        self.equal = 0
        """Rejected answers left out so far, of pairs that have others."""

    def prepare(self, example: TrainingExample) -> PairRow | Dropped:
        """The example with its answers as tokens, cut to fit. Image tokens stand in the prompt, which is never cut."""
        if self._distorted and not all(spec for spec, _ in example.distortions):
            return _left_out(example, "a rejected answer that no distortion made")
        messages = conversation(example.question, [DOT] * len(example.images), example.before)
        try:
            room = self._max_length - self._lengths.of_written(messages) - self._lengths.of_pictures(example.images)
            answers = [self._encoder.ids(messages, answer) for answer in example.answers]
        except RequestError:
            return _left_out(example, "the model's chat template cannot take this conversation")
        if room < 1:
            return _left_out(example, f"prompt longer than {self._max_length - 1:,} tokens")
        prompts = [example.question, *(text for _, text in example.before)]
        if any(self._marks.intersection(ids) for ids in (*map(self._encoder.tokens, prompts), *answers)):
            return _left_out(example, "the model's mark for a picture in question or answer")
        seen = [ids[:room] for ids in answers]
        # the first is the chosen one, and from its equal there is nothing to learn
        kept = [place for place, ids in enumerate(seen) if not place or ids != seen[0]]
        if len(seen) > 1 and len(kept) == 1:
            return _left_out(example, f"chosen and rejected are equal within {self._max_length:,} tokens")
        cut = sum(len(answers[place]) > room for place in kept)
        self.cut, self.equal = self.cut + cut, self.equal + len(seen) - len(kept)
        drawn = [example.distortions[place - 1] for place in kept[1:]] if self._distorted else []
        return PairRow(
            id=example.id,
            picture=example.picture,
            question=example.question,
            answers=[seen[place] for place in kept],
            references=() if cut else _references([example.answers[place] for place in kept]),
            before=[(one.speaker, one.text) for one in example.before],
            distortions=[spec for spec, _ in drawn],
            seeds=[seed for _, seed in drawn],
            distorted_image=example.distorted_image,
        )


def _references(answers: Sequence[Answer]) -> Sequence[float]:
    """Log-probabilities of the tokens that are trained on, or nothing where one is unknown."""
    known = [answer.ref_logp for answer in answers if answer.token_ids and answer.ref_logp is not None]
    return known if len(known) == len(answers) else ()


def _left_out(example: TrainingExample, reason: str) -> Dropped:
    return Dropped(id=example.id, source=example.source, reason=reason)
