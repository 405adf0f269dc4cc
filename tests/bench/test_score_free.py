"""`burnish score free` on transcripts: the numbers by hand, through the command line."""

import json
from pathlib import Path
from typing import Any

import pytest

from burnish.bench.free_metrics import free_scores
from burnish.bench.free_rules import FreeRules
from burnish.bench.free_run import read_seeds
from burnish.cli import main
from burnish.scores import FreeScores
from burnish.store.codec import from_json
from fire_items import made_item, real_file

METRICS = ("turns", "ADR", "ATR", "RR")


def _file(path: Path, *dialogues: list[object], **changes: object) -> str:
    """FIRE's JSON with a dialogue for each list of scores, each about its own picture."""
    items = [made_item(*scores, image=f"{i}.png", **changes) for i, scores in enumerate(dialogues)]
    path.write_text(json.dumps(items))
    return str(path)


def _score(tmp_path: Path, *words: str) -> dict[str, Any]:
    out = tmp_path / "scores.json"
    assert main(["score", "free", *words, "--json", str(out)]) == 0
    numbers: dict[str, Any] = json.loads(out.read_text())
    return numbers


def test_the_paper_s_four_numbers_and_the_curve(tmp_path: Path) -> None:
    # n_k: 2, 3, 10 (stopped early); the dialogue with 9 at once is left out. Gains 5, 5, 1; by refinement 5, 2.5, 0.5.
    found = _score(tmp_path, _file(tmp_path / "a.json", [4, 9], [4, 6, 9], [3, 5, 4], [9]))
    assert found["turns"] == pytest.approx((2 + 3 + 10) / 3)
    assert found["ADR"] == pytest.approx((5 + 5 + 1) / 3)
    assert found["ATR"] == pytest.approx((5 + 2.5 + 0.5) / 3)
    assert found["RR"] == pytest.approx(2 / 3)
    assert found["accuracy_by_turn"] == [1 / 4, 2 / 4, 3 / 4, 3 / 4, 3 / 4]
    assert found["AT"] is None and found["baseline"] is None
    assert (found["n"], found["kept"], found["right_at_once"], found["failed"], found["unscored"]) == (4, 3, 1, 1, 0)


def test_at_is_divided_by_the_baselines_own_turns(tmp_path: Path) -> None:
    model = _file(tmp_path / "model.json", [4, 9], [4, 9], [9])
    baseline = _file(tmp_path / "baseline.json", [4, 6, 9], [4, 5], [4, 9])
    found = _score(tmp_path, model, "--baseline", baseline)
    # 2 over the model's two dialogues; 3, 10 and 2 over the baseline's three.
    assert found["AT"] == pytest.approx(2 / 5)
    assert found["baseline"]["numbers"]["turns"] == pytest.approx((3 + 10 + 2) / 3)
    assert found["baseline"]["in_both"] == 3
    change = found["changes"]["ADR"]
    assert (change["before"], change["after"]) == (pytest.approx((5 + 1 + 5) / 3), 5)
    assert change["ratio"] == pytest.approx(5 / (11 / 3))
    assert change["verdict"] == "undecided"  # three pictures


def test_a_model_against_itself_is_1(tmp_path: Path) -> None:
    file = _file(tmp_path / "a.json", [4, 9], [4, 6, 9], [3, 5, 4])
    found = _score(tmp_path, file, "--baseline", file)
    assert found["AT"] == 1
    assert {change["p_value"] for change in found["changes"].values()} == {1}


def test_many_dialogues_tell_a_better_student(tmp_path: Path) -> None:
    model = _file(tmp_path / "model.json", *[[4, 9], [3, 9], [5, 6, 8]] * 10)
    baseline = _file(tmp_path / "baseline.json", *[[4, 5, 4], [3, 4, 9], [5, 4]] * 10)
    found = _score(tmp_path, model, "--baseline", baseline)
    assert {name: found["changes"][name]["verdict"] for name in METRICS} == dict.fromkeys(METRICS, "better")
    low, high = found["intervals"]["AT"]
    assert low < found["AT"] < high < 1
    assert found["AT"] == pytest.approx((2 + 2 + 3) / (10 + 3 + 10))


