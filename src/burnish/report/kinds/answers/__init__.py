"""A run of answers: the scores that `burnish bench answers` left in it."""

from __future__ import annotations

from burnish.report.kinds.answers.plots import answers_plots
from burnish.report.kinds.answers.tables import answers_tables
from burnish.report.kinds.answers.together import answers_together
from burnish.report.kinds.kind import RunKind
from burnish.report.section import Section, Tile, scored_section, scores_of
from burnish.report.tiles import MOST, estimate_tile
from burnish.report.verdicts import family_name
from burnish.scores import AnswersResult
from burnish.store import Run


def _section(run: Run) -> Section:
    result = scores_of(AnswersResult, run)
    return scored_section("Answers", answers_tables(result), result, answers_tiles(result), answers_plots(result))


def answers_tiles(result: AnswersResult) -> tuple[Tile, ...]:
    """Each family's first metric over all questions, on clean pictures."""
    metrics = {metric.name: metric for metric in result.metrics}
    first: dict[str, Tile] = {}
    for score in result.scores:
        metric = metrics[score.metric]
        if score.level == "all" and not score.distortion:
            first.setdefault(metric.family, estimate_tile(family_name(metric), score.estimate, metric))
    return tuple(first.values())[:MOST]


KIND = RunKind(section=_section, together=(answers_together,))
