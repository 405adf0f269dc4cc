"""Turns dialogues into a table of token trees on disk; what cannot be trained on is left out and counted, by turn.

General questions stand in the same table, each a tree of one prompt and one answer. Nothing is ever cut.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple, final

from datasets import Features, List, Value
from datasets.arrow_writer import ArrowWriter

from burnish.errors import RequestError
from burnish.generation.questions import conversation
from burnish.progress import Progress
from burnish.records import Dialogue, Dropped
from burnish.train.chat_examples import Asks, TurnTarget
from burnish.train.dialogue_config import DialogueTrainConfig
from burnish.train.dialogues import Dialogues, PicturedDialogue
from burnish.train.encode import AnswerEncoder
from burnish.train.examples import TrainingExample
from burnish.train.picture_lengths import DOT, Lengths
from burnish.train.prepare import refuse_nothing
from burnish.train.token_tree import ChatTurn, Node, Tree, pack

_FEATURES = Features(
    {
        "id": Value("string"),
        "picture": Value("string"),
        "prompt": Value("string"),
        "parents": List(Value("int32")),
        "ids": List(List(Value("int32"))),
        "turns": List(Value("int32")),
    }
)


class DialogueRow(NamedTuple):
    """A dialogue (or a general question) as a tree of tokens, ready to be joined with its picture."""

    id: str
    picture: str
    prompt: str
    """The first trained turn's prompt as it is written: the picture is processed with it."""
    parents: Sequence[int]
    ids: Sequence[Sequence[int]]
    turns: Sequence[int]
    """These three are the fields of the tree's nodes."""

    @property
    def tree(self) -> Tree:
        """With the picture as one mark."""
        return tuple(
            Node(parent, tuple(ids), turn) for parent, ids, turn in zip(self.parents, self.ids, self.turns, strict=True)
        )


class PreparedDialogues(NamedTuple):
    """How much there is to train on, and what became of the rest."""

    dialogues: int
    general: int
    """General questions mixed in."""
    general_lacking: int
    """General questions that their source has too few of for the share that was asked for."""
    turns: int
    """Trained turns of the dialogues."""
    tokens: int
    """Trained tokens of all."""
    branched: int
    """Dialogues in which turns branch off from what they share."""
    turns_left_out: Mapping[str, int]
    """Reason to number of turns of dialogues that are trained on without them."""
    left_out: Mapping[str, int]
    """Reason to number of dialogues and general questions."""

    def sentence(self) -> str:
        """What the command line says."""
        parts = [f"{self.dialogues:,} dialogues with {self.turns:,} turns to train on"]
        lacking = f", {self.general_lacking:,} too few for their share" if self.general_lacking else ""
        parts += [f"{self.general:,} general questions mixed in{lacking}"] if self.general or lacking else []
        parts += [f"turns left out: {_listed(self.turns_left_out)}"] if self.turns_left_out else []
        parts += [f"left out: {_listed(self.left_out)}"] if self.left_out else []
        return "; ".join(parts) + "."


def prepare_dialogues(
    dialogues: Dialogues, preparer: DialoguePreparer, config: DialogueTrainConfig, table: Path
) -> PreparedDialogues:
    """Write the rows of all dialogues that can be trained on, then general questions up to their share of all.

    Raises RunError when there is nothing to train on.
    """
    left_out: Counter[str] = Counter()
    told = general = turns = tokens = branched = 0
    with Progress("prepared") as progress, ArrowWriter(path=str(table), features=_FEATURES) as writer:
        for row in _rows(map(preparer.dialogue, dialogues.read()), left_out, progress):
            writer.write(row._asdict())
            told, turns, tokens = told + 1, turns + len(_trained_turns(row)), tokens + _trained_tokens(row)
            branched += len(set(row.parents)) < len(row.parents)
        wanted = round(told * config.mix_share / (1 - config.mix_share)) if config.mix else 0
        for row in _rows(map(preparer.general, dialogues.general()), left_out, progress) if wanted else ():
            writer.write(row._asdict())
            general, tokens = general + 1, tokens + _trained_tokens(row)
            if general == wanted:
                break
        if told:
            writer.finalize()
    refuse_nothing(told, left_out)
    return PreparedDialogues(
        dialogues=told,
        general=general,
        general_lacking=wanted - general,
        turns=turns,
        tokens=tokens,
        branched=branched,
        turns_left_out=dict(preparer.turns_left_out),
        left_out=dict(left_out),
    )


