"""The pocket VLM's tokenizer, chat template and weights, through transformers' Auto classes alone."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch
from PIL import Image
from transformers import AutoModelForImageTextToText, AutoProcessor

from burnish.pocket import weights_path
from burnish.pocket.evaluate import TaskResult, answer, blind_accuracy, table
from burnish.pocket.lessons import pixels
from burnish.pocket.train import normalised
from burnish.pocket.vlm import build_config, build_model, build_processor
from burnish.pocket.world import BY_NAME, draw, matches, question_at


@pytest.fixture(scope="module")
def processor():
    return AutoProcessor.from_pretrained(weights_path())


@pytest.fixture(scope="module")
def model():
    return AutoModelForImageTextToText.from_pretrained(weights_path()).eval()


def user(text, *, image=False):
    return {"role": "user", "content": [{"type": "image"}] * image + [{"type": "text", "text": text}]}


@pytest.mark.parametrize(
    "text",
    [
        "There is a large red circle at the top left.",
        "K7A",
        "Thought: I look again.\nAnswer: 10\n\nScore: 8/10.",
        "  spaces  , tabs\t and\r\n lines \n",
        "Ünïcode — 你好 🙂 'don't' CamelCase 12345 snake_case",
        "",
    ],
)
def test_any_text_comes_back_as_it_was(processor, text):
    ids = processor.tokenizer.encode(text)
    assert processor.tokenizer.decode(ids) == text


def test_words_of_the_world_and_of_dialogues_are_single_tokens(processor):
    ids = processor.tokenizer.encode("There is a large red circle at the top left.")
    assert len(ids) == 11  # ten words and the full stop
    assert len(processor.tokenizer.encode("Score: 10")) == 3
    assert len(processor.tokenizer.encode("K7A")) == 3


def test_the_committed_tokenizer_is_the_one_that_the_code_builds(processor):
    assert processor.tokenizer.get_vocab() == build_processor().tokenizer.get_vocab()
    assert processor.chat_template == build_processor().chat_template


def test_a_conversation_in_tokens(processor):
    messages = [
        {"role": "system", "content": "Answer the question."},
        user("What is it?", image=True),
        {"role": "assistant", "content": [{"type": "text", "text": "red"}]},
        user("try again"),
    ]
    text = processor.apply_chat_template(messages, add_generation_prompt=True)
    assert text == (
        "<s><|system|>Answer the question.<|user|><image>What is it?<|assistant|>red</s><|user|>try again<|assistant|>"
    )
    inputs = processor(text=text, images=[Image.new("RGB", (640, 480))], return_tensors="pt")
    tokens = processor.tokenizer.convert_ids_to_tokens(inputs["input_ids"][0])
    assert tokens.count("<image>") == 16  # 64 / 16 = 4 patches a side
    assert tokens[0] == "<s>" and tokens.count("<s>") == 1
    assert inputs["pixel_values"].shape == (1, 3, 64, 64)


def test_the_template_marks_answers_and_their_end_token_for_training(processor):
    marked = processor.tokenizer.apply_chat_template(
        [{"role": "user", "content": "What?"}, {"role": "assistant", "content": "red"}],
        chat_template=processor.chat_template,
        return_assistant_tokens_mask=True,
        return_dict=True,
    )
    answers = [token for token, said in zip(marked["input_ids"], marked["assistant_masks"], strict=True) if said]
    assert processor.tokenizer.convert_ids_to_tokens(answers) == ["red", "</s>"]


def test_training_normalises_pictures_as_the_processor_does(processor):
    scene = question_at("train", 0).scene
    expected = processor.image_processor(images=[draw(scene)], return_tensors="pt")["pixel_values"]
    assert torch.allclose(normalised(pixels([scene]), processor), expected, atol=1e-5)


def test_a_wide_picture_is_scaled_and_not_cropped(processor):
    picture = Image.new("RGB", (128, 64), "white")
    picture.paste((255, 0, 0), (0, 0, 16, 64))  # the outer eighth: gone if the middle square were cut out
    values = processor.image_processor(images=[picture], return_tensors="pt")["pixel_values"]
    assert values[0, 1, 32, 2] < 0 < values[0, 1, 32, 32]


def test_weights_are_small_and_load_in_the_precision_they_were_trained_in(model):
    assert sum(path.stat().st_size for path in weights_path().iterdir()) < 20_000_000
    assert model.dtype == torch.float32
    assert sum(weight.numel() for weight in model.parameters()) < 3_000_000


def test_a_seed_decides_the_initial_weights():
    tokenizer = build_processor().tokenizer
    first, same, other = (build_model(tokenizer, seed).lm_head.weight for seed in (0, 0, 1))
    assert torch.equal(first, same) and not torch.equal(first, other)
    # about 1 / sqrt(width) = 1 / sqrt(160) = 0.079, not transformers' 0.02
    assert first.std().item() == pytest.approx(0.08, rel=0.05)
    assert build_config(tokenizer).text_config.initializer_range == 0.08


@pytest.mark.parametrize("task", ["existence", "position", "chart"])
def test_it_answers_better_than_blind(model, processor, task):
    questions = [question_at("heldout", index, task, seed=5) for index in range(48)]
    right = sum(
        matches(one.answer, text) for one, text in zip(questions, answer(model, processor, questions), strict=True)
    )
    assert right / 48 > blind_accuracy(BY_NAME[task], questions) + 0.05


def test_it_stops_at_the_end_token(model, processor):
    inputs = processor(
        text=processor.apply_chat_template([user("Describe the picture.", image=True)], add_generation_prompt=True),
        images=[draw(question_at("heldout", 7).scene)],
        return_tensors="pt",
    )
    tokens = model.generate(**inputs, max_new_tokens=200, do_sample=False)[0, inputs["input_ids"].shape[1] :]
    assert tokens[-1] == processor.tokenizer.eos_token_id and len(tokens) < 100


def test_a_question_is_answered_the_same_alone_and_in_a_batch(model, processor):
    questions = [question_at("heldout", index) for index in range(8)]
    assert [answer(model, processor, [one])[0] for one in questions] == answer(model, processor, questions)


def result(task, group, model, **statements):
    return TaskResult(
        task=task, group=group, stands_for="X", questions=4, model=model, blind=0.5, chance=0.25, **statements
    )  # fmt: skip


def test_the_table_shows_model_blind_and_chance_and_their_means():
    lines = table(
        [
            result("existence", "seen", 0.75),
            result("description", "seen", 0.25, precision=0.4, recall=0.2),
            result("choice", "new", 0.5),
        ]
    ).splitlines()
    assert lines[2] == "| existence | seen | X | 75.0% | 50.0% | 25.0% |  |"
    assert lines[3] == "| description | seen | X | 25.0% | 50.0% | 25.0% | 40.0% / 20.0% |"
    assert lines[5] == "| mean of all seen tasks | | | 50.0% | 50.0% | 25.0% | |"  # (75 + 25) / 2
    assert lines[6] == "| mean without descriptions, seen | | | 75.0% | 50.0% | 25.0% | |"


def test_the_package_and_the_world_do_not_import_torch():
    code = "import sys, burnish.pocket, burnish.pocket.world; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
