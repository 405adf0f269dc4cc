"""The configuration of each `burnish score NAME`: which official files, which predictions; light, for a quick help."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, TypeAlias

import tyro

from burnish.errors import ConfigError

Protocol: TypeAlias = Literal["llava", "seva"]
MissingTasks: TypeAlias = Literal["refuse", "left-out"]


@dataclass(frozen=True, kw_only=True)
class ScorePopeConfig:
    """Score recorded answers to POPE: accuracy, precision, recall, F1 and yes-ratio of each split, and the mean F1."""

    benchmark: ClassVar[str] = "pope"
    questions: tuple[str, ...]
    """POPE's files of questions, one a split, such as coco_pope_random.json: JSON lines with `question_id`, `image`,
    `text` and `label`."""
    predictions: tuple[str, ...]
    """JSON lines with `question_id` and `text`: one file a split in the order of --questions, or one for all splits.
    POPE numbers the questions of every split from 1, so one file for all must list them in the splits' order."""
    protocol: Protocol = "llava"
    """How an answer is read: `llava` drops the end token `</s>` first, `seva` keeps it, as SeVa's own scorer did, so
    that `No</s>` is not the word no and counts as yes. Numbers of the two are not comparable."""
    json: str | None = None
    """Also write the scores to this file."""

    def __post_init__(self) -> None:
        if not self.questions or not self.predictions:
            raise ConfigError("There is nothing to score: give --questions and --predictions a file each, or several.")
        if len(self.predictions) not in (1, len(self.questions)):
            raise ConfigError(
                f"--questions has {len(self.questions)} files and --predictions {len(self.predictions)}: give one file "
                "of predictions for all splits, or one a split in the same order."
            )


@dataclass(frozen=True, kw_only=True)
class ScoreMmeConfig:
    """Score recorded answers to MME: each task's accuracy and accuracy+, the sums for perception and cognition."""

    benchmark: ClassVar[str] = "mme"
    folder: tyro.conf.Positional[str]
    """Folder of MME's 14 files, such as existence.txt: on each line picture, question, truth and prediction between
    tabs, two lines a picture."""
    missing: MissingTasks = "refuse"
    """What is done where tasks have no file: refuse to score, or sum the others."""
    json: str | None = None
    """Also write the scores to this file."""


@dataclass(frozen=True, kw_only=True)
class ScoreVqav2Config:
    """Score recorded answers to VQAv2's validation questions: soft accuracy among ten people's answers."""

    benchmark: ClassVar[str] = "vqav2"
    annotations: str
    """VQAv2's v2_mscoco_val2014_annotations.json, or a part of it in the same form."""
    predictions: str
    """The answers as they would be submitted: a JSON list, or JSON lines, with `question_id` and `answer` (or
    `text`). `burnish submit vqav2` makes them of a model's own words as LLaVA does."""
    json: str | None = None
    """Also write the scores to this file."""


@dataclass(frozen=True, kw_only=True)
class ScoreTextvqaConfig:
    """Score recorded answers to TextVQA's validation questions: soft accuracy, all answers in EvalAI's form."""

    benchmark: ClassVar[str] = "textvqa"
    annotations: str
    """TextVQA_0.5.1_val.json, or a part of it in the same form."""
    predictions: str
    """JSON lines with `image_id`, `question` and `text`, or LLaVA's with `question_id` (the picture), `prompt` and
    `text`."""
    json: str | None = None
    """Also write the scores to this file."""


@dataclass(frozen=True, kw_only=True)
class ScoreVizwizConfig:
    """Score recorded answers to VizWiz's validation questions, by VQAv2's rule."""

    benchmark: ClassVar[str] = "vizwiz"
    annotations: str
    """VizWiz's val.json, or a part of it in the same form."""
    predictions: str
    """The answers as they would be submitted: a JSON list, or JSON lines, with `image` and `answer`.
    `burnish submit vizwiz` makes them of a model's own words as LLaVA does."""
    json: str | None = None
    """Also write the scores to this file."""


@dataclass(frozen=True, kw_only=True)
class ScoreGqaConfig:
    """Score recorded answers to GQA: accuracy by exact equality."""

    benchmark: ClassVar[str] = "gqa"
    questions: str
    """GQA's testdev_balanced_questions.json, or a part of it in the same form."""
    predictions: str
    """A JSON list, or JSON lines, with `questionId` and `prediction` (or LLaVA's `question_id` and `text`)."""
    json: str | None = None
    """Also write the scores to this file."""
