"""Measures the pocket VLM on every task: `python -m burnish.pocket.evaluate [--model DIR] [--json FILE]`.

Each question is asked alone and answered greedily, as in every use of the model. Beside it stand the blind
baseline (the best guess from the question's text) and chance (a guess among the answers the question allows).
A second table tells how far the model leans to what is usual, on pictures with habits, without, and against them.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import fmean
from typing import Any, NamedTuple, TypeAlias

import torch
import tyro
from transformers import AutoModelForImageTextToText, AutoProcessor

from burnish.config import runtime
from burnish.errors import ConfigError
from burnish.pocket import weights_path
from burnish.pocket.world import (
    TASKS,
    DescriptionCheck,
    Question,
    WorldTask,
    chance,
    check_description,
    draw,
    leaning,
    matches,
    question_at,
)
from burnish.pocket.world.questions import PLACES, Split
from burnish.progress import Progress

BLIND_SEED = 1
"""The blind baseline learns from questions of this seed, the model is measured on those of seed 0."""
BLIND_QUESTIONS = 4000
"""Questions a task that the blind baseline learns from."""
LONGEST_ANSWER = 100
"""New tokens: more than the longest description has."""
LEANING_SPLITS: tuple[Split, ...] = ("heldout", "balanced", "counter")
"""Pictures with the habits that the model learnt, without any, and against them."""
QuestionAnswer: TypeAlias = tuple[Question, str]


@dataclass(frozen=True, kw_only=True)
class EvaluatePocketConfig:
    """How the pocket VLM is measured."""

    model: Path = field(default_factory=weights_path)
    """Folder of the model."""
    questions: int = 400
    """Questions a task."""
    batch_size: int = runtime(100)
    """Questions answered at once."""
    json: Path | None = None
    """File for the numbers."""

    def __post_init__(self) -> None:
        for flag in ("questions", "batch_size"):
            if getattr(self, flag) < 1:
                raise ConfigError(f"--{flag.replace('_', '-')} must be at least 1, not {getattr(self, flag)}.")
        if not self.model.is_dir():
            raise ConfigError(f"--model {self.model} is not a folder: give one made by `burnish train pocket`.")


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskResult:
    """One line of the table; all numbers are shares from 0 to 1."""

    task: str
    group: str
    stands_for: str
    questions: int
    model: float
    blind: float
    chance: float
    precision: float | None = None
    """Descriptions only: right statements among those made."""
    recall: float | None = None
    """Descriptions only: objects described rightly among those asked about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceResult:
    """What the model makes of pictures of one strength of habits; all numbers are shares from 0 to 1."""

    split: str
    habits: float
    accuracy: float
    """Of existence questions; an answer that is neither yes nor no is wrong."""
    missed: float
    """Of what is there, what is not answered with yes."""
    invented: float
    """Of what is not there, what is not answered with no."""
    precision: float
    """Of statements in descriptions."""
    recall: float
    leaning: float
    """Of wrong words about unusual looks, those that say what is usual."""


class Evaluation(NamedTuple):
    """All that is measured."""

    tasks: list[TaskResult]
    places: list[PlaceResult]


def evaluate(config: EvaluatePocketConfig) -> Evaluation:
    """Asks every task's questions (held-out ones of seen tasks) and compares the answers with the truth."""
    model = AutoModelForImageTextToText.from_pretrained(config.model).eval()
    processor = AutoProcessor.from_pretrained(config.model)
    asked: dict[tuple[Split, str], list[QuestionAnswer]] = {(_split(task), task.name): [] for task in TASKS}
    asked |= {(split, task): [] for split in LEANING_SPLITS for task in ("existence", "description")}
    with Progress("ask the pocket VLM", config.questions * len(asked), unit="questions") as progress:
        for (split, task), answers in asked.items():
            questions = [question_at(split, index, task) for index in range(config.questions)]
            for start in range(0, len(questions), config.batch_size):
                part = questions[start : start + config.batch_size]
                answers.extend(zip(part, answer(model, processor, part), strict=True))
                progress.advance(len(part), note=f"{task} in {split}")
    found = Evaluation(
        [_result(task, asked[_split(task), task.name]) for task in TASKS],
        [_place(split, asked[split, "existence"], asked[split, "description"]) for split in LEANING_SPLITS],
    )
    if config.json is not None:
        plain = {"tasks": [asdict(one) for one in found.tasks], "places": [asdict(one) for one in found.places]}
        config.json.write_text(json.dumps(plain, indent=2) + "\n")
    return found


def answer(model: Any, processor: Any, questions: Sequence[Question]) -> list[str]:
    """The model's greedy answers, one question a conversation; model and processor as the Auto classes load them."""
    prompts = [_prompt(processor, question.question) for question in questions]
    pictures = [draw(question.scene) for question in questions]
    inputs = processor(text=prompts, images=pictures, padding=True, return_tensors="pt")
    with torch.inference_mode():
        tokens_BT = model.generate(**inputs, max_new_tokens=LONGEST_ANSWER, do_sample=False)
    new_BT = tokens_BT[:, inputs["input_ids"].shape[1] :]
    texts: list[str] = processor.batch_decode(new_BT, skip_special_tokens=True)
    return texts


