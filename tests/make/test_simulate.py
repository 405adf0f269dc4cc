"""`burnish simulate` whole: the pocket VLM with the oracle, prompts of one's own, adapters on one base."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import LoraConfig, get_peft_model
from PIL import Image
from simulations import config, files, folder, records

from burnish.cli import main
from burnish.dialogue import roles_config
from burnish.dialogue.roles_config import open_pair
from burnish.errors import ConfigChanged, ConfigError, NothingAnswered, SourceError
from burnish.make.simulate import SimulateConfig, simulate
from burnish.models import Model, ModelOptions, Request
from burnish.models.local import LocalModel
from burnish.models.scripted import ScriptedModel
from burnish.pocket import weights_path
from burnish.records import Dialogue, Dropped
from burnish.roles import Oracle, Role
from burnish.store import Run


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[ScriptedModel]]:
    """Puts scripts in the places of the models that a configuration names."""

    def put(*scripts: Callable[[Request], str]) -> list[ScriptedModel]:
        models = [ScriptedModel(script, name=str(number)) for number, script in enumerate(scripts)]

        def opened(_: object, options: Sequence[ModelOptions]) -> Sequence[Model]:
            return models[: len(options)]

        monkeypatch.setattr(roles_config, "open_all_asked", opened)
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
    pair = open_pair(both)
    assert isinstance(pair.student, Role)
    assert isinstance(pair.teacher, Role)
    assert isinstance(pair.student.model, LocalModel)
    assert isinstance(pair.teacher.model, LocalModel)
    assert pair.student.model.model is pair.teacher.model.model
    simulate(both)
    prints = Run.open(tmp_path / "run").manifest.fingerprints
    for who, name in (("student", student), ("teacher", teacher)):
        alone = LocalModel.open(ModelOptions(model="pocket", adapter=name, device="cpu"))
        assert prints[f"{who} model"] == alone.fingerprint


def test_without_ground_truths_the_student_may_criticise_itself(
    tmp_path: Path, scripted: Callable[..., list[ScriptedModel]]
) -> None:
    scripted(lambda _: "A cup.", lambda _: "Score: 3.")
    folder(tmp_path, ["q"])
    (tmp_path / "questions.csv").write_text("image,question\nq.png,What?\n")
    with pytest.raises(NothingAnswered, match=r"no ground truth \(1\)\): give .* criticise itself with --teacher self"):
        simulate(config(tmp_path / "run", source=f"folder:{tmp_path / 'questions.csv'}", teacher="pocket"))


def test_the_oracle_is_a_teacher_and_needs_the_pocket_world(tmp_path: Path) -> None:
    assert isinstance(open_pair(config(tmp_path)).teacher, Oracle)
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
        ({"student": "oracle"}, "--student oracle: the oracle is a teacher. Name a model, or `fool`."),
        (
            {"teacher_prompt": "pocket-teacher"},
            "--teacher oracle is not a model: it takes no --teacher-adapter, --teacher-prompt or --teacher-sees.",
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


def test_a_student_that_teaches_itself_sees_no_truth(
    scripted: Callable[..., list[ScriptedModel]], tmp_path: Path
) -> None:
    """One model plays both; the source has no ground truths, and the words that it is sent could not hold any."""
    asked: list[str] = []

    def says(request: Request) -> str:
        text = request.messages[-1].text
        asked.append(text)
        if "Formulate the feedback" not in text:
            return "a cat"
        return "Score: 9.\nFeedback: Good." if len(asked) > 3 else "Score: 3.\nFeedback: Look at its ears."

    scripted(says, says)
    Image.new("RGB", (8, 8), (9, 9, 9)).save(tmp_path / "one.png")
    source = f"folder:{tmp_path}#ask=What is it?"
    made = simulate(SimulateConfig(source=source, student="m", teacher="self", out=str(tmp_path / "run")))
    [dialogue] = records(made)
    assert isinstance(dialogue, Dialogue)
    assert [turn.feedback.score for turn in dialogue.turns] == [3, 9]
    assert (
        dialogue.answer == "" and "An answer to it: a cat" in asked[1] and "groundtruth" not in " ".join(asked).lower()
    )
    with pytest.raises(ConfigError, match="--teacher self is the --student"):
        SimulateConfig(source=source, student="m", teacher="self", teacher_adapter="a", out="out")
