"""What `burnish compare` finds, and the answers that a result of `burnish score` keeps for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from burnish.scores.answers import PairedScore
from burnish.scores.base import Estimate, Metric, Verdict
from burnish.scores.judged import Judging, PairwisePair, PositionBias

Flipped: TypeAlias = Literal["won", "lost", "changed"]
"""The last of a question without a ground truth, whose answers differ."""
GateRule: TypeAlias = Literal["worse", "not-better"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedAnswer:
    """One answer in a result of `burnish score`."""

    id: str
    picture: str
    """As the official files name it: questions about one picture are related."""
    question: str
    """Empty where no file tells it."""
    truth: str
    text: str
    prompt: str
    """The first digits of the prompt's fingerprint; empty where the predictions do not tell their prompt."""
    groups: tuple[str, ...]
    terms: Mapping[str, tuple[float, ...]]
    """By metric, what the answer adds to the two sums whose ratio it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What a result of `burnish score` is made of, so that it can be paired with another one."""

    benchmark: str
    n: int
    files: Mapping[str, str]
    """By flag, what was read."""
    rules: Mapping[str, str]
    """The scoring rule's own flags, such as a protocol."""
    fingerprints: Mapping[str, str]
    """Of the "questions", the "predictions" (which stand for the model) and the "prompt", empty where none is told."""
    version: str
    answers: tuple[RecordedAnswer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedSide:
    """One of the two results."""

    path: str
    name: str
    """The model and its adapter, or the predictions' file."""
    answers: int
    seed: int | None
    """None for predictions that were recorded elsewhere."""
    fingerprints: Mapping[str, str]
    version: str
    """Of the Burnish that made it."""
    judging: Judging | None = None
    """Who judged the answers, and how far that judge is known; None where no one did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flip:
    """A question that one of the two answered better."""

    id: str
    source: str
    distortion: str
    question: str
    truth: str
    before: str
    """What was said."""
    after: str
    metric: str
    """Empty where nothing says which answer is better; both values are 0 then."""
    value_before: float
    value_after: float
    outcome: Flipped
    picture: str
    """Where the picture is; empty where that is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedPair:
    """What a judge said of the two results' answers, in both orders."""

    path: str
    """The run of `burnish bench judged pairwise`."""
    pair: PairwisePair
    """The second result's wins, ties and losses."""
    equal_length: PairwisePair
    """The same of the questions whose two answers are of like length."""
    length_margin: float
    """By how much lengths in words may differ there, as a share of the longer one."""
    bias: PositionBias
    judging: Judging
    """Who judged, and how far that judge is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """Whether a release passes (`--fail-if`)."""

    rule: GateRule
    """What fails."""
    passed: bool
    why: str
    """One sentence: what decided, and how."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Two results of one benchmark, question by question."""

    benchmark: str
    title: str = ""
    """The benchmark as a person reads it."""
    questions: str
    """Where the questions come from, as the results' flags name it; empty where they do not."""
    before: ComparedSide
    after: ComparedSide
    n: int
    """Answers that both have."""
    pictures: int
    unpaired: int
    """Answers that only one has, because a question was dropped by the other: left out."""
    differs: tuple[str, ...]
    """What else was not the same: model, adapter, seed, longest answer."""
    verdict: Verdict
    """The headline's: whether the second is better."""
    headline: PairedScore
    deciding: tuple[PairedScore, ...]
    """The headline, then what decides of other kinds of answers, over all questions: of descriptions beside yes and
    no."""
    scores: tuple[PairedScore, ...]
    """All numbers, the headline among them."""
    metrics: tuple[Metric, ...]
    """What the scores mean."""
    won: int
    """Flips for the better."""
    lost: int
    mcnemar: float | None
    """Exact p-value of `won` against `lost`, as if all questions were independent; None where answers may be half
    right."""
    flips: tuple[Flip, ...]
    """The largest changes first."""
    changed: Estimate
    """The share of the answers whose words are not the same."""
    reworded: tuple[Flip, ...]
    """The answers to questions without a ground truth that changed, in the order of their ids."""
    judged: JudgedPair | None = None
    gate: Gate | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TogetherRow:
    """One benchmark among several: one pair of results, or one per seed."""

    benchmark: str
    """As a person reads it."""
    metric: Metric
    pairs: int
    """Seeds compared."""
    n: int
    """Answers of a pair."""
    before: float
    after: float
    change: float
    """After minus before; means over seeds."""
    low: float
    high: float
    p_value: float
    corrected: float
    """By Holm, for the number of benchmarks: the one that decides."""
    smallest: float
    """The smallest change that these questions would show in 80 % of trials."""
    between_seeds: float | None
    """Standard deviation of the seeds' changes; None for one."""
    verdict: Verdict
    judging: Judging | None = None
    """Who judged the answers, and how far that judge is known; None where no one did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overall:
    """The mean change over benchmarks whose numbers are shares, positive for the better."""

    benchmarks: int
    left_out: int
    """Benchmarks in points, or without a better side."""
    change: float
    low: float
    high: float
    p_value: float
    between: float
    """Standard deviation of the true changes."""
    share: float
    """Of the variance between benchmarks, what is not chance."""
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Together:
    """What `burnish compare together` finds."""

    rows: tuple[TogetherRow, ...]
    overall: Overall | None
    """None where fewer than two benchmarks have shares."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Power:
    """How small a change a result's questions can show."""

    benchmark: str
    metric: Metric
    n: int
    pictures: int
    effective: float
    """Independent questions that would be as sure."""
    value: float | None
    """The result's own number; None where there is none yet."""
    smallest: Mapping[str, float]
    """By the share of answers that change."""
