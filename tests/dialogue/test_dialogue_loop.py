"""Many dialogues at once: each record in its place, full batches, and no finished reply lost or asked for twice."""

from __future__ import annotations

import random
import re
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from scripted_pair import Flowing, Inputs, Scripted, begin, judge, picture, respond

from burnish.dialogue.stopping import StopRules
from burnish.dialogue.talk import BATCH, Conversations, Pair
from burnish.errors import ServerError
from burnish.generation.driver import AHEAD
from burnish.ids import content_key
from burnish.models import Reply
from burnish.models.reading import read_text
from burnish.records import Dialogue, Dropped
from burnish.roles import Case
from burnish.sources import sharding
from burnish.store import JournalEntry, Run
from patience import HANG_S

RULES = StopRules()


def partners(kind: type[Scripted] = Scripted) -> tuple[Scripted, Scripted]:
    return kind(respond), kind(judge)


def fill(path: Path, pair: tuple[Scripted, Scripted], inputs: Inputs, *, in_flight: int = 8, seed: int = 0) -> None:
    with begin(path) as run:
        Conversations(pair=Pair(*pair), rules=RULES, in_flight=in_flight, seed=seed).fill(run, inputs, label="test")


def said(score: float | str, comment: str = "…") -> Reply:
    return Reply(text=f"Score: {score}.\nFeedback: {comment}")


def test_a_dialogue_is_what_was_said_in_turn(tmp_path: Path) -> None:
    student = Scripted(lambda case: Reply(text=f"Thought: t\nAnswer: try {len(case.turns) + 1}"))
    teacher = Scripted(lambda case: said([3, 6, 9][len(case.turns)], f"to {case.response[-5:]}"))
    fill(tmp_path, (student, teacher), Inputs(1))
    [dialogue] = Run.open(tmp_path)
    assert isinstance(dialogue, Dialogue)
    assert (dialogue.id, dialogue.question, dialogue.answer, dialogue.source) == ("0", "q0", "a0", "s0")
    assert [turn.response.answer for turn in dialogue.turns] == ["try 1", "try 2", "try 3"]
    assert [turn.feedback.score for turn in dialogue.turns] == [3, 6, 9]
    assert [turn.feedback.comment for turn in dialogue.turns] == ["to try 1", "to try 2", "to try 3"]
    assert dialogue.ended == "satisfied"
    assert Run.open(tmp_path).image(dialogue.image) == picture(0)
    assert dialogue.image == content_key(picture(0))


@pytest.mark.parametrize("kind", [Scripted, Flowing])
@pytest.mark.parametrize("in_flight", [1, 3, 8, 1000])
def test_every_input_has_one_record_in_its_place_whatever_the_window(
    tmp_path: Path, in_flight: int, kind: type[Scripted]
) -> None:
    fill(tmp_path / "whole", partners(), Inputs(60), in_flight=60)
    fill(tmp_path / "other", partners(kind), Inputs(60), in_flight=in_flight)
    whole, other = list(Run.open(tmp_path / "whole")), list(Run.open(tmp_path / "other"))
    assert [record.id for record in other] == [str(number) for number in range(60)]
    assert other == whole
    endings = Counter(record.ended for record in whole if isinstance(record, Dialogue))
    assert min(endings["satisfied"], endings["longest"], endings["no score"]) > 0
    assert sum(isinstance(record, Dropped) for record in whole) == 6  # 7, 17, … 57


def test_the_ready_cases_of_all_dialogues_go_in_one_call(tmp_path: Path) -> None:
    """4 dialogues of 3, 1, 2 and 1 turns, 2 at a time: batches are the same wherever a run is killed or divided."""
    turns = {"0": 3, "1": 1, "2": 2, "3": 1}
    student = Scripted(lambda case: Reply(text="x"))
    teacher = Scripted(lambda case: said(9 if len(case.turns) + 1 == turns[case.example.id] else 2))
    fill(tmp_path, (student, teacher), Inputs(4), in_flight=2)
    assert student.calls == [["0", "1"], ["0"], ["0"], ["2", "3"], ["2"]]
    assert teacher.calls == student.calls
    assert [len(record.turns) for record in Run.open(tmp_path) if isinstance(record, Dialogue)] == [3, 1, 2, 1]


