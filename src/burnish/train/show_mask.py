"""What a model is trained on, for people: every token that it reads, and which of them are trained."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple, TypeAlias

from burnish.errors import RunError
from burnish.generation.questions import conversation
from burnish.models import ModelOptions
from burnish.models.adapters import refuse_thinking
from burnish.models.loading import outline
from burnish.models.local import LocalModel
from burnish.printable import printable
from burnish.train.config import DPOConfig, TrainConfig
from burnish.train.dialogue_config import ShowMaskConfig, StudentConfig, TeacherConfig
from burnish.train.dialogue_data import DialogueMaterial, student_material, teacher_material
from burnish.train.dialogue_rows import DialogueRow
from burnish.train.dialogues import PicturedDialogue
from burnish.train.encode import AnswerEncoder, PairRow, answer_tree
from burnish.train.examples import TrainingExample, preferences
from burnish.train.picture_lengths import picture_marks
from burnish.train.prepare import Preparer
from burnish.train.token_tree import Node, Tree

Decode: TypeAlias = Callable[[Sequence[int]], str]


class Marks(NamedTuple):
    """What is written before and behind trained text."""

    begin: str
    end: str


COLOURED = Marks("\x1b[30;42m", "\x1b[0m")
"""Black on green."""
PLAIN = Marks("«", "»")


def show_mask(config: ShowMaskConfig, marks: Marks) -> str:
    """The dialogue or pair that the flags choose, as text. Raises a BurnishError for one that is not trained on."""
    training = config.training()
    model = _outlined(training)
    if isinstance(training, DPOConfig):
        head, tree = _pair(model, training, config)
    else:
        head, tree = _dialogue(model, training, config)
    decode: Decode = model.processor.tokenizer.decode
    pictures = picture_marks(model)
    part = "answer" if isinstance(training, DPOConfig) else "turn"
    return "\n".join([*head, counts(tree, pictures, part), "", draw(tree, decode, pictures, marks)])


def _dialogue(
    model: LocalModel, training: StudentConfig | TeacherConfig, config: ShowMaskConfig
) -> tuple[list[str], Tree]:
    """What is said of the dialogue, and its tokens."""
    if isinstance(training, StudentConfig):
        material = student_material(model, training)
    else:
        material = teacher_material(model, training)
    row = _chosen(material, config)
    _, tree = material.collate.read(row)
    head = f"{row.id} of {config.run}, as a {config.role} learns it"
    return [head, *(f"left out: {n} ({why})" for why, n in sorted(material.preparer.turns_left_out.items()))], tree


def _pair(model: LocalModel, training: DPOConfig, config: ShowMaskConfig) -> tuple[list[str], Tree]:
    """What is said of the pair, and its tokens: the chosen answer is the first."""
    pairs = preferences(training, model_fingerprint=model.fingerprint)
    encoder = AnswerEncoder(model.encoder, model.end_token_ids)
    preparer = Preparer(encoder, max_length=training.max_length, picture_marks=picture_marks(model))
    for place, example in enumerate(one for one in pairs.read() if isinstance(one, TrainingExample)):
        if config.id not in (None, example.id) or config.index not in (None, place):
            continue
        row = preparer.prepare(example)
        if isinstance(row, PairRow):
            prompt = model.encoder.encode(conversation(example.question, example.images, example.before))
            return [f"{row.id} of {config.run}, as train dpo reads it"], answer_tree(prompt, row.answers)
        if config.id is not None or config.index is not None:
            raise RunError(f"{example.id} of {config.run} is not trained on ({row.reason}).")
    chosen = f" with the id {config.id!r}" if config.id is not None else ""
    chosen = f" at --index {config.index}" if config.index is not None else chosen
    raise RunError(f"{config.run} has no pair{chosen} that is trained on.")


def counts(tree: Tree, pictures: Collection[int], part: str = "turn") -> str:
    """How many tokens there are, how many of them are trained, in which part, and how many stand for the picture."""
    turns: Counter[int] = Counter()
    for node in tree:
        turns[node.turn] += len(node.ids)
    read = turns.pop(0, 0)
    by_turn = ", ".join(f"{part} {turn} {count:,}" for turn, count in sorted(turns.items()))
    seen = sum(token in pictures for node in tree for token in node.ids)
    trained = sum(turns.values())
    return f"{read + trained:,} tokens, {seen:,} of them the picture's; {trained:,} trained: {by_turn}"


def draw(tree: Tree, decode: Decode, pictures: Collection[int], marks: Marks) -> str:
    """The tree's text; where it branches, each node under a line that says behind which one it stands."""
    shown = list(_texts(tree, decode, pictures, marks))
    if all(node.parent == number - 1 for number, node in enumerate(tree)):
        return "".join(shown)
    return "\n\n".join(
        f"[{number}]{f' behind [{node.parent + 1}]' if node.parent >= 0 else ''}"
        f"{f', turn {node.turn}' if node.turn else ''}, {len(node.ids):,} tokens\n{text}"
        for number, (node, text) in enumerate(zip(tree, shown, strict=True), start=1)
    )


