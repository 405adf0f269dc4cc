"""What a judge said of the answers of both results: wins, ties and losses in both orders, at equal length too."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from burnish.bench.judged.answers import ModelAnswers
from burnish.bench.judged.judge_counts import judging
from burnish.bench.judged.pairs import name_apart
from burnish.bench.judged.pairwise import reads, verdicts_by_pair
from burnish.bench.judged.verdicts import TwoVerdicts, pair_result, position_bias
from burnish.bench.sample_scores import ALL
from burnish.errors import RunError
from burnish.records import Judgement
from burnish.scores import Estimate, JudgedPair, Metric, PairedScore, PairwisePair
from burnish.store import Run

WIN_RATE = Metric(
    name="win_rate", title="wins by a judge", family="judged", unit="%", interval="bootstrap", better="higher"
)
MARGIN = 0.1
"""Answers whose lengths in words differ by at most this share of the longer one are of like length."""


class _BothOrders(NamedTuple):
    """Both orders of one question."""

    forth: Judgement
    back: Judgement

    @property
    def alike(self) -> bool:
        """Whether both answers are of like length."""
        lengths = [len(self.forth.asked[name].split()) for name in ("first", "second")]
        return max(lengths) - min(lengths) <= MARGIN * max(lengths)


def read_verdicts(path: str, before: str, after: str) -> JudgedPair:
    """The verdicts on the two runs in a run of `burnish bench judged pairwise`, as seen from `after`.

    Raises RunError for another kind of run, one that is not finished, or one that compared other answers.
    """
    run = Run.open(Path(path))
    if run.manifest.kind != "judged pairwise" or run.summary is None:
        kind = "not finished" if run.summary is None else f"of {run.manifest.kind}"
        raise RunError(f"--judged {path} is {kind}: give a finished run of `burnish bench judged pairwise`.")
    old, new = _names(run, path, before, after)
    pairs = [one for one in _both_orders(run) if {*_named(one)} == {old, new}]
    found = _from(new, old, pairs)
    return JudgedPair(
        path=path,
        pair=pair_result((new, old), found, unpaired=0),
        equal_length=pair_result((new, old), _from(new, old, [one for one in pairs if one.alike]), unpaired=0),
        length_margin=MARGIN,
        bias=position_bias(found),
        judging=judging(run, run.records(Judgement), reads),
    )


def win_rate(judged: JudgedPair) -> PairedScore:
    """The second result's share of wins, ties as halves, as a number before and after."""
    pair = judged.pair
    after = _rate(pair)
    turned = Estimate(value=_less(1, after.value), low=_less(1, after.high), high=_less(1, after.low), n=pair.n)
    twice = [None if end is None else 2 * end - 1 for end in (after.value, after.low, after.high)]
    return PairedScore(
        metric=WIN_RATE.name,
        group=ALL,
        level="all",
        distortion="",
        before=turned,
        after=after,
        difference=Estimate(value=twice[0], low=twice[1], high=twice[2], n=pair.n),
        wins=pair.wins,
        losses=pair.losses,
        p_value=pair.p_value,
        test="mcnemar",  # on wins and losses, it is the exact sign test
        verdict=pair.verdict,
    )


def _rate(pair: PairwisePair) -> Estimate:
    low, high = pair.interval or (None, None)
    return Estimate(value=pair.win_rate, low=low, high=high, n=pair.n)


def _less(whole: float, part: float | None) -> float | None:
    return None if part is None else whole - part


def _names(run: Run, path: str, before: str, after: str) -> tuple[str, str]:
    """What the judge's run calls the two."""
    given = run.manifest.settings.get("answers")
    paths = [Path(str(one)) for one in given] if isinstance(given, list) else []
    answers = name_apart([ModelAnswers(name=one.stem, path=one, by_id={}) for one in paths])
    names = {one.path.resolve(): one.name for one in answers}
    for wanted in (before, after):
        if Path(wanted).resolve() not in names:
            named = ", ".join(map(str, paths)) or "nothing"
            raise RunError(f"--judged {path} is about {named}, not about {wanted}: have the judge compare these two.")
    return names[Path(before).resolve()], names[Path(after).resolve()]


def _both_orders(run: Run) -> list[_BothOrders]:
    judgements = list(run.records(Judgement))
    return [_BothOrders(*two) for two in zip(judgements[::2], judgements[1::2], strict=True)]


def _named(one: _BothOrders) -> tuple[str, str]:
    return str(one.forth.facts["first"]), str(one.forth.facts["second"])


def _from(new: str, old: str, pairs: Sequence[_BothOrders]) -> list[TwoVerdicts]:
    """The verdicts with the new model's answer first, then with the old one's."""
    found = verdicts_by_pair([one for pair in pairs for one in pair])
    turned = [TwoVerdicts(two.picture, two.back, two.forth) for two in found.get((old, new), [])]
    return [*found.get((new, old), []), *turned]
