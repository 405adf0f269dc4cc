"""Sequences are the prompt of inference and the answer's tokens, and weigh as much as at inference."""

from __future__ import annotations

import pytest
import torch

import tiny_models
from burnish.images import encode_png
from burnish.models import Request
from burnish.models.local import LocalModel
from burnish.records import Answer
from burnish.train.encode import AnswerEncoder, Collator, batch, by_example, conversation
from burnish.train.logps import answer_logps

FAMILY = pytest.mark.parametrize("family", tiny_models.FAMILIES)
PICTURES = {str(i): encode_png(tiny_models.picture(i, width, 28)) for i, width in enumerate((40, 70, 28))}
ANSWERS = ([[5, 6, 7, 8], [9]], [[11, 12]], [[13], [14, 15, 16], [17, 18]])


def local(family: str) -> LocalModel:
    model, processor = tiny_models.FAMILIES[family]()
    return LocalModel(model, processor, fingerprint=lambda: "")


def collated(model: LocalModel):
    rows = [
        {"id": name, "picture": name, "question": "What is it?" + "!" * int(name), "answers": answers}
        for name, answers in zip(PICTURES, ANSWERS, strict=True)
    ]
    return Collator(model.encoder, PICTURES.__getitem__, pad_token_id=0)(rows)


@FAMILY
def test_answers_weigh_what_inference_says(family: str) -> None:
    """Another way to the same numbers: `LocalModel.score` pads on the left and reads each prompt once, from a cache."""
    model = local(family)
    inputs = collated(model)
    with torch.no_grad():
        logps_EA = answer_logps(model.model, inputs)
    requests = [
        Request(messages=tuple(conversation("What is it?" + "!" * int(name), picture)))
        for name, picture in PICTURES.items()
    ]
    for logps_A, expected in zip(logps_EA, model.score(requests, ANSWERS), strict=True):
        torch.testing.assert_close(logps_A[: len(expected)], torch.tensor(expected), atol=1e-4, rtol=0)
        assert (logps_A[len(expected) :] == 0).all()


def test_a_batch_says_what_belongs_to_what() -> None:
    model = local("llava")
    inputs = collated(model)
    # three examples with 2, 1 and 3 answers
    assert inputs["tree_ST"][:, 0].tolist() == [0, 0, 1, 2, 2, 2]
    answers = [inputs["turn_ST"][s][inputs["answer_mask_ST"][s]].unique().tolist() for s in range(6)]
    assert answers == [[1], [2], [1], [1], [2], [3]]
    assert inputs["present_EA"].tolist() == [[True, True, False], [True, False, False], [True, True, True]]
    assert inputs["tokens"] == inputs["attention_mask"].sum()
    marked = [inputs["input_ids"][s][inputs["answer_mask_ST"][s]].tolist() for s in range(6)]
    assert marked == [ids for answers in ANSWERS for ids in answers]
    prompts = [model.encoder.encode(conversation("What is it?" + "!" * i, PICTURES[str(i)])) for i in range(3)]
    for s, example in enumerate(inputs["tree_ST"][:, 0].tolist()):
        prompt = prompts[example].input_ids
        assert inputs["input_ids"][s, : len(prompt)].equal(prompt)
        length = len(prompt) + len(marked[s])
        assert inputs["attention_mask"][s].tolist() == [1] * length + [0] * (inputs["input_ids"].shape[1] - length)
        assert inputs["pixel_values"][s].equal(prompts[example].pictures["pixel_values"][0])


def test_by_example_passes_gradients_on() -> None:
    model = local("llava")
    inputs = collated(model)
    values_ST = torch.arange(1.0, 7.0)[:, None].repeat(1, inputs["input_ids"].shape[1]).requires_grad_()
    values_EA = by_example(values_ST, inputs)
    # six sequences with 4, 1, 2, 1, 3 and 2 answer tokens, each of which is worth its sequence's number
    assert values_EA.tolist() == [[4, 2, 0], [6, 0, 0], [4, 15, 12]]
    (values_EA[:, 0] * torch.tensor([1.0, 10.0, 100.0])).sum().backward()
    assert values_ST.grad is not None
    assert values_ST.grad.sum(dim=1).tolist() == [4, 0, 20, 100, 0, 0]
    assert (values_ST.grad[~inputs["answer_mask_ST"]] == 0).all()


