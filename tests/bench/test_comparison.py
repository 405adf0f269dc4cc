"""Two recorded runs against each other, with the arithmetic by hand."""

from pathlib import Path

import pytest
from answer_runs import prediction, write_run

from burnish.bench.aggregate import read_scored
from burnish.bench.comparison import compare
from burnish.bench.paired import verdict
from burnish.bench.sample_scores import ALL
from burnish.bench.scorers import METRICS
from burnish.errors import RunError
from burnish.records import Dropped, Record
from burnish.scores import BaselineComparison, Estimate, PairedScore
from burnish.uncertainty import wilson


def _compare(folder: Path, before: list[Record], after: list[Record], **seeds: int) -> BaselineComparison:
    old = write_run(folder / "old", before, seed=seeds.get("old", 0), model="old")
    new = write_run(folder / "new", after, seed=seeds.get("new", 0), model="new")
    return compare(read_scored(new), read_scored(old), "runs/old")


def _find(comparison: BaselineComparison, metric: str, distortion: str = "") -> PairedScore:
    (score,) = [s for s in comparison.scores if (s.metric, s.group, s.distortion) == (metric, ALL, distortion)]
    return score


def _answers(right: list[bool], distortion: str = "", first: int = 0) -> list[Record]:
    return [
        prediction(first + i, "red", "red" if ok else "blue", distortion=distortion, tokens=2 + ok)
        for i, ok in enumerate(right)
    ]


def test_wins_losses_and_mcnemar_by_hand(tmp_path: Path) -> None:
    # 20 questions: 8 won, 1 lost, 6 right both times, 5 wrong both times.
    before = [False] * 8 + [True] + [True] * 6 + [False] * 5
    after = [True] * 8 + [False] + [True] * 6 + [False] * 5
    comparison = _compare(tmp_path, _answers(before), _answers(after))
    score = _find(comparison, "exact_match")
    assert (score.wins, score.losses) == (8, 1)
    assert score.test == "mcnemar"
    assert score.p_value == pytest.approx(2 * (1 + 9) / 2**9)  # 0.039
    assert (score.before.value, score.after.value) == (7 / 20, 14 / 20)
    assert (score.before.low, score.before.high) == wilson(7, 20)
    assert score.difference.value == pytest.approx(7 / 20)
    # The mean of 20 differences, 8 of 1 and one of -1: variance (9 - 20 * 0.35²) / 20 = 0.3275, so about
    # 0.35 ± 1.96 * sqrt(0.3275 / 20) = 0.35 ± 0.251.
    assert score.difference.low == pytest.approx(0.10, abs=0.051)
    assert score.difference.high == pytest.approx(0.60, abs=0.051)
    assert score.verdict == "better"
    assert (comparison.baseline, comparison.baseline_model, comparison.unpaired) == ("runs/old", "old", 0)


def test_few_wins_stay_undecided_though_the_bootstrap_would_call_them(tmp_path: Path) -> None:
    comparison = _compare(tmp_path, _answers([False] * 4 + [True] * 6), _answers([True] * 10))
    score = _find(comparison, "exact_match")
    assert score.difference.low is not None and score.difference.low > 0
    assert score.p_value == 2 / 2**4
    assert score.verdict == "undecided"


def test_a_fall_is_worse_and_longer_answers_are_just_higher(tmp_path: Path) -> None:
    fall = _compare(tmp_path / "a", _answers([True] * 12), _answers([False] * 12))
    assert _find(fall, "exact_match").verdict == "worse"
    assert _find(fall, "tokens").verdict == "lower"
    assert _find(fall, "tokens").difference.value == -1
    assert _find(_compare(tmp_path / "b", _answers([False] * 12), _answers([True] * 12)), "tokens").verdict == "higher"


def test_fewer_hallucinations_are_better() -> None:
    difference = Estimate(value=-0.2, low=-0.3, high=-0.1, n=50)
    assert verdict(METRICS["hallucination_rate"].better, difference, 0.01) == "better"
    assert verdict(METRICS["statement_recall"].better, difference, 0.01) == "worse"
    assert verdict(METRICS["tokens"].better, difference, 0.01) == "lower"
    assert verdict(METRICS["hallucination_rate"].better, difference, 0.06) == "undecided"
    assert (
        verdict(METRICS["hallucination_rate"].better, Estimate(value=None, low=None, high=None, n=0), None)
        == "undecided"
    )


