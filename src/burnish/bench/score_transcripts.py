"""`burnish score`: FIRE-Bench's metrics on transcripts that exist already; no model is asked."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

import tyro

from burnish.bench.fixed_references import (
    AlignedText,
    Matched,
    MissingRule,
    TextKey,
    match,
    read_predictions,
    read_references,
    unusable_reasons,
)
from burnish.bench.free_rules import FreeRules
from burnish.errors import ConfigError
from burnish.replies import ReplyCounts, added, count_texts, refuse_no_answer

if TYPE_CHECKING:
    from burnish.scores import FixedScores, FreeScores

S = TypeVar("S")


@dataclass(frozen=True, kw_only=True)
class ScoreFixedConfig:
    """Compare predicted responses and feedback with recorded ones: BLEU, CIDEr and MAE (FIRE's tables 2 and 3)."""

    predictions: str
    """JSON lines with `id` (the dialogue's index in the references, from 0), `turn` (from 1), `role` (`student` for
    turns 2 and later, `teacher` for all) and `text`, whole as it was generated."""
    references: str
    """The recorded dialogues: FIRE's JSON, or a run of dialogues."""
    baseline: str | None = None
    """Predictions of another model for the same dialogues, to compare with."""
    missing: MissingRule = "refuse"
    """What to do if a role's predictions are incomplete: refuse, count missing ones as empty, or leave them out."""
    json: str | None = None
    """Also write the scores to this file."""


@dataclass(frozen=True, kw_only=True)
class ScoreFreeConfig(FreeRules):
    """Score free dialogues of a student and a teacher: AT, ADR, ATR, RR, accuracy by turn (FIRE's tables 4 to 6)."""

    dialogues: tyro.conf.Positional[tuple[str, ...]]
    """FIRE's JSON, or a run of dialogues; several, or the folder of `burnish bench free`, are the seeds of one
    experiment."""
    baseline: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    """The untrained model's dialogues about the same questions, whose turns AT is divided by; once, or once per
    seed."""
    plot: str | None = None
    """Also draw the accuracy by turn (figure 7) to this PNG file."""
    json: str | None = None
    """Also write the scores to this file."""

    def __post_init__(self) -> None:
        FreeRules.__post_init__(self)
        if not self.dialogues:
            raise ConfigError("There is nothing to score: give FIRE's JSON, or a run of dialogues.")

    @property
    def rules(self) -> FreeRules:
        """How dialogues are counted."""
        return FreeRules(**{field.name: getattr(self, field.name) for field in dataclasses.fields(FreeRules)})


class ScoredTranscripts(NamedTuple, Generic[S]):
    """Scores, and what became of the replies that they rest on."""

    scores: S
    replies: ReplyCounts


def score_fixed(config: ScoreFixedConfig) -> ScoredTranscripts[FixedScores]:
    """The scores of predictions. Raises SourceError or RunError, naming file and line; NothingAnswered for none."""
    from burnish.bench.fixed_metrics import fixed_scores

    read = _read_fixed(config)
    names = {"predictions": Path(config.predictions).stem}
    scores = fixed_scores(
        read.matched,
        baseline=read.baseline,
        names=names | ({"baseline": Path(config.baseline).stem} if config.baseline else {}),
        dropped=read.dropped,
    )
    return ScoredTranscripts(scores, read.replies)


class _AlignedTexts(NamedTuple):
    """What is left of the files when they are scored: pairs of texts, and counts."""

    matched: Matched
    baseline: Mapping[TextKey, AlignedText]
    dropped: Mapping[str, int]
    replies: ReplyCounts


def _read_fixed(config: ScoreFixedConfig) -> _AlignedTexts:
    references = read_references(config.references)

    def matched(given: Mapping[TextKey, str], path: str) -> Matched:
        return match(given, references, config.missing, path)

    given = read_predictions(config.predictions, references)
    found = matched(given, config.predictions)
    dropped = unusable_reasons(references)
    replies = count_texts(given.values(), {**dropped, **_missing(found)})
    refuse_no_answer(config.predictions, replies, "check how they were made")
    del given  # of a large file, both would not fit
    before = matched(read_predictions(config.baseline, references), config.baseline).pairs if config.baseline else {}
    return _AlignedTexts(found, before, dropped, replies)


def _missing(matched: Matched) -> dict[str, int]:
    return {f"no prediction of the {role}": count for role, count in matched.missing.items()}


def score_free(config: ScoreFreeConfig) -> ScoredTranscripts[FreeScores]:
    """The scores of dialogues. Raises SourceError, RunError, or ConfigError for a baseline of other seeds;
    NothingAnswered where there is no dialogue, or no word in any."""
    from burnish.bench.free_metrics import free_scores
    from burnish.bench.free_run import read_seeds

    seeds, baseline = (
        [run for path in paths for run in read_seeds(path, config.rules)]
        for paths in (config.dialogues, config.baseline)
    )
    replies = added(run.replies for run in seeds)
    refuse_no_answer(" ".join(config.dialogues), replies, "check how they were made")
    return ScoredTranscripts(free_scores(seeds, config.rules, baseline), replies)
