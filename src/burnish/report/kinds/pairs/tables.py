"""What a run of preference pairs holds, as tables."""

from __future__ import annotations

from burnish.report.distribution import Distribution
from burnish.report.kinds.pairs.summary import PairsSummary
from burnish.report.section import Tile
from burnish.report.tables import NOTHING, Table, decimal, share_of
from burnish.scores import Foresight


def pairs_tables(summary: PairsSummary) -> list[Table]:
    """Examples and pairs by source, drops by reason, negatives by distortion, and what the answers are like."""
    counted = [_sources(summary), _drops(summary), _negatives(summary), _lengths(summary)]
    tables = [*counted, _yes_or_no(summary), _variety(summary), _foresight(summary.foresight)]
    return [table for table in tables if table.rows]


def pairs_tiles(summary: PairsSummary) -> tuple[Tile, ...]:
    """The numbers that a page begins with."""
    tiles = [
        Tile("examples", f"{summary.made:,}"),
        Tile("pairs kept", f"{summary.kept:,}", share_of(summary.kept, summary.made)),
        Tile("dropped", f"{summary.dropped.total():,}", share_of(summary.dropped.total(), summary.made)),
    ]
    for name, answers in (("chosen", summary.chosen), ("rejected", summary.rejected)):
        measured, unit = (answers.tokens, "tokens") if answers.tokens.n else (answers.words, "words")
        median = NOTHING if measured.median is None else f"{measured.median:g}"
        tiles.append(Tile(f"median length, {name}", median, unit))
    return tuple(tiles)


def _sources(summary: PairsSummary) -> Table:
    rows = [(name, counts.made, counts.kept) for name, counts in sorted(summary.sources.items())]
    if len(rows) > 1:
        rows.append(("all", summary.made, summary.kept))
    return Table(
        title="Preference pairs",
        columns=("source", "examples", "pairs", "share"),
        rows=tuple((name, f"{made:,}", f"{kept:,}", share_of(kept, made)) for name, made, kept in rows),
    )


def _drops(summary: PairsSummary) -> Table:
    return Table(
        title="Examples without a pair",
        columns=("reason", "examples", "share"),
        rows=tuple((reason, f"{n:,}", share_of(n, summary.made)) for reason, n in summary.dropped.most_common()),
    )


NOT_DISTORTED = "without distortion"
"""Rejected answers that were imported, sampled or taken from dialogues."""


def _negatives(summary: PairsSummary) -> Table:
    return Table(
        title="Rejected answers",
        columns=("distortion", "answers", "of pairs"),
        rows=tuple(
            (spec or NOT_DISTORTED, f"{n:,}", share_of(n, summary.kept)) for spec, n in summary.distortions.items()
        ),
    )


def _lengths(summary: PairsSummary) -> Table:
    kinds = [("chosen", summary.chosen), ("rejected", summary.rejected)]
    return Table(
        title="Answer length",
        columns=("answers", "n", "mean tokens", "median", "mean words", "median"),
        rows=tuple(
            (name, f"{lengths.words.n:,}", *_mean_median(lengths.tokens), *_mean_median(lengths.words))
            for name, lengths in kinds
            if lengths.words.n
        ),
    )


def _yes_or_no(summary: PairsSummary) -> Table:
    polar = summary.polar
    return Table(
        title="Yes or no",
        columns=("chosen", "rejected", "pairs of answers", "share"),
        rows=tuple(
            (chosen, rejected, f"{polar[chosen]:,}", share_of(polar[chosen], polar.total()))
            for chosen, rejected in (("yes", "no"), ("no", "yes"))
            if polar
        ),
        note="Training makes the model say more often what is chosen more often here, whether it says it too rarely or "
        "too often now: compare its yes-ratio before and after (docs/results/real-lm.md).",
    )


VARIED = 200
"""Pairs from which on the variety of answers is shown: of a hundred, it differs by ten points between seeds."""


def _variety(summary: PairsSummary) -> Table:
    chosen, rejected = summary.chosen.variety, summary.rejected.variety
    rows = [] if summary.less_varied is None or summary.kept < VARIED else [
        ("chosen", decimal(chosen), NOTHING),
        ("rejected", decimal(rejected), f"{-100 * summary.less_varied:+.1f} %"),
    ]  # fmt: skip
    return Table(
        title="Variety of first words",
        columns=("answers", "first words", "beside chosen"),
        rows=tuple(rows),
        note="Perplexity: how many different first words, each as frequent, would be as varied. Where rejected answers "
        "are less varied by 7 % or more, the model fell back on few answers under distortion, a habit that SeVa "
        "takes away; a smaller fall says nothing (docs/seva.md).",
    )


def _foresight(foresight: Foresight | None) -> Table:
    """What pairs tell of themselves without any label; docs/seva.md has how little that foretells."""
    rows = [] if foresight is None else [
        ("rejected answers likelier than the chosen one without it", f"{100 * foresight.rejected_more_usual:.1f} %"),
        ("rejected answers without it: nats above the chosen one", f"{foresight.gap:+.2f}"),
        ("rejected answers with it: nats below the chosen one", f"{foresight.margin:+.2f}"),
    ]  # fmt: skip
    return Table(
        title="Answers with and without the picture",
        columns=(f"in {foresight.pairs if foresight else 0:,} pairs", "value"),
        rows=tuple(rows),
        note="Mean log-probabilities by the model that made the pairs. An answer that is likely without the picture "
        "comes from the language prior, which training on these pairs weakens. These numbers describe the pairs; they "
        "did not predict the gain (docs/seva.md).",
    )


def _mean_median(lengths: Distribution) -> tuple[str, str]:
    return decimal(lengths.mean), decimal(lengths.median)
