"""`burnish simulate` whole: the pocket VLM with the oracle, adapters on one base, servers that fail, and kills."""

from __future__ import annotations

import json
import random
import resource
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import LoraConfig, get_peft_model

import tiny_models
from burnish.cli import main
from burnish.dialogue import partners
from burnish.dialogue.partners import open_partners
from burnish.errors import ConfigChanged, ConfigError, RunError, SourceError
from burnish.make.simulate import SimulateConfig, simulate
from burnish.models import Model, ModelOptions, Request
from burnish.models.local import LocalModel
from burnish.models.scripted import ScriptedModel
from burnish.pocket import weights_path
from burnish.records import Dialogue, Dropped
from burnish.roles import OracleTeacher, Student, Teacher
from burnish.store import Run
from faulty_server import Answer, Faulty, completion, said, serving
from real_server import transformers_serve

SOURCE = "pocket:train/counting+position+relation#per_task=8"


def config(out: Path, **others: Any) -> SimulateConfig:
    given = {"source": SOURCE, "student": "pocket", "teacher": "oracle", "limit": 12, "max_new_tokens": 6}
    return SimulateConfig(out=str(out), device="cpu", **{**given, **others})


def records(run: Path) -> list[Dialogue | Dropped]:
    return [record for record in Run.open(run) if isinstance(record, Dialogue | Dropped)]


