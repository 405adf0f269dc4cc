"""Tables of the judged benchmarks; below each stands who judged, and how many of its replies could be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import singledispatch

from burnish.report.standard_tables import NOTE, notes, points, share, short, standard_tables
from burnish.report.tables import NOTHING, PLUS_MINUS, Table, p_value
from burnish.report.trust import trust
from burnish.scores import (
    Agreement,
    Bounds,
    CalibrateJudged,
    Consistency,
    ConsistencyJudged,
    Correlation,
    GradesJudged,
    Judged,
    Judging,
    LlavaBenchJudged,
    MmhalJudged,
    MmVetJudged,
    PairwiseJudged,
    PairwisePair,
    PartScore,
    RubricJudged,
    ShrJudged,
)

_NAME = 17


def judging_note(judging: Judging) -> str:
    """Who judged, and how readably."""
    prompt = f", prompt {judging.prompt[:12]}" if judging.prompt else ""
    read = judging.at_once + judging.again
    return notes(
        f"Judge: {judging.judge}{prompt}. Read: {read:,} of {judging.n:,} replies "
        f"({share(judging.parse_rate, judging.interval)} %), {judging.again:,} of them when asked again; "
        f"{judging.unread:,} cannot be read, {judging.refused:,} were refused.",
        f"{judging.settled:,} more were not asked about: there was no answer to judge." if judging.settled else "",
        *trust(judging),
    )


@singledispatch
def judged_tables(scores: object) -> list[Table]:
    """The tables of a judged benchmark's scores, at most 80 columns wide."""
    raise TypeError(f"There is no table for {type(scores).__name__}.")


@judged_tables.register
def _(scores: Judged) -> list[Table]:
    """Of a shard."""
    judging = scores.judging
    table = Table(
        title="A shard's judgements",
        columns=("", "questions"),
        rows=(("judged", f"{judging.n:,}"), ("settled without the judge", f"{judging.settled:,}")),
        note="`burnish merge` joins the shards and scores them.",
    )
    return _with_judge([table], judging)


@judged_tables.register
def _(scores: MmVetJudged) -> list[Table]:
    return _with_judge(standard_tables(scores.scores), scores.judging)


@judged_tables.register
def _(scores: LlavaBenchJudged) -> list[Table]:
    return _with_judge(standard_tables(scores.scores), scores.judging)


@judged_tables.register
def _(scores: MmhalJudged) -> list[Table]:
    return _with_judge(standard_tables(scores.scores), scores.judging)


@judged_tables.register
def _(scores: ShrJudged) -> list[Table]:
    empty = f"{scores.empty:,} descriptions have no sentence: nobody was asked." if scores.empty else ""
    return _with_judge(standard_tables(scores.scores), scores.judging, empty)


@judged_tables.register
def _(scores: GradesJudged) -> list[Table]:
    drawn = [(f"temperature {name}", part) for name, part in scores.temperatures.items()]
    parts = [
        *scores.sources.items(),
        *(drawn if len(drawn) > 1 else []),
        *([("all", scores.mean)] if scores.mean else []),
    ]
    table = Table(
        title="Grades by the ground truth, 0 to 10",
        columns=("questions", "n", "grade"),
        rows=tuple((short(name, 44), f"{part.n:,}", points(part.value, part.interval)) for name, part in parts),
        note=NOTE,
    )
    return _with_judge([table], scores.judging)


@judged_tables.register
def _(scores: RubricJudged) -> list[Table]:
    parts = [*scores.sources.items(), *([("all", scores.mean)] if scores.mean else [])]
    counted = ", ".join(f"{grade}: {count:,}" for grade, count in scores.counts.items())
    table = Table(
        title="Grades by a rubric",
        columns=("questions", "n", "grade"),
        rows=tuple((short(name, 44), f"{part.n:,}", points(part.value, part.interval)) for name, part in parts),
        note=notes(f"Criterion: {scores.criterion}", f"Grades given: {counted}.", NOTE),
    )
    return _with_judge([table], scores.judging)


