"""Plots: what is drawn stands at its numbers; pixels are for eyes."""

import math
from dataclasses import replace
from pathlib import Path

import pytest
from answer_results import COMPARED, RESULT
from PIL import Image

from builders import answer, dropped, pair, write_run
from burnish.errors import RunError
from burnish.report.kinds.answers.plots import answers_plots
from burnish.report.kinds.pairs.plots import answer_lengths
from burnish.report.kinds.pairs.summary import summarise_pairs
from burnish.report.kinds.training.log import read_log, short_number, training_table
from burnish.report.kinds.training.plots import training_curves
from burnish.report.plots import BEFORE, BLUE, save
from burnish.scores import AnswersResult


def _dots(result: AnswersResult, name: str) -> list[tuple[str, float, float]]:
    """Color, value and row of every dot."""
    (axes,) = answers_plots(result)[name].axes
    series = [line for line in axes.lines if line.get_marker() != "None"]
    return [
        (str(line.get_color()), float(x), float(y))
        for line in series
        for x, y in zip(line.get_xdata(), line.get_ydata(), strict=True)
    ]


def test_tasks_stand_at_their_values_and_undefined_ones_stay_empty() -> None:
    assert _dots(RESULT, "answers-by-task") == [(BLUE, pytest.approx(50), 0), (BLUE, pytest.approx(60), 2)]
    (axes,) = answers_plots(RESULT)["answers-by-task"].axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["counting", "naming", "all questions"]
    assert axes.get_xlabel() == "exact match %"
    assert axes.get_xlim() == (0, 100)
    intervals = [[round(float(x)) for x in line.get_xdata()] for line in axes.lines if line.get_marker() == "None"]
    assert intervals == [[40, 60], [50, 70]]


def test_before_and_after() -> None:
    dots = _dots(COMPARED, "answers-by-task")
    assert (BEFORE.color, pytest.approx(30), pytest.approx(-0.15)) in dots
    assert (BLUE, pytest.approx(50), pytest.approx(0.15)) in dots
    figure = answers_plots(COMPARED)["answers-by-task"]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["before", "after"]


def test_distortions_have_a_row_each() -> None:
    assert [(x, y) for _, x, y in _dots(RESULT, "answers-by-distortion")] == [
        (pytest.approx(60), 0),
        (pytest.approx(20), 1),
    ]
    assert "answers-by-distortion" not in answers_plots(replace(RESULT, distortions=("",)))


def test_lengths_are_shares_of_their_own_kind(tmp_path: Path) -> None:
    pairs = [pair(i, answer("x", tokens=4), [answer("y", tokens=2), answer("z", tokens=3)]) for i in range(3)]
    figure = answer_lengths(summarise_pairs(write_run(tmp_path / "run", pairs)))
    (axes,) = figure.axes
    assert axes.get_xlabel() == "length of an answer, tokens"
    heights = [patch.get_path().vertices[:, 1].max() for patch in axes.patches[1::2]]
    assert heights == [pytest.approx(100), pytest.approx(50)]  # all chosen have 4 tokens; half the rejected have 2


@pytest.mark.for_print
def test_one_word_answers_of_a_server_have_a_plot(tmp_path: Path) -> None:
    summary = summarise_pairs(write_run(tmp_path / "run", [pair(1, answer("a"), [answer("b")]), dropped(1, "x")]))
    path, drawing = save(answer_lengths(summary), tmp_path / "lengths.png")
    with Image.open(path) as image:
        assert image.width == 2250
    assert drawing.read_text().startswith("<?xml")


def _log(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "log.jsonl"
    path.write_text(text)
    return path


def test_training_curves_leave_gaps_where_a_loss_is_not_finite(tmp_path: Path) -> None:
    lines = ['{"step": 1, "loss": 0.7, "rewards/margins": 0.0}', '{"step": 2, "loss": NaN}', '{"step": 3, "loss": 0.5}']
    log = read_log(_log(tmp_path, "\n".join(lines) + "\n"))
    loss, reward = training_curves(log, "t").axes
    assert list(loss.lines[0].get_xdata()) == [1, 2, 3]
    values = [float(y) for y in loss.lines[0].get_ydata()]
    assert (values[0], math.isnan(values[1]), values[2]) == (0.7, True, 0.5)
    assert list(reward.lines[0].get_xdata()) == [1]
    unsound = read_log(_log(tmp_path, "\n".join(lines[:2]) + "\n"))
    assert training_table(unsound).rows == (("loss", "0.7", "nan"), ("rewards/margins", "0", "0"))
    assert training_table(log).rows == (("loss", "0.7", "0.5"), ("rewards/margins", "0", "0"))
    assert (short_number(50834.0), short_number(1.0979e-08), short_number(1362.14)) == ("50,834", "1.098e-08", "1362")


def test_the_terms_of_a_loss_have_a_panel_of_their_own(tmp_path: Path) -> None:
    lines = [f'{{"step": {i}, "loss": 0.7, "loss/sigmoid": 0.6, "loss/sft": 0.5}}\n' for i in (1, 2)]
    whole, terms = training_curves(read_log(_log(tmp_path, "".join(lines))), "t").axes
    assert [line.get_label() for line in whole.lines] == ["loss"]
    assert [line.get_label() for line in terms.lines] == ["sigmoid", "sft"]


def test_a_torn_last_line_is_left_out_and_other_damage_named(tmp_path: Path) -> None:
    assert len(read_log(_log(tmp_path, '{"step": 1, "loss": 1}\n{"step": 2, "lo'))) == 1
    for text, message in (
        ("", "holds no step yet"),
        ('{"step": 1}\nnonsense\n', "line 2, is not JSON"),
        ('{"loss": 1}\n', "line 1, has no `step`"),
        ("[1]\n", "line 1, has no `step`"),
    ):
        with pytest.raises(RunError, match=message):
            read_log(_log(tmp_path, text))
    with pytest.raises(RunError, match="no step has a finite loss"):
        training_curves(read_log(_log(tmp_path, '{"step": 1, "loss": NaN}\n')), "t")
