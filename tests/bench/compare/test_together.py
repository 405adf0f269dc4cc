"""Several benchmarks and seeds in one verdict, and power: the arithmetic by hand, then the verbs on real results."""

import json
import math
from pathlib import Path
from typing import Any

import pytest

from burnish.bench.compare.meta_analysis import (
    Effect,
    holm,
    normal_p,
    over_seeds,
    random_effects,
    smallest_change,
    smallest_of,
    student_p,
    student_quantile,
)
from burnish.cli import main
from burnish.uncertainty import Z
from compared import pope_result
from standard_files import lines_file


def test_holms_correction_by_hand() -> None:
    # the smallest of three counts three times, the next twice; the last is no smaller than the one before
    assert holm([0.01, 0.04, 0.03]) == [pytest.approx(0.03), pytest.approx(0.06), pytest.approx(0.06)]
    assert holm([0.5, 0.9]) == [1.0, 1.0]
    assert holm([0.02]) == [0.02]
    assert holm([]) == []


@pytest.mark.parametrize(("freedom", "quantile"), [(1, 12.706), (2, 4.303), (4, 2.776), (30, 2.042), (200, 1.972)])
def test_students_quantiles_as_tables_have_them(freedom: int, quantile: float) -> None:
    assert student_quantile(freedom) == pytest.approx(quantile, abs=6e-4)
    assert student_p(student_quantile(freedom), freedom) == pytest.approx(0.05, abs=1e-9)


def test_two_benchmarks_that_differ_by_hand() -> None:
    mean = random_effects([Effect(0.1, 0.1), Effect(0.3, 0.1)])
    # weights of 100 each: Q = 100 * 0.1^2 * 2 = 2, so the true variance is (2 - 1) / (200 - 20000 / 200) = 0.01
    assert (mean.value, mean.between, mean.share) == (pytest.approx(0.2), pytest.approx(0.1), pytest.approx(0.5))
    # weights of 1 / 0.02 = 50: the error is sqrt(1 / 100), and Student's quantile of one degree is 12.706
    assert mean.high - mean.value == pytest.approx(12.706 * 0.1, abs=1e-3)
    assert mean.p_value == pytest.approx(2 / math.pi * math.atan(1 / 2), abs=1e-9)  # Cauchy's, of t = 2


def test_benchmarks_that_agree_have_no_variance_of_their_own() -> None:
    mean = random_effects([Effect(0.2, 0.1), Effect(0.2, 0.2), Effect(0.2, 0.2)])
    assert (mean.between, mean.share, mean.value) == (0, 0, pytest.approx(0.2))
    error = math.sqrt(1 / (100 + 25 + 25))  # never narrower than the usual one
    assert mean.high - 0.2 == pytest.approx(student_quantile(2) * error)


def test_seeds_by_hand() -> None:
    mean = over_seeds([Effect(0.1, 0.1), Effect(0.3, 0.1)])
    half = math.sqrt(Z**2 * 0.1**2 + student_quantile(1) ** 2 * 0.02 / 2)  # their variance is 0.02
    assert (mean.value, mean.high - mean.value) == (pytest.approx(0.2), pytest.approx(half))
    alone = over_seeds([Effect(0.2, 0.1)])
    assert (alone.low, alone.high) == (pytest.approx(0.2 - Z * 0.1), pytest.approx(0.2 + Z * 0.1))
    # ten seeds that agree are no surer of the questions than one
    assert over_seeds([Effect(0.2, 0.1)] * 10).high == pytest.approx(alone.high)


def test_no_change_at_all() -> None:
    assert (normal_p(0.0, 0.0), normal_p(0.1, 0.0), normal_p(0.0, 0.1)) == (1.0, 0.0, pytest.approx(1.0))


