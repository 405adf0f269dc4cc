"""From YAML to steps: what is made once, what is put in for a name, and what is refused, with file and line."""

from pathlib import Path
from typing import Any

import pytest

from burnish import cli
from burnish.errors import ConfigError
from burnish.recipes.plan import WORK, Plan, given_values, make_plan
from burnish.recipes.recipe import read_recipe

TOP = """\
title: Turns
reference: FIRE, figure 5
figure: dots
rows:
  few: {taken: 4}
  many: {taken: 8}
scales:
  pocket:
    values:
      taken: 2
      per_task: 3
    steps:
      composed:
        verb: compose
        source: "pocket:train#per_task={per_task}"
        model: oracle
        limit: "{taken}"
        seed: "{seed}"
      counted:
        verb: stats
        runs: ["{composed}"]
    numbers:
      turns: {step: counted, at: "runs.*.turns.mean"}
    columns: [turns]
"""


def _plan(tmp_path: Path, text: str, *, seeds: tuple[int, ...] = (0,), words: tuple[str, ...] = ()) -> Plan:
    file = tmp_path / "turns.yaml"
    file.write_text(text)
    recipe = read_recipe(file, "pocket")
    return make_plan(recipe, given_values(recipe, words), seeds)


def test_steps_stand_behind_what_they_need_and_are_made_once(tmp_path: Path) -> None:
    plan = _plan(tmp_path, TOP.replace("seed: ", "max_turns: 6 # "), seeds=(0, 1))
    assert [step.name for step in plan.steps.values()] == ["composed", "counted"] * 2  # nothing asks for the seed
    assert [(cell.row.name, cell.seed) for cell in plan.cells] == [("few", 0), ("few", 1), ("many", 0), ("many", 1)]
    first, counted, *_ = plan.steps.values()
    assert counted.flags == {"runs": [f"{WORK}/{first.key}/made"]}


def test_a_name_alone_keeps_its_kind_and_a_row_wins_over_the_recipe(tmp_path: Path) -> None:
    composed = next(iter(_plan(tmp_path, TOP).steps.values()))
    assert composed.flags == {"source": "pocket:train#per_task=3", "model": "oracle", "limit": 4, "seed": 0}
    config = composed.config("w")
    assert (config.limit, config.out) == (4, f"w/{composed.key}/made")


def test_what_the_user_gives_wins_over_the_recipe_but_not_over_its_rows(tmp_path: Path) -> None:
    composed = next(iter(_plan(tmp_path, TOP, words=("per_task=9", "taken=1")).steps.values()))
    assert composed.flags["source"] == "pocket:train#per_task=9"
    assert composed.flags["limit"] == 4


def test_the_user_may_give_a_step_for_a_value(tmp_path: Path) -> None:
    text = TOP.replace("per_task: 3", "per_task: 3\n      shown: runs/mine").replace('["{composed}"]', '["{shown}"]')
    assert [step.name for step in _plan(tmp_path, text).steps.values()] == ["counted"]
    plan = _plan(tmp_path, text, words=("shown={composed}",))
    assert [step.name for step in plan.steps.values()] == ["composed", "counted"] * 2


