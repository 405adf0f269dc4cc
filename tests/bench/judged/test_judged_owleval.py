"""OwlEval's 82 real questions with published models' recorded answers, by a judge that likes long answers."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from burnish.cli import main
from judge_server import bench, judging, numbers

RECIPE = Path(__file__).resolve().parents[3] / "recipes/owleval.yaml"
REAL = Path(__file__).resolve().parents[4] / "shared/data/owleval"
pytestmark = pytest.mark.skipif(not REAL.is_dir(), reason=f"{REAL} is not there: real answers are never copied here")
_ANSWERS = re.compile(r"\[First answer\]\n(.*)\n\n\[Second answer\]\n(.*)\n\nGive your reasons", re.DOTALL)


def file(model: str) -> Path:
    return REAL / "answers" / f"{model}.jsonl"


def longer(text: str) -> str:
    """No judge: the longer answer is the better one."""
    found = _ANSWERS.search(text)
    assert found, text
    first, second = map(len, found.groups())
    return f"Verdict: {'tie' if first == second else 'first' if first > second else 'second'}"


MODELS = ["blip2_13b", "minigpt4_13b", "mPLUG_Owl_7b", "MMreact", "openflanmingo"]


def run_recipe(folder: Path, says: Callable[[str], str]) -> dict[str, Any]:
    """The rows of the recipe's table, by a judge that says this; the table names the judge."""
    with judging(says) as judge:
        words = ["run", str(RECIPE), "--scale", "paper", "--processes", "one", "--out", str(folder)]
        given = ["--value", f"owleval={REAL}", "--value", f"judge={judge.flag}"]
        assert main([*words, "--work", str(folder / "work"), *given]) == 0
        assert f"Models: judge {judge.flag}." in (folder / "owleval.md").read_text()
    rows: dict[str, Any] = json.loads((folder / "owleval.json").read_text())["rows"]
    return {row: {column: cell["mean"] for column, cell in cells.items()} for row, cells in rows.items()}


def test_six_models_by_one_command(tmp_path: Path) -> None:
    """Each of five beside the sixth, their lengths, and how consistent they are."""
    rows = run_recipe(
        tmp_path,
        lambda text: longer(text) if "[First answer]" in text else "A1,9,9,9,8\nA2,1,2,3,4\nA3,5,6,4,7",
    )
    assert list(rows) == MODELS
    for row in rows.values():
        assert row["wins"] + row["ties"] + row["losses"] == 82
        assert (row["Q"], row["A"], row["agree %"], row["first %"]) == (4, 7, 100, pytest.approx(50))
        assert (row["read %"], row["Q and A read %"]) == (100, 100)
        assert row["win rate %"] == pytest.approx(100 * (row["wins"] + row["ties"] / 2) / 82)
        assert row["the other's"] == rows["blip2_13b"]["the other's"]
    assert rows["blip2_13b"]["losses"] > rows["blip2_13b"]["wins"]
    assert rows["blip2_13b"]["words"] < rows["blip2_13b"]["the other's"]


@pytest.mark.slow
def test_a_judge_that_cannot_be_read_leaves_dashes(tmp_path: Path) -> None:
    for row in run_recipe(tmp_path, lambda _: "Both are nice.").values():
        assert (row["Q"], row["A"], row["agree %"], row["win rate %"]) == (None, None, None, None)
        assert (row["read %"], row["Q and A read %"]) == (0, 0)


def test_models_in_pairs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    models = ["llava_13b", "blip2_13b", "MMreact"]
    flags = ["--questions", REAL / "questions.jsonl", "--concurrency", 8, "--answers", *map(file, models)]
    with judging(longer) as judge:
        assert bench("pairwise", judge.flag, tmp_path / "run", *flags) == 0
    found = numbers(tmp_path / "run")
    assert len(judge.bodies) == found["judging"]["n"] == 3 * 82 * 2
    assert found["judging"]["parse_rate"] == 1
    assert [pair["n"] for pair in found["pairs"]] == [82] * 3
    assert all(pair["wins"] + pair["ties"] + pair["losses"] == 82 for pair in found["pairs"])
    first = found["pairs"][0]
    assert (first["a"], first["b"], first["verdict"]) == ("llava_13b", "blip2_13b", "better")
    assert found["bias"]["share"] == pytest.approx(1 / 2)
    assert found["bias"]["agreement"] == 1
    lengths = {name: found["lengths"][name]["mean"] for name in models}
    assert lengths["blip2_13b"] < lengths["MMreact"] < lengths["llava_13b"]
    assert found["tokens"] == "words and signs (mteval-13a)"
    assert max(map(len, capsys.readouterr().out.partition("Written:")[0].splitlines())) <= 80


def test_consistency_between_models(tmp_path: Path) -> None:
    flags = ["--answers", file("llava_13b"), "--others", file("blip2_13b"), "--questions", REAL / "questions.jsonl"]
    with judging(lambda _: "A1,9,9,9,8\nA2,1,2,3,4\nA3,5,6,4,7") as judge:
        assert bench("consistency", judge.flag, tmp_path / "run", *flags, "--concurrency", 8) == 0
    row = numbers(tmp_path / "run")["rows"]["blip2_13b"]
    assert (row["n"], row["answer"]["overall"]["value"]) == (82, 7)
