"""Verbs that ask an endpoint which does not answer: no score, exit code 2, and what was asked is told and written."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

import tiny_models
from burnish.cli import main
from faulty_server import Answer, Faulty, completion, said, serving

REFUSED = Answer(said("This model takes no pictures."), status=400)
EMPTY = Answer(completion(""))
THOUGHT = Answer(
    json.dumps(
        {
            "choices": [
                {"message": {"role": "assistant", "content": None, "reasoning": "Let me"}, "finish_reason": "length"}
            ]
        }
    ).encode()
)


def source(root: Path, count: int) -> str:
    lines = []
    for number in range(count):
        tiny_models.picture(number).save(root / f"{number}.png")
        lines.append({"id": str(number), "image": f"{number}.png", "question": f"q{number}?", "answer": "yes"})
    (root / "questions.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return f"folder:{root / 'questions.jsonl'}"


def called(root: Path, verb: list[str], answers: list[Answer], *flags: str) -> tuple[int, dict[str, Any]]:
    """The verb about as many questions as there are answers: its exit code and its JSON."""
    told = root / "told.json"

    def script(_number: int, body: dict[str, Any]) -> Answer:
        number = re.findall(r"q(\d+)\?", json.dumps(body))[0]  # later turns have it in an earlier message
        return answers[int(number)]

    with serving(Faulty(script)) as address:
        at = next(place for place, word in enumerate(verb) if word.startswith("--"))
        words = [
            *verb[:at],
            source(root, len(answers)),
            *verb[at:],
            "--out",
            str(root / "run"),
            "--json",
            str(told),
            *flags,
        ]
        code = main([word.replace("MODEL", f"{address}#m") for word in words])
    return code, json.loads(told.read_text())


ANSWERS = ["bench", "answers", "--model", "MODEL"]
SAMPLED = ["bench", "sampled", "--model", "MODEL", "--temperatures", "0"]
PAIRS = ["pairs", "--model", "MODEL", "--distort", "flip"]
SIMULATE = ["simulate", "--student", "MODEL", "--teacher", "MODEL"]


@pytest.mark.parametrize("verb", [ANSWERS, SAMPLED, PAIRS, SIMULATE], ids=lambda verb: " ".join(verb[:2]))
@pytest.mark.parametrize(
    ("answer", "name", "line"),
    [
        (REFUSED, "refused", "This model takes no pictures"),
        (EMPTY, "empty", "are not whole answers"),
        (THOUGHT, "thinking_cut", "with the thoughts cut"),
    ],
    ids=["refused", "empty", "thoughts"],
)
def test_nothing_answered_is_no_score(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], verb: list[str], answer: Answer, name: str, line: str
) -> None:
    code, told = called(tmp_path, verb, [answer] * 2)
    out, err = capsys.readouterr()
    assert code == 2
    assert told["replies"]["answered"] == 0 < told["replies"][name] <= told["replies"]["asked"]
    assert "scores" not in told
    assert out.lstrip().startswith("Of ") and line in " ".join(out.split())
    assert "has no answer (" in err


COMPOSE = ["compose", "--model", "MODEL"]
FREE = ["bench", "free", "--student", "MODEL", "--teacher", "MODEL"]
TEACHER = ["bench", "teacher", "--teacher", "MODEL"]


@pytest.mark.parametrize(
    "verb", [ANSWERS, SAMPLED, PAIRS, SIMULATE, COMPOSE, FREE, TEACHER], ids=lambda verb: " ".join(verb[:2])
)
def test_where_no_example_can_be_asked_about_there_is_no_score_either(tmp_path: Path, verb: list[str]) -> None:
    (tmp_path / "questions.jsonl").write_text('{"image": "gone.png", "question": "q0?", "answer": "yes"}\n')
    source = f"folder:{tmp_path / 'questions.jsonl'}"
    at = next(place for place, word in enumerate(verb) if word.startswith("--"))
    words = [word.replace("MODEL", "http://127.0.0.1:1/v1#nobody") for word in [*verb[:at], source, *verb[at:]]]
    assert main([*words, "--out", str(tmp_path / "run"), "--json", str(tmp_path / "told.json")]) == 2
    told = json.loads((tmp_path / "told.json").read_text())["replies"]
    assert (told["asked"], {*told["left_out"]}) == (0, {"missing image"})


def test_what_was_left_out_is_shown_on_the_terminal_the_page_and_in_the_tables(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = [Answer(completion("Yes"))] * 17 + [Answer(completion("Yes, a", "length")), EMPTY, REFUSED]
    code, told = called(tmp_path, ANSWERS, answers)
    assert code == 0
    assert told["replies"] == {
        "asked": 20,
        "answered": 18,
        "empty": 1,
        "cut": 1,
        "thinking_cut": 0,
        "refused": 1,
        "left_out": {"refused": 1},
        "refusals": {"The endpoint refuses this request (400 This model takes no pictures).": 1},
    }
    warning = "Of 20 replies 3 (15.0 %) are not whole answers: 1 empty, 1 cut at the length limit, 1 refused."
    assert capsys.readouterr().out.replace("\n", " ").strip().startswith(warning)
    report = tmp_path / "run" / "report"
    for file in ("tables.md", "index.html"):
        text = (report / file).read_text()
        assert warning in text and "left out: refused" in text and "This model takes no pictures" in text
    accuracy = next(one for one in told["scores"] if one["metric"] == "pope_accuracy" and one["level"] == "all")
    assert accuracy["estimate"]["value"] == pytest.approx(18 / 19), "an empty answer is no yes"


def test_pictures_under_another_ending_are_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number, ending in enumerate(("jpg", "gif")):
        tiny_models.picture(number).convert("RGB").save(tmp_path / f"{number}.{ending}")
    talk = [{"from": "human", "value": "<image>\nWhat?"}, {"from": "gpt", "value": "yes"}]
    (tmp_path / "mix.json").write_text(json.dumps([{"image": f"{n}.jpg", "conversations": talk} for n in (0, 1)]))
    with serving(Faulty(lambda *_: Answer(completion("yes")))) as address:
        words = ["bench", "answers", f"llava:{tmp_path / 'mix.json'}", "--model", f"{address}#m"]
        assert main([*words, "--out", str(tmp_path / "run"), "--json", str(tmp_path / "told.json")]) == 0
    assert json.loads((tmp_path / "told.json").read_text())["found_as"] == {".gif": 1}
    assert "1 about pictures found under another file extension" in " ".join(capsys.readouterr().out.split())


def test_an_endpoint_that_fails_leaves_what_came_by_then(tmp_path: Path) -> None:
    """The words of a key's refusal concern every request, so that the run stops there."""
    code, told = called(tmp_path, ANSWERS, [Answer(said("No such key."), status=401)] * 2)
    assert code == 2
    assert told["replies"]["asked"] == 0 and told["manifest"]["kind"] == "answers"
