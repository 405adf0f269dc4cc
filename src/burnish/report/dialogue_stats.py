"""What figure 5 of FIRE counts, of any dialogues, in one pass: scores, improvements, turns and lengths."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import tyro

from burnish.dialogue.loaders import DialogueSet, open_dialogues
from burnish.errors import ConfigError, RunError
from burnish.progress import tracked
from burnish.records import Dialogue, Dropped, Json
from burnish.report.distribution import Distribution
from burnish.report.naming import short_names

MAX_RUNS = 4
"""Runs in one plot: as many as can be told apart."""


@dataclass(frozen=True, kw_only=True)
class StatsConfig:
    """Count scores, turns and lengths of dialogues, as figure 5 of FIRE does; several runs share one plot."""

    runs: tyro.conf.Positional[tuple[str, ...]]
    """One to four runs of dialogues or FIRE files; all shards of a run count as one."""
    out: str | None = None
    """Folder for the plot and the tables. Default: only print the tables."""
    json: str | None = None
    """Also write all counts to this file."""

    def __post_init__(self) -> None:
        if not self.runs:
            raise ConfigError(f"RUNS must be 1 to {MAX_RUNS} runs or FIRE files, not 0.")


@dataclass(slots=True, kw_only=True)
class DialogueStats:
    """Counts of one run's dialogues. Scores are those of the texts; a text without one counts in `unscored` only."""

    dialogues: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    """What is not a dialogue, by reason."""
    feedback: int = 0
    """Feedback texts."""
    unscored: int = 0
    """Those without a score that can be read."""
    first_score: Distribution = field(default_factory=Distribution)
    """Figure 5a: the score of a dialogue's first response."""
    gain_per_turn: Distribution = field(default_factory=Distribution)
    """Figure 5b: a response's score less that of the one before."""
    gain_per_dialogue: Distribution = field(default_factory=Distribution)
    """Figure 5c: the last score less the first, of dialogues with several turns."""
    turns: Distribution = field(default_factory=Distribution)
    """Figure 5d."""
    response_words: Distribution = field(default_factory=Distribution)
    """Figure 5e: words of a response's whole text, thought and labels included."""
    feedback_words: Distribution = field(default_factory=Distribution)
    """Figure 5f: the same of feedback, its line of the score included."""

    def add(self, dialogue: Dialogue) -> None:
        """Count one dialogue."""
        scores = [turn.feedback.score for turn in dialogue.turns]
        self.dialogues += 1
        self.feedback += len(scores)
        self.unscored += scores.count(None)
        self.turns.add(len(scores))
        for turn in dialogue.turns:
            self.response_words.add(len(turn.response.text.split()))
            self.feedback_words.add(len(turn.feedback.text.split()))
        if scores and scores[0] is not None:
            self.first_score.add(scores[0])
        for before, after in pairwise(scores):
            _add_gain(self.gain_per_turn, before, after)
        if len(scores) > 1:
            _add_gain(self.gain_per_dialogue, scores[0], scores[-1])

    def to_json(self) -> dict[str, Json]:
        """All counts."""
        return {
            "dialogues": self.dialogues,
            "dropped": dict(self.dropped.most_common()),
            "feedback": self.feedback,
            "unscored": self.unscored,
            **{name: getattr(self, name).to_json() for name in HISTOGRAMS},
        }


HISTOGRAMS = ("first_score", "gain_per_turn", "gain_per_dialogue", "turns", "response_words", "feedback_words")
"""The fields that are figure 5's histograms, (a) to (f)."""


class NamedStats(NamedTuple):
    """Counts of one run and the name by which it is shown."""

    name: str
    path: Path
    stats: DialogueStats


def collect_stats(config: StatsConfig) -> list[NamedStats]:
    """The counts of every run. Raises RunError for one without a dialogue, and what `open_dialogues` raises."""
    if len(config.runs) > MAX_RUNS:
        raise ConfigError(f"RUNS must be 1 to {MAX_RUNS} runs or FIRE files, not {len(config.runs)}.")
    sets = [open_dialogues(path) for path in config.runs]
    names = short_names([dialogues.path for dialogues in sets])
    return [
        NamedStats(name, dialogues.path, _collected(dialogues, name))
        for name, dialogues in zip(names, sets, strict=True)
    ]


def dialogue_stats(outcomes: Iterable[Dialogue | Dropped]) -> DialogueStats:
    """The counts of dialogues, however many: memory holds one of them."""
    stats = DialogueStats()
    for outcome in outcomes:
        if isinstance(outcome, Dropped):
            stats.dropped[outcome.reason] += 1
        else:
            stats.add(outcome)
    return stats


def _collected(dialogues: DialogueSet, name: str) -> DialogueStats:
    stats = dialogue_stats(tracked(dialogues, f"stats {name}", unit="dialogues"))
    if not stats.dialogues:
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in stats.dropped.most_common())
        raise RunError(f"{dialogues.path} holds no dialogue ({reasons or 'it is empty'}): give a run that has some.")
    return stats


def _add_gain(gains: Distribution, before: float | None, after: float | None) -> None:
    if before is not None and after is not None:
        gains.add(after - before)
