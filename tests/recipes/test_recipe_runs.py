"""Recipes that are really run: on the pocket world, with the oracle, so that no model is needed but once."""

import itertools
import json
import math
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from statistics import stdev
from typing import Any

import pytest

from burnish import cli
from burnish.errors import RunError
from burnish.recipes import step_runner
from burnish.recipes.figures import draw, shifts
from burnish.recipes.plan import make_plan
from burnish.recipes.recipe import read_recipe
from burnish.recipes.results import RecipeNumbers, find
from burnish.recipes.step_runner import LOCK
from burnish.report.tables import PLUS_MINUS
from burnish.store.disk import lock

COMPOSE = """\
title: How long dialogues are
reference: FIRE, figure 5
figure: curves
rows:
  few: {taken: 6}
  many: {taken: 40}
  none: {counted: null, published: nobody}
published:
  columns: [words]
  rows: {few: [41.2]}
scales:
  pocket:
    seeds: [0, 1]
    values: {counted: statistics}
    steps:
      composed:
        verb: compose
        source: "pocket:train#per_task=12"
        model: oracle
        limit: "{taken}"
        seed: "{seed}"
      statistics:
        verb: stats
        runs: ["{composed}"]
    numbers:
      words: {step: "{counted}", at: "runs.*.response_words.mean", digits: 1}
      tens: {step: "{counted}", at: "runs.*.dialogues", times: 0.1}
    columns: [words, tens]
"""
SEVA = """\
uses: {part}
title: Tiny
reference: SeVa, table 1
figure: dots
rows:
  before: {{adapter: null, trainer: null}}
  after: {{distort: moco}}
scales:
  pocket:
    columns: [F1 counter, tokens, margin, pairs]
"""


def _recipe(tmp_path: Path, text: str = COMPOSE) -> Path:
    file = tmp_path / "words.yaml"
    file.write_text(text)
    return file


def _run(tmp_path: Path, file: Path, *words: str) -> dict[str, Any]:
    out = tmp_path / "out"
    assert cli.main(["run", str(file), "--out", str(out), "--work", str(tmp_path / "work"), *words]) == 0
    numbers: dict[str, Any] = json.loads((out / f"{file.stem}.json").read_text())
    return numbers


