"""Configurations of `burnish bench judged NAME`; light, so that help is quick."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import ClassVar

from burnish.config import RunFlags, place, runtime
from burnish.errors import ConfigError
from burnish.generation.replicas import ReplicaFlags
from burnish.models import Decoding, ModelOptions, ModelRuntime
from burnish.prompts import JudgeTask
from burnish.sources.sharding import Shard

ORACLE = "oracle"
"""The judge that is not a model: it knows the pocket world."""


@dataclass(frozen=True, kw_only=True)
class JudgeFlags(ReplicaFlags, RunFlags):
    """Who judges. Every `burnish bench judged NAME` has these flags."""

    task: ClassVar[JudgeTask]
    judge: str
    """The judge: a path or hub name of an image-text-to-text model of transformers, `pocket`, `http://HOST/v1#NAME`
    for model NAME at an OpenAI-compatible endpoint, or `oracle`, which knows the pocket world and is never wrong (for
    grades, pairwise and shr)."""
    judge_adapter: str | None = None
    """A PEFT adapter to load on the judge."""
    judge_prompt: str | None = None
    """The judge's prompt: a YAML file or a name such as judge-mmvet. Default: the one that comes with Burnish."""
    max_new_tokens: int = 1024
    """Longest reply of the judge, in tokens."""
    calibration: str | None = runtime(None)
    """A run of `bench judged calibrate` by the same judge, so that every table shows how far it can be trusted."""
    shard: str | None = runtime(None)
    """Have part I of N of the questions judged, as I/N. `burnish merge` joins and scores the parts."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.judge == ORACLE and (self.judge_adapter or self.judge_prompt):
            raise ConfigError("--judge oracle is not a model: it takes no --judge-adapter or --judge-prompt.")
        if self.judge != ORACLE:
            _ = self.judge_model
        Decoding(max_new_tokens=self.max_new_tokens)
        if self.shard is not None:
            Shard.parse(self.shard)

    @property
    def judge_model(self) -> ModelOptions:
        """Which model judges, and how it is run. Raises ConfigError for an adapter on a model at an endpoint."""
        if not self.judge:
            raise ConfigError("--judge is empty: give a path, a hub name, `pocket`, `oracle` or an http address.")
        if self.judge_adapter and self.judge.startswith(("http://", "https://")):
            raise ConfigError(
                f"--judge-adapter cannot be put on a model at an endpoint: let the server load {self.judge_adapter}."
            )
        shared = {field.name: getattr(self, field.name) for field in dataclasses.fields(ModelRuntime)}
        return ModelOptions(model=self.judge, adapter=self.judge_adapter, **shared)


@dataclass(frozen=True, kw_only=True)
class MmvetConfig(JudgeFlags):
    """Let a judge grade answers to MM-Vet; the grades are written as the official evaluator writes them."""

    task: ClassVar[JudgeTask] = "mmvet"
    questions: str = place()
    """MM-Vet's mm-vet.json."""
    answers: str = place()
    """A run with the answers, JSON lines with `question_id` and `text`, or MM-Vet's own {"v1_0": "text"}."""
    runs: int = 1
    """How many times to grade every answer; the paper uses 5. At temperature 0 a local judge always repeats itself."""
    max_new_tokens: int = 16
    """Longest reply of the judge, in tokens; the official evaluator allows 3."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.runs < 1:
            raise ConfigError(f"--runs must be at least 1, not {self.runs}.")


@dataclass(frozen=True, kw_only=True)
class LlavaBenchConfig(JudgeFlags):
    """Let a judge review answers to LLaVA-Bench (in the wild) beside the reference's; written in LLaVA's layout."""

    task: ClassVar[JudgeTask] = "llava-bench"
    questions: str = place()
    """LLaVA-Bench's questions.jsonl."""
    context: str = place()
    """LLaVA-Bench's context.jsonl, the captions that stand for the pictures."""
    references: str = place()
    """LLaVA-Bench's answers_gpt4.jsonl, the answers that the model's are compared with."""
    answers: str = place()
    """A run with the answers, or JSON lines with `question_id` and `text`."""