def test_local_models_hold_at_most_a_shards_batch_together(tmp_path: Path) -> None:
    student, teacher = partners()
    fill(tmp_path, (student, teacher), Inputs(400), in_flight=1_000)
    first = [number for number in range(BATCH) if number % 10 != 7]
    assert student.calls[0] == [str(number) for number in first]
    assert BATCH == sharding.BATCH


def test_what_waits_is_bounded_by_the_window(tmp_path: Path) -> None:
    """The first dialogue goes on while all later ones end at once, and inputs are not read far ahead of it."""
    student = Flowing(lambda case: Reply(text="x"))
    teacher = Flowing(lambda case: said(2 if case.example.id == "0" else 9))
    inputs = Inputs(1_000)
    furthest: list[int] = []
    teacher.after = lambda case: furthest.append(len(inputs.opened)) if case.example.id == "0" else None
    with begin(tmp_path) as run:
        talk = Conversations(pair=Pair(student, teacher), rules=StopRules(max_turns=12), in_flight=4)
        talk.fill(run, inputs, label="test")
        assert len(run) == 1_000
    assert len(furthest) == 12
    assert furthest[-1] == AHEAD * 4


def test_what_cannot_be_asked_is_dropped_with_its_reason(tmp_path: Path) -> None:
    refused = Reply(text="", finish="error", error="The endpoint refuses this request (400 too large).")

    def answer(case: Case) -> Reply:
        return refused if case.example.id == "1" and case.turns else Reply(text="x")

    def feedback(case: Case) -> Reply:
        return refused if case.example.id == "2" else said(9 if case.turns else 2)

    student, teacher = Scripted(answer), Scripted(feedback)
    fill(tmp_path, (student, teacher), Inputs(4, without=lambda number: number == 3))
    first, second, third, fourth = Run.open(tmp_path)
    assert isinstance(first, Dialogue)
    reason, why = "refused", refused.error
    after_one, ended = ("answered", "answered", "refused"), ("answered", "refused")
    assert second == Dropped(id="1", source="s1", reason=reason, detail=f"student 2: {why}", replies=after_one)
    assert third == Dropped(id="2", source="s2", reason=reason, detail=f"teacher 1: {why}", replies=ended)
    assert fourth == Dropped(id="3", source="s0", reason="no ground truth", detail="q3")
    assert not any("3" in call for call in student.calls), "it is not asked at all"
    assert [path.stem for path in (tmp_path / "images").rglob("*.png")] == [first.image], "only what is kept is stored"


def test_no_teacher_is_asked_about_an_empty_response_which_scores_0(tmp_path: Path) -> None:
    student = Scripted(lambda case: Reply(text=""))
    teacher = Scripted(lambda case: said(9, "never said"))
    fill(tmp_path, (student, teacher), Inputs(1))
    [dialogue] = Run.open(tmp_path)
    assert isinstance(dialogue, Dialogue)
    assert [turn.response.text for turn in dialogue.turns] == ["", "", ""]
    assert [turn.feedback.score for turn in dialogue.turns] == [0, 0, 0]
    assert teacher.calls == []


def test_a_judge_decides_what_is_kept(tmp_path: Path) -> None:
    def odd(dialogue: Dialogue) -> Dialogue | Dropped:
        return dialogue if int(dialogue.id) % 2 else Dropped(id=dialogue.id, source=dialogue.source, reason="even")

    with begin(tmp_path) as run:
        Conversations(pair=Pair(*partners()), rules=RULES, judge=odd).fill(run, Inputs(4), label="test")
        assert [isinstance(record, Dialogue) for record in run] == [False, True, False, True]


