"""What judged benchmarks find; each states who judged and how many of its replies could be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from burnish.scores.base import Verdict
from burnish.scores.fire import Bounds
from burnish.scores.standard import LlavaBenchScores, MeasuredScores, MmVetScores, PartScore, ShrScores

PEOPLE = "people"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judging:
    """Who judged, and how readably."""

    judge: str
    """The judge and its adapter, as they were named."""
    prompt: str
    """Fingerprint of the judge's prompt; empty for the oracle, which has none."""
    n: int
    """Judgements asked for."""
    at_once: int
    """Of these, the ones whose first reply can be read."""
    again: int
    """The ones whose second reply can, after the first could not."""
    unread: int
    """The ones without any reply that can be read: counted, never guessed."""
    refused: int
    """The ones that the judge could not be asked."""
    settled: int = 0
    """Further ones that the judge was not asked: there was no answer to judge, and the rule stands for its reply."""
    parse_rate: float | None
    """The share that can be read, in the end."""
    interval: Bounds | None
    """Of `parse_rate` (Wilson)."""
    calibration: str = ""
    """How far the judge agrees with people or the oracle, in a sentence; empty where it is not calibrated."""
    relative: bool = False
    """Whether the judge is one of the models that it judges: judges prefer their own words."""
    family: str = ""
    """What the judge has in common with another model that it judges ("qwen"): judges prefer relatives too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What every judged benchmark has."""

    judging: Judging


@dataclass(frozen=True, slots=True, kw_only=True)
class MmVetJudged(Judged):
    """MM-Vet with any judge."""

    scores: MmVetScores


@dataclass(frozen=True, slots=True, kw_only=True)
class LlavaBenchJudged(Judged):
    """LLaVA-Bench (in the wild) with any judge."""

    scores: LlavaBenchScores


@dataclass(frozen=True, slots=True, kw_only=True)
class MmhalJudged(Judged):
    """MMHal-Bench with any judge."""

    scores: MeasuredScores


