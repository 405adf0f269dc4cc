"""What comparisons came to, in words: a sentence for each, what tells it from the others, and a title for them all.

The verdicts themselves are `burnish compare`'s: nothing here decides what is better.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from burnish.records import Json
from burnish.report.naming import asked_name, short_models, short_names
from burnish.report.standard_tables import notes
from burnish.report.tables import NOTHING, number, p_value
from burnish.scores import Compared, Estimate, Gate, Metric, PairedScore

_IS: Mapping[str, str] = {
    "better": "is better than",
    "worse": "is worse than",
    "higher": "has more than",
    "lower": "has less than",
    "undecided": "may be as good as",
}
UNLABELLED = "words"
"""The metric that stands first where no question has a ground truth: it describes answers, and no verdict is on it."""
SHARE = Metric(name="share", title="", family="", unit="%", interval="wilson", better="neither")
_TESTS = {"mcnemar": "McNemar's exact test", "swap": "test by swapping whole pictures' answers"}


class NamedSetting(NamedTuple):
    """Where two models were compared."""

    before: str
    """The word before the name: "on" or "in"."""
    name: str

    def __str__(self) -> str:
        return f"{self.before} {self.name}"


class NamedVerdict(NamedTuple):
    """A comparison, and what it is called among others."""

    compared: Compared
    place: NamedSetting
    old: str
    """The first model's short name."""
    new: str
    who: str = ""
    """The second model, where several are compared at one place."""
    name: str = ""
    """What tells it from the others."""

    @property
    def where(self) -> str:
        """What follows the word of the verdict: "on counter", "seva-7b on MME"."""
        return " ".join(filter(None, (self.who, str(self.place))))

    @property
    def score(self) -> PairedScore:
        """The number that decides."""
        return self.compared.headline

    @property
    def metric(self) -> Metric:
        """What that number is of."""
        return self.metric_of(self.score)

    @property
    def is_open(self) -> bool:
        """Whether nothing tells which answers are right, so that there is no verdict."""
        return self.score.metric == UNLABELLED

    @property
    def others(self) -> list[PairedScore]:
        """What else was called, of other kinds of answers."""
        return [score for score in self.compared.deciding[1:] if is_called(score)]

    def metric_of(self, score: PairedScore) -> Metric:
        """What a number of the comparison is of."""
        return metrics_of(self.compared)[score.metric]

    @property
    def pair(self) -> str:
        """Who is compared with whom."""
        return f"{self.new} against {self.old}"


def verdict_line(compared: Compared) -> str:
    """The verdict in one sentence that stands alone, with the difference, its interval and p."""
    score, metric = compared.headline, metrics_of(compared)[compared.headline.metric]
    interval = _interval(score, metric)
    verdict = f"{compared.verdict.capitalize()}: {compared.after.name} {_IS[compared.verdict]} {compared.before.name}."
    if score.metric == UNLABELLED:
        verdict = f"No verdict, because no question has a ground truth: {_changed(compared)}."
    return notes(
        f"{verdict} "
        f"{capital(heading(metric))} {number(score.before, metric)} → {number(score.after, metric)}, a change of "
        f"{change_of(score, metric)}{f' ({interval})' if interval else ''}, "
        f"{_p(score)} ({_TESTS[score.test]}), over {score.difference.n:,} of the {compared.n:,} "
        f"answers that both gave, about {compared.pictures:,} pictures."
    )


def changed_line(compared: Compared) -> str:
    """How many answers have other words; where nothing tells which are right, what to do about that."""
    if compared.headline.metric == UNLABELLED:
        return "Read the answers side by side, or have them judged (`burnish bench judged pairwise`)."
    return f"{_changed(compared)}."


def _changed(compared: Compared) -> str:
    return f"{changed_count(compared)} ({_share(compared.changed)})"


def changed_count(*comparisons: Compared) -> str:
    """ "10 of 40 answers changed", over all of the comparisons."""
    count = sum(round((one.changed.value or 0.0) * one.changed.n) for one in comparisons)
    return f"{count:,} of {sum(one.changed.n for one in comparisons):,} answers changed"


def _share(share: Estimate) -> str:
    """ "6.2 %, 95 % interval 0.2 to 29.4": the ends, because those of a share near 0 or 1 are not equally far."""
    if share.value is None or share.low is None or share.high is None:
        return f"{number(share, SHARE)} %"
    return f"{100 * share.value:.1f} %, 95 % interval {100 * share.low:.1f} to {100 * share.high:.1f}"


def gate_line(gate: Gate) -> str:
    """Whether a release passes, and why."""
    return f"Release gate (--fail-if {gate.rule}): {'passed' if gate.passed else 'failed'}. {gate.why}"


def is_called(score: PairedScore) -> bool:
    """Whether a change is more than chance."""
    return score.verdict != "undecided"


def metrics_of(compared: Compared) -> dict[str, Metric]:
    """What was measured, by name."""
    return {metric.name: metric for metric in compared.metrics}


def heading(metric: Metric) -> str:
    """The metric's name, with its unit where it is a share."""
    return f"{metric.title} %" if metric.unit == "%" else metric.title


def change_of(score: PairedScore, metric: Metric) -> str:
    """After less before, with its sign."""
    return NOTHING if score.difference.value is None else plain(score.difference.value, metric)


