"""Lessons and the training loop of the pocket VLM, on the real model at random weights."""

from __future__ import annotations

import dataclasses

import pytest
import torch
from safetensors.torch import load_file

from burnish.errors import ConfigError, RunError
from burnish.pocket import train as training
from burnish.pocket.cells import CLASSES, CellClassifier, cell_labels
from burnish.pocket.config import TrainPocketConfig
from burnish.pocket.lessons import EASY_STEPS, PADDING, SHARED, Lessons, pixels, training_scene
from burnish.pocket.train import TRAINING, learning_rate, moment, normalised, train, visible
from burnish.pocket.vlm import WIDTH, build_model, build_processor
from burnish.pocket.world import Bar, Glyph, Scene, Thing, split_of
from burnish.pocket.world.generate import Manner


@pytest.fixture(scope="module")
def processor():
    return build_processor()


@pytest.fixture(scope="module")
def model(processor):
    return build_model(processor.tokenizer).eval()


@pytest.fixture(scope="module")
def lessons(processor):
    return Lessons(processor.tokenizer, batch_size=4)


def late(lessons, *, packed):
    """The first lesson after the easy ones that is packed, or is a conversation."""
    numbers = range(EASY_STEPS * lessons.batch_size, EASY_STEPS * lessons.batch_size + 100)
    return next(one for one in map(lessons.lesson, numbers) if (max(one.parts) > SHARED) == packed and max(one.ids) > 4)


def test_a_lesson_depends_on_its_number_alone(lessons, processor):
    again = Lessons(processor.tokenizer, batch_size=4)
    again.lesson(3)
    assert lessons.lesson(9) == again.lesson(9) != again.lesson(10)


def test_lessons_show_training_scenes_only(lessons):
    assert {split_of(lessons.lesson(number).scene) for number in range(200)} == {"train"}


def test_scenes_grow_from_one_object_to_six():
    from random import Random

    rng = Random(0)
    assert {len(training_scene(rng, Manner(), most=1).things) for _ in range(50)} <= {0, 1, 2}  # lines of text keep two
    assert max(len(training_scene(rng, Manner()).things) for _ in range(100)) == 6


def test_lessons_without_pictures_ask_the_same_questions_and_show_nothing(lessons, processor):
    blind = dataclasses.replace(lessons, pictures=False)
    seen, heard = late(lessons, packed=True), late(blind, packed=True)
    image = processor.tokenizer.convert_tokens_to_ids("<image>")
    assert image in seen.ids and image not in heard.ids
    assert [one for one in seen.ids if one != image] == heard.ids[: len(seen.ids) - seen.ids.count(image)]


def test_answers_and_their_end_token_are_learnt_and_nothing_else(lessons, processor):
    lesson = late(lessons, packed=False)
    learnt = [label for label in lesson.labels if label != -100]
    text = processor.tokenizer.decode(lesson.ids)
    answers = [part.split("<|user|>")[0] for part in text.split("<|assistant|>")[1:]]
    assert processor.tokenizer.decode(learnt) == "".join(answers)
    assert all(answer.endswith("</s>") for answer in answers)


def test_a_conversation_is_written_as_the_chat_template_writes_it(lessons, processor):
    lesson = late(lessons, packed=False)
    text = processor.tokenizer.decode(lesson.ids).replace("<image>" * 16, "<image>")
    turns = [turn.removesuffix("</s>").split("<|assistant|>") for turn in text.split("<|user|>")[1:]]
    messages = []
    for question, answer in turns:
        has_image = question.startswith("<image>")
        content = [{"type": "image"}] * has_image + [{"type": "text", "text": question.removeprefix("<image>")}]
        messages += [{"role": "user", "content": content}, {"role": "assistant", "content": answer}]
    assert processor.apply_chat_template(messages) == text


def test_a_question_in_a_packed_row_is_seen_as_if_it_were_asked_alone(lessons, model, processor):
    lesson = late(lessons, packed=True)
    values = normalised(pixels([lesson.scene]), processor)
    parts = torch.tensor([lesson.parts])
    ids, positions = torch.tensor([lesson.ids]), torch.tensor([lesson.positions])
    with torch.no_grad():
        packed = model(input_ids=ids, pixel_values=values, attention_mask=visible(parts), position_ids=positions).logits
        for part in range(1, max(lesson.parts) + 1):
            here = (parts[0] == SHARED) | (parts[0] == part)
            if not (parts[0] == part).any():
                continue
            alone = model(input_ids=ids[:, here], pixel_values=values).logits
            assert torch.allclose(packed[:, here], alone, atol=1e-4)


def test_visible_by_hand():
    # the picture, a question of two tokens, one of one token, padding
    mask = visible(torch.tensor([[SHARED, 1, 1, 2, PADDING]]))[0, 0]
    assert (mask == 0).int().tolist() == [
        [1, 0, 0, 0, 0],
        [1, 1, 0, 0, 0],
        [1, 1, 1, 0, 0],
        [1, 0, 0, 1, 0],
        [0, 0, 0, 0, 1],
    ]