def test_every_source_has_its_own_numbers_and_divisor(tmp_path: Path) -> None:
    items = [made_item(4, 9, source="gqa"), made_item(4, 6, 9, source="vqav2"), made_item(9, source="mme")]
    before = [made_item(4, 5, source="gqa"), made_item(4, 9, source="vqav2"), made_item(3, 9, source="mme")]
    (tmp_path / "a.json").write_text(json.dumps(items))
    (tmp_path / "b.json").write_text(json.dumps(before))
    found = _score(tmp_path, str(tmp_path / "a.json"), "--baseline", str(tmp_path / "b.json"))["by_source"]
    assert {source: numbers["AT"] for source, numbers in found.items()} == {"gqa": 2 / 10, "vqav2": 3 / 2, "mme": None}
    assert found["mme"]["turns"] is None and found["mme"]["accuracy_by_turn"] == [1] * 5
    assert found["gqa"]["n"] == 1


def test_seeds_have_means_and_deviations(tmp_path: Path) -> None:
    one = _file(tmp_path / "one.json", [4, 9], [4, 6, 9])
    two = _file(tmp_path / "two.json", [4, 9], [2, 9])
    baseline = _file(tmp_path / "baseline.json", [4, 6, 9], [4, 5])
    found = _score(tmp_path, one, two, "--baseline", baseline)
    assert [seed["ADR"] for seed in found["seeds"]] == [5, 6]
    assert found["ADR"] == 5.5
    assert found["deviations"]["ADR"] == pytest.approx(0.5**0.5)  # of a sample: (0.25 + 0.25) / (2 - 1)
    assert found["AT"] == pytest.approx((2.5 / 6.5 + 2 / 6.5) / 2)
    assert found["n"] == 4


def test_a_baseline_of_other_seeds_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = [_file(tmp_path / f"{name}.json", [4, 9]) for name in "abcde"]
    flags = [word for file in files[3:] for word in ("--baseline", file)]
    assert main(["score", "free", *files[:3], *flags]) == 2
    assert "of 2 seeds, the student of 3" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("flags", "name", "value"),
    [
        (["--failed", "actual"], "turns", (2 + 3) / 2),
        (["--failed-divisor", "punished"], "ATR", (5 + 1 / 9) / 2),
        (["--punishment", "6"], "turns", (2 + 6) / 2),
        (["--right-at-once", "counted"], "turns", (2 + 10 + 1) / 3),
        (["--threshold", "4"], "RR", 1.0),
    ],
)
def test_edge_cases_are_flags(tmp_path: Path, flags: list[str], name: str, value: float) -> None:
    found = _score(tmp_path, _file(tmp_path / "a.json", [4, 9], [3, 5, 4], [9]), *flags)
    assert found[name] == pytest.approx(value)
    assert found["rules"][flags[0][2:].replace("-", "_")] == (float(flags[1]) if flags[1].isdigit() else flags[1])


def test_only_right_answers_leave_the_four_numbers_undefined(tmp_path: Path) -> None:
    found = _score(tmp_path, _file(tmp_path / "a.json", [9], [10]))
    assert [found[name] for name in METRICS] == [None] * 4
    assert found["accuracy_by_turn"] == [1] * 5


def test_unusable_items_are_counted(tmp_path: Path) -> None:
    items = [made_item(4, 9), made_item(4, 9, conversations=[])]
    (tmp_path / "a.json").write_text(json.dumps(items))
    found = _score(tmp_path, str(tmp_path / "a.json"))
    assert found["n"] == 1
    assert sum(found["dropped"].values()) == 1


def test_the_real_dialogues(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plot = tmp_path / "curve.png"
    found = _score(tmp_path, str(real_file()), "--plot", str(plot))
    assert found["n"] == 137 and found["kept"] == 133
    assert found["RR"] == 1 and found["accuracy_by_turn"][0] == pytest.approx(4 / 137)
    assert plot.stat().st_size > 10_000
    shown = capsys.readouterr().out
    assert "137 dialogues, 4 right at once, 0 never right." in shown
    tables, _, _ = shown.partition("Written:")
    assert max(map(len, tables.splitlines())) <= 80
    assert found["ADR"] == from_json(FreeScores, {name: one for name, one in found.items() if name != "replies"}).ADR


def test_pictures_are_what_is_drawn(tmp_path: Path) -> None:
    """Ten questions about one picture are no surer than one: there is nothing to draw from."""
    items = [made_item(4, 9), made_item(4, 5)] * 5
    (tmp_path / "a.json").write_text(json.dumps(items))
    seeds = read_seeds(str(tmp_path / "a.json"), FreeRules())
    assert free_scores(seeds, FreeRules()).intervals == {}
