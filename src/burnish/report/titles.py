"""What a page of comparisons is called, and what was compared: from the verdicts, in their words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from burnish.report.naming import listed_names
from burnish.report.verdicts import (
    UNLABELLED,
    NamedSetting,
    NamedVerdict,
    capital,
    changed_count,
    family_name,
    is_called,
    plain,
)
from burnish.scores import PairedScore

_ANSWERED = "both gave {n:,} answers to the same questions {at}"
_DID = {
    "free": "both held {n:,} free dialogues about the same questions",
    "fixed": "both wrote {n:,} texts in the same fixed dialogues",
}
"""What both of two models did, where that is not answering."""


def what_was_compared(verdicts: Sequence[NamedVerdict]) -> str:
    """Who against whom, over how much and where: a sentence for each two."""
    of: dict[tuple[str, str], list[NamedVerdict]] = {}
    for verdict in verdicts:
        did = _DID.get(verdict.compared.benchmark, _ANSWERED)
        of.setdefault((verdict.pair, did), []).append(verdict)
    return " ".join(
        f"{pair}: {did.format(n=sum(one.compared.n for one in each), at=_at(one.place for one in each))}."
        for (pair, did), each in of.items()
    )


def _at(places: Iterable[NamedSetting]) -> str:
    """ "on natural, balanced and counter"."""
    names: dict[str, dict[str, None]] = {}
    for place in places:
        names.setdefault(place.before, {})[place.name] = None
    return " and ".join(f"{before} {listed_names([*of])}" for before, of in names.items())


def title_of(verdicts: Sequence[NamedVerdict], about: str = "") -> str:
    """The leading verdict, and one that goes against it if there is one; `about` stands before them."""
    pairs = dict.fromkeys(verdict.pair for verdict in verdicts)
    subject = about or (next(iter(pairs)) if len(pairs) == 1 else "")
    called = _called(verdicts)
    first = next((one for one in called if one.score is one.verdict.score), None)
    if all(one.is_open for one in verdicts):
        phrases = [f"{changed_count(*(one.compared for one in verdicts))} {_at([one.place for one in verdicts])}"]
    elif first is None:
        metrics = listed_names(list(dict.fromkeys(one.metric.title for one in verdicts)))
        phrases = [f"{metrics} undecided {_at([one.place for one in verdicts])}", *(_phrase(one) for one in called[:1])]
    else:
        word, pair = first.score.verdict, first.verdict.pair
        against = [one for one in called if one.score.verdict != word and one.verdict.pair == pair]
        against.sort(key=lambda one: one.score.metric != first.score.metric)  # the same number elsewhere, above all
        elsewhere = [one for one in called if one.verdict.pair != pair]
        phrases = [_phrase(first), *(_phrase(one, after=first) for one in (against or elsewhere)[:1])]
    words = ", ".join(phrases)
    return f"{subject}: {words}" if subject else capital(words)


def leading(verdicts: Sequence[NamedVerdict]) -> NamedVerdict:
    """The surest of the first two models; where none is decided, the one with the most flips."""
    decided = [one.verdict for one in _called(verdicts) if one.score is one.verdict.score]
    return decided[0] if decided else max(verdicts, key=lambda one: len(one.compared.flips))


class _Called(NamedTuple):
    """A number that was called better or worse."""

    verdict: NamedVerdict
    score: PairedScore


def _called(verdicts: Sequence[NamedVerdict]) -> list[_Called]:
    """Those of the models that were given first, of these the surest first."""
    pairs = list(dict.fromkeys(one.pair for one in verdicts))
    called = [
        _Called(one, score)
        for one in verdicts
        for score in one.compared.deciding
        if is_called(score) and score.metric != UNLABELLED
    ]
    return sorted(called, key=lambda one: (pairs.index(one.verdict.pair), -_certainty(one.score)))


def _phrase(one: _Called, after: _Called | None = None) -> str:
    """ "exact match on counter better by 10.2 points"; a second one does not name the first's metric again."""
    verdict, score, metric = one.verdict, one.score, one.verdict.metric_of(one.score)
    again = after is not None and metric.name == after.score.metric
    points = " points" if metric.unit == "%" and not again else ""
    value = score.difference.value
    by = "" if value is None else f"by {plain(abs(value), metric, sign='')}{points}"
    who, what = f"{verdict.who}:" if verdict.who else "", "" if again else family_name(metric)
    return " ".join(filter(None, (who, what, str(verdict.place), score.verdict, by)))


def _certainty(score: PairedScore) -> float:
    """How many half-widths of its interval the change is from 0."""
    difference = score.difference
    if difference.value is None or difference.low is None or difference.high is None:
        return 0.0
    width = (difference.high - difference.low) / 2
    return abs(difference.value) / width if width else abs(difference.value)