@final
class DialoguePreparer:
    """Turns one dialogue at a time into a row, or finds out why it cannot be one."""

    def __init__(self, encoder: AnswerEncoder, asks: Asks, *, max_length: int, picture_marks: Collection[int]) -> None:
        """`picture_marks` are the tokens that stand for pictures; a whole tree may have `max_length` tokens."""
        self._encoder, self._asks, self._max_length = encoder, asks, max_length
        self._marks = frozenset(picture_marks)
        self._marks_of = lru_cache(maxsize=None)(self._try_marks)
        self._lengths = Lengths(encoder)
        self.turns_left_out: Counter[str] = Counter()
        """Reason to number of turns so far, of dialogues that gave a row."""

    def dialogue(self, told: PicturedDialogue | Dropped) -> DialogueRow | Dropped:
        """The turns that the role learns from, as many as fit from the first on."""
        if isinstance(told, Dropped):
            return told
        dialogue, asks = told.dialogue, self._asks(told.dialogue)
        sound = [ask for ask in asks if not ask.flaw]
        if not sound:
            return _left_out(dialogue, asks[0].flaw if asks else "too few turns to learn from")
        row = self._row(dialogue, told.picture, [told.image], sound)
        if isinstance(row, DialogueRow):
            self.turns_left_out.update(ask.flaw for ask in asks if ask.flaw)
            if cut := len(sound) - len(_trained_turns(row)):
                self.turns_left_out[f"beyond {self._max_length:,} tokens"] += cut
        return row

    def general(self, example: TrainingExample | Dropped) -> DialogueRow | Dropped:
        """A question with its ground truth, put as `burnish.generation` puts it, behind the messages before it."""
        if isinstance(example, Dropped):
            return example
        messages = conversation(example.question, [DOT] * len(example.images), example.before)
        try:
            ask = TurnTarget(1, messages, example.answers[0].text.strip())
            return self._row(example, example.picture, example.images, [ask])
        except RequestError:
            return _left_out(example, "the model's chat template cannot take this conversation")

    def _row(
        self, origin: Dialogue | TrainingExample, picture: str, images: Sequence[bytes], asks: Sequence[TurnTarget]
    ) -> DialogueRow | Dropped:
        lessons = [ChatTurn(ask.turn, *self._encoder.lesson(ask.messages, ask.text, cut=ask.cut)) for ask in asks]
        marks = self._marks_of(len(images))
        if any(self._count_marks((*one.prompt, *one.target)) != marks for one in lessons):
            return _left_out(origin, "the model's mark for a picture in a text")
        room = self._max_length - self._lengths.of_pictures(images)
        trees = (pack(lessons[:end]) for end in range(len(lessons), 0, -1))
        tree = next((tree for tree in trees if sum(len(node.ids) for node in tree) <= room), None)
        if tree is None:
            return _left_out(origin, f"longer than {self._max_length:,} tokens")
        parents, ids, turns = zip(*tree, strict=True)
        return DialogueRow(origin.id, picture, self._encoder.encoder.prompt(asks[0].messages), parents, ids, turns)

    def _try_marks(self, pictures: int) -> int:
        """Marks of so many pictures in a prompt."""
        encoder = self._encoder
        return self._count_marks(encoder.tokens(encoder.encoder.prompt(conversation("?", [DOT] * pictures))))

    def _count_marks(self, ids: Sequence[int]) -> int:
        return sum(token in self._marks for token in ids)


def _rows(
    outcomes: Iterable[DialogueRow | Dropped], left_out: Counter[str], progress: Progress
) -> Iterator[DialogueRow]:
    for outcome in outcomes:
        progress.advance()
        if isinstance(outcome, Dropped):
            left_out[outcome.reason] += 1
        else:
            yield outcome


def _trained_turns(row: DialogueRow) -> set[int]:
    return set(row.turns) - {0}


def _trained_tokens(row: DialogueRow) -> int:
    return sum(len(ids) for ids, turn in zip(row.ids, row.turns, strict=True) if turn)


def _listed(reasons: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} ({reason})" for reason, count in sorted(reasons.items()))


def _left_out(origin: Dialogue | TrainingExample, reason: str) -> Dropped:
    return Dropped(id=origin.id, source=origin.source, reason=reason)
