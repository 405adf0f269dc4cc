"""`burnish run RECIPE --plan`: what is missing, and what the steps would take, with nothing made."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from burnish import cli
from burnish.errors import ConfigError
from burnish.recipes.amounts import count
from burnish.recipes.plan import make_plan, stand_ins
from burnish.recipes.recipe import read_recipe

RECIPES = Path(__file__).parents[2] / "recipes"
SMALL = """\
title: Small
reference: none
figure: dots
rows:
  before: {adapter: null, pairs: null}
  after: {}
scales:
  pocket:
    files: {shots: some pictures, talks: dialogues}
    values: {adapter: "{trained}", pairs: trained}
    steps:
      made: {verb: pairs, source: "folder:{shots}", model: pocket, distort: [flip:1, moco], limit: 2}
      trained: {verb: train dpo, run: "{made}", model: pocket, lora_rank: 8, batch_size: 2, epochs: 3}
      answers: {verb: bench answers, source: "pocket:heldout/counting#per_task=5", model: pocket, adapter: "{adapter}"}
      graded: {verb: bench judged grades, answers: "{answers}", judge: pocket}
      student: {verb: train student, runs: ["{talks}"], model: pocket, mix: "pocket:train/counting#per_task=9"}
    numbers:
      grade: {step: graded, at: scores}
      margin: {step: "{pairs}", at: last_step}
      turns: {step: student, at: last_step}
    columns: [grade, margin, turns]
    plan:
      places: {talks: https://example.org/talks}
      examples: {talks: 7}
      tokens: {answers: 3}
"""


def _plan(folder: Path, *words: str, text: str = SMALL, scale: str = "pocket") -> dict[str, Any]:
    (folder / "small.yaml").write_text(text)
    recipe, numbers = folder / "small.yaml", folder / "plan.json"
    places = ["--out", str(folder / "out"), "--work", str(folder / "work"), "--json", str(numbers)]
    assert cli.main(["run", str(recipe), "--scale", scale, "--plan", *places, *words]) == 0
    assert not (folder / "out").exists()
    assert not (folder / "work").exists()
    found: dict[str, Any] = json.loads(numbers.read_text())
    return found


def test_what_is_there_is_counted_and_of_what_is_missing_the_recipe_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "shots.jsonl"
    table.write_text("".join(f'{{"image": "{n}.png", "question": "What?"}}\n' for n in range(3)))
    found = _plan(tmp_path, "--value", f"shots={table}")
    assert found["missing"] == [{"name": "talks", "what": "dialogues", "where": "https://example.org/talks"}]
    steps = {step["name"]: step for step in found["steps"]}
    assert (steps["made"]["examples"], steps["made"]["replies"]) == (2, 6)  # one picture and two distorted copies
    assert (steps["answers"]["replies"], steps["answers"]["tokens"]) == (5, 15)
    assert (steps["graded"]["judge_calls"], steps["graded"]["replies"]) == (5, 0)
    trained = steps["trained"]["training"]
    assert trained["steps"] == 3  # a batch of two pairs, three times
    # of four layers: queries, keys, values and outputs of width 160, and three layers of the MLP
    assert trained["trainable"] == 8 * 4 * (4 * 2 * 160 + 3 * (160 + 448))
    assert trained["optimizer"] == 2 * trained["gradients"] == 8 * trained["trainable"]
    assert trained["checkpoint"] == 3 * trained["adapter"] == 12 * trained["trainable"]
    assert steps["student"]["examples"] == 14  # half of it general questions, of which there are nine
    assert found["hours"] is None  # the pocket VLM needs no GPU
    assert "all that is left" in capsys.readouterr().out


def test_the_papers_rank_on_a_7b_model(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = _plan(tmp_path, text=f"uses: {RECIPES / 'seva-table1.yaml'}\n", scale="paper")
    assert [one["name"] for one in found["missing"]] == ["llava", "judge", "llava_665k", "mmvet", "mmbench", "pope"]
    assert all(one["where"] for one in found["missing"])
    training = next(step["training"] for step in found["steps"] if step["name"] == "dpo")
    # 32 layers: four matrices of 4,096 by 4,096, three of 4,096 by 11,008
    assert training["trainable"] == 1024 * 32 * (4 * 8192 + 3 * (4096 + 11008)) == 2_558_525_440
    assert training["adapter"] + training["gradients"] + training["optimizer"] == pytest.approx(41e9, rel=0.01)
    assert training["checkpoints"] * training["checkpoint"] == pytest.approx(61e9, rel=0.01)
    assert sum(step["judge_calls"] for step in found["steps"]) == 7 * 218  # MM-Vet, by seven models
    pairs = next(step for step in found["steps"] if step["name"] == "pairs")
    assert (pairs["examples"], pairs["replies"]) == (16_000, 32_000)
    assert found["hours"] > 1
    shown = capsys.readouterr().out
    assert "LLaVA-1.5's own 80 hours" in " ".join(shown.split())
    assert "--lora-rank 64 --per-device 1 --activation-checkpointing" in " ".join(shown.split())


def test_a_file_of_unknown_size_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "small.yaml").write_text(SMALL.replace("examples: {talks: 7}", "prompt: {}"))
    recipe = read_recipe(tmp_path / "small.yaml", "pocket")
    plan = make_plan(recipe, stand_ins(recipe, {}), (0,))
    with pytest.raises(ConfigError, match=r"small\.yaml does not say how many examples talks has: give talks, or add"):
        count(recipe, plan)


def test_json_is_a_plans(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["run", "x.yaml", "--json", "x.json"]) == 2
    assert "--json is for --plan" in capsys.readouterr().err