@dataclass(frozen=True, slots=True, kw_only=True)
class ShrJudged(Judged):
    """SHR with any judge."""

    scores: ShrScores
    empty: int
    """Descriptions without any sentence, about which the judge was not asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GradesJudged(Judged):
    """Grades of answers by their ground truths, 0 to 10."""

    mean: PartScore | None
    """None where no grade can be read."""
    sources: Mapping[str, PartScore]
    temperatures: Mapping[str, PartScore]
    """By what the answers were drawn at ("0.5"); "0" without sampling."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RubricJudged(Judged):
    """Grades of answers by a rubric."""

    criterion: str
    mean: PartScore | None
    """None where no grade can be read."""
    sources: Mapping[str, PartScore]
    counts: Mapping[str, int]
    """How often each grade was given, the lowest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LengthScores:
    """How long a model's answers are."""

    mean: float
    interval: Bounds | None
    median: float
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PairwisePair:
    """Two models, judged in both orders."""

    a: str
    b: str
    n: int
    """Questions of which both verdicts can be read."""
    wins: int
    """For `a`, in both orders."""
    ties: int
    """All others: a tie in either order, or two verdicts that contradict each other."""
    losses: int
    contradictions: int
    """Of the ties, those where the two verdicts name different models: the judge went by the order."""
    left_out: int
    """Questions of which a verdict cannot be read."""
    unpaired: int
    """Questions that only one of the two answered."""
    win_rate: float | None
    """(wins + ties / 2) / n."""
    interval: Bounds | None
    """Of `win_rate`, questions about one picture related."""
    equal_lengths: float | None = None
    """The win rate at equal lengths, by AlpacaEval 2's regression."""
    equal_lengths_interval: Bounds | None = None
    intervals: Mapping[str, Bounds]
    """Of the shares "wins", "ties", "losses" (Wilson)."""
    p_value: float | None
    """Of the exact sign test on wins and losses."""
    verdict: Verdict
    """Whether `a` is better or worse."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionBias:
    """What a judge says whatever the models say."""

    first: int
    """Verdicts for the answer that stands first."""
    second: int
    tie: int
    share: float | None
    """Of the first answer among all verdicts that name one; 0.5 without bias."""
    interval: Bounds | None
    agreement: float | None
    """The share of questions whose two verdicts say the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PairwiseJudged(Judged):
    """Models compared in pairs (SeVa's figure 5)."""

    pairs: tuple[PairwisePair, ...]
    bias: PositionBias
    lengths: Mapping[str, LengthScores]
    """Of each model's answers to all its questions."""
    tokens: str
    """What `lengths` are counted in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Consistency:
    """One row of SeVa's table 5: each number from 1 to 10, by aspect (wording, content, sentiment, overall)."""

    n: int
    question: Mapping[str, PartScore]
    """Q-consistency: how well the answers fit their questions."""
    answer: Mapping[str, PartScore]
    """A-consistency: how well they fit the answers without sampling."""
    greedy: Mapping[str, PartScore]
    """Q-consistency of the answers without sampling, as judged beside these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsistencyJudged(Judged):
    """Consistency of sampled answers (SeVa's figure 8 and table 5)."""

    model: str
    """Whose answers without sampling the others are compared with."""
    rows: Mapping[str, Consistency]
    """By temperature ("0.5"), or by the name of other answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Correlation:
    """A number of a calibration; None where it is undefined."""

    value: float | None
    interval: Bounds | None
    """Whole dialogues drawn with replacement."""
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrateJudged(Judged):
    """A judge measured against ratings by people or by the oracle, 1 to 5."""

    raters: str = PEOPLE
    """Whose ratings these are."""
    left_out: int
    """Turns of which one of the judge's two ratings cannot be read."""
    spearman: Correlation
    """Rank correlation of its mean rating with theirs."""
    alpha: Correlation
    """Krippendorff's, of the same."""
    bias: Correlation
    """Its mean rating less theirs."""
    length_bias: Correlation
    """Rank correlation of that difference with the length of what is rated: above 0 it prefers the long."""
    order_bias: Correlation
    """Its ratings with the scale from 5 to 1 less those from 1 to 5."""
    again: Correlation
    """Krippendorff's alpha of both orders."""
    retest: Correlation | None = None
    """Krippendorff's alpha of its ratings with the scale from 1 to 5 and those when it is asked the same again; None in
    runs of older builds, which did not ask."""
    speakers: Mapping[str, Correlation]
    """`spearman` of the students' turns and of the teachers'."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How far two judges agree about the same questions."""

    task: str
    judge: str
    truth: str
    """The judge that the first is measured by."""
    n: int
    """What both said readably: a verdict, a grade, a sentence's label (SHR), each of several numbers."""
    left_out: int
    """Judgements of which one or both cannot be read, or that only one judge has."""
    agreement: float
    """The share of equal judgements."""
    interval: Bounds | None
    """Wilson's."""
    kappa: float | None
    """Cohen's; None where both always say the same one thing."""
    kappa_interval: Bounds | None
    weighted_kappa: float | None
    """Cohen's with quadratic weights, for numbers; None for labels."""
    weighted_interval: Bounds | None
    difference: float | None
    """Mean absolute difference, for numbers."""
    confusion: Mapping[str, Mapping[str, int]]
    """How often the judge said what (inner) where the other said what (outer)."""


JUDGED_RESULTS: Mapping[str, type[Judged]] = {
    "judged mmvet": MmVetJudged,
    "judged llava-bench": LlavaBenchJudged,
    "judged mmhal": MmhalJudged,
    "judged shr": ShrJudged,
    "judged consistency": ConsistencyJudged,
    "judged pairwise": PairwiseJudged,
    "judged grades": GradesJudged,
    "judged rubric": RubricJudged,
    "judged calibrate": CalibrateJudged,
}
"""What each judged benchmark leaves in its run, by the run's kind."""
