"""`burnish score fixed` on predictions: the numbers by hand, through the command line, and what it refuses."""

import json
from pathlib import Path
from typing import Any

import pytest

from burnish.bench.fixed_metrics import score_error
from burnish.cli import main
from burnish.scores import FixedScores
from burnish.store.codec import from_json
from fire_items import made_item, real_file, real_items, said

FIRST, AGAIN = "Score: 4.\nFeedback: not red", "Score: 9.\nFeedback: well done"


def _item(*texts: str, **changes: object) -> dict[str, Any]:
    """A dialogue of these texts, a response and a feedback in turn."""
    roles = ("student", "teacher")
    return made_item(conversations=[said(roles[i % 2], text) for i, text in enumerate(texts)], **changes)


def _references(folder: Path) -> Path:
    items = [
        _item("red", FIRST, "it is blue now", AGAIN, image="a.png"),
        _item("one", "Score: 8.\nFeedback: yes", image="b.png"),
        _item("x", "No score here.", "I see two cats", "Score: 10.\nFeedback: right", image="c.png"),
    ]
    path = folder / "references.json"
    path.write_text(json.dumps(items))
    return path


def _line(item: object, turn: object, role: str, text: object) -> str:
    return json.dumps({"id": item, "turn": turn, "role": role, "text": text})


PERFECT = [
    _line(0, 2, "student", "it is blue now"),
    _line(2, 2, "student", "I see two cats"),
    _line(0, 1, "teacher", FIRST),
    _line(0, 2, "teacher", AGAIN),
    _line(1, 1, "teacher", "Score: 8.\nFeedback: yes"),
    _line(2, 1, "teacher", "No score here."),
    _line(2, 2, "teacher", "Score: 10.\nFeedback: right"),
]


def _run(folder: Path, lines: list[str], *flags: str) -> int:
    predictions = folder / "predictions.jsonl"
    predictions.write_text("".join(f"{line}\n" for line in lines))
    words = ["--predictions", str(predictions), "--references", str(_references(folder))]
    return main(["score", "fixed", *words, "--json", str(folder / "scores.json"), *flags])


def _score(folder: Path, lines: list[str], *flags: str) -> dict[str, Any]:
    assert _run(folder, lines, *flags) == 0
    numbers: dict[str, Any] = json.loads((folder / "scores.json").read_text())
    return numbers


def test_what_was_recorded_scores_full_marks(tmp_path: Path) -> None:
    found = _score(tmp_path, PERFECT)
    # Both responses have 4 words: all n-grams are there, and each is in one of the 2 references.
    assert found["student"]["paper"]["bleu"] == pytest.approx([1, 1, 1, 1], abs=1e-6)
    assert found["student"]["paper"]["cider"] == pytest.approx(10)
    assert found["student"]["standard"]["bleu"] == pytest.approx([1, 1, 1, 1], abs=1e-6)
    assert (found["student"]["n"], found["teacher"]["n"]) == (2, 5)
    assert (found["teacher"]["mae"], found["teacher"]["unparsed"], found["teacher"]["references_unparsed"]) == (0, 1, 1)
    del found["replies"]
    assert from_json(FixedScores, found).student is not None


def test_bleu_is_the_mean_over_texts(tmp_path: Path) -> None:
    found = _score(tmp_path, [_line(0, 2, "student", "it was blue now"), PERFECT[1]])
    # 3 of 4 words, 1 of 3 pairs; and all of the other text's.
    assert found["student"]["paper"]["bleu"][:2] == pytest.approx([(3 / 4 + 1) / 2, ((3 / 4 / 3) ** 0.5 + 1) / 2])
    # Of the corpus: 7 of 8 words, 4 of 6 pairs.
    assert found["student"]["standard"]["bleu"][:2] == pytest.approx([7 / 8, (7 / 8 * 4 / 6) ** 0.5])
    # A draw of two pictures has the first text twice, both, or the other twice: 6 of 8 words, 7 of 8, or 8 of 8.
    assert found["student"]["intervals"]["standard_bleu_1"] == pytest.approx([6 / 8, 1])
    assert found["student"]["intervals"]["standard_cider"][1] == pytest.approx(10)
    assert found["teacher"] is None


def test_mae_counts_a_missing_score_as_10(tmp_path: Path) -> None:
    lines = [
        *PERFECT[:2],
        _line(0, 1, "teacher", "Score: 6/10\nFeedback: no"),  # 2 from 4
        _line(0, 2, "teacher", "Well done!"),  # no score: 10
        _line(1, 1, "teacher", "Score: 8.5"),  # 0.5 from 8
        _line(2, 1, "teacher", "Score: 3."),  # the reference has none: left out
        _line(2, 2, "teacher", "Score: 11"),  # out of range, so no score: 10
    ]
    found = _score(tmp_path, lines)["teacher"]
    assert found["mae"] == pytest.approx((2 + 10 + 0.5 + 10) / 4)
    assert (found["unparsed"], found["references_unparsed"]) == (2, 1)


def test_each_turns_median_score_has_an_mae_too(tmp_path: Path) -> None:
    found = _score(tmp_path, PERFECT)["teacher"]
    assert found["turns_mae"] == pytest.approx((4 + 4 + 1 + 1) / 4)  # 8 for 4 and 4 for 8, 10 for 9 and 9 for 10