def test_power_by_hand() -> None:
    assert smallest_change(0.01) == pytest.approx((1.95996 + 0.84162) * 0.01, abs=1e-6)
    # (1.95996 sqrt(0.1) + 0.84162 sqrt(0.1 - 0.02798^2))^2 / 0.02798^2 = 1000
    assert smallest_of(1000, 0.1) == pytest.approx(0.027983, abs=1e-5)
    assert smallest_of(1000, 0.2) > smallest_of(1000, 0.1) > smallest_of(4000, 0.1)
    assert smallest_of(5, 0.1) == pytest.approx(0.1)  # no change of 10 % of five answers is surely seen: all of it


def _hallucinating(folder: Path, name: str, said: list[str]) -> Path:
    """The JSON of `burnish score ocrbench`, where each answer is about a picture of its own."""
    rows = [
        {"dataset_name": "d", "type": "t", "image_path": f"{i}.png", "question": "What?", "answers": ["yes"]}
        for i in range(len(said))
    ]
    questions = lines_file(folder / "ocr.jsonl", rows)
    answers = lines_file(folder / f"{name}.jsonl", [{"question_id": i, "text": text} for i, text in enumerate(said)])
    out = folder / f"{name}.json"
    words = ["--questions", questions, "--predictions", answers, "--json", out]
    assert main(["score", "ocrbench", *map(str, words)]) == 0
    return out


def _together(folder: Path, before: list[Path], after: list[Path]) -> dict[str, Any]:
    out = folder / "together.json"
    words = ["compare", "together", "--before", *map(str, before), "--after", *map(str, after), "--json", str(out)]
    assert main(words) == 0
    found: dict[str, Any] = json.loads(out.read_text())
    return found


