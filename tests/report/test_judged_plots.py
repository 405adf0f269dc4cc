"""Figure 5 of SeVa: bars and dots stand at their numbers."""

import pytest
from matplotlib.patches import Rectangle

from burnish.report.kinds.judged.plots import judged_plots
from burnish.scores import Judging, LengthScores, PairwiseJudged, PairwisePair, PositionBias


def pair(a: str, wins: int, ties: int, losses: int) -> PairwisePair:
    n = wins + ties + losses
    return PairwisePair(
        a=a,
        b="b",
        n=n,
        wins=wins,
        ties=ties,
        losses=losses,
        contradictions=0,
        left_out=0,
        unpaired=0,
        win_rate=(wins + ties / 2) / n if n else None,
        interval=None,
        intervals={},
        p_value=None,
        verdict="undecided",
    )


def scores(*pairs: PairwisePair) -> PairwiseJudged:
    return PairwiseJudged(
        judging=Judging(
            judge="j", prompt="", n=8, at_once=8, again=0, unread=0, refused=0, parse_rate=1.0, interval=None
        ),
        pairs=pairs,
        bias=PositionBias(first=4, second=4, tie=0, share=0.5, interval=None, agreement=1.0),
        lengths={"a": LengthScores(mean=12.0, interval=(10.0, 15.0), median=11.0, n=4)},
        tokens="words",
    )


def test_bars_are_shares_that_follow_each_other() -> None:
    (axes,) = judged_plots(scores(pair("a", 5, 2, 1)))["pairs"].axes
    bars = [(bar.get_x(), bar.get_width()) for bar in axes.patches if isinstance(bar, Rectangle)]
    assert bars == [(0, pytest.approx(62.5)), (62.5, pytest.approx(25)), (87.5, pytest.approx(12.5))]
    assert [text.get_text() for text in axes.texts if text.get_text().isdigit()] == ["5", "2", "1"]


def test_lengths_stand_at_their_means() -> None:
    (axes,) = judged_plots(scores(pair("a", 1, 0, 0)))["lengths"].axes
    interval, mean = axes.lines
    assert list(interval.get_xdata()) == [10, 15]
    assert list(mean.get_xdata()) == [12]


def test_pairs_without_a_verdict_have_no_bar() -> None:
    assert list(judged_plots(scores(pair("a", 0, 0, 0)))) == ["lengths"]
