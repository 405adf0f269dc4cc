"""Measures the pocket VLM on every task: `python -m burnish.pocket.evaluate [--model DIR] [--json FILE]`.

Each question is asked alone and answered greedily, as in every use of the model. Beside it stand the blind
baseline (the best guess from the question's text) and chance (a guess among the answers the question allows).
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import fmean
from typing import Any

import torch
import tyro
from transformers import AutoModelForImageTextToText, AutoProcessor

from burnish.config import runtime
from burnish.errors import ConfigError
from burnish.pocket import weights_path
from burnish.pocket.world import TASKS, Question, Task, chance, check_description, draw, matches, question_at
from burnish.pocket.world.questions import Split
from burnish.progress import Progress

BLIND_SEED = 1
"""The blind baseline learns from questions of this seed, the model is measured on those of seed 0."""
BLIND_QUESTIONS = 4000
"""Questions a task that the blind baseline learns from."""
LONGEST_ANSWER = 100
"""New tokens: more than the longest description has."""


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
            raise ConfigError(f"--model {self.model} is no folder: give one made by burnish.pocket.train.")


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


def evaluate(config: EvaluatePocketConfig) -> list[TaskResult]:
    """Asks every task's questions (held-out ones of seen tasks) and compares the answers with the truth."""
    model = AutoModelForImageTextToText.from_pretrained(config.model).eval()
    processor = AutoProcessor.from_pretrained(config.model)
    results = []
    with Progress("ask the pocket VLM", config.questions * len(TASKS), unit="questions") as progress:
        for task in TASKS:
            questions = [question_at(_split(task), index, task.name) for index in range(config.questions)]
            texts: list[str] = []
            for start in range(0, len(questions), config.batch_size):
                part = questions[start : start + config.batch_size]
                texts += answer(model, processor, part)
                progress.advance(len(part), note=task.name)
            results.append(_result(task, questions, texts))
    if config.json is not None:
        config.json.write_text(json.dumps([asdict(result) for result in results], indent=2) + "\n")
    return results


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


def blind_accuracy(task: Task, questions: Sequence[Question]) -> float:
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


def table(results: Sequence[TaskResult]) -> str:
    """The results as a Markdown table, with the means of both groups."""
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


def _split(task: Task) -> Split:
    return "new" if task.group == "new" else "heldout"


def _result(task: Task, questions: Sequence[Question], texts: Sequence[str]) -> TaskResult:
    answered = list(zip(questions, texts, strict=True))
    checks = [check_description(one.scene, text, one.question) for one, text in answered]
    right = sum(check.right for check in checks)
    said = right + sum(check.hallucinated + check.unreadable for check in checks)
    there = right + sum(check.missing for check in checks)
    describes = task.name in {"description", "part"}
    return TaskResult(
        task=task.name,
        group=task.group,
        stands_for=task.stands_for,
        questions=len(questions),
        model=fmean(matches(one.answer, text) for one, text in answered),
        blind=blind_accuracy(task, questions),
        chance=fmean(chance(one.answer, one.options) for one in questions),
        precision=right / max(1, said) if describes else None,
        recall=right / max(1, there) if describes else None,
    )


if __name__ == "__main__":
    print(table(evaluate(tyro.cli(EvaluatePocketConfig))))