def _texts(tree: Tree, decode: Decode, pictures: Collection[int], marks: Marks) -> Iterator[str]:
    for node in tree:
        # a tokenizer may write a token otherwise at the beginning of a text, so each node is read behind its parent
        text = "".join(_runs(node, tree[node.parent].ids[-1:] if node.parent >= 0 else (), decode, pictures))
        yield _marked(text, marks) if node.turn else text


def _runs(node: Node, before: Sequence[int], decode: Decode, pictures: Collection[int]) -> Iterator[str]:
    """Pieces of text, with a picture's tokens counted instead of written out."""
    for is_picture, run in groupby(node.ids, key=lambda token: token in pictures):
        ids = list(run)
        if is_picture:
            yield f"[{decode(ids[:1])} x {len(ids):,}]"
        else:
            lead = decode([*before])
            yield printable(decode([*before, *ids]).removeprefix(lead))
        before = ids[-1:]


def _marked(text: str, marks: Marks) -> str:
    """Each line on its own: a colour that runs over a line's end would fill the screen's width."""
    return "\n".join(f"{marks.begin}{line}{marks.end}" if line else line for line in text.split("\n"))


def _chosen(material: DialogueMaterial, config: ShowMaskConfig) -> DialogueRow:
    place = -1
    for pictured in material.dialogues.read():
        if not isinstance(pictured, PicturedDialogue):
            continue
        place += 1
        if config.id not in (None, pictured.dialogue.id) or config.index not in (None, place):
            continue
        row = material.preparer.dialogue(pictured)
        if isinstance(row, DialogueRow):
            return row
        if config.id is not None or config.index is not None:
            raise RunError(f"A {config.role} is not trained on {pictured.dialogue.id} of {config.run} ({row.reason}).")
    if config.id is not None:
        raise RunError(f"{config.run} has no dialogue with the id {config.id!r}.")
    if config.index is not None:
        raise RunError(f"{config.run} has {place + 1:,} dialogues, so none at --index {config.index}.")
    raise RunError(f"{config.run} has no dialogue that a {config.role} is trained on.")


def _outlined(training: TrainConfig) -> LocalModel:
    """The model without its weights. Raises ConfigError for a switch of thoughts that its template does not have."""
    options = ModelOptions(
        model=training.model,
        pad_to_square=training.pad_to_square,
        thinking=training.thinking,
        trust_remote_code=training.trust_remote_code,
    )
    model, processor, folders = outline(options)
    opened = LocalModel(
        model,
        processor,
        fingerprint=lambda: str(folders[0]),
        pad_to_square=options.pad_to_square,
        thinking=options.thinks,
    )
    refuse_thinking([options], [opened])
    return opened