def test_a_table_tells_where_each_number_is_from(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    numbers = _run(tmp_path, _recipe(tmp_path))
    assert "8 steps, 0 of them made before" in capsys.readouterr().out
    cell = numbers["rows"]["many"]["words"]
    told = [json.loads((tmp_path / "work" / key / "numbers.json").read_text()) for key in cell["steps"]]
    values = [next(iter(one["runs"].values()))["response_words"]["mean"] for one in told]
    assert cell["seeds"] == values
    assert cell["mean"] == pytest.approx(sum(values) / 2)
    assert cell["deviation"] == pytest.approx(stdev(values))
    versions = {step["verb"]: step["version"] for step in numbers["steps"].values()}
    assert versions["compose"].startswith("0.")
    assert versions["stats"] is None  # makes tables, no run
    assert numbers["rows"]["none"]["words"] == {
        "mean": None,
        "deviation": None,
        "seeds": [None, None],
        "steps": ["", ""],
    }
    counted = [next(iter(one["runs"].values()))["dialogues"] for one in told]
    assert numbers["rows"]["many"]["tens"]["seeds"] == pytest.approx([count / 10 for count in counted])
    markdown = (tmp_path / "out" / "words.md").read_text()
    few, none = [
        next(line for line in markdown.splitlines() if line.startswith(f"| {row} ")) for row in ("few", "none")
    ]
    assert few.split("|")[-2].strip() == "41.2"
    assert few.split("|")[-3].strip() == "few"  # the paper's row, since they differ in names
    assert [cell.strip() for cell in none.split("|")[2:-1]] == ["–"] * 4
    assert (tmp_path / "out" / "words.png").read_bytes().startswith(b"\x89PNG")


def test_what_no_seed_changes_has_no_deviation(tmp_path: Path) -> None:
    numbers = _run(tmp_path, _recipe(tmp_path, COMPOSE.replace('        seed: "{seed}"\n', "")))
    words = numbers["rows"]["many"]["words"]
    assert words["seeds"] == [words["mean"], words["mean"]]
    assert words["deviation"] is None
    assert PLUS_MINUS not in (tmp_path / "out" / "words.md").read_text()


def test_a_row_can_be_made_with_fewer_seeds(tmp_path: Path) -> None:
    numbers = _run(tmp_path, _recipe(tmp_path, COMPOSE.replace("taken: 40}", "taken: 40, repeats: 1}")))
    few, many = (numbers["rows"][row]["words"] for row in ("few", "many"))
    assert None not in few["seeds"]
    assert many["seeds"] == [many["mean"], None]
    assert many["steps"][1] == ""
    assert many["deviation"] is None
    assert "; with fewer seeds: “many” (1)." in (tmp_path / "out" / "words.md").read_text()


def test_a_recipe_may_have_no_step(tmp_path: Path) -> None:
    nothing = COMPOSE.replace("  few: {taken: 6}\n  many: {taken: 40}\n", "")
    assert _run(tmp_path, _recipe(tmp_path, nothing.replace("{few: [41.2]}", "{nobody: [41.2]}")))["steps"] == {}


def test_nothing_is_made_twice(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = _recipe(tmp_path)
    first = _run(tmp_path, file, "--seeds", "0")
    before = _stamps(tmp_path)
    assert _run(tmp_path, file, "--seeds", "0") == first
    assert _stamps(tmp_path) == before
    capsys.readouterr()
    _run(tmp_path, file, "--seeds", "0", "3")
    assert "8 steps, 4 of them made before" in capsys.readouterr().out
    assert before.items() <= _stamps(tmp_path).items()


@pytest.mark.slow
def test_a_killed_recipe_goes_on_and_makes_no_finished_step_again(tmp_path: Path) -> None:
    file = _recipe(tmp_path, COMPOSE.replace("taken: 40", "taken: 90"))
    words = ["run", str(file), "--out", str(tmp_path / "out"), "--work", str(tmp_path / "work")]
    running = subprocess.Popen([sys.executable, "-m", "burnish", *words], stdout=subprocess.DEVNULL)
    try:
        while running.poll() is None and not _stamps(tmp_path):
            time.sleep(0.001)
    finally:
        running.send_signal(signal.SIGKILL)
        running.wait()
    finished = _stamps(tmp_path)
    assert 0 < len(finished) < 8
    numbers = _run(tmp_path, file)
    assert finished.items() <= _stamps(tmp_path).items()
    assert len(_stamps(tmp_path)) == 8
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    assert _run(fresh, _recipe(fresh, file.read_text()))["rows"] == numbers["rows"]


@pytest.mark.slow
def test_calls_at_the_same_time_share_the_steps(tmp_path: Path) -> None:
    file = _recipe(tmp_path, COMPOSE.replace("taken: 40", "taken: 90"))
    words = [sys.executable, "-m", "burnish", "run", str(file), "--work", str(tmp_path / "work")]
    calls = [
        subprocess.Popen([*words, "--out", str(tmp_path / "out")], stdout=subprocess.PIPE, text=True) for _ in range(3)
    ]
    made = [re.findall(r"^\[(\d) of 8\] .*: burnish", call.communicate()[0], re.MULTILINE) for call in calls]
    assert [call.returncode for call in calls] == [0, 0, 0]
    assert sorted(itertools.chain(*made)) == list("12345678")
    alone = tmp_path / "alone"
    alone.mkdir()
    assert (
        _run(alone, _recipe(alone, file.read_text()))["rows"]
        == json.loads((tmp_path / "out/words.json").read_text())["rows"]
    )


def test_a_step_that_another_call_left_is_taken_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = _recipe(tmp_path)
    plan = make_plan(read_recipe(file, "pocket"), {}, (0,))
    first = tmp_path / "work" / next(iter(plan.steps))
    first.mkdir(parents=True)
    other = lock(first / LOCK)
    monkeypatch.setattr(step_runner, "sleep", lambda _: os.close(other))  # as when that call is killed
    _run(tmp_path, file, "--seeds", "0")
    said = capsys.readouterr().out
    assert "[1 of 4] composed: waiting for another call, which makes it" in said
    assert said.index("[3 of 4]") < said.index("waiting") < said.index("[1 of 4] composed (few, seed 0)")


@pytest.mark.slow
def test_each_step_may_have_a_process_of_its_own(tmp_path: Path) -> None:
    file = _recipe(tmp_path)
    apart = _run(tmp_path, file, "--processes", "each", "--seeds", "0")
    here = tmp_path / "here"
    here.mkdir()
    assert _run(here, _recipe(here), "--seeds", "0")["rows"] == apart["rows"]


def test_a_failed_step_names_its_log(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = _recipe(tmp_path, COMPOSE.replace("pocket:train#", "pocket:nowhere#"))
    words = ["run", str(file), "--out", str(tmp_path / "out"), "--work", str(tmp_path / "work")]
    assert cli.main([*words, "--processes", "each"]) == 2
    assert "The step composed ended with code 2" in capsys.readouterr().err
    assert cli.main(words) == 2
    assert "The step composed (few, seed 0): pocket:nowhere names no split" in capsys.readouterr().err
    assert not _stamps(tmp_path)


def test_threads_are_handed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    one_row = COMPOSE.replace("  many: {taken: 40}\n", "").replace("{taken: 6}", "{taken: 2}")
    _run(tmp_path, _recipe(tmp_path, one_row), "--seeds", "0", "--threads", "2")
    assert os.environ["OMP_NUM_THREADS"] == "2"


@pytest.mark.slow
def test_seva_from_pairs_to_table(tmp_path: Path) -> None:
    """The real part file with the real model, as small as it goes."""
    part = Path(__file__).parents[2] / "recipes" / "parts" / "seva.yaml"
    file = _recipe(tmp_path, SEVA.format(part=part))
    small = [word for value in ("questions=6", "bench=1", "described=1", "rank=2") for word in ("--value", value)]
    rows = _run(tmp_path, file, "--seeds", "0", *small)["rows"]
    assert rows["before"]["margin"]["mean"] is None
    assert 1 <= rows["after"]["pairs"]["mean"] <= 6
    assert rows["after"]["tokens"]["mean"] > 1
    assert 0 <= rows["before"]["F1 counter"]["mean"] <= 100


def test_every_line_of_a_figure_looks_different(tmp_path: Path) -> None:
    turns = COMPOSE.replace("curves", "turns").replace("few: {taken: 6}", "".join(f"r{i}: {{}}\n  " for i in range(7)))
    recipe = read_recipe(_recipe(tmp_path, turns.replace("rows: {few: [41.2]}", "rows: {r0: [41.2]}")), "pocket")
    values = {(row.name, column.name): (1.0,) for row in recipe.rows for column in recipe.columns}
    (axes,) = draw(RecipeNumbers(recipe=recipe, seeds=(0,), values=values)).axes
    assert len({(line.get_color(), line.get_linestyle()) for line in axes.lines}) == len(recipe.rows) == 9


def test_dots_that_are_all_alike_stand_on_a_scale_that_can_be_read(tmp_path: Path) -> None:
    recipe = read_recipe(_recipe(tmp_path, COMPOSE.replace("curves", "dots")), "pocket")
    nothing: dict[tuple[str, str], tuple[float | None, ...]] = {(row.name, "tens"): (None,) for row in recipe.rows}
    alike = {(row.name, "words"): (0.0,) for row in recipe.rows}
    words, tens = draw(RecipeNumbers(recipe=recipe, seeds=(0,), values={**alike, **nothing})).axes
    assert words.get_xlim() == (-1, 1)
    assert list(tens.get_xticks()) == []


def test_a_figure_names_the_units_of_its_numbers(tmp_path: Path) -> None:
    text = COMPOSE.replace("digits: 1", "times: 100").replace("times: 0.1", "times: 100, unit: points")
    recipe = read_recipe(_recipe(tmp_path, text), "pocket")
    values = {(row.name, column): (1.0,) for row in recipe.rows for column in recipe.drawn}
    panels = draw(RecipeNumbers(recipe=recipe, seeds=(0,), values=values)).axes
    assert [axes.get_ylabel() for axes in panels] == ["words, %", "tens, points"]


def test_curves_of_one_number_have_one_scale(tmp_path: Path) -> None:
    columns = "[{name: before, number: words}, {name: after, number: words}, tens]"
    recipe = read_recipe(_recipe(tmp_path, COMPOSE.replace("[words, tens]", columns)), "pocket")
    values = {(row.name, name): (float(10**i),) for i, name in enumerate(recipe.drawn) for row in recipe.rows}
    panels = draw(RecipeNumbers(recipe=recipe, seeds=(0,), values=values)).axes
    before, after, tens = (axes.get_ylim() for axes in panels)
    assert before == after != tens
    assert before[0] < 1 < 10 < before[1]


def test_a_tradeoff_has_a_disc_for_each_row_that_has_both_numbers(tmp_path: Path) -> None:
    recipe = read_recipe(_recipe(tmp_path, COMPOSE.replace("curves", "tradeoff")), "pocket")
    values = {(row.name, column): (float(i),) for i, row in enumerate(recipe.rows) for column in recipe.drawn}
    values |= {(recipe.rows[-1].name, recipe.drawn[0]): (None,)}
    (axes,) = draw(RecipeNumbers(recipe=recipe, seeds=(0,), values=values)).axes
    assert sum(line.get_marker() == "o" for line in axes.lines) == len(recipe.rows) - 1
    assert all(row.name in " ".join(text.get_text() for text in axes.texts) for row in recipe.rows)


def test_no_disc_covers_another() -> None:
    spots = [(0.0, 0.0), (3.0, 0.0), (1.0, 2.0), (40.0, 0.0)]
    moves = shifts(spots, 11.0)
    places = [(x + dx, y + dy) for (x, y), (dx, dy) in zip(spots, moves, strict=True)]
    assert all(math.dist(one, other) >= 11 for one, other in itertools.combinations(places, 2))
    assert [move == (0, 0) for move in moves] == [True, False, False, True]


NUMBERS = {"a": [{"n": "x", "v": 1.5}, {"n": "y", "v": None}], "b": {"0.5": {"only": {"c": 2}}}, "t": "text", "e": {}}


@pytest.mark.parametrize(
    ("at", "found"),
    [("a[n=x].v", 1.5), ("a[n=y].v", None), ("a.0.v", 1.5), ('b."0.5".*.c', 2), ("b.*.only.c", 2), ("e.c", None)],
)
def test_numbers_are_found(at: str, found: float | None) -> None:
    assert find(NUMBERS, at, "step") == found


@pytest.mark.parametrize("at", ["a[n=z].v", "a.7.v", "c", "a.*", "b.0", "t", "a"])
def test_a_number_that_is_not_there_is_no_guess(at: str) -> None:
    with pytest.raises(RunError, match=r"^The step some-step .* at '"):
        find(NUMBERS, at, "some-step")


def _stamps(tmp_path: Path) -> dict[str, int]:
    """When each finished step was finished."""
    return {str(path): path.stat().st_mtime_ns for path in (tmp_path / "work").glob("*/done.json")}
