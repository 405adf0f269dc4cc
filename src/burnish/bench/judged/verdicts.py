"""From verdicts in both orders to wins, ties and losses, and to how much a judge goes by the order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple, TypeAlias

from burnish.bench.judged.equal_lengths import at_equal_lengths
from burnish.bench.standard.numbers import MEAN, RATE, bounds, known, sums_by_picture
from burnish.scores import Bounds, PairwisePair, PositionBias, Verdict
from burnish.uncertainty import mcnemar

PairOutcome: TypeAlias = Literal["wins", "ties", "losses"]
ALPHA = 0.05
_DECIDED: Mapping[tuple[str | None, str | None], PairOutcome] = {
    ("first", "second"): "wins",
    ("second", "first"): "losses",
}


class TwoVerdicts(NamedTuple):
    """What a judge says of two models' answers to one question: "first", "second", "tie", or None unread."""

    picture: str
    forth: str | None
    """With the answer of model a first."""
    back: str | None
    """With the answer of model b first."""
    longer: float = 0.0
    """Characters that model a's answer has more."""

    @property
    def read(self) -> bool:
        return self.forth is not None and self.back is not None

    @property
    def outcome(self) -> PairOutcome:
        """For model a."""
        return _DECIDED.get((self.forth, self.back), "ties")

    @property
    def contradicts(self) -> bool:
        """Whether the two name different models, so the same place."""
        return self.forth == self.back != "tie"

    @property
    def agrees(self) -> bool:
        """Whether the two say the same of the models."""
        return self.outcome != "ties" or self.forth == self.back == "tie"


def pair_result(names: tuple[str, str], verdicts: Sequence[TwoVerdicts], *, unpaired: int) -> PairwisePair:
    """How often model a wins, and how sure that is."""
    read = [two for two in verdicts if two.read]
    counts = Counter(two.outcome for two in read)
    worth = {"wins": 1.0, "ties": 0.5, "losses": 0.0}
    sums = sums_by_picture([two.picture for two in read], [(worth[two.outcome], 1) for two in read])
    p_value = mcnemar(counts["wins"], counts["losses"]) if read else None
    pictures, values = [two.picture for two in read], [worth[two.outcome] for two in read]
    equal = at_equal_lengths(pictures, values, [two.longer for two in read]) if read else None
    return PairwisePair(
        a=names[0],
        b=names[1],
        n=len(read),
        wins=counts["wins"],
        ties=counts["ties"],
        losses=counts["losses"],
        contradictions=sum(two.contradicts for two in read),
        left_out=len(verdicts) - len(read),
        unpaired=unpaired,
        win_rate=float(sums[:, 0].sum()) / len(read) if read else None,
        interval=bounds(MEAN(sums)) if read else None,
        equal_lengths=equal.rate if equal else None,
        equal_lengths_interval=bounds(equal.interval) if equal else None,
        intervals=known((name, _share(read, name)) for name in worth),
        p_value=p_value,
        verdict=_verdict(counts["wins"], counts["losses"], p_value),
    )


def _share(read: Sequence[TwoVerdicts], name: str) -> Bounds | None:
    """Wilson's interval of the share of one outcome."""
    if not read:
        return None
    return bounds(RATE(sums_by_picture([two.picture for two in read], [(two.outcome == name, 1) for two in read])))


def _verdict(wins: int, losses: int, p_value: float | None) -> Verdict:
    if p_value is None or p_value >= ALPHA:
        return "undecided"
    return "better" if wins > losses else "worse"


def position_bias(verdicts: Sequence[TwoVerdicts]) -> PositionBias:
    """What the judge says of the places, over all verdicts that can be read."""
    named = [(two.picture, one) for two in verdicts for one in (two.forth, two.back) if one]
    counts = Counter(one for _, one in named)
    naming = [(picture, one) for picture, one in named if one != "tie"]
    sums = sums_by_picture([picture for picture, _ in naming], [(one == "first", 1) for _, one in naming])
    read = [two for two in verdicts if two.read]
    return PositionBias(
        first=counts["first"],
        second=counts["second"],
        tie=counts["tie"],
        share=counts["first"] / len(naming) if naming else None,
        interval=bounds(RATE(sums)) if naming else None,
        agreement=sum(two.agrees for two in read) / len(read) if read else None,
    )