def test_no_logits_are_made_but_for_answer_tokens() -> None:
    model, processor = tiny_models.llava()
    rows = []
    model.get_output_embeddings().register_forward_hook(lambda _, inputs, output: rows.append(inputs[0].shape))
    encoder = LocalModel(model, processor, fingerprint=lambda: "").encoder
    answer_logps(model, batch([(encoder.encode(conversation("?", PICTURES["0"])), [[5, 6, 7], [8]])], 0))
    # 3 tokens of one answer and 1 of the other
    assert rows == [(1, 4, tiny_models.WIDTH)]


def test_a_text_is_written_as_the_chat_template_writes_it(opened: LocalModel) -> None:
    encoder, tokenizer = AnswerEncoder(opened.encoder, opened.end_token_ids), opened.processor.tokenizer
    prompt = conversation("What is it?", PICTURES["0"])
    # "ASSISTANT:" is the template's cue; then it writes a space, the answer and the end token
    expected = tokenizer(" a dog", add_special_tokens=False)["input_ids"] + [tokenizer.eos_token_id]
    assert encoder.text_ids(prompt, "a dog") == expected
    assert encoder.text_ids(prompt, "") == [tokenizer.eos_token_id]


def test_generated_tokens_go_before_text(opened: LocalModel) -> None:
    encoder = AnswerEncoder(opened.encoder, opened.end_token_ids)
    prompt = conversation("What is it?", PICTURES["0"])
    # cut at the length limit, so without an end token: none is put on
    assert encoder.ids(prompt, Answer(text="a dog", token_ids=(5, 6))) == [5, 6]


def test_no_end_token_is_put_behind_an_answer_that_was_cut(opened: LocalModel) -> None:
    encoder = AnswerEncoder(opened.encoder, opened.end_token_ids)
    prompt = conversation("What is it?", PICTURES["0"])
    whole = encoder.ids(prompt, Answer(text="a dog", finish="stop"))
    assert encoder.ids(prompt, Answer(text="a dog", finish="length")) == whole[:-1]


@pytest.mark.parametrize(
    ("after", "end"),
    [("<stop>\n", "<stop>"), (" ", "</s>"), ("<pad>", "</s>")],
    ids=["the template's own end", "none in the template", "a mark that ends nothing"],
)
def test_the_end_token_is_the_one_that_the_template_writes(after: str, end: str) -> None:
    model, processor = tiny_models.llava()
    processor.tokenizer.add_tokens(["<stop>"], special_tokens=True)
    stop = processor.tokenizer.convert_tokens_to_ids("<stop>")
    processor.chat_template = processor.chat_template.replace("{{ eos_token }}", after)
    encoder = LocalModel(model, processor, fingerprint=lambda: "").encoder
    ends = (processor.tokenizer.eos_token_id, stop)
    ids = AnswerEncoder(encoder, ends).text_ids(conversation("What is it?", PICTURES["0"]), "a dog")
    assert ids[-1] == processor.tokenizer.convert_tokens_to_ids(end)
    assert processor.tokenizer.decode(ids[:-1]) == " a dog"


def test_a_word_that_would_melt_into_the_prompt_stays_apart() -> None:
    """The prompt of inference ends before the answer; a tokenizer that joins both over the border must not move it."""
    model, processor = tiny_models.llava()
    tokenizer = processor.tokenizer
    tokenizer.add_tokens([":ha"])  # would swallow the cue's colon
    processor.chat_template = processor.chat_template.replace("| upper }}: ", "| upper }}:")
    encoder = AnswerEncoder(LocalModel(model, processor, fingerprint=lambda: "").encoder, (tokenizer.eos_token_id,))
    ids = encoder.text_ids(conversation("?", PICTURES["0"]), "ha")
    assert ids == tokenizer("ha", add_special_tokens=False)["input_ids"] + [tokenizer.eos_token_id]
