"""Supervised fine-tuning: the mean over answer tokens, ground truths from runs and sources, and that it teaches."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from training_words import CHOSEN

import tiny_models
from burnish.images import encode_png
from burnish.models import Decoding, Message, ModelOptions, Request
from burnish.models.local import LocalModel
from burnish.train.config import SFTConfig
from burnish.train.encode import AnswerEncoder, Collator, conversation
from burnish.train.examples import truths
from burnish.train.logps import answer_logps
from burnish.train.lora import add_adapter
from burnish.train.picture_lengths import picture_marks
from burnish.train.prepare import Preparer, open_table, prepare
from burnish.train.session import train_sft
from burnish.train.sft import SFTTrainer
from burnish.train.trainer import training_arguments

PICTURES = {str(i): encode_png(tiny_models.picture(i)) for i in range(3)}
ANSWERS = ([5, 6, 7, 8, 9], [11, 12], [13])


def sft(**changes) -> SFTConfig:
    small = {"source": "s", "model": "m", "out": "out", "lora_rank": 8, "batch_size": 3, "device": "cpu"}
    return SFTConfig(**(small | changes))


@pytest.mark.parametrize("cut", [(3,), (1, 2), (2, 1), (1, 1, 1)], ids=str)
def test_every_token_of_a_step_counts_once(opened: LocalModel, tmp_path: Path, cut: tuple[int, ...]) -> None:
    model = add_adapter(tiny_models.llava()[0], sft(), base_name="base")
    collator = Collator(opened.encoder, PICTURES.__getitem__, opened.pad_token_id)
    rows = [{"id": n, "picture": n, "question": "?", "answers": [a]} for n, a in zip(PICTURES, ANSWERS, strict=True)]
    trainer = SFTTrainer(model=model, args=training_arguments(sft(), tmp_path), data_collator=collator)
    starts = [sum(cut[:i]) for i in range(len(cut))]
    batches = [collator(rows[start : start + size]) for start, size in zip(starts, cut, strict=True)]
    _, tokens = trainer.get_batch_samples(iter(batches), len(batches), torch.device("cpu"))
    assert tokens.item() == 8  # 5 + 2 + 1
    loss = sum(trainer.compute_loss(model, batch, num_items_in_batch=tokens).item() for batch in batches)
    logps = [answer_logps(model, collator([row])).item() for row in rows]
    assert loss == pytest.approx(-sum(logps) / 8, abs=1e-5)


def test_it_teaches_answers_that_are_then_generated_token_for_token(base, opened, tmp_path: Path) -> None:
    """Texts written as tokens are the tokens that a model trained on them generates, end token included."""
    lines = []
    for i, answer in enumerate(("a dog", "three cats")):
        (tmp_path / f"{i}.png").write_bytes(encode_png(tiny_models.picture(i)))
        lines.append(json.dumps({"image": f"{i}.png", "question": f"What is it, {i}?", "answer": answer}))
    questions = tmp_path / "questions.jsonl"
    questions.write_text("\n".join(lines))
    config = sft(
        source=f"folder:{questions}", model=str(base), out=str(tmp_path / "out"), lr=1e-2, batch_size=2, epochs=25
    )
    result = train_sft(config)
    assert result.summary["examples"] == 2
    learned = LocalModel.open(ModelOptions(model=str(base), adapter=str(result.checkpoint), device="cpu"))
    encoder = AnswerEncoder(learned.encoder, learned.end_token_ids)
    for i, answer in enumerate(("a dog", "three cats")):
        messages = tuple(conversation(f"What is it, {i}?", (tmp_path / f"{i}.png").read_bytes()))
        reply = learned.generate([Request(messages=messages)], Decoding(max_new_tokens=20))[0]
        assert reply.text == answer
        assert list(reply.token_ids) == encoder.text_ids(messages, reply.text)


def test_ground_truths_of_a_run(base, write_run, tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", negatives=[1, 2, 1])
    config = sft(source=str(run), model=str(base), out=str(tmp_path / "out"), max_steps=2)
    result = train_sft(config)
    assert (result.summary["steps"], result.summary["examples"], result.summary["answers"]) == (2, 3, 3)
    assert "rewards/margins" not in result.summary["last_step"]


def test_questions_without_ground_truth_are_counted(base, tmp_path: Path) -> None:
    (tmp_path / "0.png").write_bytes(PICTURES["0"])
    questions = tmp_path / "questions.jsonl"
    known = {"image": "0.png", "question": "What?", "answer": CHOSEN[0]}
    missing = {"image": "1.png", "question": "What?", "answer": CHOSEN[0]}
    unknown = {"image": "0.png", "question": "How?"}
    questions.write_text("\n".join(json.dumps(line) for line in (known, missing, unknown)))
    config = sft(source=f"folder:{questions}", model=str(base), out=str(tmp_path / "out"), max_steps=1, workers=1)
    result = train_sft(config)
    assert result.summary["left_out"] == {"missing image": 1, "no ground truth": 1}
    assert result.summary["examples"] == 1


def test_items_without_a_picture_are_trained_on_beside_others(base, tmp_path: Path) -> None:
    (tmp_path / "coco").mkdir()
    (tmp_path / "coco" / "0.png").write_bytes(PICTURES["0"])
    items = [
        {"image": "coco/0.png", "conversations": _talk("<image>\nWhat?", CHOSEN[0])},
        *({"conversations": _talk(f"A colour, {i}?", CHOSEN[1])} for i in range(3)),
    ]
    (tmp_path / "mix.json").write_text(json.dumps(items))
    results = []
    for per_device in (4, 1):  # beside a picture, and batches of texts alone
        config = sft(
            source=f"llava:{tmp_path}/mix.json",
            model=str(base),
            out=str(tmp_path / f"out{per_device}"),
            batch_size=4,
            per_device=per_device,
            max_steps=2,
        )
        results.append(train_sft(config).summary)
    assert [result["examples"] for result in results] == [4, 4]
    assert "left_out" not in results[0] or not results[0]["left_out"]
    losses = [result["last_step"]["loss"] for result in results]
    assert losses[0] == pytest.approx(losses[1], abs=1e-3)


def test_a_conversation_is_trained_on_with_all_that_was_said_before(base, opened: LocalModel, tmp_path: Path) -> None:
    (tmp_path / "coco").mkdir()
    (tmp_path / "coco" / "0.png").write_bytes(PICTURES["0"])
    talk = [*_talk("<image>\nWhat?", CHOSEN[0]), *_talk("Where?", CHOSEN[1])]
    (tmp_path / "mix.json").write_text(json.dumps([{"image": "coco/0.png", "conversations": talk}]))
    examples = truths(sft(source=f"llava:{tmp_path}/mix.json"))
    encoder = AnswerEncoder(opened.encoder, opened.end_token_ids)
    preparer = Preparer(encoder, max_length=10_000, picture_marks=picture_marks(opened))
    prepare(examples, preparer, tmp_path / "table")
    rows = {row["id"]: row for row in open_table(tmp_path / "table")}
    first, second = (rows[name] for name in ("item-1-message-1", "item-1-message-3"))
    assert (first["before"], second["before"]) == ([], [["user", "What?"], ["assistant", CHOSEN[0]]])
    collate = Collator(opened.encoder, examples.open, opened.pad_token_id)
    batch = collate([first, second])
    assert len(batch["pixel_values"]) == 2
    picture = tiny_models.picture(0)
    said = [
        Message(role="user", text="What?", images=(picture,)),
        Message(role="assistant", text=CHOSEN[0]),
        Message(role="user", text="Where?"),
    ]
    whole = [*opened.encoder.encode(said).input_ids.tolist(), *encoder.text_ids(said, CHOSEN[1])]
    (row,) = (ids for ids, tree in zip(batch["input_ids"], batch["tree_ST"], strict=True) if tree[0] == 1)
    assert row[: len(whole)].tolist() == whole


def _talk(question: str, answer: str) -> list[dict[str, str]]:
    return [{"from": "human", "value": question}, {"from": "gpt", "value": answer}]