def files(run: Path) -> dict[str, bytes]:
    """All that a finished run holds but lock, manifest (a date) and report."""
    return {
        path.relative_to(run).as_posix(): path.read_bytes()
        for name in ("records", "images", "done.json")
        for path in ([run / name] if (run / name).is_file() else sorted((run / name).rglob("*")))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pocket VLM with the oracle, undisturbed."""
    return simulate(config(tmp_path_factory.mktemp("made") / "run"))


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[ScriptedModel]]:
    """Puts scripts in the places of the models that a configuration names."""

    def put(*scripts: Callable[[Request], str]) -> list[ScriptedModel]:
        models = [ScriptedModel(script, name=str(number)) for number, script in enumerate(scripts)]

        def opened(options: Sequence[ModelOptions]) -> Sequence[Model]:
            return models[: len(options)]

        monkeypatch.setattr(partners, "open_models", opened)
        return models

    return put


def test_the_pocket_model_speaks_with_the_oracle(made: Path) -> None:
    held = records(made)
    assert len(held) == 12
    dialogues = [record for record in held if isinstance(record, Dialogue)]
    assert dialogues
    for dialogue in dialogues:
        assert 2 <= len(dialogue.turns) <= 3
        assert dialogue.ended in ("satisfied", "longest")
        assert all(turn.feedback.score is not None and turn.feedback.score < 8 for turn in dialogue.turns[:-1])
        assert Run.open(made).image(dialogue.image)
        assert "scene" in dialogue.facts
    run = Run.open(made)
    assert run.manifest.kind == "simulate"
    assert set(run.manifest.fingerprints) == {
        "student model",
        "student template",
        "student prompt",
        "teacher oracle",
        "source",
    }
    assert not (made / "journal.jsonl").exists()


def test_what_was_dropped_is_counted(made: Path) -> None:
    held, summary = records(made), Run.open(made).summary
    assert summary is not None
    dropped = Counter(record.reason for record in held if isinstance(record, Dropped))
    assert dropped["right at once"] > 0
    assert summary["dropped"] == dict(dropped)
    assert summary["made"] == 12
    assert summary["kept"] == 12 - dropped.total()
    turns = Counter(str(len(record.turns)) for record in held if isinstance(record, Dialogue))
    assert summary["turns"] == dict(turns)


def test_window_and_batch_change_no_record(made: Path, tmp_path: Path) -> None:
    assert files(simulate(config(tmp_path / "a", in_flight=5, batch_size=3))) == files(made)


def test_what_is_drawn_depends_on_the_seed_and_not_on_the_batch(tmp_path: Path) -> None:
    def drawn(name: str, **others: Any) -> list[Dialogue | Dropped]:
        return records(simulate(config(tmp_path / name, temperature=1.0, limit=6, **others)))

    first = drawn("a")
    assert drawn("b", batch_size=3, in_flight=2) == first
    warmer = records(simulate(config(tmp_path / "c", limit=6)))
    assert warmer != first


def test_tables_and_numbers_of_the_command(
    scripted: Callable[..., list[ScriptedModel]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """All that may become of an example, by prompts of one's own: two dialogues are kept, four dropped."""
    replies = {
        "right": ["Score: 9"],
        "mute": ["What?"],
        "learns": ["Score: 3", "Score: 8"],
        "tries": ["Score: 3", "Score: 2", "Score: 3"],
        "falls": ["Score: 3", "no score here"],
        "empty": ["Score: 1", "Score: 1", "Score: 1"],
    }

    def student(request: Request) -> str:
        first = next(message.text for message in request.messages if message.role == "user")
        asked = sum(message.role == "user" for message in request.messages)
        return "" if first == "empty" else f"{first} {asked}"

    def teacher(request: Request) -> str:
        name, _, response = request.messages[-1].text.partition("|")
        return replies[name][int(response[-1:] or 1) - 1]

    scripted(student, teacher)
    own_student, own_teacher = tmp_path / "student.yaml", tmp_path / "teacher.yaml"
    own_student.write_text("role: student\nquestion: ${question}\nagain: ${feedback}\n")
    own_teacher.write_text("role: teacher\nquestion: ${question}|${response}\nagain: ${response}\n")
    prompts = ["--student-prompt", str(own_student), "--teacher-prompt", str(own_teacher)]
    command = ["simulate", folder(tmp_path, list(replies)), "--student", "s", "--teacher", "t", *prompts]
    numbers = tmp_path / "numbers.json"
    assert main([*command, "--out", str(tmp_path / "run"), "--json", str(numbers)]) == 0
    shown = capsys.readouterr().out.partition("Written:")[0]
    assert max(map(len, shown.splitlines())) <= 80
    told = json.loads(numbers.read_text())
    assert (told["made"], told["kept"]) == (6, 2)
    assert told["dropped"] == {"no score": 2, "right at once": 1, "empty response": 1}
    assert told["endings"] == {"satisfied": 1, "longest": 1}
    assert told["turns"] == {"2": 1, "3": 1}
    assert "no score               2  33.3 %" in shown
    dropped = {record.id: record.detail for record in records(tmp_path / "run") if isinstance(record, Dropped)}
    assert dropped == {"right": "right 1", "mute": "What?", "falls": "no score here", "empty": "turn 1"}


def folder(root: Path, names: Sequence[str]) -> str:
    """A source of questions that are their own names."""
    lines = []
    for number, name in enumerate(names):
        tiny_models.picture(number).save(root / f"{name}.png")
        lines.append({"id": name, "image": f"{name}.png", "question": name, "answer": f"truth of {name}"})
    (root / "questions.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return f"folder:{root / 'questions.jsonl'}"


@pytest.mark.parametrize(
    ("flags", "student_saw", "teacher_saw"),
    [
        ({}, "dog", ["cat 1"]),
        ({"student_sees": "feedback"}, "Score: 3.\nFeedback: dog", ["cat 1"]),
        ({"teacher_sees": "history"}, "dog", ["cat 0", "cat 1"]),
    ],
)
def test_what_each_sees_of_the_dialogue(
    scripted: Callable[..., list[ScriptedModel]],
    tmp_path: Path,
    flags: dict[str, str],
    student_saw: str,
    teacher_saw: list[str],
) -> None:
    heard: dict[str, list[str]] = {"student": [], "teacher": []}

    def student(request: Request) -> str:
        heard["student"] = [message.text for message in request.messages if message.role == "user"]
        return f"cat {len(heard['student']) - 1}"

    def teacher(request: Request) -> str:
        heard["teacher"] = [message.text for message in request.messages if message.role == "user"]
        return "Score: 3.\nFeedback: dog"

    scripted(student, teacher)
    simulate(
        config(
            tmp_path / "run",
            source=folder(tmp_path, ["q"]),
            student="s",
            teacher="t",
            max_turns=2,
            max_new_tokens=100,
            **flags,
        )
    )
    assert heard["student"][1].startswith(f"{student_saw}\n")
    assert len(heard["teacher"]) == len(teacher_saw)
    assert all(response in text for response, text in zip(teacher_saw, heard["teacher"], strict=True))
    assert ("cat 0" in "".join(heard["teacher"])) == ("cat 0" in teacher_saw)


def adapter(folder: Path, seed: int) -> str:
    """LoRA of random weights on the pocket VLM."""
    from transformers import AutoModelForImageTextToText

    torch.manual_seed(seed)
    model = AutoModelForImageTextToText.from_pretrained(weights_path())
    lora = LoraConfig(r=4, lora_alpha=2, target_modules=r".*language_model.*\.q_proj", init_lora_weights=False)
    get_peft_model(model, lora).save_pretrained(folder / str(seed))
    return str(folder / str(seed))


def test_two_adapters_share_the_base_and_say_what_each_would_say_alone(tmp_path: Path) -> None:
    student, teacher = adapter(tmp_path, 1), adapter(tmp_path, 2)
    both = config(
        tmp_path / "run", student_adapter=student, teacher="pocket", teacher_adapter=teacher, limit=6, in_flight=4
    )
    pair = open_partners(both)
    assert isinstance(pair.student, Student)
    assert isinstance(pair.teacher, Teacher)
    assert isinstance(pair.student.model, LocalModel)
    assert isinstance(pair.teacher.model, LocalModel)
    assert pair.student.model.model is pair.teacher.model.model
    simulate(both)
    prints = Run.open(tmp_path / "run").manifest.fingerprints
    for who, name in (("student", student), ("teacher", teacher)):
        alone = LocalModel.open(ModelOptions(model="pocket", adapter=name, device="cpu"))
        assert prints[f"{who} model"] == alone.fingerprint


def test_the_oracle_is_a_teacher_and_needs_the_pocket_world(tmp_path: Path) -> None:
    assert isinstance(open_partners(config(tmp_path)).teacher, OracleTeacher)
    with pytest.raises(SourceError, match="pocket"):
        simulate(config(tmp_path / "run", source=folder(tmp_path, ["q"])))


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        ({"max_turns": 1}, "--max-turns must be at least 2, not 1: one turn refines nothing."),
        ({"threshold": 11.0}, "--threshold must be above 0 and at most 10, not 11."),
        ({"in_flight": 0}, "--in-flight must be at least 1, not 0."),
        ({"temperature": -1.0}, "--temperature must be 0 (greedy) or above, not -1.0."),
        ({"student": ""}, "--student is empty: give a path, a hub name, `pocket` or an http address."),
        ({"student": "oracle"}, "--student oracle is not to be had: the oracle is a teacher."),
        (
            {"teacher_prompt": "pocket-teacher"},
            "--teacher oracle is no model: it takes no --teacher-adapter, --teacher-prompt or --teacher-sees.",
        ),
        (
            {"student": "http://localhost/v1#m", "student_adapter": "mine"},
            "--student-adapter cannot be put on a model at an endpoint: let the server load mine.",
        ),
    ],
)
def test_flags_that_cannot_be(tmp_path: Path, flags: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConfigError) as caught:
        config(tmp_path, **flags)
    assert str(caught.value) == sentence