@judged_tables.register
def _(scores: CalibrateJudged) -> list[Table]:
    numbers = {
        f"agrees with {scores.raters} (Spearman)": scores.spearman,
        **{f"  of {name}s' turns": one for name, one in scores.speakers.items()},
        f"agrees with {scores.raters} (alpha)": scores.alpha,
        f"rates higher than {scores.raters} by": scores.bias,
        "prefers long texts (Spearman)": scores.length_bias,
        "rates higher with the scale from 5 to 1, by": scores.order_bias,
        "agrees with itself in the other order (alpha)": scores.again,
        **({"agrees with itself asked again (alpha)": scores.retest} if scores.retest else {}),
    }
    table = Table(
        title=f"The judge against ratings by {scores.raters}, 1 to 5",
        columns=("the judge", "n", "value"),
        rows=tuple((name, f"{one.n:,}", _correlation(one)) for name, one in numbers.items()),
        text_columns=frozenset({0}),
        note=notes(
            f"Left out: {scores.left_out:,} turns whose rating cannot be read." if scores.left_out else "",
            "alpha: Krippendorff's. ± is the 95 % interval, whole dialogues drawn with replacement. The judge rated "
            "each turn with the scale in either order, and once more in the first.",
        ),
    )
    return _with_judge([table], replace(scores.judging, calibration=" "))


def _correlation(one: Correlation) -> str:
    if one.value is None:
        return NOTHING
    margin = max(one.value - one.interval[0], one.interval[1] - one.value) if one.interval else None
    return f"{one.value:.2f}" + (f"{PLUS_MINUS}{margin:.2f}" if margin is not None else "")


@judged_tables.register
def _(scores: PairwiseJudged) -> list[Table]:
    pairs = Table(
        title="Answers compared in pairs (SeVa's figure 5)",
        columns=("a", "b", "n", "won", "tie", "lost", "a wins %", "p", "a is"),
        rows=tuple(_pair_row(pair) for pair in scores.pairs),
        text_columns=frozenset({0, 1, 8}),
        note=notes(
            "Won: judged better in both orders. A wins: wins and half the ties. p: sign test.",
            _left_out(scores),
            _bias(scores),
            NOTE,
        ),
    )
    lengths = Table(
        title=f"Lengths of the answers, in {scores.tokens}",
        columns=("answers of", "n", "mean", "median"),
        rows=tuple(
            (short(name, 40), f"{found.n:,}", points(found.mean, found.interval), f"{found.median:g}")
            for name, found in scores.lengths.items()
        ),
    )
    return [*_with_judge([pairs], scores.judging), _at_equal_lengths(scores), lengths]


def _at_equal_lengths(scores: PairwiseJudged) -> Table:
    """What is left of each win rate where both answers are as long."""
    return Table(
        title="Win rates at equal lengths",
        columns=("a", "b", "a wins %", "at equal lengths %"),
        rows=tuple(
            (
                short(pair.a, _NAME),
                short(pair.b, _NAME),
                share(pair.win_rate, pair.interval),
                share(pair.equal_lengths, pair.equal_lengths_interval),
            )
            for pair in scores.pairs
        ),
        text_columns=frozenset({0, 1}),
        note="By AlpacaEval 2's logistic regression on the difference of lengths, in characters.",
    )


def _pair_row(pair: PairwisePair) -> tuple[str, ...]:
    return (
        short(pair.a, _NAME),
        short(pair.b, _NAME),
        *(f"{count:,}" for count in (pair.n, pair.wins, pair.ties, pair.losses)),
        share(pair.win_rate, pair.interval),
        p_value(pair.p_value),
        {"undecided": "open"}.get(pair.verdict, pair.verdict),
    )


