"""What `burnish compare` found, in words and as tables."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from burnish.report.diff import from_difference
from burnish.report.fire_rows import UNDECIDED
from burnish.report.section import Section, Tile
from burnish.report.standard_tables import notes, short
from burnish.report.tables import NOTHING, PLUS_MINUS, Table, number, p_value
from burnish.report.trust import trust
from burnish.report.verdicts import SHARE, UNLABELLED, NamedVerdict, heading, metrics_of, verdict_line
from burnish.scores import Compared, ComparedSide, Estimate, Flip, JudgedPair, Metric, PairedScore, PairwisePair

TOLD = 10
"""Flips that a terminal shows."""
_QUESTION, _TRUTH, _SAID = 70, 40, 60
"""Characters that a terminal shows of what was asked, what is true, and what was answered."""


def compare_tables(compared: Compared) -> list[Table]:
    """All numbers before and after, the first flips, and the first answers that changed where nothing is right."""
    flips = [_flips_table(flips_title(compared), compared.flips)] if compared.flips else []
    reworded = [_flips_table(reworded_title(compared), compared.reworded)] if compared.reworded else []
    judged = [judged_table(compared.judged)] if compared.judged else []
    return [numbers_table(compared), *judged, *flips, *reworded]


def comparison_section(verdict: NamedVerdict) -> Section:
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
    """The verdict, how many questions flipped, and how many answers changed."""
    value, sign, margin = number(compared.changed, SHARE).partition(PLUS_MINUS)
    changed = Tile("answers changed", value, "%", f"{sign}{margin}".strip())
    if compared.headline.metric == UNLABELLED:
        return (Tile("verdict", "none"), changed)
    return (
        Tile("verdict", compared.verdict),
        Tile("p", p_value(compared.headline.p_value)),
        Tile("won", f"{compared.won:,}"),
        Tile("lost", f"{compared.lost:,}"),
        changed,
    )


def numbers_table(compared: Compared) -> Table:
    """The headline, each metric over all questions, and the headline's metric by group."""
    metrics = metrics_of(compared)
    family = metrics[compared.headline.metric].family
    differs = f"Also different: {', '.join(compared.differs)}." if compared.differs else ""
    decides = "No row decides" if compared.headline.metric == UNLABELLED else "The first row decides"
    unpaired = f"Left out, answered by one of the two only: {compared.unpaired:,}." if compared.unpaired else ""
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
            *(trust(compared.after.judging) if compared.after.judging else ()),
            "± is the change's own 95 % interval; questions about one picture are drawn together. A verdict "
            f"needs an interval without 0, and p < 0.05. {decides}; by chance alone, 1 in 20 other rows without a "
            "true change is called better or worse.",
        ),
    )


def judged_table(judged: JudgedPair) -> Table:
    """The judge's verdicts, over all questions and over those whose answers are of like length."""
    share = judged.bias.share
    alike = f"of like length (within {100 * judged.length_margin:.0f} % of the words)"
    return Table(
        title=f"A judge in both orders: {judged.path}",
        columns=("questions", "n", "after wins", "ties", "before wins", "after wins %", "p", "verdict"),
        rows=tuple(_judged_row(name, pair) for name, pair in (("all", judged.pair), (alike, judged.equal_length))),
        text_columns=frozenset({0, 7}),
        note=notes(
            "A win is a win in both orders; a tie counts as half. "
            f"Contradictions between the orders, counted as ties: {judged.pair.contradictions:,}. "
            f"Verdicts that cannot be read: {judged.pair.left_out:,}.",
            ""
            if share is None
            else f"The answer that stood first got {100 * share:.1f} % of the verdicts (50 is fair).",
            *trust(judged.judging),
        ),
    )


def _judged_row(name: str, pair: PairwisePair) -> tuple[str, ...]:
    low, high = pair.interval or (None, None)
    rate = number(Estimate(value=pair.win_rate, low=low, high=high, n=pair.n), SHARE)
    counts = (f"{count:,}" for count in (pair.n, pair.wins, pair.ties, pair.losses))
    return (name, *counts, rate, p_value(pair.p_value), UNDECIDED if pair.verdict == "undecided" else pair.verdict)


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


def _row(score: PairedScore, metric: Metric, family_named: str) -> tuple[str, ...]:
    group = "" if score.level == "all" else f", {score.group}"
    distortion = f", {score.distortion}" if score.distortion else ""
    family = "" if metric.family == family_named else f"{metric.family}: "
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


def reworded_title(compared: Compared) -> str:
    """How many answers changed that nothing says are right or wrong."""
    count = len(compared.reworded)
    return f"Changed, without a ground truth: {count:,} answer{'' if count == 1 else 's'}"


def _flips_table(title: str, flips: Sequence[Flip]) -> Table:
    shown = flips[:TOLD]
    more = len(flips) - len(shown)
    columns: tuple[str, ...] = ("", "question", "truth", "before", "after")
    rows: list[tuple[str, ...]] = [_flip_row(flip) for flip in shown]
    if not any(flip.metric for flip in shown):  # won and lost, and truths, are of questions that have one
        columns, rows = ("question", "before", "after"), [(row[1], *row[3:]) for row in rows]
    return Table(
        title=title,
        columns=columns,
        rows=tuple(rows),
        text_columns=frozenset(range(len(columns))),
        note=notes(f"{more:,} more are on the page or in the JSON." if more else ""),
    )


def _flip_row(flip: Flip) -> tuple[str, ...]:
    question, truth, before, after = (
        " ".join(text.split()) for text in (flip.question or flip.id, flip.truth, flip.before, flip.after)
    )
    before, after = from_difference(before, after, _SAID)
    cells = ((question, _QUESTION), (truth, _TRUTH), (before, _SAID), (after, _SAID))
    return (flip.outcome, *(short(text or NOTHING, width) for text, width in cells))
