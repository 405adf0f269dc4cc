"""Configurations of `burnish score NAME` and `burnish submit NAME`; light, so that help is quick."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, TypeAlias

import tyro

from burnish.errors import ConfigError

Protocol: TypeAlias = Literal["llava", "seva"]
MissingTasks: TypeAlias = Literal["refuse", "left-out"]
MissingAnswers: TypeAlias = Literal["refuse", "empty"]
FailedReviews: TypeAlias = Literal["left-out", "minus-one"]


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


@dataclass(frozen=True, kw_only=True)
class ScoreScienceqaConfig:
    """Score recorded answers to ScienceQA's questions with a picture."""

    benchmark: ClassVar[str] = "scienceqa"
    problems: str
    """ScienceQA's problems.json."""
    splits: str
    """ScienceQA's pid_splits.json."""
    split: str = "test"
    """The split that is scored."""
    predictions: str
    """JSON lines with `question_id` and `text`; those for questions without a picture are passed over."""
    json: str | None = None
    """Also write the scores to this file."""


@dataclass(frozen=True, kw_only=True)
class ScoreMmbenchConfig:
    """Score recorded answers to MMBench or MMBench-CN: each question right in every rotation of its options."""

    benchmark: ClassVar[str] = "mmbench"
    questions: str
    """MMBench's table with answers (a dev set), tab-separated, one row a rotation."""
    predictions: str
    """JSON lines with `question_id` (the table's index) and `text`."""
    json: str | None = None
    """Also write the scores to this file."""


@dataclass(frozen=True, kw_only=True)
class ScoreSeedConfig:
    """Score recorded answers to SEED-Bench's questions about pictures."""

    benchmark: ClassVar[str] = "seed"
    questions: str
    """SEED-Bench.json; its questions about videos are passed over."""
    predictions: str
    """JSON lines with `question_id` and `text`."""
    json: str | None = None
    """Also write the scores to this file."""


@dataclass(frozen=True, kw_only=True)
class ScoreMmvetConfig:
    """Score a judge's recorded grades of answers to MM-Vet."""

    benchmark: ClassVar[str] = "mmvet"
    questions: str
    """MM-Vet's mm-vet.json."""
    judgements: str
    """The grades as the official evaluator writes them, {"v1_0": {"score": [0.5], "content": ["0.5"]}}: one score a
    run of the judge. A reply without a score counts 0, and is counted."""
    json: str | None = None
    """Also write the scores to this file."""


@dataclass(frozen=True, kw_only=True)
class ScoreLlavaBenchConfig:
    """Score a judge's recorded reviews of answers to LLaVA-Bench (in the wild)."""

    benchmark: ClassVar[str] = "llava-bench"
    questions: str
    """LLaVA-Bench's questions.jsonl."""
    reviews: str
    """The judge's replies as LLaVA's eval_gpt_review_bench writes them: JSON lines with `question_id` and `content`,
    whose first line has the points of the reference's answer and of the model's."""
    failed: FailedReviews = "left-out"
    """What is done with a review without two numbers on its first line: left out and counted, or averaged in as -1
    for both, as the original does."""
    json: str | None = None
    """Also write the scores to this file."""


@dataclass(frozen=True, kw_only=True)
class ScoreShrConfig:
    """Score a judge's recorded judgements of detailed descriptions: the share of hallucinated sentences."""

    benchmark: ClassVar[str] = "shr"
    judgements: str
    """The judge's replies as HA-DPO's shr_eval writes judgement.json: by run and picture, `raw_judgement` and
    `model_response`."""
    json: str | None = None
    """Also write the scores to this file."""


@dataclass(frozen=True, kw_only=True)
class SubmitVqav2Config:
    """Write recorded answers to VQAv2's test questions for its server, in EvalAI's form."""

    benchmark: ClassVar[str] = "vqav2"
    questions: str
    """VQAv2's v2_OpenEnded_mscoco_test2015_questions.json."""
    predictions: str
    """JSON lines with `question_id` and `text`."""
    missing: MissingAnswers = "refuse"
    """What is done with questions without a prediction: refuse to write, or an empty answer, as LLaVA does for
    test2015 when test-dev alone was asked."""
    out: str
    """The JSON file that is written."""


@dataclass(frozen=True, kw_only=True)
class SubmitVizwizConfig:
    """Write recorded answers to VizWiz's test questions for its server, in EvalAI's form."""

    benchmark: ClassVar[str] = "vizwiz"
    questions: str
    """VizWiz's test.json."""
    predictions: str
    """JSON lines with `image` (or `question_id`, holding the picture's name) and `text`."""
    out: str
    """The JSON file that is written."""


@dataclass(frozen=True, kw_only=True)
class SubmitMmbenchConfig:
    """Write recorded answers to MMBench's questions for its server."""

    benchmark: ClassVar[str] = "mmbench"
    questions: str
    """MMBench's table, tab-separated, such as mmbench_test_20230712.tsv."""
    predictions: str
    """JSON lines with `question_id` (the table's index) and `text`."""
    out: str
    """The Excel workbook that is written; its name ends in .xlsx."""

    def __post_init__(self) -> None:
        if not self.out.endswith(".xlsx"):
            raise ConfigError(f"--out must end in .xlsx, which MMBench's server takes, not {self.out}.")


@dataclass(frozen=True, kw_only=True)
class MakePopeConfig:
    """Make a POPE of your own pictures: three files of questions, which `bench standard pope` and `score pope` read."""

    annotations: tyro.conf.Positional[str]
    """Detection annotations in COCO's form, such as instances_val2014.json, with `images`, `annotations` and
    `categories`."""
    out: str
    """Folder that the files are written to."""
    name: str = "own"
    """What the files' names begin with: own_pope_random.json."""
    pictures: int = 500
    """Pictures that are asked about, drawn among those with enough objects."""
    objects: int = 3
    """Objects of each picture that are asked about, and as many that are not in it."""
    seed: int = 0
    """Decides every draw."""
    json: str | None = None
    """Also write the counts to this file."""

    def __post_init__(self) -> None:
        for flag, value in (("--pictures", self.pictures), ("--objects", self.objects)):
            if value < 1:
                raise ConfigError(f"{flag} must be at least 1, not {value}.")
        if self.seed < 0:
            raise ConfigError(f"--seed must be 0 or more, not {self.seed}.")
        if not self.name or "/" in self.name:
            raise ConfigError(f"--name must be a part of a file's name, not {self.name!r}.")