def plain(value: float, metric: Metric, *, sign: str = "+") -> str:
    """A difference in the metric's unit; percentage points for shares."""
    scale, digits = (1, 2) if metric.unit == "points" else (100 if metric.unit == "%" else 1, 1)
    return f"{(round(scale * value, digits) or 0.0):{sign}.{digits}f}"


def _interval(score: PairedScore, metric: Metric) -> str:
    low, high = score.difference.low, score.difference.high
    if low is None or high is None:
        return ""
    return f"95 % interval {plain(low, metric)} to {plain(high, metric)}"


def _p(score: PairedScore) -> str:
    shown = p_value(score.p_value)
    return f"p < {shown[1:]}" if shown.startswith("<") else f"p = {shown}"


def verdicts_of(comparisons: Sequence[Compared]) -> list[NamedVerdict]:
    """The comparisons with names that tell them apart."""
    names = short_models([side.name for one in comparisons for side in (one.before, one.after)])
    verdicts = [
        NamedVerdict(one, place_of(one), old, new)
        for one, old, new in zip(comparisons, names[::2], names[1::2], strict=True)
    ]
    places, of = {one.place for one in verdicts}, {(one.place, one.pair) for one in verdicts}
    if len(of) > len(places):
        verdicts = [one._replace(who=one.new) for one in verdicts]
    verdicts = [
        one._replace(name=one.where if len(places) > 1 and one.who else one.who or one.place.name) for one in verdicts
    ]
    if len({one.name for one in verdicts}) < len(verdicts):
        runs = short_names([Path(one.after.path) for one in comparisons])
        verdicts = [one._replace(who=run, name=run) for one, run in zip(verdicts, runs, strict=True)]
    return verdicts


def place_of(compared: Compared) -> NamedSetting:
    """Where two models were compared: a data set, a benchmark, dialogues."""
    asked = asked_name(compared.questions)
    if compared.benchmark == "answers":
        return NamedSetting("on", asked or "the same questions")
    if compared.benchmark in ("free", "fixed"):
        return NamedSetting("in", f"{compared.benchmark} dialogues")
    return NamedSetting("on", compared.title or compared.benchmark)


class Sentence(NamedTuple):
    """A verdict in words, by how much they matter."""

    word: str
    """The verdict itself."""
    where: str
    """Empty for a comparison that stands alone."""
    main: str
    """The number before and after."""
    detail: str
    """How sure that is."""
    also: str = ""
    """What else was called, of other kinds of answers."""

    def __str__(self) -> str:
        begin = " ".join(filter(None, (self.word.capitalize(), self.where)))
        return " ".join(filter(None, (f"{begin}: {self.main} ({self.detail}).", self.also)))


def sentences(verdicts: Sequence[NamedVerdict]) -> list[Sentence]:
    """One for each comparison; of a single one, for each kind of answers."""
    if len(verdicts) > 1:
        return [
            sentence._replace(
                where=one.where, also=" ".join([sentence.also, *(_also(one, score) for score in one.others)]).strip()
            )
            for one, sentence in ((one, _sentence(one, one.score)) for one in verdicts)
        ]
    return [_sentence(verdicts[0], score) for score in verdicts[0].compared.deciding]


def _sentence(verdict: NamedVerdict, score: PairedScore) -> Sentence:
    metric = verdict.metric_of(score)
    before, after = (number(side, metric).partition(" ")[0] for side in (score.before, score.after))
    unit, points = (" %", " points") if metric.unit == "%" else ("", "")
    main = f"{family_name(metric)} {before} → {after}{unit}, {change_of(score, metric)}{points}"
    detail = ", ".join(filter(None, (_interval(score, metric), _p(score))))
    if score.metric == UNLABELLED:
        changed = verdict.compared
        also = f"{capital(main)} ({detail})."
        return Sentence(
            word="no verdict", where="", main=changed_count(changed), detail=_share(changed.changed), also=also
        )
    return Sentence(word=score.verdict, where="", main=main, detail=detail)


def _also(verdict: NamedVerdict, score: PairedScore) -> str:
    metric = verdict.metric_of(score)
    begin = f"Also {score.verdict}" if score.verdict == verdict.score.verdict else score.verdict.capitalize()
    return f"{begin}: {family_name(metric)} {change_of(score, metric)}."


def verdict_numbers(verdict: NamedVerdict) -> dict[str, Json]:
    """The deciding number, as JSON: shares in percent, changes of them in points."""
    score, scale = verdict.score, 100 if verdict.metric.unit == "%" else 1

    def scaled(value: float | None) -> float | None:
        return None if value is None else scale * value

    difference = score.difference
    return {
        "before_run": verdict.compared.before.path,
        "after_run": verdict.compared.after.path,
        "place": verdict.place.name,
        "metric": verdict.metric.title,
        "before": scaled(score.before.value),
        "after": scaled(score.after.value),
        "change": scaled(difference.value),
        "low": scaled(difference.low),
        "high": scaled(difference.high),
        "p_value": score.p_value,
        "verdict": verdict.compared.verdict,
        "won": verdict.compared.won,
        "lost": verdict.compared.lost,
    }


def family_name(metric: Metric) -> str:
    """A metric's name beside those of other kinds."""
    of = {"existence": " of yes or no", "description": " of descriptions"}
    return f"{metric.title}{of.get(metric.family, '')}"


def capital(text: str) -> str:
    """The text as a sentence begins."""
    return text[:1].upper() + text[1:]
