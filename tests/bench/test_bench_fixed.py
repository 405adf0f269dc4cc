"""`burnish bench fixed`: who is asked what, killed and resumed, scored as `score fixed` scores."""

import base64
import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from burnish.bench.fixed import FixedConfig, bench_fixed
from burnish.cli import main
from burnish.errors import ConfigError, RunError, ServerError
from burnish.images import decode
from burnish.make.simulate import SimulateConfig, simulate
from burnish.models import Message, Model, ModelOptions, Request
from burnish.models.scripted import ScriptedModel
from burnish.records import Dropped, Prediction
from burnish.store import Run
from faulty_server import Answer, Faulty, completion, serving
from fire_items import made_item, png
from patience import HANG_S

Script = Callable[[Request], str]
BLUE = (0, 0, 255)


def _dialogues(folder: Path) -> str:
    """Three dialogues of 3, 1 and 2 turns; the last one's picture is missing."""
    (folder / "a.png").write_bytes(png("red"))
    (folder / "b.png").write_bytes(png("blue"))
    items = [made_item(3, 5, 9, image="a.png"), made_item(8, image="b.png"), made_item(4, 9, image="gone.png")]
    path = folder / "dialogues.json"
    path.write_text(json.dumps(items))
    return str(path)


def _as_recorded(request: Request) -> str:
    """What `made_item` has: the student's answer of this turn, or the teacher's feedback to the response seen."""
    last = request.messages[-1].text
    if "Groundtruth" in last:
        turn = next(n for n in (1, 2, 3) if f"Look {n}." in last)
        score = 8 if request.messages[-1].images[0].getpixel((0, 0)) == BLUE else {1: 3, 2: 5, 3: 9}[turn]
        return f"Score: {score}.\nFeedback: Count again, {turn}."
    turn = 1 + sum(message.role == "assistant" for message in request.messages)
    return f"Thought: Look {turn}.\nAnswer: {turn} cats"


def _use(monkeypatch: pytest.MonkeyPatch, script: Script) -> list[ScriptedModel]:
    made: list[ScriptedModel] = []

    def opened(_: FixedConfig, options: Sequence[ModelOptions]) -> list[Model]:
        made.extend(ScriptedModel(script) for _ in options)
        return list(made[-len(options) :])

    monkeypatch.setattr("burnish.dialogue.roles_config.open_all_asked", opened)
    return made


def _config(folder: Path, **changes: Any) -> FixedConfig:
    given = {"student": "s", "teacher": "t", "out": str(folder / "run")} | changes
    return FixedConfig(dialogues=str(folder / "dialogues.json"), **given)


def test_every_response_but_the_first_and_all_feedback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _dialogues(tmp_path)
    models = _use(monkeypatch, _as_recorded)
    result = bench_fixed(_config(tmp_path))
    records = list(Run.open(tmp_path / "run"))
    predictions = [record for record in records if isinstance(record, Prediction)]
    assert [tuple(record.facts[name] for name in ("item", "turn", "role")) for record in predictions] == [
        (0, 2, "student"),
        (0, 3, "student"),
        (0, 1, "teacher"),
        (0, 2, "teacher"),
        (0, 3, "teacher"),
        (1, 1, "teacher"),
    ]
    assert [record.text.strip() for record in predictions] == [record.answer.strip() for record in predictions]
    # The third dialogue: one response and two pieces of feedback cannot be asked for without its picture.
    assert sum(isinstance(record, Dropped) for record in records) == 3
    assert result.student and result.teacher
    assert (result.student.n, result.teacher.n, sum(result.dropped.values())) == (2, 4, 3)
    assert result.student.paper.bleu[0] == pytest.approx(1)
    assert result.teacher.mae == 0
    assert result.names == {"student": "s", "teacher": "t"}
    assert [model.generate_calls for model in models] == [[2], [4]]


def test_one_role_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _dialogues(tmp_path)
    _use(monkeypatch, _as_recorded)
    result = bench_fixed(_config(tmp_path, student=None, limit=2))
    assert result.student is None and result.teacher
    assert (result.teacher.n, dict(result.dropped)) == (4, {})


def test_the_oracle_says_of_its_own_dialogues_what_it_said(tmp_path: Path) -> None:
    source = "pocket:counter-train/counting#per_task=16"
    made = simulate(
        SimulateConfig(
            source=source,
            student="pocket",
            teacher="oracle",
            max_new_tokens=6,
            device="cpu",
            out=str(tmp_path / "made"),
        )
    )
    result = bench_fixed(FixedConfig(dialogues=str(made), teacher="oracle", out=str(tmp_path / "run")))
    assert result.teacher
    assert result.teacher.n >= 2
    assert {record.text == record.answer for record in Run.open(tmp_path / "run").records(Prediction)} == {True}


def test_a_call_that_broke_goes_on_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _dialogues(tmp_path)
    _use(monkeypatch, _as_recorded)
    whole = bench_fixed(_config(tmp_path, out=str(tmp_path / "whole")))
    asked: list[str] = []

    def dies_at_the_fourth(request: Request) -> str:
        if len(asked) == 3:
            raise ServerError("gone")
        asked.append(request.messages[-1].text)
        return _as_recorded(request)

    _use(monkeypatch, dies_at_the_fourth)
    with pytest.raises(ServerError):
        bench_fixed(_config(tmp_path))
    _use(monkeypatch, _as_recorded)
    assert bench_fixed(_config(tmp_path)) == whole
    assert list(Run.open(tmp_path / "run")) == list(Run.open(tmp_path / "whole"))


