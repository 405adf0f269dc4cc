"""Results of other harnesses as runs: read by hand, reported, and compared by the harness's own numbers."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from burnish.bench.results.lmms_samples import read_samples
from burnish.bench.results.vlmevalkit_tables import read_table
from burnish.cli import main
from burnish.errors import SourceError
from burnish.records import Prediction
from burnish.store import Run
from burnish.store.xlsx import read_sheet, write_sheet
from compared import compared, not_compared
from standard_files import lines_file


def _samples(folder: Path, right: list[int], *, error: float = 1.0) -> Path:
    """As lmms-eval 0.7.3 writes them: a number, one that is better low, an object with a score, and what is none."""
    folder.mkdir()
    rows = [
        {
            "doc_id": i,
            "input": f"Is it {i}?",
            "target": "yes",
            "filtered_resps": [["yes" if one else "no"]],
            "exact_match": one,
            "distance": error * (1 - one),
            "by_kind": {"question_id": str(i), "category": "count" if i % 2 else "color", "score": one / 2},
            "doc_hash": "ab",
            "token_counts": [{"output_tokens": 2}],
        }
        for i, one in enumerate(right)
    ]
    results = {
        "results": {
            "quiz": {"alias": "quiz", "exact_match,none": sum(right) / len(right), "exact_match_stderr,none": 0.1}
        },
        "higher_is_better": {"quiz": {"exact_match": True, "distance": False}},
    }
    (folder / "20261129_101112_results.json").write_text(json.dumps(results))
    return lines_file(folder / "20261129_101112_samples_quiz.jsonl", rows)


def _import(out: Path, *files: Path, model: str = "m") -> dict[str, Any]:
    words = ["import", "results", *map(str, files), "--out", str(out), "--model", model]
    assert main(words) == 0
    assert main(words) == 0  # once more: nothing is added
    summary = Run.open(out).summary
    assert summary is not None
    found: dict[str, Any] = summary["scores"]  # type: ignore[assignment]
    return found


def test_lmms_evals_samples(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scores = _import(tmp_path / "run", _samples(tmp_path / "old", [1, 0, 1, 1]))
    assert {name: one["value"] for name, one in scores["whole"].items()} == {
        "exact_match": 0.75,
        "distance": 0.25,
        "by_kind": 0.375,
    }
    assert {metric["name"]: metric["better"] for metric in scores["metrics"]}["distance"] == "lower"
    assert scores["groups"]["quiz: count"]["exact_match"]["value"] == 0.5
    assert scores["note"] == "lmms-eval's own totals of quiz: exact_match 0.75."
    first, *others = Run.open(tmp_path / "run").records(Prediction)
    assert (first.source, first.id, first.question, first.answer, first.text) == ("quiz", "0", "Is it 0?", "yes", "yes")
    assert len(others) == 3
    assert "quiz" in capsys.readouterr().out


def _own(folder: Path, task: str, rows: list[dict[str, object]], totals: dict[str, float]) -> Path:
    """Samples of a task with metrics of its own, and its totals beside them."""
    folder.mkdir()
    results = {"results": {task: {f"{name},none": total for name, total in totals.items()}}}
    (folder / "20261130_101112_results.json").write_text(json.dumps(results))
    return lines_file(folder / f"20261130_101112_samples_{task}.jsonl", rows)


POPE = ("accuracy", "precision", "recall", "f1_score", "yes_ratio")


def test_a_metric_that_is_no_mean_is_not_reported_as_one(tmp_path: Path) -> None:
    """As lmms-eval 0.7.3 writes POPE (every metric with whether the answer is right) and MME (scored by pairs)."""
    answers = [("yes", "yes"), ("yes", "no"), ("no", "no"), ("no", "no")]
    rows: list[dict[str, object]] = [
        {"doc_id": i, "target": truth, **{f"pope_{name}": {"score": float(truth == said)} for name in POPE}}
        for i, (truth, said) in enumerate(answers)
    ]
    totals = dict(zip((f"pope_{name}" for name in POPE), (0.75, 1.0, 0.5, 2 / 3, 0.5), strict=True))
    scores = _import(tmp_path / "pope", _own(tmp_path / "pope-files", "pope", rows, totals))
    assert {name: one["value"] for name, one in scores["whole"].items()} == {"pope_accuracy": 0.75}
    assert "pope_recall 0.5, pope_f1_score 0.666667, pope_yes_ratio 0.5." in scores["note"]
    alone = lines_file(tmp_path / "x_samples_pope.jsonl", rows)
    assert read_samples(str(alone)).rows[0].scores == {"pope_accuracy": 1.0}, "also where no totals are beside them"

    pairs: list[dict[str, object]] = [
        {"doc_id": i, "mme_perception_score": {"question_id": i // 2, "category": "count", "score": score}}
        for i, score in enumerate((1.0, 1.0, 1.0, 0.0))
    ]
    scores = _import(tmp_path / "mme", _own(tmp_path / "mme-files", "mme", pairs, {"mme_perception_score": 125.0}))
    assert {name: one["value"] for name, one in scores["whole"].items()} == {"mme_perception_score, per answer": 0.75}

    percent: list[dict[str, object]] = [{"doc_id": 0, "anls": {"score": 0.5}}, {"doc_id": 1, "anls": {"score": 1.0}}]
    assert "anls" in read_samples(str(_own(tmp_path / "anls", "docs", percent, {"anls": 75.0}))).rows[0].scores


def test_two_harness_runs_are_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, right in (("old", [0] * 20 + [1] * 4), ("new", [1] * 22 + [0] * 2)):
        _import(tmp_path / name, _samples(tmp_path / f"{name}-files", right), model=name)
    numbers = compared(tmp_path / "old", tmp_path / "new")
    assert (numbers["verdict"], numbers["won"], numbers["lost"]) == ("better", 20, 2)
    verdicts = {one["metric"]: one["verdict"] for one in numbers["scores"] if one["level"] == "all"}
    assert verdicts == {"exact_match": "better", "distance": "better", "by_kind": "better"}
    assert numbers["after"]["name"] == "new"
    _import(tmp_path / "less", _samples(tmp_path / "less-files", [1] * 3))
    assert "have different question sets" in not_compared(capsys, tmp_path / "old", tmp_path / "less")


def _workbook(folder: Path, name: str, rows: list[list[str | int | None]]) -> Path:
    (folder / "Qwen2-VL").mkdir(exist_ok=True)
    path = folder / "Qwen2-VL" / name
    write_sheet(path, rows)
    return path


def test_vlmevalkits_tables(tmp_path: Path) -> None:
    """Before scoring they are scored by exact match; after it by its own hits."""
    head: list[str | int | None] = ["index", "question", "answer", "category", "prediction"]
    rows: list[list[str | int | None]] = [[7, "Which?", "A", "x", "A"], [8, "Which?", "B", None, "The answer is B"]]
    plain = _workbook(tmp_path, "Qwen2-VL_MMStar.xlsx", [head, *rows])
    scores = _import(tmp_path / "plain", plain)
    assert scores["whole"]["exact_match"]["value"] == 0.5 and "exact match with `answer`" in scores["note"]
    judged = [[*head, "hit"], *([*row, 1] for row in rows)]
    scored = read_table(str(_workbook(tmp_path, "Qwen2-VL_MMStar_openai_result.xlsx", judged)))
    assert [(row.task, row.id, row.scores, row.group) for row in scored.rows] == [
        ("MMStar", "7", {"hit": 1}, "x"),
        ("MMStar", "8", {"hit": 1}, ""),
    ]
    out = tmp_path / "named"
    assert main(["import", "results", str(plain), "--out", str(out)]) == 0
    assert next(Run.open(out).records(Prediction)).facts["model"] == "Qwen2-VL"
    table = tmp_path / "m_POPE_auxmatch.tsv"
    table.write_text("index\tanswer\tprediction\tscore\n1\tYes\tYes it is\tTrue\n2\tNo\tYes\tFalse\n")
    assert [row.scores for row in read_table(str(table)).rows] == [{"score": 1}, {"score": 0}]


def test_workbooks_of_other_programs(tmp_path: Path) -> None:
    """Shared strings, rich text, truth values, numbers, and cells that are left out."""
    main_ns = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    strings = f"<sst {main_ns}><si><t>index</t></si><si><r><t>a </t></r><r><t>dog</t></r><rPh><t>x</t></rPh></si></sst>"
    cells = '<c r="A1" t="s"><v>0</v></c><c r="C1" t="s"><v>1</v></c><c r="AB1"><v>1.5</v></c><c t="b"><v>1</v></c><c/>'
    path = tmp_path / "other.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/sharedStrings.xml", strings)
        sheet = f'<worksheet {main_ns}><sheetData><row r="1">{cells}</row></sheetData></worksheet>'
        archive.writestr("xl/worksheets/sheet1.xml", sheet)
    (row,) = read_sheet(path)
    assert row == ["index", None, "a dog", *[None] * 24, 1.5, True, None]


def test_bad_results_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = _samples(tmp_path / "good", [1, 0])
    broken = tmp_path / "broken.xlsx"
    broken.write_bytes(b"PK no workbook")
    faults: dict[tuple[Path, ...], str] = {
        (good, good): "two answers to question 0 of quiz",
        (lines_file(tmp_path / "x_samples_y.jsonl", [{"doc_id": 1, "target": "a"}]),): "no number of any answer",
        (lines_file(tmp_path / "x_samples_z.jsonl", [{"doc_id": 1, "acc": 1}] * 2),): "give the task one filter",
        (tmp_path / "results.pkl",): "is neither lmms-eval's .jsonl nor a table of VLMEvalKit",
        (broken,): "cannot be read as an Excel workbook",
        (lines_file(tmp_path / "no_samples_id.jsonl", [{"acc": 1}]),): "line 1, has no `doc_id`",
    }
    for files, fault in faults.items():
        assert main(["import", "results", *map(str, files), "--out", str(tmp_path / "out")]) == 2
        assert fault in capsys.readouterr().err
    with pytest.raises(SourceError, match="has no `prediction`"):
        read_table(str(_workbook(tmp_path, "Qwen2-VL_X.xlsx", [["index", "answer"], [1, "A"]])))
    assert read_samples(str(good)).rows[1].scores["exact_match"] == 0


def test_lmms_eval_that_is_not_there_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["bench", "lmms", "mme", "--model", "pocket", "--out", str(tmp_path / "run"), "--lmms-python"]
    assert main([*words, str(tmp_path / "python")]) == 2
    assert "cannot be run: No such file or directory" in capsys.readouterr().err
    assert main([*words, "/bin/false"]) == 2
    assert "has no lmms-eval beside Burnish" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()