def _left_out(scores: PairwiseJudged) -> str:
    unread, unpaired = (sum(counts) for counts in zip(*((p.left_out, p.unpaired) for p in scores.pairs), strict=True))
    return f"Left out: {unread:,} for a verdict that cannot be read, {unpaired:,} that one model did not answer."


def _bias(scores: PairwiseJudged) -> str:
    bias, contradictions = scores.bias, sum(pair.contradictions for pair in scores.pairs)
    return (
        f"Verdicts: first {bias.first:,}, second {bias.second:,}, tie {bias.tie:,}; of those that name one, "
        f"{share(bias.share, bias.interval)} % name the first (50 without bias). Both orders agree on "
        f"{share(bias.agreement, None)} %; {contradictions:,} of the ties are contradictions."
    )


@judged_tables.register
def _(scores: ConsistencyJudged) -> list[Table]:
    overall = Table(
        title=f"Consistency of {scores.model}, 1 to 10 (SeVa's table 5)",
        columns=("temp (t)", "n", "Q-consistency", "A-consistency", "Q at t = 0"),
        rows=tuple(
            (
                short(name, 24),
                f"{row.n:,}",
                *(_aspect(of, "overall") for of in (row.question, row.answer, row.greedy)),
            )
            for name, row in scores.rows.items()
        ),
        note=notes(
            "Q: how well the answers fit their questions. A: how well they fit the answers without sampling.", NOTE
        ),
    )
    aspects = Table(
        title="Consistency by aspect",
        columns=("temp (t)", "", "wording", "content", "sentiment", "overall"),
        rows=tuple(line for name, row in scores.rows.items() for line in _aspect_rows(name, row)),
        text_columns=frozenset({0, 1}),
    )
    return [aspects, *_with_judge([overall], scores.judging)]


def _aspect_rows(name: str, row: Consistency) -> list[tuple[str, ...]]:
    names = ("wording", "content", "sentiment", "overall")
    return [
        (short(name, 24), letter, *(_aspect(of, aspect) for aspect in names))
        for letter, of in (("Q", row.question), ("A", row.answer))
    ]


def _aspect(of: Mapping[str, PartScore], aspect: str) -> str:
    """Two decimals, as the paper has."""
    found = of.get(aspect)
    return NOTHING if found is None else _two(found.value, found.interval)


def _two(value: float, interval: Bounds | None) -> str:
    return f"{value:.2f}" + (f" ± {max(value - interval[0], interval[1] - value):.2f}" if interval else "")


@judged_tables.register
def _(scores: Agreement) -> list[Table]:
    numbers = Table(
        title=f"Agreement of {short(scores.judge, 30)} with {short(scores.truth, 24)}: {scores.task}",
        columns=("", "value"),
        rows=(
            ("equal %", share(scores.agreement, scores.interval)),
            ("Cohen's kappa", _kappa(scores.kappa, scores.kappa_interval)),
            ("kappa, quadratic weights", _kappa(scores.weighted_kappa, scores.weighted_interval)),
            ("mean difference", NOTHING if scores.difference is None else f"{scores.difference:.2f}"),
        ),
        note=notes(f"{scores.n:,} compared; {scores.left_out:,} left out, unread or of one judge only.", NOTE),
    )
    names = list(scores.confusion)
    confusion = Table(
        title=f"What {short(scores.judge, 30)} says (columns) where {short(scores.truth, 24)} says (rows)",
        columns=("", *(short(name, 6) for name in names)),
        rows=tuple((short(name, 14), *(f"{scores.confusion[name][other]:,}" for other in names)) for name in names),
    )
    return [numbers, confusion] if len(names) <= 11 else [numbers]


def _kappa(value: float | None, interval: Bounds | None) -> str:
    return NOTHING if value is None else _two(value, interval)


def _with_judge(tables: list[Table], judging: Judging, *more: str) -> list[Table]:
    """The last table with the judge in its note."""
    *others, last = tables
    below = "\n".join(part for part in (last.note, *map(notes, more), judging_note(judging)) if part)
    return [*others, replace(last, note=below)]
