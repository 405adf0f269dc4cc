"""What comparisons came to, in words: of real runs, compared by the real bench."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from burnish.bench.compare.among import compare_among
from burnish.report.changes import changes_figure, panels_of
from burnish.report.naming import asked_name, listed_names, short_models
from burnish.report.opening import drawn_flips
from burnish.report.plots import as_svg
from burnish.report.titles import leading, title_of, what_was_compared
from burnish.report.verdicts import NamedSetting, NamedVerdict, sentences, verdict_numbers, verdicts_of
from burnish.scores import Compared, Estimate, Metric
from compared_runs import answers_run

MANY, FEW = range(40), range(9)
"""Wrong answers of 60."""
PLACES = {"natural": "cup", "balanced": "dog", "counter": "cat"}


def _compared(folder: Path, place: str, before: Sequence[int], after: Sequence[int]) -> Compared:
    source, thing = f"pocket:{place}/existence#per_task=60", PLACES[place]
    first = answers_run(folder / place / "before", before, source=source, thing=thing)
    second = answers_run(folder / place / "after", after, source=source, thing=thing, adapter="runs/seva")
    (found,) = compare_among([str(first), str(second)])
    return replace(found, questions=f"pocket:{place}")


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> list[NamedVerdict]:
    """Worse at home, the same in the middle, better far from it."""
    folder = tmp_path_factory.mktemp("compared")
    natural = _compared(folder, "natural", FEW, range(24))
    balanced = _compared(folder, "balanced", range(20), range(1, 21))
    counter = _compared(folder, "counter", MANY, FEW)
    return verdicts_of([natural, balanced, counter])


def test_each_has_a_sentence_that_begins_with_its_verdict(verdicts: list[NamedVerdict]) -> None:
    worse, undecided, better = map(str, sentences(verdicts))
    # wrong are 40 of 60 before and 9 of 60 after: 33.3 and 85.0 % are right
    assert better.startswith("Better on counter: accuracy of yes or no 33.3 → 85.0 %, +51.7 points (95 % interval +")
    assert better.endswith(", p < 0.001).")
    assert worse.startswith("Worse on natural: accuracy of yes or no 85.0 → 60.0 %, -25.0 points (95 % interval -")
    assert undecided == (
        "Undecided on balanced: accuracy of yes or no 66.7 → 66.7 %, +0.0 points "
        "(95 % interval -5.0 to +5.0, p = 1.000)."
    )


def test_a_comparison_that_stands_alone_names_no_place(verdicts: list[NamedVerdict]) -> None:
    (sentence,) = map(str, sentences(verdicts[2:]))
    assert sentence.startswith("Better: accuracy of yes or no 33.3 → 85.0 %, +51.7 points")


def test_the_title_tells_the_surest_and_what_goes_against_it(verdicts: list[NamedVerdict]) -> None:
    assert title_of(verdicts) == (
        "pocket + seva against pocket: accuracy of yes or no on counter better by 51.7 points, on natural worse by 25.0"
    )
    assert title_of(verdicts, "SeVa on pocket").startswith("SeVa on pocket: accuracy of yes or no on counter better")
    assert title_of(verdicts[1:2]) == "pocket + seva against pocket: accuracy undecided on balanced"
    assert leading(verdicts) is verdicts[2]
    assert what_was_compared(verdicts) == (
        "pocket + seva against pocket: both gave 180 answers to the same questions on natural, balanced and counter."
    )


def test_several_models_at_one_place_are_told_apart_by_their_names(verdicts: list[NamedVerdict]) -> None:
    counter = verdicts[2].compared
    other = replace(counter, after=replace(counter.after, name="pocket + runs/other", path="elsewhere"))
    first, second = verdicts_of([counter, other])
    assert (first.name, second.name) == ("pocket + seva", "pocket + other")
    assert second.where == "pocket + other on counter"
    again, once_more = verdicts_of([counter, replace(counter, after=replace(counter.after, path="b/elsewhere"))])
    assert again.name != once_more.name  # one model twice, told apart by its runs


def test_the_numbers_are_in_percent(verdicts: list[NamedVerdict]) -> None:
    numbers = verdict_numbers(verdicts[2])
    assert numbers["place"] == "counter"
    assert (numbers["verdict"], numbers["metric"], numbers["won"], numbers["lost"]) == (
        "better",
        "accuracy",
        31,
        0,
    )
    assert numbers["before"] == pytest.approx(100 * 20 / 60)
    assert numbers["change"] == pytest.approx(100 * 31 / 60)
    assert numbers["low"] < numbers["change"] < numbers["high"]


def test_a_place_is_named_by_what_was_asked(verdicts: list[NamedVerdict]) -> None:
    assert [str(one.place) for one in verdicts] == ["on natural", "on balanced", "on counter"]
    counter = verdicts[2].compared
    places = [
        verdicts_of([replace(counter, benchmark=name, title=title)])[0].place
        for name, title in (("pope", "POPE"), ("free", "free dialogues"))
    ]
    assert places == [NamedSetting("on", "POPE"), NamedSetting("in", "free dialogues")]


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("pocket:counter/existence#per_task=9", "counter/existence"),
        ("pocket", "pocket"),
        ("folder:data/held-out.jsonl", "held-out"),
        ("huggingface:HuggingFaceM4/TextVQA#split=validation", "TextVQA validation"),
        ("pocket:heldout#per_task=1,pocket:new", "heldout and new"),
        ("pocket:a,pocket:b,pocket:c,pocket:d,pocket:e", "a, b, c and 2 more"),
        ("something of another version", "something of another version"),
        ("", ""),
    ],
)
def test_data_sets_are_named_without_their_kinds_and_options(source: str, name: str) -> None:
    assert asked_name(source) == name


def test_models_are_named_without_folders_where_these_tell_nothing_apart() -> None:
    assert short_models(["org/llava", "org/llava + runs/seva"]) == ["llava", "llava + seva"]
    assert short_models(["a/llava", "b/llava", "c/other"]) == ["a/llava", "b/llava", "other"]
    assert listed_names([]) == ""


def test_marks_stand_at_their_numbers(verdicts: list[NamedVerdict]) -> None:
    (panel,) = panels_of(verdicts)
    assert (panel.title, panel.better) == ("Change in accuracy (points)", "higher")
    assert [mark.verdict for mark in panel.marks] == ["worse", "undecided", "better"]
    assert panel.marks[2].values == "33.3 → 85.0"
    assert panel.marks[2].value == pytest.approx(100 * 31 / 60)
    assert panel.at(panel.low) == 0 and panel.at(panel.high) == 100
    assert all(0 < panel.at(end) < 100 for mark in panel.marks for end in (mark.low, mark.value, mark.high))
    assert 0.0 in panel.ticks and len(panel.ticks) >= 3
    assert all(panel.low <= tick <= panel.high for tick in panel.ticks)


def test_the_figure_for_print_is_legible_without_its_colours(verdicts: list[NamedVerdict]) -> None:
    made, again = (changes_figure(panels_of(verdicts), title="t " * 60) for _ in range(2))
    handles = made.legends[0].legend_handles
    assert [handle.get_label() for handle in handles] == ["worse", "undecided", "better"]
    assert len({handle.get_marker() for handle in handles}) == 3
    assert as_svg(made) == as_svg(again)


def test_numbers_of_another_unit_have_an_axis_of_their_own(verdicts: list[NamedVerdict]) -> None:
    counter = verdicts[2].compared
    turns = Metric(name="turns", title="turns", family="free", unit="points", interval="bootstrap", better="lower")
    score = replace(
        counter.headline,
        metric="turns",
        before=Estimate(value=9.0, low=8.0, high=10.0, n=9),
        after=Estimate(value=7.0, low=6.0, high=8.0, n=9),
        difference=Estimate(value=-2.0, low=-3.0, high=-1.0, n=9),
    )
    free = replace(counter, benchmark="free", headline=score, deciding=(score,), scores=(score,), metrics=(turns,))
    several = verdicts_of([*(one.compared for one in verdicts), free])
    shares, points = panels_of(several)
    assert (points.title, points.better, points.marks[0].values) == ("Change in turns", "lower", "9.00 → 7.00")
    assert len(shares.marks) == 3
    undefined = replace(score, difference=Estimate(value=None, low=None, high=None, n=0))
    nothing = replace(free, headline=undefined, deciding=(undefined,), scores=(undefined,))
    assert panels_of(verdicts_of([nothing])) == []


def test_flips_are_shown_as_won_and_lost_as_all_are(verdicts: list[NamedVerdict]) -> None:
    flips = verdicts[2].compared.flips
    assert {flip.outcome for flip in flips} == {"won"}
    lost = tuple(replace(flip, outcome="lost") for flip in flips[:15])
    drawn = drawn_flips((*flips, *lost), 0, 3)
    assert [flip.outcome for flip in drawn] == ["won", "won", "lost"]  # 31 to 15
    assert {flip.source for flip in drawn[:2]} == {"cups", "mugs"}
    assert drawn_flips((*flips, *lost), 0, 3) == drawn
    assert drawn_flips((), 0, 3) == []
    assert len(drawn_flips(flips[:2], 0, 3)) == 2
    without = tuple(replace(flip, picture="") for flip in flips[1:])
    assert flips[0] in drawn_flips((flips[0], *without), 5, 3)  # what has a picture comes first