def test_a_turn_of_one_text_tells_nothing_of_its_median(tmp_path: Path) -> None:
    found = _score(tmp_path, [_line(0, 1, "teacher", FIRST), _line(0, 2, "teacher", AGAIN)], "--missing", "left-out")
    assert found["teacher"]["turns_mae"] is None


def test_an_error_is_a_share_of_mae() -> None:
    assert score_error("Score: 3.", "Score: 7.") == (4, 1)
    assert score_error("no", "Score: 7.") == (10, 1)
    assert score_error("Score: 3.", "no") == (0, 0)


def test_case_and_signs_matter_to_the_papers_variant_only(tmp_path: Path) -> None:
    found = _score(tmp_path, [_line(0, 2, "student", "It is Blue now"), PERFECT[1]])["student"]
    assert found["paper"]["bleu"][0] == pytest.approx((2 / 4 + 1) / 2)
    assert found["standard"]["bleu"][0] == pytest.approx(1)


def test_missing_predictions_are_refused_or_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [*PERFECT[:1], *PERFECT[2:]]
    assert _run(tmp_path, lines) == 2
    refused = capsys.readouterr().err
    assert "no prediction for 1 of 7 texts" in refused and "turn 2 of item 2" in refused
    empty = _score(tmp_path, lines, "--missing", "empty")["student"]
    assert (empty["n"], empty["missing"]) == (2, 1)
    assert empty["paper"]["bleu"][0] == pytest.approx((1 + 0) / 2)
    left_out = _score(tmp_path, lines, "--missing", "left-out")["student"]
    assert (left_out["n"], left_out["missing"]) == (1, 1)
    assert left_out["paper"]["bleu"][0] == pytest.approx(1)


def test_a_baseline_is_compared_text_by_text(tmp_path: Path) -> None:
    baseline = tmp_path / "baseline.jsonl"
    baseline.write_text("".join(f"{line}\n" for line in [_line(0, 2, "student", "it was blue now"), *PERFECT[1:]]))
    change = _score(tmp_path, PERFECT, "--baseline", str(baseline))["student"]["changes"]["bleu_1"]
    assert (change["before"], change["after"]) == (pytest.approx(7 / 8), pytest.approx(1))
    assert change["ratio"] == pytest.approx(8 / 7)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{not json", "line 2, is broken JSON"),
        ("[1]", "line 2, holds a JSON list"),
        (_line(7, 1, "teacher", "x"), "line 2, has the id 7, and"),
        (_line(-1, 1, "teacher", "x"), "line 2, has the id -1"),
        (_line("cat", 1, "teacher", "x"), "line 2, has the id 'cat'"),
        (_line(0, 3, "teacher", "x"), "has the turn 3, and item 0 of"),
        (_line(0, 0, "teacher", "x"), "has the turn 0, and item 0 of"),
        (_line(0, True, "teacher", "x"), "has the turn True"),
        (_line(0, 1, "student", "x"), "students are compared from turn 2 on"),
        (_line(0, 2, "judge", "x"), "has the role 'judge'"),
        (_line(0, 2, "teacher", None), "has no text but None"),
        (PERFECT[0], "is the second prediction for the student in turn 2 of item 0"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str], line: str, message: str) -> None:
    assert _run(tmp_path, [PERFECT[0], line]) == 2
    refused = capsys.readouterr().err
    assert message in refused and "predictions.jsonl, line 2" in refused
    assert refused.count("\n") == 1


def test_files_that_are_not_there_or_empty(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(tmp_path, []) == 2
    assert "holds no prediction" in capsys.readouterr().err
    words = ["--predictions", str(tmp_path / "none.jsonl"), "--references", str(_references(tmp_path))]
    assert main(["score", "fixed", *words]) == 2
    assert "none.jsonl" in capsys.readouterr().err


def test_an_id_may_be_a_word_and_an_unusable_item_keeps_its_place(tmp_path: Path) -> None:
    references = tmp_path / "gap.json"
    references.write_text(json.dumps([made_item(conversations=[]), _item("red", "Score: 8.\nFeedback: yes")]))
    predictions = tmp_path / "gap.jsonl"
    predictions.write_text(_line("1", 1, "teacher", "Score: 7.") + "\n" + _line(0, 1, "teacher", "Score: 7.") + "\n")
    out = tmp_path / "gap-scores.json"
    words = ["--predictions", str(predictions), "--references", str(references), "--json", str(out)]
    assert main(["score", "fixed", *words]) == 0
    found = json.loads(out.read_text())
    assert found["teacher"]["mae"] == 1 and sum(found["dropped"].values()) == 1


def test_the_real_dialogues_against_themselves(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [
        _line(i, k // 2 + 1, message["role"], message["value"])
        for i, item in enumerate(real_items())
        for k, message in enumerate(item["conversations"])
        if k
    ]
    predictions, out = tmp_path / "p.jsonl", tmp_path / "s.json"
    predictions.write_text("\n".join(lines))
    words = ["--predictions", str(predictions), "--references", str(real_file()), "--json", str(out)]
    assert main(["score", "fixed", *words]) == 0
    found = json.loads(out.read_text())
    assert found["student"]["paper"]["bleu"][0] == pytest.approx(1) and found["teacher"]["mae"] == 0
    assert (found["student"]["n"], found["teacher"]["n"]) == (192, 329)
    assert max(map(len, capsys.readouterr().out.partition("Written:")[0].splitlines())) <= 80