def test_benchmarks_and_seeds_in_one_verdict(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    labels = ["yes", "no"] * 60
    old = pope_result(tmp_path, "old", labels, ["Yes"] * 120)
    new = [
        pope_result(tmp_path, f"new{seed}", labels, [*["Yes", "No"] * (50 + seed), *["Yes"] * (20 - 2 * seed)])
        for seed in (1, 2)
    ]
    ocr = [_hallucinating(tmp_path, name, ["yes"] * n + ["no"] * (60 - n)) for name, n in (("weak", 20), ("same", 21))]
    capsys.readouterr()
    found = _together(tmp_path, [old, old, ocr[0]], [*new, ocr[1]])
    pope, other = found["rows"]
    assert (pope["pairs"], other["pairs"], pope["benchmark"], other["benchmark"]) == (2, 1, "POPE", "OCRBench")
    assert (pope["verdict"], other["verdict"]) == ("better", "undecided")
    assert pope["corrected"] == pytest.approx(min(1, 2 * pope["p_value"]))
    assert pope["between_seeds"] > 0 and other["between_seeds"] is None
    overall = found["overall"]
    assert overall["benchmarks"] == 2 and overall["verdict"] == "undecided"  # two benchmarks that differ so are few
    said = capsys.readouterr().out
    assert "Over 2 benchmarks the second may be as good" in said and max(map(len, said.splitlines())) <= 100
    single = _together(tmp_path, [ocr[0]], [ocr[1]])
    assert single["overall"] is None
    assert single["rows"][0]["p_value"] == single["rows"][0]["corrected"]


def test_many_models_on_one_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two seeds of a model that is better on POPE, and one that is much worse on OCRBench."""
    labels = ["yes", "no"] * 60
    base = pope_result(tmp_path, "base", labels, ["Yes"] * 120)
    good = [
        pope_result(tmp_path, f"good{seed}", labels, [*["Yes", "No"] * (50 + seed), *["Yes"] * (20 - 2 * seed)])
        for seed in (1, 2)
    ]
    ocr = {
        name: _hallucinating(tmp_path, f"ocr-{name}", ["yes"] * right + ["no"] * (60 - right))
        for name, right in (("base", 40), ("good", 41), ("bad", 5))
    }
    given = [f"base={base}", *(f"good={one}" for one in good), *(f"{name}={one}" for name, one in ocr.items())]
    out, page = tmp_path / "board.json", tmp_path / "board"
    capsys.readouterr()
    assert main(["compare", "leaderboard", *given, "--out", str(page), "--json", str(out)]) == 0
    found = json.loads(out.read_text())
    assert [(row["model"], row["results"]) for row in found["rows"]] == [("good", 3), ("base", 2), ("bad", 1)]
    best, own, worst = found["rows"]
    assert own["together"] is None and worst["together"]["overall"] is None and best["together"]["overall"]
    rows = [*best["together"]["rows"], *worst["together"]["rows"]]
    plain = [row["p_value"] for row in rows]
    assert [row["corrected"] for row in rows] == pytest.approx(holm(plain))  # over all rows of all models
    assert [row["verdict"] for row in rows] == ["better", "undecided", "worse"]
    assert own["values"]["OCRBench"]["value"] == pytest.approx(40 / 60)
    assert (best["values"]["POPE"]["low"], own["values"]["POPE"]["low"] is None) == (None, False)
    assert "Leaderboard" in capsys.readouterr().out
    drawn = (page / "index.html").read_text()
    assert "3 models on 2 benchmarks: none is significantly better than base throughout" in drawn
    assert "data:image/svg+xml" in drawn and "Mean over benchmarks" in (page / "forest.svg").read_text()


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        (["one={a}", "one={b}"], "two models are needed"),
        (["{a}"], "needs two results or more"),
        (["one={a}", "two={other}"], "the baseline has 0"),
    ],
)
def test_what_is_no_leaderboard_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], given: list[str], complaint: str
) -> None:
    a, b = (_hallucinating(tmp_path, name, ["yes"] * 4) for name in ("a", "b"))
    other = pope_result(tmp_path, "other", ["yes"], ["yes"])
    capsys.readouterr()
    words = [one.format(a=a, b=b, other=other) for one in given]
    assert main(["compare", "leaderboard", *words, "--out", str(tmp_path / "page")]) == 2
    assert complaint in capsys.readouterr().err


def test_a_model_that_lacks_a_benchmark_has_no_rank(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """However much better it is on those that it has, and it makes no title."""
    poor, best = (_hallucinating(tmp_path, name, [said] * 9 + ["yes"]) for name, said in (("a", "no"), ("b", "yes")))
    ask = ["yes", "no"] * 5
    pope = pope_result(tmp_path, "pope", ask, ask)
    other = pope_result(tmp_path, "other", ask, ["yes", *ask[1:]])
    capsys.readouterr()
    given = [f"base={poor}", f"base={pope}", f"some={best}", f"all={poor}", f"all={other}"]
    out, page = tmp_path / "board.json", tmp_path / "page"
    assert main(["compare", "leaderboard", *given, "--out", str(page), "--json", str(out)]) == 0
    assert [row["model"] for row in json.loads(out.read_text())["rows"]][-1] == "some"
    assert "Models that lack a benchmark have no rank." in capsys.readouterr().out
    assert "none is significantly better than base throughout" in (page / "tables.md").read_text()


def test_together_refuses_unpaired_lists(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = _hallucinating(tmp_path, "one", ["yes"] * 4)
    capsys.readouterr()
    assert main(["compare", "together", "--before", str(result), "--after", str(result), str(result)]) == 2
    assert "--before names 1 results and --after 2" in capsys.readouterr().err


def test_power_of_a_result(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = _hallucinating(tmp_path, "one", ["yes"] * 300 + ["no"] * 100)
    out = tmp_path / "power.json"
    assert main(["compare", "power", str(result), "--changed", "0.1", "--json", str(out)]) == 0
    found = json.loads(out.read_text())
    assert (found["n"], found["effective"], found["value"]) == (400, 400, 0.75)
    assert found["smallest"]["0.1"] == pytest.approx(smallest_of(400, 0.1))
    assert "the smallest change that its questions can detect" in capsys.readouterr().out
    assert main(["compare", "400", "--power", "--changed", "0.1", "--json", str(out)]) == 0  # before there is a result
    assert json.loads(out.read_text())["smallest"] == found["smallest"]
    assert main(["compare", "power", str(result), "--changed", "0"]) == 2
    assert "--changed needs shares above 0" in capsys.readouterr().err