def _prompt(processor: Any, question: str) -> str:
    messages = [{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": question}]}]
    text: str = processor.apply_chat_template(messages, add_generation_prompt=True)
    return text


def blind_accuracy(task: WorldTask, questions: Sequence[Question]) -> float:
    """Exact match of the most common answer to the same question text, else of the task's most common answer.

    Learnt on other questions of the task: on the training split, or for a new task on its own, which has no other.
    """
    split: Split = "new" if task.group == "new" else "train"
    by_text: defaultdict[str, Counter[str]] = defaultdict(Counter)
    overall: Counter[str] = Counter()
    for index in range(BLIND_QUESTIONS):
        known = question_at(split, index, task.name, seed=BLIND_SEED)
        by_text[known.question][known.answer] += 1
        overall[known.answer] += 1
    guesses = [(by_text.get(one.question) or overall).most_common(1)[0][0] for one in questions]
    return fmean(matches(one.answer, guess) for one, guess in zip(questions, guesses, strict=True))


def place_table(results: Sequence[PlaceResult]) -> str:
    """How far the model leans, as a Markdown table."""
    lines = [
        "| split | habits | existence | missed | invented | statement precision / recall | usual among wrong words |",
        "| --- | --: | --: | --: | --: | --: | --: |",
    ]
    lines += [
        f"| {one.split} | {one.habits:g} | {one.accuracy:.1%} | {one.missed:.1%} | {one.invented:.1%} "
        f"| {one.precision:.1%} / {one.recall:.1%} | {one.leaning:.1%} |"
        for one in results
    ]
    return "\n".join(lines)


def table(results: Sequence[TaskResult]) -> str:
    """The results of tasks as a Markdown table, with the means of both groups."""
    lines = [
        "| task | group | stands for | model | blind | chance | statement precision / recall |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for one in results:
        statements = "" if one.precision is None else f"{one.precision:.1%} / {one.recall:.1%}"
        lines.append(
            f"| {one.task} | {one.group} | {one.stands_for} | {one.model:.1%} | {one.blind:.1%} | {one.chance:.1%} "
            f"| {statements} |"
        )
    for group in ("seen", "new"):
        every = [one for one in results if one.group == group]
        short = [one for one in every if one.precision is None]
        lines.append(_mean_line(f"mean of all {group} tasks", every))
        lines.append(_mean_line(f"mean without descriptions, {group}", short))
    return "\n".join(lines)


def _mean_line(label: str, results: Sequence[TaskResult]) -> str:
    model, blind, guess = (fmean(getattr(one, name) for one in results) for name in ("model", "blind", "chance"))
    return f"| {label} | | | {model:.1%} | {blind:.1%} | {guess:.1%} | |"


def _split(task: WorldTask) -> Split:
    return "new" if task.group == "new" else "heldout"


def _result(task: WorldTask, answered: Sequence[QuestionAnswer]) -> TaskResult:
    statements = _statements(answered) if task.name in {"description", "part"} else None
    return TaskResult(
        task=task.name,
        group=task.group,
        stands_for=task.stands_for,
        questions=len(answered),
        model=fmean(matches(one.answer, text) for one, text in answered),
        blind=blind_accuracy(task, [one for one, _ in answered]),
        chance=fmean(chance(one.answer, one.options) for one, _ in answered),
        precision=statements.precision if statements else None,
        recall=statements.recall if statements else None,
    )


def _place(split: Split, existence: Sequence[QuestionAnswer], descriptions: Sequence[QuestionAnswer]) -> PlaceResult:
    statements = _statements(descriptions)
    there = [text for one, text in existence if one.answer == "yes"]
    absent = [text for one, text in existence if one.answer == "no"]
    leans = [leaning(one.scene, text, one.question) for one, text in descriptions]
    return PlaceResult(
        split=split,
        habits=PLACES[split].habits,
        accuracy=fmean(matches(one.answer, text) for one, text in existence),
        missed=fmean(not matches("yes", text) for text in there),
        invented=fmean(not matches("no", text) for text in absent),
        precision=statements.precision,
        recall=statements.recall,
        leaning=sum(one.usual for one in leans) / max(1, sum(one.wrong for one in leans)),
    )


def _statements(answered: Sequence[QuestionAnswer]) -> DescriptionCheck:
    """The statements of all descriptions together."""
    checks = [check_description(one.scene, text, one.question) for one, text in answered]
    counts = ("right", "hallucinated", "missing", "unreadable")
    return DescriptionCheck(**{name: sum(getattr(check, name) for check in checks) for name in counts})


if __name__ == "__main__":
    found = evaluate(tyro.cli(EvaluatePocketConfig))
    print(table(found.tasks), place_table(found.places), sep="\n\n")