def test_equal_runs_are_undecided(tmp_path: Path) -> None:
    comparison = _compare(tmp_path, _answers([True, False] * 5), _answers([True, False] * 5))
    assert {score.verdict for score in comparison.scores} == {"undecided"}
    assert {score.difference.value for score in comparison.scores} == {0}


def test_several_questions_a_picture_are_swapped_together(tmp_path: Path) -> None:
    # 12 wins, but on two pictures only: no more evidence than two coins.
    def answers(text: str) -> list[Record]:
        return [prediction(i, "red", text, picture=i % 2) for i in range(12)]

    score = _find(_compare(tmp_path, answers("blue"), answers("red")), "exact_match")
    assert (score.wins, score.losses, score.test) == (12, 0, "swap")
    assert score.p_value == pytest.approx(0.5, abs=0.05)
    assert score.verdict == "undecided"


def test_distortions_are_paired_with_themselves_and_others_left_out(tmp_path: Path) -> None:
    noisy = [*_answers([True] * 6), *_answers([False] * 6, "noise:500")]
    both = [*_answers([True] * 6), *_answers([True] * 6, "noise:500"), *_answers([False] * 6, "flip:1")]
    comparison = _compare(tmp_path, noisy, both)
    assert _find(comparison, "exact_match").difference.value == 0
    assert _find(comparison, "exact_match", "noise:500").difference.value == 1
    assert {score.distortion for score in comparison.scores} == {"", "noise:500"}
    assert comparison.unpaired == 0


def test_metrics_that_are_no_mean_over_questions_have_no_wins(tmp_path: Path) -> None:
    truths = ["yes", "no"] * 6
    before: list[Record] = [prediction(i, truth, "yes") for i, truth in enumerate(truths)]
    after: list[Record] = [prediction(i, truth, truth) for i, truth in enumerate(truths)]
    comparison = _compare(tmp_path, before, after)
    precision = _find(comparison, "pope_precision")
    assert (precision.before.value, precision.after.value) == (1 / 2, 1)
    assert (precision.wins, precision.losses, precision.test, precision.verdict) == (None, None, "swap", "better")
    # Recall is a mean, over the questions whose truth is yes.
    recall = _find(comparison, "pope_recall")
    assert (recall.wins, recall.losses, recall.test, recall.difference.n) == (0, 0, "mcnemar", 6)
    assert _find(comparison, "pope_yes_ratio").verdict == "lower"


def test_a_precision_that_the_baseline_does_not_have_stays_undefined(tmp_path: Path) -> None:
    before: list[Record] = [prediction(1, "yes", "no"), prediction(2, "no", "no")]
    after: list[Record] = [prediction(1, "yes", "yes"), prediction(2, "no", "no")]
    precision = _find(_compare(tmp_path, before, after), "pope_precision")
    assert (precision.before.value, precision.after.value, precision.difference.value) == (None, 1, None)
    assert (precision.p_value, precision.verdict) == (None, "undecided")


def test_an_answer_that_one_run_lacks_is_left_out_and_counted(tmp_path: Path) -> None:
    before = [*_answers([True] * 3), Dropped(id="q3", source="quiz", reason="refused")]
    comparison = _compare(tmp_path, before, _answers([True] * 4))
    assert comparison.unpaired == 1
    assert _find(comparison, "exact_match").difference.n == 3


def test_other_questions_are_refused_in_a_sentence(tmp_path: Path) -> None:
    only_once = r"runs/old was asked other questions: 3 are in one of the two runs only, such as 'q0' of quiz"
    with pytest.raises(RunError, match=only_once):
        _compare(tmp_path, _answers([True] * 5), _answers([True] * 4, first=2))


def test_another_question_under_the_same_id_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="something else under the id 'q0' of quiz"):
        _compare(tmp_path, [prediction(0, "red", "red")], [prediction(0, "blue", "red")])


def test_other_draws_of_a_distortion_are_refused(tmp_path: Path) -> None:
    records = [*_answers([True]), *_answers([True], "noise:500")]
    with pytest.raises(RunError, match="its --seed is 1, this run's 2"):
        _compare(tmp_path / "distorted", records, records, old=1, new=2)
    _compare(tmp_path / "clean", _answers([True]), _answers([True]), old=1, new=2)