def test_other_rules_are_another_run(made: Path) -> None:
    with pytest.raises(ConfigChanged, match=r"threshold was 8\.0 and is now 7\.0"):
        simulate(config(made, threshold=7.0))
    assert simulate(config(made, in_flight=3)) == made, "a finished run is simply done"


def asked(body: dict[str, Any]) -> tuple[str, int]:
    """Which question a call to the endpoint is about, and in which turn (0 for the teacher's)."""
    users = [message["content"] for message in body["messages"] if message["role"] == "user"]
    text = users[0][-1]["text"]
    return text, len(users)


def by_server(address: str, source: str, out: Path, *flags: str) -> list[str]:
    server = f"{address}#m"
    fast = ["--retries", "1", "--timeout", "10", "--concurrency", "4", "--in-flight", "6"]
    return ["simulate", source, "--student", server, "--teacher", server, "--out", str(out), *fast, *flags]


def answer(body: dict[str, Any]) -> Answer:
    """As a student or a teacher, by the prompt: the second response is right."""
    text, turn = asked(body)
    if "Groundtruth" in text:
        return Answer(completion("Score: 9.\nFeedback: yes" if "second" in text else "Score: 2.\nFeedback: look again"))
    return Answer(completion("first" if turn == 1 else "second"))


def test_a_server_that_dies_is_gone_on_with_and_asked_nothing_twice(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """10 dialogues of 2 turns are 40 calls; the server dies at the 15th, and once more at the 30th."""
    source = folder(tmp_path, [f"q{number}" for number in range(10)])
    lives, good = [14], list[str]()

    def mortal(_: int, body: dict[str, Any]) -> Answer:
        if len(good) >= lives[0]:
            return Answer(said("overloaded"), status=503)
        good.append(json.dumps(body["messages"]))
        return answer(body)

    with serving(Faulty(mortal)) as address:
        command = by_server(address, source, tmp_path / "run")
        assert main(command) == 2
        message = capsys.readouterr().err.splitlines()[-1]
        assert message.startswith("burnish: ")
        assert "was asked 2 times without success" in message
        lives[0] = 29
        assert main(command) == 2
        lives[0] = 1000
        assert main(command) == 0
    assert len(good) == 40
    held = records(tmp_path / "run")
    assert [len(record.turns) for record in held if isinstance(record, Dialogue)] == [2] * 10


def test_garbage_slowness_and_one_refused_picture_cost_no_other_dialogue(tmp_path: Path) -> None:
    source = folder(tmp_path, ["fine", "garbage", "slow", "refused"])
    tried: Counter[str] = Counter()

    def faulty(_: int, body: dict[str, Any]) -> Answer:
        text, turn = asked(body)
        if "Groundtruth" in text or turn > 1:
            return answer(body)
        tried[text] += 1
        if text == "refused":
            return Answer(said("the image is too large"), status=400)
        if text == "garbage" and tried[text] == 1:
            return Answer(b"<html>busy</html>")
        return Answer(completion("first"), delay_s=1.5 if text == "slow" and tried[text] == 1 else 0)

    with serving(Faulty(faulty)) as address:
        assert main(by_server(address, source, tmp_path / "run", "--timeout", "1")) == 0
    held = {record.id: record for record in records(tmp_path / "run")}
    refused = held.pop("refused")
    assert isinstance(refused, Dropped)
    assert refused.reason == "refused by the endpoint"
    assert refused.detail == "student 1: The endpoint refuses this request (400 the image is too large)."
    assert all(isinstance(record, Dialogue) for record in held.values())
    assert tried == {"fine": 1, "garbage": 2, "slow": 2, "refused": 1}


def test_a_server_that_says_nothing_makes_no_dialogue(tmp_path: Path) -> None:
    source = folder(tmp_path, ["a", "b"])
    with serving(Faulty(lambda _, body: Answer(completion("")))) as address:
        assert main(by_server(address, source, tmp_path / "run")) == 0
    assert [record.reason for record in records(tmp_path / "run") if isinstance(record, Dropped)] == [
        "empty response",
        "empty response",
    ]


@pytest.mark.parametrize("largest", [300, 2000])
def test_a_full_disk_is_one_sentence_and_costs_nothing(made: Path, tmp_path: Path, largest: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    simulate_once = config(tmp_path / "run", in_flight=6)
    simulate(config(tmp_path / "warm", limit=1))  # what is written once in a process is written
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest, hard))
    try:
        with pytest.raises(RunError, match=r"cannot be written \(File too large\): make room"):
            simulate(simulate_once)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert files(simulate(simulate_once)) == files(made)


