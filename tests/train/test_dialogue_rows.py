"""Which turns of a dialogue are trained on, which are left out and why, and how much is mixed in."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from dialogue_words import PICTURES, TOLD, dialogue

from builders import dropped, write_run
from burnish.errors import RunError
from burnish.images import encode_png
from burnish.models.local import LocalModel
from burnish.prompts import StudentPrompt, TeacherPrompt, load
from burnish.records import Dialogue, Dropped
from burnish.train.batch_layout import APART
from burnish.train.chat_examples import student_asks, teacher_asks
from burnish.train.dialogue_batch import DialogueCollator
from burnish.train.dialogue_config import StudentConfig
from burnish.train.dialogue_rows import DialoguePreparer, DialogueRow, PreparedDialogues, prepare_dialogues
from burnish.train.dialogues import Dialogues, PicturedDialogue
from burnish.train.encode import AnswerEncoder, conversation
from burnish.train.picture_lengths import picture_marks
from burnish.train.prepare import open_table
from tiny_models import picture

STUDENT = partial(student_asks, load(StudentPrompt, "fire-student"))
ROUNDS = partial(student_asks, load(StudentPrompt, "fire-student-rounds"))
TEACHER = partial(teacher_asks, load(TeacherPrompt, "pocket-teacher"))
HISTORY = partial(teacher_asks, load(TeacherPrompt, "pocket-teacher", sees="history"))


def preparer(model: LocalModel, asks, max_length: int = 10_000) -> DialoguePreparer:
    encoder = AnswerEncoder(model.encoder, model.end_token_ids)
    return DialoguePreparer(encoder, asks, max_length=max_length, picture_marks=picture_marks(model))


def told(one: Dialogue) -> PicturedDialogue:
    return PicturedDialogue(one, one.image, PICTURES[one.image])


def trained(row: DialogueRow | Dropped) -> list[int]:
    assert isinstance(row, DialogueRow), row
    return sorted(set(row.turns) - {0})


def test_a_student_learns_all_responses_but_the_first_and_a_teacher_all_feedback(opened: LocalModel) -> None:
    for number, turns in ((0, [2]), (1, [2, 3])):
        assert trained(preparer(opened, STUDENT).dialogue(told(dialogue(number)))) == turns
    for number, turns in ((0, [1, 2]), (1, [1, 2, 3]), (2, [1])):
        assert trained(preparer(opened, TEACHER).dialogue(told(dialogue(number)))) == turns


def test_one_turn_teaches_a_student_nothing(opened: LocalModel) -> None:
    left = preparer(opened, STUDENT).dialogue(told(dialogue(2)))
    assert left == Dropped(id="2", source="test", reason="too few turns to learn from")


def test_what_is_trained_is_what_was_said(opened: LocalModel) -> None:
    """White space around a text, as in published files, is none of it."""
    row = preparer(opened, STUDENT).dialogue(told(dialogue(0)))
    assert isinstance(row, DialogueRow)
    [ids] = [ids for ids, turn in zip(row.ids, row.turns, strict=True) if turn]
    assert opened.processor.tokenizer.decode(ids) == " Thought: A long tail.\nAnswer: a dog</s>"


def test_a_response_that_was_cut_is_trained_without_an_end(opened: LocalModel) -> None:
    one = dialogue(0)
    turns = [replace(turn, response=replace(turn.response, finish="length")) for turn in one.turns]
    row = preparer(opened, STUDENT).dialogue(told(replace(one, turns=tuple(turns))))
    assert isinstance(row, DialogueRow)
    [ids] = [ids for ids, turn in zip(row.ids, row.turns, strict=True) if turn]
    assert opened.processor.tokenizer.decode(ids) == " Thought: A long tail.\nAnswer: a dog"


@pytest.mark.parametrize("asks", [STUDENT, ROUNDS, TEACHER, HISTORY], ids=["chat", "rounds", "latest", "history"])
def test_whole_turns_are_left_out_at_the_end_and_nothing_is_cut(opened: LocalModel, asks) -> None:
    """Each limit is tried from the length of the whole tree down: a turn is there as a whole, or not at all."""
    full = preparer(opened, asks).dialogue(told(dialogue(1)))
    assert isinstance(full, DialogueRow)
    image = 16 - 1  # the tiny LLaVA's tokens for a picture, less the mark that is written
    turns = trained(full)
    texts = {turn: [ids for ids, t in zip(full.ids, full.turns, strict=True) if t == turn] for turn in turns}
    longest = sum(map(len, full.ids)) + image
    kept_before = len(turns)
    for limit in range(longest, 0, -1):
        one = preparer(opened, asks, limit)
        row = one.dialogue(told(dialogue(1)))
        if isinstance(row, Dropped):
            assert row.reason == f"longer than {limit:,} tokens"
            assert kept_before == 1
            assert not one.turns_left_out
            break
        kept = trained(row)
        assert kept == turns[: len(kept)]
        assert {turn: [i for i, t in zip(row.ids, row.turns, strict=True) if t == turn] for turn in kept} == {
            turn: texts[turn] for turn in kept
        }
        assert sum(map(len, row.ids)) + image <= limit
        assert one.turns_left_out.total() == len(turns) - len(kept)
        assert kept_before - len(kept) in (0, 1)
        kept_before = len(kept)
    else:
        pytest.fail("the prompt alone has some length")


def test_feedback_without_a_score_is_read_and_not_learned(opened: LocalModel) -> None:
    said = [TOLD[1][0], ("three", "No idea."), TOLD[1][2]]
    one = preparer(opened, HISTORY)
    row = one.dialogue(told(dialogue(1, said)))
    assert trained(row) == [1, 3]
    assert one.turns_left_out == {"feedback without a score": 1}
    assert isinstance(row, DialogueRow)
    decode = opened.processor.tokenizer.decode
    assert any("No idea." in decode(ids) for ids, turn in zip(row.ids, row.turns, strict=True) if not turn)
    alone = preparer(opened, TEACHER).dialogue(told(dialogue(2, [("red", "No idea.")])))
    assert alone == Dropped(id="2", source="test", reason="feedback without a score")


def test_an_empty_reply_is_not_learned(opened: LocalModel) -> None:
    one = preparer(opened, STUDENT)
    assert trained(one.dialogue(told(dialogue(1, [TOLD[1][0], ("", "Score: 1."), TOLD[1][2]])))) == [3]
    assert one.turns_left_out == {"empty response": 1}


@pytest.mark.parametrize("place", ["question", "answer", "response", "feedback"])
def test_a_picture_mark_in_a_text_is_refused(opened: LocalModel, place: str) -> None:
    """It would be taken for another picture."""
    changes = {place: "an <image>"} if place in ("question", "answer") else {}
    first = {"response": "a", "feedback": "Score: 2."}
    first |= {place: f"{first[place]} <image>"} if place in first else {}
    said = [(first["response"], first["feedback"]), TOLD[0][1]]
    left = preparer(opened, HISTORY).dialogue(told(dialogue(0, said, **changes)))
    assert left == Dropped(id="0", source="test", reason="the model's mark for a picture in a text")


def test_everything_left_out_is_counted(opened: LocalModel, write_dialogues, tmp_path: Path) -> None:
    gone = Dropped(id="9", source="test", reason="one turn")
    run = write_dialogues(tmp_path / "run", [dialogue(0), dialogue(1), gone, dialogue(2)])
    table = tmp_path / "table.arrow"
    config = StudentConfig(runs=(str(run),), model="m", out="out")
    prepared = prepare_dialogues(Dialogues.of(config), preparer(opened, STUDENT), config, table)
    rows = [DialogueRow(**row) for row in open_table(table)]
    tokens = sum(len(ids) for row in rows for ids, turn in zip(row.ids, row.turns, strict=True) if turn)
    left_out = {"one turn": 1, "too few turns to learn from": 1}
    assert prepared == PreparedDialogues(2, 0, 0, 3, tokens, 0, {}, left_out)
    assert prepared.sentence() == (
        "2 dialogues with 3 turns to train on; left out: 1 (one turn), 1 (too few turns to learn from)."
    )
    assert [trained(row) for row in rows] == [[2], [2, 3]]


def test_nothing_to_train_on_is_one_sentence(opened: LocalModel, write_dialogues, tmp_path: Path) -> None:
    run = write_dialogues(tmp_path / "run", [dialogue(2), dialogue(2, id="3")])
    config = StudentConfig(runs=(str(run),), model="m", out="out")
    with pytest.raises(RunError, match=r"nothing to train on \(2 times too few turns to learn from\)"):
        prepare_dialogues(Dialogues.of(config), preparer(opened, STUDENT), config, tmp_path / "table.arrow")


@pytest.fixture
def general(tmp_path: Path) -> str:
    """Twelve general questions, one of them without a ground truth."""
    lines = []
    for i in range(12):
        (tmp_path / f"{i}.png").write_bytes(encode_png(picture(i)))
        line = {"image": f"{i}.png", "question": f"What is number {i}?", "answer": f"thing {i}"}
        lines.append(json.dumps({k: v for k, v in line.items() if i or k != "answer"}))
    (tmp_path / "general.jsonl").write_text("\n".join(lines))
    return f"folder:{tmp_path / 'general.jsonl'}"


@pytest.fixture
def mixed(opened: LocalModel, write_dialogues, general: str, tmp_path: Path) -> Callable[..., tuple]:
    """Prepares six dialogues with some share of general questions."""
    run = write_dialogues(tmp_path / "run", [dialogue(0, id=str(i)) for i in range(6)])

    def prepare(share: float, seed: int = 0) -> tuple[PreparedDialogues, Sequence[DialogueRow], Dialogues]:
        config = StudentConfig(runs=(str(run),), model="m", out="out", mix=general, mix_share=share, seed=seed)
        table, dialogues = tmp_path / f"{share}-{seed}.arrow", Dialogues.of(config)
        prepared = prepare_dialogues(dialogues, preparer(opened, STUDENT), config, table)
        return prepared, [DialogueRow(**row) for row in open_table(table)], dialogues

    return prepare


@pytest.mark.parametrize(
    ("share", "general_rows"),
    [
        (0.5, 6),  # 6 of 12
        (0.25, 2),  # 2 of 8
        (0.6, 9),  # 9 of 15
        (0.01, 0),  # 6 / 99 is nearer to none than to one
        (0.9, 11),  # 54 were wanted, and there are 11
    ],
)
def test_general_questions_get_their_share(mixed, share: float, general_rows: int) -> None:
    prepared, rows, _ = mixed(share)
    assert (prepared.dialogues, prepared.general, len(rows)) == (6, general_rows, 6 + general_rows)
    assert prepared.turns == 6
    assert prepared.general_lacking == (43 if share == 0.9 else 0)
    lacking = ", 43 too few for their share" if share == 0.9 else ""
    assert (f"; {general_rows} general questions mixed in{lacking}" in prepared.sentence()) == (general_rows > 0)


def test_general_questions_are_drawn_by_the_seed(mixed) -> None:
    drawn = [[row.id for row in mixed(0.5, seed)[1]] for seed in (0, 0, 1)]
    assert drawn[0] == drawn[1] != drawn[2]


def test_a_general_question_is_put_as_everywhere_else(mixed, opened: LocalModel) -> None:
    _, rows, dialogues = mixed(0.5)
    for row in rows[6:]:
        number = row.id.rpartition("-")[2]
        [read, learned] = row.tree
        [image] = dialogues.open(row.picture)
        prompt = conversation(f"What is number {int(number) - 1}?", image)
        assert image == encode_png(picture(int(number) - 1))
        encoder = AnswerEncoder(opened.encoder, opened.end_token_ids)
        assert list(read.ids) == encoder.tokens(opened.encoder.prompt(prompt))
        assert list(learned.ids) == encoder.text_ids(prompt, f"thing {int(number) - 1}")
    assert dialogues.open(rows[0].picture) == (PICTURES["0"],)


def test_runs_are_joined_and_an_unfinished_one_is_refused(opened: LocalModel, write_dialogues, tmp_path: Path) -> None:
    runs = [str(write_dialogues(tmp_path / str(i), [dialogue(i)])) for i in (0, 1)]
    both = Dialogues(runs, None)
    assert [one.dialogue.id for one in both.read()] == ["0", "1"]
    assert [both.open(one.picture) for one in both.read()] == [(PICTURES["0"],), (PICTURES["1"],)]
    assert both.fingerprint not in {Dialogues([run], None).fingerprint for run in runs}
    some_config = StudentConfig(runs=("run",), model="m", out="out")
    write_run(tmp_path / "half", [dropped(0, "one turn")], kind="compose", config=some_config, done=False)
    with pytest.raises(RunError, match="half is not finished"):
        Dialogues([str(tmp_path / "half")], None)


def test_a_broken_picture_is_counted_before_training(tmp_path: Path) -> None:
    item = {
        "image": "0.png",
        "question": {"role": "user", "value": "What is it?"},
        "conversations": [
            {"role": "student", "type": "response", "value": "a cat"},
            {"role": "teacher", "type": "feedback", "value": "Score: 2.\nFeedback: No."},
        ],
        "groundtruth": {"role": "user", "value": "a dog"},
        "source": "test",
        "round": 1,
        "score": [2],
    }
    (tmp_path / "0.png").write_bytes(b"no picture")
    (tmp_path / "fire.json").write_text(json.dumps([item]))
    [left] = Dialogues([str(tmp_path / "fire.json")], None).read()
    assert isinstance(left, Dropped)
    assert left.reason == "broken image"


def test_general_questions_about_no_picture_are_mixed_in(opened: LocalModel, write_dialogues, tmp_path: Path) -> None:
    talk = [{"from": "human", "value": "A colour?"}, {"from": "gpt", "value": "red"}]
    (tmp_path / "mix.json").write_text(json.dumps([{"conversations": talk}]))
    run = write_dialogues(tmp_path / "run", [dialogue(0, id="0")])
    config = StudentConfig(runs=(str(run),), model="m", out="out", mix=f"llava:{tmp_path}/mix.json")
    dialogues = Dialogues.of(config)
    prepared = prepare_dialogues(dialogues, preparer(opened, STUDENT), config, tmp_path / "table")
    assert (prepared.dialogues, prepared.general, prepared.left_out) == (1, 1, {})
    rows = open_table(tmp_path / "table").to_list()
    encoder = AnswerEncoder(opened.encoder, opened.end_token_ids)
    collate = DialogueCollator(encoder, dialogues.open, opened.pad_token_id, APART)
    assert len(collate(rows)["pixel_values"]) == 1
    alone = collate(rows[1:])
    assert "pixel_values" not in alone
    target = encoder.text_ids(conversation("A colour?", b""), "red")
    assert alone["input_ids"][alone["answer_mask_ST"]].tolist() == target