def test_seeds_differ_by_turn_dialogue_and_run_and_by_nothing_else(tmp_path: Path) -> None:
    def seeds(name: str, *, in_flight: int, seed: int) -> list[int]:
        found: list[tuple[str, int, int]] = []
        student = Scripted(lambda case: Reply(text="x"))
        student.after = lambda case: found.append((case.example.id, len(case.turns), case.seed))
        teacher = Scripted(lambda case: said(2))
        fill(tmp_path / name, (student, teacher), Inputs(4), in_flight=in_flight, seed=seed)
        return [seed for _, _, seed in sorted(found)]

    together = seeds("a", in_flight=4, seed=0)
    assert len(together) == len(set(together)) == 12
    assert seeds("b", in_flight=1, seed=0) == together
    assert set(seeds("c", in_flight=4, seed=1)).isdisjoint(together)


@pytest.mark.parametrize("fails_after", range(0, 26, 5))
def test_a_server_that_dies_costs_nothing_that_was_said(tmp_path: Path, fails_after: int) -> None:
    """9 inputs take 26 replies; the server is gone after some of them, and comes back."""
    fill(tmp_path / "whole", partners(), Inputs(9))
    heard: list[tuple[str, str, int]] = []

    def listened(who: str, role: Scripted, *, replies: int) -> Scripted:
        def reply(case: Case) -> Reply:
            if len(heard) == replies:
                raise ServerError("The server is gone.")
            return role.script(case)

        return Flowing(reply, after=lambda case: heard.append((who, case.example.id, len(case.turns))))

    def pair(replies: int) -> tuple[Scripted, Scripted]:
        student, teacher = partners()
        return listened("student", student, replies=replies), listened("teacher", teacher, replies=replies)

    with pytest.raises(ServerError):
        fill(tmp_path / "torn", pair(replies=fails_after), Inputs(9))
    fill(tmp_path / "torn", pair(replies=27), Inputs(9))
    assert list(Run.open(tmp_path / "torn")) == list(Run.open(tmp_path / "whole"))
    assert (len(heard), len(set(heard))) == (26, 26), "nothing that was said is asked for again"


def test_a_journal_of_an_earlier_process_is_gone_on_from_in_the_midst_of_a_turn(tmp_path: Path) -> None:
    with begin(tmp_path) as run:
        run.keep_reply(JournalEntry(0, "student 1"), {**_json("kept"), "token_ids": [7]})
    student = Scripted(lambda case: Reply(text=f"said for {len(case.turns) + 1}"))
    teacher = Scripted(lambda case: said(9 if case.turns else 2))
    fill(tmp_path, (student, teacher), Inputs(1))
    [dialogue] = Run.open(tmp_path)
    assert isinstance(dialogue, Dialogue)
    assert [turn.response.text for turn in dialogue.turns] == ["kept", "said for 2"]
    assert (len(student.calls), len(teacher.calls)) == (1, 2)


def _json(text: str) -> dict[str, object]:
    from burnish.store.codec import to_json

    return to_json(Reply(text=text))


def test_progress_tells_dialogues_replies_and_what_is_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(tmp_path, partners(), Inputs(20))
    line = capsys.readouterr().err.splitlines()[-1]
    assert re.fullmatch(
        r"test: 20 of 20 dialogues \(100 %\), [\d.]+ per second, 0:00 left, \d+ replies, 0 open, 2 dropped", line
    ), line


MAKER = Path(__file__).with_name("scripted_pair.py")
INPUTS = 400


def start(run: Path, log: Path, kind: str = "flowing") -> subprocess.Popen[str]:
    command = [sys.executable, str(MAKER), str(run), str(log), str(INPUTS), "50", kind]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def contents(run: Path) -> dict[str, bytes]:
    files = {path.relative_to(run).as_posix(): path for path in run.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in files.items() if name not in ("lock", "manifest.json")}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("undisturbed")
    with start(folder / "run", folder / "log") as process:
        process.communicate(timeout=HANG_S)
    assert process.returncode == 0
    return folder


