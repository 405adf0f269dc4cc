"""`burnish simulate` where things go wrong, servers, disk and kills, and with a real server where all is right."""

from __future__ import annotations

import json
import resource
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from simulations import SOURCE, config, files, folder, records

from burnish.cli import main
from burnish.errors import RunError
from burnish.make.simulate import simulate
from burnish.pocket import weights_path
from burnish.records import Dialogue, Dropped
from faulty_server import Answer, Faulty, completion, said, serving
from patience import HANG_S, SILENCE_S
from real_server import transformers_serve


def asked(body: dict[str, Any]) -> tuple[str, int]:
    """Which question a call to the endpoint is about, and in which turn (0 for the teacher's)."""
    users = [message["content"] for message in body["messages"] if message["role"] == "user"]
    text = users[0][-1]["text"]
    return text, len(users)


def by_server(address: str, source: str, out: Path, *flags: str) -> list[str]:
    server = f"{address}#m"
    fast = ["--retries", "1", "--timeout", str(HANG_S), "--concurrency", "4", "--in-flight", "6"]
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


@pytest.mark.parametrize("teacher", ["m", "another"])
def test_a_student_and_a_teacher_at_one_endpoint_have_its_places_together(tmp_path: Path, teacher: str) -> None:
    source = folder(tmp_path, [f"q{number}" for number in range(12)])
    slow = Faulty(lambda _, body: replace(answer(body), delay_s=0.02))
    with serving(slow) as address:
        flags = ["--in-flight", "12", "--teacher", f"{address}#{teacher}"]
        assert main(by_server(address, source, tmp_path / "run", *flags)) == 0
    assert {body["model"] for body in slow.calls} == {"m", teacher}
    assert len(slow.calls) == 48
    assert slow.most_open <= 4


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
        return Answer(completion("first"), silent=text == "slow" and tried[text] == 1)

    with serving(Faulty(faulty)) as address:
        assert main(by_server(address, source, tmp_path / "run", "--timeout", str(SILENCE_S))) == 0
    held = {record.id: record for record in records(tmp_path / "run")}
    refused = held.pop("refused")
    assert isinstance(refused, Dropped)
    assert refused.reason == "refused"
    assert refused.detail == "student 1: The endpoint refuses this request (400 the image is too large)."
    assert all(isinstance(record, Dialogue) for record in held.values())
    assert tried == {"fine": 1, "garbage": 2, "slow": 2, "refused": 1}


def test_a_response_with_the_local_teachers_own_mark_costs_its_dialogue_alone(tmp_path: Path) -> None:
    source = folder(tmp_path, ["fine", "marked"])
    student = Faulty(lambda _, body: Answer(completion("an <image>" if asked(body)[0] == "marked" else "a cat")))
    with serving(student) as address:
        given = by_server(address, source, tmp_path / "run", "--teacher", "pocket", "--max-new-tokens", "4")
        assert main([*given, "--device", "cpu"]) == 0
        calls = len(student.calls)
        assert main([*given, "--device", "cpu"]) == 0
        assert len(student.calls) == calls
    held = {record.id: record for record in records(tmp_path / "run")}
    refused = held["marked"]
    assert isinstance(refused, Dropped)
    assert refused.reason == "refused"
    assert refused.detail.startswith("teacher 1: The model's chat template or processor cannot take this conversation")
    assert not isinstance(held["fine"], Dropped) or held["fine"].reason != "refused"


def test_a_server_that_says_nothing_makes_no_dialogue(tmp_path: Path) -> None:
    source = folder(tmp_path, ["a", "b"])
    with serving(Faulty(lambda _, body: Answer(completion("")))) as address:
        assert main(by_server(address, source, tmp_path / "run")) == 2
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
    *("simulate", SOURCE, "--student", "pocket", "--teacher", "oracle"),
    *("--limit", "12", "--max-new-tokens", "6", "--device", "cpu", "--in-flight", "6", "--batch-size", "2"),
]


def test_the_command_killed_in_its_midst_holds_the_same_records(made: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    command = [sys.executable, "-m", "burnish", *COMMAND, "--out", str(run)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None and not _journal_size(run):
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert _journal_size(run), "it was over before it could be killed"
    assert main([*COMMAND, "--out", str(run)]) == 0
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