COMMAND = [
    *(sys.executable, "-m", "burnish", "simulate", SOURCE, "--student", "pocket", "--teacher", "oracle"),
    *("--limit", "12", "--max-new-tokens", "6", "--device", "cpu", "--in-flight", "6", "--batch-size", "2"),
]


@pytest.mark.slow
def test_the_command_killed_at_random_moments_holds_the_same_records(made: Path, tmp_path: Path) -> None:
    moments, run, in_the_midst = random.Random(0), tmp_path / "run", 0
    for _ in range(6):
        process = subprocess.Popen([*COMMAND, "--out", str(run)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        size = _journal_size(run)
        while process.poll() is None and _journal_size(run) == size:
            time.sleep(0.002)
        time.sleep(moments.uniform(0, 0.05))
        process.send_signal(signal.SIGKILL)
        process.wait()
        in_the_midst += (run / "journal.jsonl").exists()
    assert in_the_midst >= 3, "the kills came too late to mean anything"
    subprocess.run([*COMMAND, "--out", str(run)], check=True, capture_output=True)
    assert files(run) == files(made)


def _journal_size(run: Path) -> int:
    return (run / "journal.jsonl").stat().st_size if (run / "journal.jsonl").exists() else 0


@pytest.mark.slow
def test_a_real_server_plays_the_student_as_the_local_model_does(made: Path, tmp_path: Path) -> None:
    """The pocket VLM behind `transformers serve`: the same dialogues, through HTTP and PNG."""
    with transformers_serve(weights_path(), tmp_path / "serve.log") as address:
        run = simulate(
            config(
                tmp_path / "run",
                student=f"{address}#{weights_path()}",
                student_prompt="pocket-student",
                concurrency=4,
            )
        )
    assert records(run) == records(made)
