"""What people said, in numbers: means and agreement by hand, files, and the real ratings of FIRE."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from statistics import mean

import pyarrow.parquet as pq
import pytest
from review_runs import dialogue, write_run

from burnish import cli
from burnish.errors import RatingsError, RunError
from burnish.report.review_tables import review_tables
from burnish.review.cases import kind_of
from burnish.review.config import ImportRatingsConfig, ReviewSummaryConfig
from burnish.review.importing import import_ratings
from burnish.review.ratings import Rating
from burnish.review.summary import RatingTally
from burnish.review.writing import summarise
from burnish.scores import ReviewScores
from fire_items import real_file, real_items
from printed import printed


def _said(
    case: int, rater: str, value: str, *, ask: str = "scores", item: str = "feedback-1", split: str = "a"
) -> Rating:
    return Rating(ask, split, f"source {case % 2}", f"d{case}", case, item, kind_of(item), rater, value, "")


def _scores(ratings: Iterable[Rating]) -> ReviewScores:
    tally = RatingTally()
    for rating in ratings:
        tally.add(rating)
    return tally.scores()


def _means(scores: ReviewScores) -> dict[tuple[str, str, str], tuple[float | None, int]]:
    return {(one.kind, one.level, one.group): (one.estimate.value, one.estimate.n) for one in scores.means}


def test_means_are_over_ratings_by_split_source_and_rater() -> None:
    ratings = [
        _said(1, "r", "5"),
        _said(1, "s", "4"),
        _said(2, "r", "1"),
        _said(2, "r", "3", item="response-2", split="a"),
    ]
    means = _means(_scores(ratings))
    assert means["feedback", "all", ""] == (pytest.approx(10 / 3), 3)
    assert means["response", "split", "a"] == (3.0, 1)
    assert means["feedback", "source", "source 1"] == (4.5, 2)
    assert means["feedback", "rater", "r"] == (3.0, 2)


def test_intervals_are_over_cases() -> None:
    # Two cases that many rate alike tell no more than two: drawn again, a quarter of the draws has one of them twice.
    ratings = [_said(case, f"r{n}", value) for case, value in ((1, "5"), (2, "1")) for n in range(50)]
    (estimate,) = [one.estimate for one in _scores(ratings).means if one.level == "all"]
    assert (estimate.value, estimate.low, estimate.high, estimate.n) == (3.0, 1.0, 5.0, 100)
    (single,) = [one.estimate for one in _scores(ratings[:50]).means if one.level == "all"]
    assert (single.value, single.low) == (5.0, None)


def test_alpha_is_krippendorffs() -> None:
    # Two raters, ten items of two values (Krippendorff, Computing alpha-reliability, section A): alpha = 0.095.
    first, second = "0100000010", "1110010000"
    values = {"0": "first", "1": "second"}
    ratings = [
        _said(case, rater, values[mark], ask="chosen", item="better")
        for rater, marks in (("r", first), ("s", second))
        for case, mark in enumerate(marks)
    ]
    (agreement,) = _scores(ratings).agreements
    assert (agreement.kind, agreement.items) == ("better", 10)
    assert agreement.alpha == pytest.approx(0.095, abs=0.0005)


def test_alpha_knows_the_order_of_scores_and_says_nothing_of_nothing() -> None:
    def alpha(*pairs: tuple[str, str]) -> float | None:
        said = [(case, one) for case, pair in enumerate(pairs) for one in zip("rs", pair, strict=True)]
        return _scores(_said(case, rater, value) for case, (rater, value) in said).agreements[0].alpha

    assert alpha(("1", "1"), ("5", "5"), ("3", "3")) == 1.0
    near, far = alpha(("1", "1"), ("5", "5"), ("4", "5")), alpha(("1", "1"), ("5", "5"), ("1", "5"))
    assert near is not None
    assert far is not None
    assert near > far
    assert alpha(("5", "5"), ("5", "5")) is None  # all the same: no chance to agree beyond chance
    assert _scores([_said(1, "r", "5"), _said(2, "s", "4")]).agreements[0].alpha is None


def test_verdicts_become_shares() -> None:
    verdicts = ["first", "first", "first", "second", "tie", "neither", "first", "first"]
    scores = _scores(_said(case, "r", value, ask="chosen", item="better") for case, value in enumerate(verdicts))
    means = _means(scores)
    assert [means[kind, "all", ""][0] for kind in ("first", "second", "tie", "neither")] == [0.625, 0.125, 0.125, 0.125]
    text = "\n".join(map(printed, review_tables(scores)))
    assert "chosen %" in text
    assert "62 ± " in text
    assert max(map(len, text.splitlines())) <= 80


def test_the_real_ratings_of_fire_give_their_means(tmp_path: Path) -> None:
    expected = defaultdict[tuple[str, str], list[int]](list)
    for item in real_items():
        for message in item["conversations"]:
            if message.get("human_rating") is not None:
                expected[item["split"], message["type"]].append(message["human_rating"])
    assert len(expected) == 6
    store = str(tmp_path / "ratings.sqlite")
    assert cli.main(["import", str(real_file()), "--out", str(tmp_path / "rated")]) == 0
    assert cli.main(["review", "import", str(tmp_path / "rated"), "--store", store]) == 0
    again = import_ratings(ImportRatingsConfig(run=str(tmp_path / "rated"), store=store))
    assert (again.dialogues, again.ratings, again.news, again.unusable) == (137, 517, 0, 0)
    numbers = tmp_path / "summary.json"
    words = ["review", "summary", "--store", store, "--out", str(tmp_path / "out"), "--json", str(numbers)]
    assert cli.main(words) == 0
    splits = [one for one in json.loads(numbers.read_text())["means"] if one["level"] == "split"]
    found = {(one["group"], one["kind"]): (one["estimate"]["value"], one["estimate"]["n"]) for one in splits}
    assert found == {key: (pytest.approx(mean(values)), len(values)) for key, values in expected.items()}
    rows = pq.read_table(tmp_path / "out" / "ratings.parquet").to_pylist()
    with (tmp_path / "out" / "ratings.csv").open(newline="") as file:
        assert [row["value"] for row in csv.DictReader(file)] == [row["value"] for row in rows]
    assert len(rows) == 517


def test_ratings_that_are_none_are_left_out_and_counted(tmp_path: Path) -> None:
    def rated(*ratings: object) -> dict[str, object]:
        return {"conversations": [{"human_rating": rating} for rating in ratings]}

    run = write_run(
        tmp_path / "run", [dialogue(1, fire=rated(3, 5, "4", 6.0)), dialogue(2, fire=rated(None, 2, True, None))]
    )
    result = import_ratings(ImportRatingsConfig(run=str(run.path), store=str(tmp_path / "a.sqlite")))
    assert (result.dialogues, result.ratings, result.unusable) == (2, 2, 4)  # the first response is not rated
    plain = write_run(tmp_path / "plain", [dialogue(1)])
    with pytest.raises(RunError, match="holds no human rating"):
        import_ratings(ImportRatingsConfig(run=str(plain.path), store=str(tmp_path / "b.sqlite")))
    for store in ("b.sqlite", "none.sqlite"):
        with pytest.raises(RatingsError):
            summarise(ReviewSummaryConfig(store=str(tmp_path / store)))
    assert not (tmp_path / "none.sqlite").exists()
