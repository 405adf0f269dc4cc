"""What FIRE-Bench finds, in the form of the JSON that `burnish score` writes: a name there is a name here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from burnish.records import Json
from burnish.scores.base import Verdict

Bounds: TypeAlias = tuple[float, ...]
"""Low and high of an interval."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A number of FIRE-Bench against the baseline's, on the same dialogues."""

    before: float
    """The baseline's."""
    after: float
    difference: float
    interval: Bounds | None
    """Of the difference, pictures drawn with replacement for both at once; None for a single picture."""
    ratio: float | None
    """After over before: what the paper's claims are about; None where before is 0."""
    p_value: float | None
    """Of the swap test."""
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class TextScores:
    """How like the references some texts are, in one variant of the metrics."""

    bleu: tuple[float, ...]
    """BLEU-1 to BLEU-4, 0 to 1."""
    cider: float
    """CIDEr-D, 0 to 10."""
    tokens: str
    """How the texts were split into words."""
    form: str
    """How BLEU was brought together: the mean over texts, or of the corpus."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StudentScores:
    """Responses to recorded histories (FIRE's table 2)."""

    paper: TextScores
    standard: TextScores
    n: int
    """Texts compared."""
    missing: int
    """Of these, predictions that were not there and were compared as empty texts."""
    intervals: Mapping[str, Bounds]
    """Of the paper's variant: "bleu_1" to "bleu_4", "cider", for a teacher "mae"; of the standard one "standard_bleu_1"
    to "standard_cider"."""
    changes: Mapping[str, Change]
    """Of the same numbers, from the baseline's; empty without one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TeacherScores(StudentScores):
    """Feedback to recorded responses (FIRE's table 3)."""

    mae: float | None
    """Mean absolute error of the scores, a prediction without one counting 10; None where no reference has one."""
    unparsed: int
    """Predictions in which no score can be read."""
    references_unparsed: int
    """References in which no score can be read: left out of `mae`."""
    turns_mae: float | None = None
    """What `mae` would be of a teacher that has read nothing and gives each text the median score of its turn's other
    texts; None where no turn has two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedScores:
    """FIRE-Bench in fixed dialogues: what students and teachers say after a recorded history."""

    student: StudentScores | None
    """None where no response was predicted."""
    teacher: TeacherScores | None
    names: Mapping[str, str]
    """Who predicted ("student", "teacher", "baseline"), as far as that is known."""
    dropped: Mapping[str, int]
    """What could not be asked or compared, by reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FreeNumbers:
    """FIRE-Bench in free dialogues (section 3.4.1), over some of them; None where a number is undefined."""

    AT: float | None
    """Equation 1: `turns` over the baseline's own; None without a baseline."""
    turns: float | None
    """Equation 1 before the division."""
    ADR: float | None
    """Equation 2."""
    ATR: float | None
    """Equation 3."""
    RR: float | None
    """Equation 4, a share."""
    accuracy_by_turn: tuple[float, ...]
    """Figure 7: the share of all dialogues that have met a score at the threshold by turn 1, 2, 3 …"""
    n: int
    """Dialogues, those of all seeds together."""
    kept: int
    """Of these, the ones that AT, ADR, ATR and RR are over."""
    intervals: Mapping[str, Bounds]
    """Of each number by its name here, the points of the curve being "accuracy_1", "accuracy_2" …"""
    deviations: Mapping[str, float]
    """The standard deviation (of a sample) over the seeds, by the same names; empty for one seed."""
    changes: Mapping[str, Change]
    """From the baseline, by the same names; empty without one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FreeBaseline:
    """Whom a student is compared with."""

    path: str
    name: str
    in_both: int
    """Dialogues about the same question and picture in both."""
    numbers: FreeNumbers
    """Over its own dialogues: their `turns` are the divisor of AT."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FreeScores(FreeNumbers):
    """What `burnish score free` and `burnish bench free` found: means over the seeds where there are several."""

    name: str
    """The student's model and adapter, or the file of dialogues."""
    teacher: str
    right_at_once: int
    failed: int
    """Dialogues that never met the threshold."""
    unscored: int
    """Of these, the ones in which no score can be read."""
    dropped: Mapping[str, int]
    """What is not a dialogue, by reason."""
    rules: Mapping[str, Json]
    """How the edge cases were decided."""
    by_source: Mapping[str, FreeNumbers]
    """Tables 5 and 6."""
    by_group: Mapping[str, FreeNumbers]
    """Seen and new sources; empty where the dialogues name no groups."""
    columns: Mapping[str, str]
    """The data set that a source stands for in tables 5 and 6, where the dialogues tell."""
    groups: Mapping[str, str]
    """The group of each source, where the dialogues tell."""
    baseline: FreeBaseline | None
    seeds: tuple[FreeNumbers, ...]
    """Each seed's own numbers; empty for one."""