def test_another_flag_makes_another_step(tmp_path: Path) -> None:
    keys = [set(_plan(tmp_path, text).steps) for text in (TOP, TOP.replace("per_task: 3", "per_task: 5"), TOP)]
    assert keys[0] == keys[2]
    assert not keys[0] & keys[1]


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("title: Turns", "titel: Turns", "turns.yaml, line 1: there is no key 'titel' here: did you mean title?"),
        ("    columns:", "    colums:", "turns.yaml, line 24: there is no key 'colums' here"),
        ("        limit:", "        limits:", "line 17: burnish compose has no 'limits': did you mean limit?"),
        ("verb: stats", "verb: stat", "turns.yaml, line 19: there is no verb 'stat'"),
        ("step: counted", "step: count", "has no step 'count': its steps are composed, counted."),
        ("{composed}", "{compose}", "turns.yaml, line 19: nothing is called {compose}"),
        ("taken: 2", 'taken: 2\n      per_task: "{per_task}"', "line 12: the key 'per_task' stands here a second time"),
        ("per_task: 3", 'per_task: "{per_task}"', "turns.yaml, line 13: {per_task} refers to itself"),
        ("columns: [turns]", "columns: [turn]", "there is no number 'turn'; there are turns."),
        ("figure: dots", "figure: pie", "turns.yaml, line 3: `figure` must be one of dots, curves, turns, heat"),
        ("figure: dots", "figure: dots\nbaseline: befor", "turns.yaml, line 4: `baseline` must be the name of a row"),
        ("figure: dots", "figure: tradeoff", "turns.yaml, line 8: a trade-off has two axes: name two columns"),
        ("verb: stats", "verp: stats", "turns.yaml, line 19: the step 'counted' has no `verb:`."),
        ("  pocket:", "  paper:", "has no pocket scale"),
        ("title: Turns", "title: [", "is not YAML"),
        ("model: oracle", "model: oracle\n        adapter: x", "--model oracle is not a model"),
        ('limit: "{taken}"', "limit: some", "line 13: --limit is some, but takes a whole number"),
        ("few: {taken: 4}", "few: 4", "turns.yaml, line 5: 'few' must hold `key: value` lines."),
        ("few: {taken: 4}", "few: {repeats: 0}", "turns.yaml, line 5: `repeats` must be a number of seeds, such as 1."),
        ("    columns: [turns]\n", "", "turns.yaml measures nothing at pocket scale: add `columns:` there"),
        ("columns: [turns]", "columns: turns", "turns.yaml, line 24: 'columns' must be a list, such as [a, b]."),
        ("figure: dots", "figure: dots\npublished: {columns: [a, b], rows: {few: [1]}}", "has 1 numbers for 2 columns"),
    ],
)
def test_what_is_wrong_is_refused_before_anything_is_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, complaint: str
) -> None:
    assert old in TOP
    (tmp_path / "turns.yaml").write_text(TOP.replace(old, new))
    words = ["run", str(tmp_path / "turns.yaml"), "--out", str(tmp_path / "out"), "--work", str(tmp_path / "work")]
    assert cli.main(words) == 2
    message = capsys.readouterr().err
    assert complaint in message
    assert not (tmp_path / "work").exists()


NEEDS = (
    TOP.replace("  pocket:\n", "  pocket:\n    files: {shots: the pictures}\n    models: {big: a big model}\n")
    .replace("        model: oracle", '        model: "{big}"')
    .replace("pocket:train#", "folder:{shots}#")
)


def test_all_that_is_missing_is_named_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    needs = (
        r"needs shots \(the pictures\); big \(a big model\): give each as --value shots=PLACE or set BURNISH_SHOTS\."
    )
    with pytest.raises(ConfigError, match=needs):
        _plan(tmp_path, NEEDS)
    with pytest.raises(ConfigError, match=r"shots=/nowhere/at-all is not there: give the place of the pictures\."):
        _plan(tmp_path, NEEDS, words=("shots=/nowhere/at-all", "big=x"))
    monkeypatch.setenv("BURNISH_BIG", "hub/name")
    plan = _plan(tmp_path, NEEDS.replace("#per_task={per_task}", ""), words=(f"shots={tmp_path}",))
    flags: Any = next(iter(plan.steps.values())).flags
    assert (flags["source"], flags["model"]) == (f"folder:{tmp_path}", "hub/name")


def test_a_value_that_nothing_asks_for_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"--value pictures=… is not a value of .*: it has taken, per_task"):
        _plan(tmp_path, TOP, words=("pictures=3",))


@pytest.mark.parametrize(
    ("flags", "complaint"),
    [
        (["--value", "x"], "--value must be NAME=VALUE"),
        (["--seeds", "1", "1"], "--seeds needs numbers from 0 on, each once"),
        (["--threads", "0"], "--threads must be at least 1"),
        (["--launcher", "torchrun"], "give --processes each as well"),
        ([], "is not there: give a recipe"),
    ],
)
def test_wrong_flags_are_refused(capsys: pytest.CaptureFixture[str], flags: list[str], complaint: str) -> None:
    assert cli.main(["run", "nowhere.yaml", "--out", "out", *flags]) == 2
    assert complaint in capsys.readouterr().err


def test_a_misspelt_recipe_is_answered_with_the_nearest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "recipes").mkdir()
    for name in ("seva-gains", "fire-table1"):
        (tmp_path / "recipes" / f"{name}.yaml").write_text(TOP)
    monkeypatch.chdir(tmp_path)
    assert cli.main(["run", "fire-table", "--out", "out"]) == 2
    assert capsys.readouterr().err == (
        "burnish: fire-table is not there: give a recipe, such as recipes/fire-table1.yaml.\n"
    )


def test_a_recipe_may_use_another_and_replace_what_it_says(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(TOP)
    text = "uses: base.yaml\nscales: {pocket: {values: {per_task: 7}}}\n"
    assert next(iter(_plan(tmp_path, text).steps.values())).flags["source"] == "pocket:train#per_task=7"
    with pytest.raises(ConfigError, match=r"base\.yaml, line 17: burnish compose has no 'limits'"):
        (tmp_path / "base.yaml").write_text(TOP.replace("limit:", "limits:"))
        _plan(tmp_path, text)