def wait_for_replies(log: Path, number: int, process: subprocess.Popen[str]) -> None:
    """Until so many replies have been logged in all, or the process is done."""
    while process.poll() is None and (not log.exists() or log.read_bytes().count(b"\n") < number):
        time.sleep(0.001)


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_killed_at_random_moments_no_finished_reply_is_asked_for_again(
    undisturbed: Path, tmp_path: Path, seed: int
) -> None:
    run, log, in_the_midst = tmp_path / "run", tmp_path / "log", 0
    replies = len((undisturbed / "log").read_text().splitlines())
    for moment in sorted(random.Random(seed).sample(range(1, replies), 8)):
        with start(run, log) as process:
            wait_for_replies(log, moment, process)
            process.kill()
        in_the_midst += (run / "journal.jsonl").exists()
    with start(run, log) as process:
        process.communicate(timeout=HANG_S)
    assert process.returncode == 0
    assert in_the_midst >= 4, "the kills came too early or too late to mean anything"
    assert contents(run) == contents(undisturbed / "run")
    asked, once = Counter(log.read_text().splitlines()), Counter((undisturbed / "log").read_text().splitlines())
    assert max(asked.values()) == 1
    # at each kill one reply may have been kept that the log had no time to tell of
    assert len(once) - 8 <= len(asked) <= len(once)
    assert set(asked) <= set(once)


def test_a_batch_torn_by_a_kill_is_asked_again_whole(undisturbed: Path, tmp_path: Path) -> None:
    run, log = tmp_path / "run", tmp_path / "log"
    for moment in (130, 470):
        with start(run, log, "batched") as process:
            wait_for_replies(log, moment, process)
            process.kill()
    with start(run, log, "batched") as process:
        process.communicate(timeout=HANG_S)
    assert process.returncode == 0
    assert contents(run) == contents(undisturbed / "run")
    asked = Counter(log.read_text().splitlines())
    assert asked.keys() == {*(undisturbed / "log").read_text().splitlines()}
    assert 0 < asked.total() - len(asked) <= 2 * 50


def test_a_second_process_is_refused_while_one_works(undisturbed: Path, tmp_path: Path) -> None:
    with start(tmp_path / "run", tmp_path / "log") as first:
        assert first.stdout is not None
        first.stdout.readline()
        with start(tmp_path / "run", tmp_path / "log2") as second:
            told = second.communicate(timeout=HANG_S)[0]
        assert second.returncode == 2
        assert f"is being written by process {first.pid}: wait for it, or stop it." in told
        first.communicate(timeout=HANG_S)
    assert first.returncode == 0
    assert contents(tmp_path / "run") == contents(undisturbed / "run")


def test_thoughts_are_kept_apart_and_seen_by_nobody(tmp_path: Path) -> None:
    """The score in the teacher's thought is another one, and the thought holds the truth."""
    seen: list[str] = []

    def answer(case: Case) -> Reply:
        seen.extend(turn.feedback.text for turn in case.turns)
        return read_text("<think>Is it a0?</think>a dog", cut=bool(case.turns))

    def feedback(case: Case) -> Reply:
        seen.append(case.response)
        return read_text("<think>The truth is a0. Score: 9</think>Score: 3.\nFeedback: look again", cut=False)

    fill(tmp_path, (Scripted(answer), Scripted(feedback)), Inputs(1))
    [dialogue] = Run.open(tmp_path)
    assert isinstance(dialogue, Dialogue)
    assert {*seen} == {"a dog", "Score: 3.\nFeedback: look again"}
    assert [turn.feedback.score for turn in dialogue.turns] == [3, 3, 3]
    assert [turn.response.finish for turn in dialogue.turns] == ["stop", "length", "length"]
    first = dialogue.turns[0]
    assert (first.response.thinking, first.feedback.thinking) == ("Is it a0?", "The truth is a0. Score: 9")
    assert dialogue.replies == ("answered", "answered", "cut", "answered", "cut", "answered")