def test_cell_labels_by_hand():
    scene = Scene(
        "text", "white", things=(Thing("square", "blue", "large", 2),), glyphs=(Glyph("A", "red", 9),), bars=()
    )
    labels = cell_labels([scene])[0]
    assert labels[2].tolist() == [2, 3, 2, 0, 0]  # second shape, third color, second size
    assert labels[9].tolist() == [0, 0, 0, 11, 0]  # "A" comes after ten digits
    assert labels.count_nonzero() == 4
    bars = cell_labels([Scene("bars", "white", bars=(Bar("red", 4), Bar("green", 6)))])[0]
    assert bars[1].tolist() == bars[13].tolist() == [0, 2, 0, 0, 6]


def test_the_cell_loss_of_a_clueless_classifier_is_the_entropy_of_uniform_guesses():
    classifier = CellClassifier(WIDTH)
    for head in classifier.heads:
        torch.nn.init.zeros_(head.weight)
        torch.nn.init.zeros_(head.bias)
    labels = torch.zeros(2, 16, len(CLASSES), dtype=torch.int64)
    expected = sum(torch.log(torch.tensor(count + 1.0)) for count in CLASSES)
    assert classifier(torch.randn(2, 16, WIDTH), labels).item() == pytest.approx(expected.item())


def test_the_learning_rate_rises_in_each_part_and_falls_to_a_fiftieth(tmp_path):
    config = TrainPocketConfig(out=str(tmp_path), text_steps=20, tower_steps=10, steps=110, warmup=10, lr=1.0)
    assert learning_rate(4, config) == 0.5 and learning_rate(9, config) == learning_rate(19, config) == 1.0
    assert learning_rate(20 + 4, config) == 0.5 and learning_rate(20 + 9, config) == 1.0
    assert learning_rate(30 + 4, config) == 0.5
    assert learning_rate(30 + 10, config) == 1.0
    assert learning_rate(30 + 60, config) == pytest.approx(0.02 + 0.98 / 2)
    assert learning_rate(30 + 110, config) == pytest.approx(0.02)
    assert [moment(step, config).stage for step in (19, 20, 30)] == ["text", "tower", "answers"]


def small(out, **changes):
    values = {"text_steps": 2, "tower_steps": 2, "steps": 4, "batch_size": 2, "warmup": 2, "save_every": 2}
    return TrainPocketConfig(**{"out": str(out), **values, **changes})


def test_an_interrupted_training_ends_with_the_weights_of_an_undisturbed_one(tmp_path, monkeypatch):
    train(small(tmp_path / "straight"))
    real, calls = training.lesson_losses, []

    def interrupted(*arguments):
        calls.append(1)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return real(*arguments)

    monkeypatch.setattr(training, "lesson_losses", interrupted)
    with pytest.raises(KeyboardInterrupt):
        train(small(tmp_path / "twice"))
    monkeypatch.setattr(training, "lesson_losses", real)
    train(small(tmp_path / "twice"))
    straight, twice = (
        torch.load(tmp_path / name / TRAINING / "checkpoint.pt", weights_only=True)["learner"]
        for name in ("straight", "twice")
    )
    assert all(torch.equal(straight[name], twice[name]) for name in straight)


def test_other_flags_on_an_old_checkpoint_are_refused(tmp_path):
    short = {"text_steps": 1, "tower_steps": 1, "steps": 1}
    train(small(tmp_path, **short))
    with pytest.raises(RunError, match="was made with other flags"):
        train(small(tmp_path, **short, lr=1e-3))


def test_training_goes_on_from_weights_that_exist(tmp_path):
    train(small(tmp_path / "first", text_steps=1, tower_steps=1, steps=1))
    train(small(tmp_path / "second", start=str(tmp_path / "first"), text_steps=0, tower_steps=0, steps=1, lr=1e-9))
    first, second = (load_file(tmp_path / name / "model.safetensors") for name in ("first", "second"))
    assert all(torch.allclose(first[name], second[name], atol=1e-6) for name in first)


def test_impossible_flags_are_refused(tmp_path):
    with pytest.raises(ConfigError, match="--habits must be from -1 to 1, not 2"):
        small(tmp_path, habits=2)
    with pytest.raises(ConfigError, match="is not a folder: give one made by `burnish train pocket`"):
        small(tmp_path, start=str(tmp_path / "nowhere"))
    with pytest.raises(ConfigError, match="--batch-size must be at least 1, not 0"):
        small(tmp_path, batch_size=0)
    with pytest.raises(ConfigError, match=r"--lr must be above 0, not -1"):
        small(tmp_path, lr=-1)
