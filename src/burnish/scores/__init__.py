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

__all__ = [
    "CONFIDENCE",
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
    "Metric",
    "PairedScore",
    "Score",
    "StudentScores",
    "TeacherScores",
    "TextScores",
    "Verdict",
]
