"""`burnish bench answers` from source to scores, with a scripted model whose every answer is known."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from answer_runs import find
from PIL import Image

from builders import write_run
from burnish.bench import answers
from burnish.bench.aggregate import score_answers
from burnish.bench.answers import TEMPERATURE, AnswersConfig, bench_answers
from burnish.bench.sample_scores import ALL
from burnish.bench.scorers import stands
from burnish.cli import main
from burnish.errors import ConfigChanged, ConfigError, RunError
from burnish.models import Decoding, OnReply, Reply, Request
from burnish.models.base import ignore
from burnish.models.scripted import ScriptedModel
from burnish.records import Dropped, Prediction
from burnish.scores import AnswersResult
from burnish.store import Run
from burnish.store.codec import from_json, to_json

BRIGHT, DARK = 230, 20
"""Grey values; inverted, they are 25 (dark) and 235 (bright)."""


def _folder(root: Path, values: dict[str, int], answer: str | None = "bright") -> str:
    """A folder source with one plain picture for each id."""
    lines = []
    for name, value in values.items():
        Image.new("RGB", (8, 6), (value, value, value)).save(root / f"{name}.png")
        line = {"id": name, "image": f"{name}.png", "question": f"How is {name}?", "answer": answer}
        lines.append({key: part for key, part in line.items() if part is not None})
    file = root / "questions.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return f"folder:{file}"


def _how_bright(request: Request) -> str:
    return "bright" if np.asarray(request.messages[-1].images[0]).mean() > 128 else "dark"


def _use(monkeypatch: pytest.MonkeyPatch, model: ScriptedModel) -> ScriptedModel:
    monkeypatch.setattr(answers, "open_asked", lambda _: model)
    return model


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> ScriptedModel:
    return _use(monkeypatch, ScriptedModel(_how_bright))


def _config(source: str, out: Path, *distort: str, **others: object) -> AnswersConfig:
    return AnswersConfig(source=source, model="scripted", distort=distort, out=str(out), **others)  # type: ignore[arg-type]


def test_every_question_is_asked_clean_and_distorted(tmp_path: Path, scripted: ScriptedModel) -> None:
    source = _folder(tmp_path, {"a": BRIGHT, "b": DARK, "c": BRIGHT})
    result = bench_answers(_config(source, tmp_path / "run", "invert", "invert+invert"))
    records = [record for record in Run.open(tmp_path / "run") if isinstance(record, Prediction)]
    assert {(r.id, r.distortion): r.text for r in records} == {
        ("a", ""): "bright",
        ("a", "invert"): "dark",
        ("a", "invert+invert"): "bright",
        ("b", ""): "dark",
        ("b", "invert"): "bright",
        ("b", "invert+invert"): "dark",
        ("c", ""): "bright",
        ("c", "invert"): "dark",
        ("c", "invert+invert"): "bright",
    }
    assert [r.distortion for r in records] == ["", "invert", "invert+invert"] * 3
    assert (records[0].answer, records[0].source, records[0].n_tokens) == ("bright", "questions", len("bright") + 1)
    assert result.distortions == ("", "invert", "invert+invert")
    assert find(result, "exact_match", ALL).value == 2 / 3
    assert find(result, "exact_match", ALL, "invert").value == 1 / 3
    assert find(result, "exact_match", ALL, "invert+invert").value == 2 / 3
    assert scripted.generate_calls == [9]


def test_the_run_keeps_its_scores_and_can_be_scored_without_a_model(tmp_path: Path, scripted: ScriptedModel) -> None:
    result = bench_answers(_config(_folder(tmp_path, {"a": BRIGHT, "b": DARK}), tmp_path / "run"))
    run = Run.open(tmp_path / "run")
    assert run.summary == to_json(result)
    assert from_json(AnswersResult, run.summary) == result == score_answers(run)
    with Image.open(run.image_path(next(run.records(Prediction)).image)) as picture:
        assert picture.size == (8, 6)


@pytest.mark.parametrize("torn_after", range(7))
def test_a_run_torn_anywhere_equals_an_undisturbed_one(
    tmp_path: Path, scripted: ScriptedModel, torn_after: int
) -> None:
    source = _folder(tmp_path, {"a": BRIGHT, "b": DARK, "c": BRIGHT})
    bench_answers(_config(source, tmp_path / "whole", "invert"))
    whole = Run.open(tmp_path / "whole")
    write_run(tmp_path / "torn", list(whole)[:torn_after], like=whole, done=False)
    result = bench_answers(_config(source, tmp_path / "torn", "invert"))
    assert list(Run.open(tmp_path / "torn")) == list(whole)
    assert to_json(result) == whole.summary


def test_all_questions_about_a_picture_are_asked(tmp_path: Path, scripted: ScriptedModel) -> None:
    Image.new("RGB", (8, 6)).save(tmp_path / "one.png")
    lines = [{"image": "one.png", "question": f"Question {i}?", "answer": "dark"} for i in range(6)]
    (tmp_path / "q.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    result = bench_answers(_config(f"folder:{tmp_path / 'q.jsonl'}", tmp_path / "run"))
    assert result.answers == 6  # SeVa's two questions a picture are for making pairs
    # Six right answers about one picture are one observation: Wilson's interval of 1 of 1.
    assert find(result, "exact_match", ALL).low == pytest.approx(0.2065, abs=1e-4)


def test_a_baseline_may_be_given_to_a_finished_run_without_asking_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = _folder(tmp_path, {"a": BRIGHT, "b": DARK})
    _use(monkeypatch, ScriptedModel(lambda _: "dark", name="gloomy"))
    bench_answers(_config(source, tmp_path / "old"))
    model = _use(monkeypatch, ScriptedModel(_how_bright))
    assert bench_answers(_config(source, tmp_path / "new")).comparison is None
    asked = list(model.generate_calls)
    result = bench_answers(_config(source, tmp_path / "new", baseline=str(tmp_path / "old")))
    assert model.generate_calls == asked
    assert result.comparison is not None
    (score,) = [s for s in result.comparison.scores if s.metric == "exact_match" and s.level == "all"]
    assert (score.before.value, score.after.value, score.wins, score.losses) == (0, 1 / 2, 1, 0)
    assert Run.open(tmp_path / "new").summary == to_json(result)


def test_an_unfit_baseline_costs_nothing(tmp_path: Path, scripted: ScriptedModel) -> None:
    (tmp_path / "1").mkdir()
    (tmp_path / "2").mkdir()
    bench_answers(_config(_folder(tmp_path / "1", {"a": BRIGHT}), tmp_path / "old"))
    source = _folder(tmp_path / "2", {"b": BRIGHT})
    with pytest.raises(RunError, match="was asked other questions"):
        bench_answers(_config(source, tmp_path / "new", baseline=str(tmp_path / "old")))
    summary = Run.open(tmp_path / "new").summary
    assert summary is not None and summary["answers"] == 1
    with pytest.raises(RunError, match="is not a run"):
        bench_answers(_config(source, tmp_path / "newer", baseline=str(tmp_path / "nothing")))
    assert not (tmp_path / "newer").exists()  # looked at before anything is asked


def test_answers_to_questions_without_a_truth_are_kept_and_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _use(monkeypatch, ScriptedModel(lambda request: "a b c d a b c d" if _how_bright(request) == "dark" else "a"))
    source = _folder(tmp_path, {"a": BRIGHT, "b": DARK}, answer=None)
    result = bench_answers(_config(source, tmp_path / "run", "invert"))
    assert {record.answer for record in Run.open(tmp_path / "run").records(Prediction)} == {""}
    assert (result.answers, dict(result.dropped)) == (4, {})
    assert {metric.name for metric in result.metrics} == {"words", "repetition", "tokens", "stands"}
    assert find(result, "words", ALL).value == (8 + 1) / 2
    assert find(result, "repetition", ALL).value is not None
    assert find(result, "repetition", ALL).n == 1  # "a" has no phrase of four words, "a b c d a b c d" has five


def test_whether_an_answer_stands_under_a_distortion(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = {"bright": "The cup.", "dark": "a Cup"}

    def answer(request: Request) -> str:
        bright = _how_bright(request)
        return said[bright] if "a?" in request.messages[-1].text else bright

    _use(monkeypatch, ScriptedModel(answer))
    source = _folder(tmp_path, {"a": BRIGHT, "b": DARK}, answer=None)
    result = bench_answers(_config(source, tmp_path / "run", "invert"))
    (found,) = [one for one in result.scores if one.metric == "stands" and one.level == "all"]
    assert (found.distortion, found.estimate.value, found.estimate.n) == ("invert", 1 / 2, 2)  # articles aside


class _Drawing(ScriptedModel):
    """Says another word where it may draw."""

    def generate(self, requests: Sequence[Request], decoding: Decoding, on_reply: OnReply = ignore) -> list[Reply]:
        said = ScriptedModel(lambda _: "something else") if decoding.temperature == TEMPERATURE else super()
        return said.generate(requests, decoding, on_reply)


def test_stability_asks_in_light_noise_cropped_and_at_a_temperature(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _use(monkeypatch, _Drawing(_how_bright))
    source = _folder(tmp_path, {"a": BRIGHT, "b": DARK}, answer=None)
    result = bench_answers(_config(source, tmp_path / "run", stability=True))
    found = {
        one.distortion: one.estimate.value for one in result.scores if (one.metric, one.level) == ("stands", "all")
    }
    assert found == {"imagenoise:150,336": 1, "centercrop:0.9": 1, "temperature:0.7": 0}
    assert main(["report", str(tmp_path / "run"), "--out", str(tmp_path / "page")]) == 0
    with pytest.raises(ConfigError, match=r"--distort centercrop:0\.9 is given twice"):
        _config(source, tmp_path / "no", "centercrop:0.9", stability=True)


@pytest.mark.parametrize(
    ("truth", "clean", "other", "share"),
    [
        ("yes", "Yes, there is.", "yes", 1),
        ("yes", "Yes", "No, none", 0),
        ("yes", "Yes", "maybe", 0),
        ("cat", "a cat", "The cat.", 1),
        ("cat", "a cat", "", 0),
        ("cat", "", "cat", None),
    ],
)
def test_what_counts_as_standing(truth: str, clean: str, other: str, share: float | None) -> None:
    one = Prediction(id="1", image="", question="?", answer=truth, text=clean, source="s")
    found = stands(one, replace(one, text=other, distortion="invert")).get("stands")
    assert (found and found.numerator) == share


def test_where_some_have_a_truth_those_are_scored(tmp_path: Path, scripted: ScriptedModel) -> None:
    _folder(tmp_path, {"a": BRIGHT, "b": DARK})
    questions = tmp_path / "questions.jsonl"
    unlabelled = {"id": "c", "image": "a.png", "question": "How is a?"}
    questions.write_text(f"{questions.read_text()}{json.dumps(unlabelled)}\n")
    result = bench_answers(_config(f"folder:{questions}", tmp_path / "run"))
    assert (find(result, "exact_match", ALL).value, find(result, "exact_match", ALL).n) == (1 / 2, 2)
    assert (find(result, "words", ALL).value, find(result, "words", ALL).n) == (1, 1)


def test_broken_pictures_are_counted_in_their_place(tmp_path: Path, scripted: ScriptedModel) -> None:
    source = _folder(tmp_path, {"a": BRIGHT, "b": DARK, "c": DARK})
    (tmp_path / "b.png").write_bytes(b"no picture")
    result = bench_answers(_config(source, tmp_path / "run", "invert"))
    assert dict(result.dropped) == {"broken image": 2}
    assert (result.questions, result.answers) == (3, 4)


class _Refusing(ScriptedModel):
    """An endpoint that refuses dark pictures."""

    def generate(self, requests: Sequence[Request], decoding: Decoding, on_reply: OnReply = ignore) -> list[Reply]:
        replies = super().generate(requests, decoding)
        refused = Reply(text="", finish="error", error="400: too dark")
        return [refused if reply.text == "dark" else reply for reply in replies]


def test_refused_requests_are_counted_and_the_others_scored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _use(monkeypatch, _Refusing(_how_bright))
    result = bench_answers(_config(_folder(tmp_path, {"a": BRIGHT, "b": DARK}), tmp_path / "run", "invert"))
    assert dict(result.dropped) == {"refused": 2}
    assert (find(result, "exact_match", ALL).n, find(result, "exact_match", ALL, "invert").n) == (1, 1)
    details = [record.detail for record in Run.open(tmp_path / "run") if isinstance(record, Dropped)]
    assert details == ["400: too dark"] * 2


def test_a_question_with_the_models_own_mark_is_refused_alone(tmp_path: Path) -> None:
    source = _folder(tmp_path, {"a": BRIGHT, "b <image>": DARK})
    config = AnswersConfig(
        source=source, model="pocket", device="cpu", distort=("invert",), max_new_tokens=3, out=str(tmp_path / "run")
    )
    result = bench_answers(config)
    assert dict(result.dropped) == {"refused": 2}
    assert [record.id for record in Run.open(tmp_path / "run").records(Prediction)] == ["a", "a"]


def test_answers_are_cut_where_asked(tmp_path: Path, scripted: ScriptedModel) -> None:
    result = bench_answers(_config(_folder(tmp_path, {"a": BRIGHT}), tmp_path / "run", max_new_tokens=3))
    assert [record.text for record in Run.open(tmp_path / "run").records(Prediction)] == ["bri"]
    assert find(result, "tokens", ALL).value == 3


def test_a_changed_flag_is_refused_and_restart_begins_anew(tmp_path: Path, scripted: ScriptedModel) -> None:
    source = _folder(tmp_path, {"a": BRIGHT})
    bench_answers(_config(source, tmp_path / "run"))
    with pytest.raises(ConfigChanged, match="distort was"):
        bench_answers(_config(source, tmp_path / "run", "invert"))
    assert bench_answers(_config(source, tmp_path / "run", "invert", restart=True)).answers == 2
    bench_answers(_config(source, tmp_path / "run", "invert", batch_size=3))  # a matter of speed


def test_flags_that_cannot_work_are_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--distort invert is given twice"):
        _config("pocket", tmp_path, "invert", "INVERT")
    with pytest.raises(ConfigError, match="a run cannot be its own baseline"):
        _config("pocket", tmp_path, baseline=f"{tmp_path}/.")
    with pytest.raises(ConfigError, match="--max-new-tokens must be at least 1, not 0"):
        _config("pocket", tmp_path, max_new_tokens=0)


def test_the_pocket_worlds_tasks_get_the_scores_that_fit_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from burnish.pocket.world import question_at

    truths = [question_at("heldout", i) for i in range(16)]
    known = {(asked.question, asked.scene.key): asked.answer for asked in truths}
    assert len(known) == 16
    _use(monkeypatch, ScriptedModel({asked.question: asked.answer for asked in truths}))
    result = bench_answers(_config("pocket:heldout#per_task=2", tmp_path / "run"))
    families = {metric.family for metric in result.metrics}
    assert families == {"answers", "existence", "description", "objects", "length"}
    assert find(result, "exact_match", "seen").n == 14  # seven closed tasks
    assert find(result, "statement_f1", "description").n == 2
