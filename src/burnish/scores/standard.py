"""What the standard benchmarks find, in the form of the JSON that `burnish score` writes: a name there is a name here.

Shares are 0 to 1. Scores that the official scorer gives in points (MME, MM-Vet, LLaVA-Bench) stay in points.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from burnish.records import Json
from burnish.scores.base import Estimate, Metric
from burnish.scores.fire import Bounds


@dataclass(frozen=True, slots=True, kw_only=True)
class PartScore:
    """The same number over a part of the benchmark."""

    value: float
    interval: Bounds | None
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AccuracyScores:
    """VQAv2, TextVQA, VizWiz, GQA, ScienceQA, MMBench, SEED: the mean of what the answers are worth."""

    benchmark: str
    accuracy: float
    interval: Bounds | None
    """Wilson's where an answer is right or wrong, the bootstrap where it may be half right."""
    n: int
    """Questions."""
    pictures: int
    """That they are about."""
    groups: Mapping[str, PartScore]
    """By the benchmark's own kinds of question."""
    counts: Mapping[str, int]
    """What else happened: answers in which no option can be read, predictions passed over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredScores:
    """A benchmark whose numbers are ratios of sums over its answers, each with a meaning of its own."""

    benchmark: str
    n: int
    """Answers."""
    pictures: int
    """That they are about."""
    metrics: tuple[Metric, ...]
    """What is measured, in the order of tables; those of one family stand in one table."""
    whole: Mapping[str, Estimate]
    """By metric, over all answers."""
    groups: Mapping[str, Mapping[str, Estimate]]
    """By the benchmark's own kinds of question, by metric."""
    counts: Mapping[str, int]
    """What else happened."""
    note: str
    """What a reader must know to compare these numbers with others'; empty where they are by the official rule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class YesNoSplit:
    """One split of questions about what is there; yes is the positive class, and None stands for a share of nothing."""

    accuracy: float
    precision: float | None
    recall: float | None
    f1: float | None
    yes_ratio: float
    """Of the predictions."""
    n: int
    intervals: Mapping[str, Bounds]
    """By the names above."""


@dataclass(frozen=True, slots=True, kw_only=True)
class YesNoScores:
    """Questions about what is there, in splits."""

    splits: Mapping[str, YesNoSplit]
    mean_f1: float | None
    """LLaVA's headline."""
    interval: Bounds | None
    """Of `mean_f1`, the same pictures drawn for all splits."""
    protocol: str
    """How the answers were read: "llava" or "seva"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MmeTask:
    """One task of MME."""

    score: float
    """100 (accuracy + accuracy_plus), at most 200."""
    accuracy: float
    """Of questions."""
    accuracy_plus: float
    """Of pictures, both of whose questions are answered right."""
    n: int
    """Questions."""
    other: int
    """Answers that are neither yes nor no: wrong."""
    intervals: Mapping[str, Bounds]
    """By the names above."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MmeScores:
    """MME; a sum is None where none of its tasks is there."""

    perception: float | None
    """At most 2000."""
    cognition: float | None
    """At most 800."""
    tasks: Mapping[str, MmeTask]
    left_out: tuple[str, ...]
    """Tasks without a file, on request: the sums are then over the others."""
    intervals: Mapping[str, Bounds]
    """Of the two sums."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MmVetScores:
    """MM-Vet, in points of 100; means over the judge's runs."""

    total: float
    interval: Bounds | None
    n: int
    runs: tuple[float, ...]
    """The total of each run of the judge."""
    deviation: float
    """Standard deviation (of a population, as the official scorer has it) of `runs`."""
    capabilities: Mapping[str, PartScore]
    integrations: Mapping[str, PartScore]
    """Questions that need exactly these capabilities."""
    unparsed: int
    """Replies of the judge without a score, over all runs: they count 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LlavaBenchPart:
    """Some questions of LLaVA-Bench."""

    score: float | None
    """Mean of the model's points over mean of the reference's, times 100."""
    reference: float | None
    """Mean points of the reference answers, 1 to 10."""
    model: float | None
    """Mean points of the model's answers."""
    n: int
    """Reviews that these means are over."""
    interval: Bounds | None
    """Of `score`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LlavaBenchScores(LlavaBenchPart):
    """LLaVA-Bench (in the wild)."""

    categories: Mapping[str, LlavaBenchPart]
    failed: int
    """Reviews without two numbers on the first line."""
    failed_as: str
    """What was done with them: "left-out", or "minus-one" as the original does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShrScores:
    """SHR: the share of a model's sentences that the judge calls a hallucination; means over runs of the judge."""

    ratio: float | None
    """Hallucinated sentences over judged ones, of all pictures together; lower is better."""
    interval: Bounds | None
    runs: tuple[float, ...]
    hallucination: int
    """Sentences with this label, over all runs."""
    correct: int
    cannot_judge: int
    unlabelled: int
    """Sentences whose label is none of the three: left out of the ratio, as the official scorer does."""
    images: int
    """Descriptions judged, over all runs."""
    excluded: int
    """Further descriptions whose judgement has another number of labels than they have sentences, or none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StandardResult:
    """What `burnish bench standard NAME` leaves in its run."""

    benchmark: str
    title: str = ""
    """The benchmark as columns are headed; empty in runs of earlier versions."""
    questions: int
    """That were to be asked."""
    unanswered: Mapping[str, int]
    """Of these, questions without an answer, by reason (a broken picture, a refusal): scored as an empty answer."""
    left_out: Mapping[str, int] = field(default_factory=dict)
    """What the files hold beside the questions and is no part of the benchmark, by reason."""
    scores: Json
    """A noun of this file; None where the truth is a server's, or only a judge can tell."""
