"""OwlEval's 82 real questions with published models' recorded answers, by a judge that likes long answers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from judge_server import bench, judging, numbers

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
