"""What people chose on the page, as pairs to train on."""

from __future__ import annotations

from pathlib import Path

import pytest
from review_runs import pair, write_run

from builders import picture
from burnish.cli import main
from burnish.records import Dropped, PreferencePair
from burnish.review.config import ReviewConfig
from burnish.review.database import open_database
from burnish.review.web.serve import begin_study
from burnish.store import Run

SAID = {
    "What is it, 1?": ("first", "first", "tie"),
    "What is it, 2?": ("second", "second", "first"),
    "What is it, 3?": ("first", "second", "tie"),
    "What is it, 4?": ("neither", "neither", "first"),
}
"""What three raters said of each question; first is the chosen answer."""


def test_the_answer_that_most_people_chose_is_chosen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = write_run(tmp_path / "run", [pair(n, f"good {n}", f"bad {n}") for n in range(1, 6)], kind="pairs")
    store = str(tmp_path / "ratings.db")
    config = ReviewConfig(runs=(str(run.path),), store=store, ask="chosen", raters=3)
    with open_database(store) as engine:
        study = begin_study(config, [run], engine)
        for number, rater in enumerate(study.raters):
            for position in range(1, 6):
                shown = study.shown(rater, position)
                assert shown is not None
                if shown.case.question in SAID:
                    study.save(rater, shown.id, {"better": SAID[shown.case.question][number]})
    words = ["import", "pairs", f"review:{store}", "--out", str(tmp_path / "pairs")]
    assert main([*words, "--runs", str(run.path)]) == 0
    pairs = Run.open(tmp_path / "pairs")
    assert {(one.chosen.text, one.rejected[0].answer.text) for one in pairs.records(PreferencePair)} == {
        ("good 1", "bad 1"),
        ("bad 2", "good 2"),
    }
    assert [one.reason for one in pairs.records(Dropped)] == ["no majority"] * 2  # the fifth was not rated
    (one,) = (one for one in pairs.records(PreferencePair) if one.chosen.text == "good 1")
    assert pairs.image(one.image) == picture(1)
    capsys.readouterr()
    assert main([*words[:-1], str(tmp_path / "x")]) == 2
    assert "--runs is missing" in capsys.readouterr().err
    assert main(["import", "pairs", "review:gone.db", "--runs", str(run.path), "--out", str(tmp_path / "x")]) == 2