def test_its_predictions_score_alike_outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dialogues = _dialogues(tmp_path)
    _use(monkeypatch, lambda request: _as_recorded(request).replace("again", "once more"))
    words = [dialogues, "--student", "s", "--teacher", "t", "--limit", "2", "--out", str(tmp_path / "run")]
    assert main(["bench", "fixed", *words, "--json", str(tmp_path / "own.json")]) == 0
    references = tmp_path / "two.json"
    references.write_text(json.dumps(json.loads(Path(dialogues).read_text())[:2]))
    words = ["--predictions", str(tmp_path / "run" / "predictions.jsonl"), "--references", str(references)]
    assert main(["score", "fixed", *words, "--json", str(tmp_path / "outside.json")]) == 0
    own, outside = (json.loads((tmp_path / f"{name}.json").read_text()) for name in ("own", "outside"))
    assert own["teacher"]["paper"]["bleu"][3] < 1
    for role in ("student", "teacher"):
        assert own[role] == outside[role]


def test_a_baseline_may_come_later_and_must_fit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _dialogues(tmp_path)
    models = _use(monkeypatch, _as_recorded)
    bench_fixed(_config(tmp_path))
    _use(monkeypatch, lambda request: "Score: 1.\nFeedback: cats")
    bench_fixed(_config(tmp_path, out=str(tmp_path / "before")))
    asked = sum(map(len, (model.generate_calls for model in models)))
    result = bench_fixed(_config(tmp_path, out=str(tmp_path / "run"), baseline=str(tmp_path / "before")))
    assert sum(map(len, (model.generate_calls for model in models))) == asked
    # Errors 3 - 1, 5 - 1, 9 - 1 and 8 - 1.
    assert result.teacher and result.teacher.changes["mae"].before == pytest.approx((2 + 4 + 8 + 7) / 4)
    with pytest.raises(RunError, match="is not a run"):
        bench_fixed(_config(tmp_path, baseline=str(tmp_path)))


@pytest.mark.parametrize(
    ("changes", "flag"),
    [
        ({"student": None, "teacher": None}, "--student, --teacher"),
        ({"student": None, "student_adapter": "x"}, "--student-adapter"),
        ({"student": "http://host/v1#m", "student_adapter": "x"}, "--student-adapter cannot be put on a model at an"),
        ({"student": "oracle"}, "--student oracle"),
        ({"teacher": "oracle", "teacher_prompt": "x"}, "--teacher oracle is not a model"),
        ({"limit": 0}, "--limit"),
        ({"max_new_tokens": 0}, "--max-new-tokens"),
        ({"out": "x", "baseline": "x"}, "--baseline and --out"),
    ],
)
def test_flags_that_cannot_work(tmp_path: Path, changes: dict[str, Any], flag: str) -> None:
    with pytest.raises(ConfigError, match=flag):
        _config(tmp_path, **changes)


def test_at_an_endpoint_a_late_reply_holds_up_no_other(tmp_path: Path) -> None:
    """Of 597 pieces of feedback the 506th comes last, although 512 would be a chunk; one dialogue has no picture."""
    (tmp_path / "a.png").write_bytes(png("red"))
    items = [
        made_item(3, 5, 9, image="a.png" if n != 7 else "gone.png", question={"role": "user", "value": f"q{n}?"})
        for n in range(200)
    ]
    (tmp_path / "dialogues.json").write_text(json.dumps(items))
    others, lock = threading.Semaphore(0), threading.Lock()

    def late(_: int, body: dict[str, Any]) -> Answer:
        with lock:
            others.release()
        text = json.dumps(body["messages"])
        if "q168?" in text and "Look 2." in text:
            assert all(others.acquire(timeout=HANG_S) for _ in range(596))
        (turn,) = (n for n in (1, 2, 3) if f"Look {n}." in text)
        return Answer(completion(f"Score: {turn}.\nFeedback: Turn {turn}."))

    with serving(Faulty(late)) as address:
        bench_fixed(_config(tmp_path, student=None, teacher=f"{address}#m", concurrency=32, retries=0))
    records = list(Run.open(tmp_path / "run"))
    places = [(n, turn) for n in range(200) for turn in (1, 2, 3)]
    assert [isinstance(record, Dropped) for record in records] == [n == 7 for n, _ in places]
    for record, (n, turn) in zip(records, places, strict=True):
        if isinstance(record, Prediction):
            assert (record.facts["item"], record.facts["turn"], record.question) == (n, turn, f"q{n}?")
            assert record.text == f"Score: {turn}.\nFeedback: Turn {turn}."


def test_both_roles_at_an_endpoint_say_what_they_say_in_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _dialogues(tmp_path)
    with serving(Faulty(lambda _, body: Answer(completion(_of_body(body))))) as address:
        flag = f"{address}#m"
        bench_fixed(_config(tmp_path, student=flag, teacher=flag, out=str(tmp_path / "flow")))
    _use(monkeypatch, _as_recorded)
    bench_fixed(_config(tmp_path))
    flow, chunks = (
        [replace(record, n_tokens=0) if isinstance(record, Prediction) else record for record in Run.open(path)]
        for path in (tmp_path / "flow", tmp_path / "run")
    )
    assert flow == chunks


def _of_body(body: dict[str, Any]) -> str:
    """As `_as_recorded`, of what a server is sent."""

    def message(sent: dict[str, Any]) -> Message:
        content = sent["content"]
        if isinstance(content, str):
            return Message(role=sent["role"], text=content)
        shown = base64.b64decode(content[0]["image_url"]["url"].partition(",")[2])
        return Message(role=sent["role"], text=content[-1]["text"], images=(decode(shown),))

    return _as_recorded(Request(messages=tuple(map(message, body["messages"]))))
