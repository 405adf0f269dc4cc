"""What `burnish compare` found, in words and as tables."""

from __future__ import annotations

import shlex

from burnish.report.fire_tables import UNDECIDED
from burnish.report.section import Section, Tile
from burnish.report.standard_tables import notes, short
from burnish.report.tables import NOTHING, Table, number, p_value
from burnish.report.verdicts import Verdict, heading, metrics_of, verdict_line
from burnish.scores import Compared, ComparedSide, Flip, Metric, PairedScore

TOLD = 10
"""Flips that a terminal shows."""
_QUESTION, _TRUTH, _SAID = 70, 40, 60
"""Characters that a terminal shows of what was asked, what is true, and what was answered."""


def compare_tables(compared: Compared) -> list[Table]:
    """All numbers before and after, and the first flips."""
    return [numbers_table(compared), *([_flips_table(compared)] if compared.flips else [])]


def comparison_section(verdict: Verdict) -> Section:
    """All numbers of a comparison, as a report of several runs has it."""
    compared = verdict.compared
    return Section(
        title=f"Compared {verdict.where}",
        lead=f"{verdict_line(compared)} All {len(compared.flips):,} questions that flipped:",
        command=shlex.join(["burnish", "compare", compared.before.path, compared.after.path]),
        tiles=comparison_tiles(compared),
        tables=(numbers_table(compared),),
    )


def comparison_tiles(compared: Compared) -> tuple[Tile, ...]:
    """The verdict, and how many questions flipped."""
    return (
        Tile("verdict", compared.verdict),
        Tile("p", p_value(compared.headline.p_value)),
        Tile("won", f"{compared.won:,}"),
        Tile("lost", f"{compared.lost:,}"),
    )


def numbers_table(compared: Compared) -> Table:
    """The headline, each metric over all questions, and the headline's metric by group."""
    metrics = metrics_of(compared)
    family = metrics[compared.headline.metric].family
    differs = f"Also different: {', '.join(compared.differs)}." if compared.differs else ""
    unpaired = f"Left out, answered by one only: {compared.unpaired:,}." if compared.unpaired else ""
    return Table(
        title=f"{compared.benchmark}, question by question",
        columns=("", "n", "before", "after", "change", "p", "verdict"),
        rows=tuple(_row(score, metrics[score.metric], family) for score in _shown(compared)),
        text_columns=frozenset({0, 6}),
        note=notes(
            f"before: {_side(compared.before)}",
            f"after: {_side(compared.after)}",
            differs,
            unpaired,
            "± is the change's own 95 % interval; questions about one picture are drawn together. A verdict needs it "
            "to leave 0 out, and p < 0.05. The first row decides; of 20 others without any change, one would be "
            "called by chance.",
        ),
    )


def _side(side: ComparedSide) -> str:
    seed = "" if side.seed is None else f", seed {side.seed}"
    return f"{side.path} ({side.name}{seed})"


def _shown(compared: Compared) -> list[PairedScore]:
    """The headline; what is over all questions; one metric by group, the headline's where it has groups."""
    parts = [score for score in compared.scores if score.level != "all" and not score.distortion]
    metrics = [score.metric for score in parts]
    headline = compared.headline
    by_group = headline.metric if headline.metric in metrics else next(iter(metrics), "")
    several = len({score.group for score in parts}) > 1
    rest = [
        *(score for score in compared.scores if score.level == "all"),
        *(score for score in parts if several and score.metric == by_group),
    ]
    return [headline, *(score for score in rest if score != headline)]


def _row(score: PairedScore, metric: Metric, family_told: str) -> tuple[str, ...]:
    group = "" if score.level == "all" else f", {score.group}"
    distortion = f", {score.distortion}" if score.distortion else ""
    family = "" if metric.family == family_told else f"{metric.family}: "
    plain = (f"{number(side, metric).partition(' ')[0]}" for side in (score.before, score.after))
    return (
        f"{family}{heading(metric)}{group}{distortion}",
        f"{score.difference.n:,}",
        *plain,
        number(score.difference, metric, signed=True),
        p_value(score.p_value),
        UNDECIDED if score.verdict == "undecided" else score.verdict,
    )


def flips_title(compared: Compared) -> str:
    """How many questions flipped, and whether that is more than chance."""
    p = "" if compared.mcnemar is None else f"; McNemar's exact test on these, p = {p_value(compared.mcnemar)}"
    return f"Flipped: {compared.won:,} won, {compared.lost:,} lost{p}"


def _flips_table(compared: Compared) -> Table:
    shown = compared.flips[:TOLD]
    more = len(compared.flips) - len(shown)
    return Table(
        title=flips_title(compared),
        columns=("", "question", "truth", "before", "after"),
        rows=tuple(_flip_row(flip) for flip in shown),
        text_columns=frozenset(range(5)),
        note=notes(f"{more:,} more are on the page or in the JSON." if more else ""),
    )


def _flip_row(flip: Flip) -> tuple[str, ...]:
    question = flip.question or flip.id
    cells = ((question, _QUESTION), (flip.truth, _TRUTH), (flip.before, _SAID), (flip.after, _SAID))
    return (flip.outcome, *(short(" ".join(cell.split()) or NOTHING, width) for cell, width in cells))