@dataclass(frozen=True, kw_only=True)
class MmhalConfig(JudgeFlags):
    """Let a judge rate answers to MMHal-Bench, 0 to 6; `burnish score mmhal` reads its replies."""

    task: ClassVar[JudgeTask] = "mmhal"
    questions: str = place()
    """MMHal-Bench's response_template.json, with what is in each picture."""
    answers: str = place()
    """A run with the answers, or JSON lines with `question_id` (the question's place, from 0) and `text`."""


@dataclass(frozen=True, kw_only=True)
class ShrConfig(JudgeFlags):
    """Let a judge label each sentence of detailed descriptions (SHR); written in HA-DPO's layout."""

    task: ClassVar[JudgeTask] = "shr"
    answers: str = place()
    """A run with the descriptions, or JSON lines with `question_id` (the picture's id in Visual Genome) and `text`."""
    regions: str | None = runtime(None)
    """Visual Genome's region_descriptions.json, which describes the pictures to the judge. Default: the ground truths
    of the run."""
    image_data: str | None = runtime(None)
    """Visual Genome's image_data.json, with the pictures' sizes; needed with --regions."""
    factual: tuple[str, ...] = runtime(())
    """SHR's shr_factual_part1.jsonl and shr_factual_part2.jsonl, further facts."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if bool(self.regions) != bool(self.image_data):
            raise ConfigError("--regions and --image-data belong together: give both, or neither.")


@dataclass(frozen=True, kw_only=True)
class AnswerFlags(JudgeFlags):
    """What benches of recorded answers to any questions share."""

    questions: str | None = runtime(None)
    """JSON lines with `question_id`, `question` (or `text`) and `image`, for answers that do not hold them."""
    images: str | None = runtime(None)
    """Folder of the pictures, for answers from a file and a judge's prompt that shows pictures."""


@dataclass(frozen=True, kw_only=True)
class PairwiseConfig(AnswerFlags):
    """Let a judge compare models' answers in pairs, each pair in both orders (SeVa's figure 5)."""

    task: ClassVar[JudgeTask] = "pairwise"
    answers: tuple[str, ...] = place()
    """Two or more runs, or files of JSON lines with `question_id` and `text` (or `answer`): every pair is compared."""
    tokenizer: str | None = runtime(None)
    """A model whose tokenizer counts the length of all answers. Default: the runs' own counts, and words for files."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.answers) < 2:
            raise ConfigError("--answers needs two or more runs or files: one model cannot be compared.")


@dataclass(frozen=True, kw_only=True)
class ConsistencyConfig(AnswerFlags):
    """Let a judge say how consistent sampled answers are with question and greedy answer (SeVa's table 5)."""

    task: ClassVar[JudgeTask] = "consistency"
    answers: str = place()
    """A run of `burnish bench sampled` with temperature 0 among others; or any answers, to compare --others with."""
    others: tuple[str, ...] = runtime(())
    """Other answers to the same questions, runs or files, each compared with --answers."""


@dataclass(frozen=True, kw_only=True)
class GradesConfig(JudgeFlags):
    """Let a judge grade answers by their ground truths, from 0 to 10: what judges are calibrated with."""

    task: ClassVar[JudgeTask] = "grades"
    answers: str = place()
    """A run with answers to questions with ground truths. If it has several temperatures, all answers are graded."""


@dataclass(frozen=True, kw_only=True)
class RubricConfig(JudgeFlags):
    """Let a judge grade answers by a rubric of your own (Prometheus)."""

    task: ClassVar[JudgeTask] = "rubric"
    answers: str = place()
    """A run with the answers, or JSON lines with `question_id`, `question` and `text`."""
    rubric: str = place()
    """A YAML file: `criterion`, what is asked of an answer, and under `grades` what each grade means."""
    images: str | None = runtime(None)
    """Folder of the pictures, for answers from a file and a judge's prompt that shows pictures."""


@dataclass(frozen=True, kw_only=True)
class CalibrateConfig(JudgeFlags):
    """Measure how far a judge agrees with people, or with the pocket world's oracle, and with itself."""

    task: ClassVar[JudgeTask] = "calibrate"
    rated: str = place()
    """A file in FIRE's form, whose turns have a `human_rating` from 1 to 5; or a run of `burnish bench answers` about
    the pocket world, whose answers its oracle rates by the truth."""
    max_new_tokens: int = 64
    """Longest reply of the judge, in tokens."""
