"""The nouns of results: what a bench measured, data only.

A bench writes its scores into the run it scored, and a report draws them from there: the two never meet.
"""

from burnish.scores.answers import AnswersResult, Comparison, PairedScore, Score
from burnish.scores.base import CONFIDENCE, Direction, Estimate, Level, Metric, Verdict
from burnish.scores.fire import (
    Bounds,
    Change,
    FixedScores,
    FreeBaseline,
    FreeNumbers,
    FreeScores,
    StudentScores,
    TeacherScores,
    TextScores,
)
from burnish.scores.standard import (
    AccuracyScores,
    LlavaBenchPart,
    LlavaBenchScores,
    MmeScores,
    MmeTask,
    MmVetScores,
    PartScore,
    PopeScores,
    PopeSplit,
    ShrScores,
    StandardResult,
)

__all__ = [
    "CONFIDENCE",
    "AccuracyScores",
    "AnswersResult",
    "Bounds",
    "Change",
    "Comparison",
    "Direction",
    "Estimate",
    "FixedScores",
    "FreeBaseline",
    "FreeNumbers",
    "FreeScores",
    "Level",
    "LlavaBenchPart",
    "LlavaBenchScores",
    "Metric",
    "MmVetScores",
    "MmeScores",
    "MmeTask",
    "PairedScore",
    "PartScore",
    "PopeScores",
    "PopeSplit",
    "Score",
    "ShrScores",
    "StandardResult",
    "StudentScores",
    "TeacherScores",
    "TextScores",
    "Verdict",
]
