"""A role is trained on the tokens that the loop sends it, and each turn weighs what it weighs at inference."""

from __future__ import annotations

import math
from functools import partial
from itertools import islice
from pathlib import Path

import pytest
import torch
from dialogue_words import PICTURES, dialogue, example

import families
import more_families
import tiny_models
from burnish.models.local import LocalModel
from burnish.prompts import StudentPrompt, TeacherPrompt, load
from burnish.records import Dialogue, Dropped
from burnish.roles import Case, student_role, teacher_role
from burnish.train.batch_layout import APART, TreeLayout
from burnish.train.chat_examples import student_asks, teacher_asks
from burnish.train.dialogue_batch import DialogueCollator
from burnish.train.dialogue_config import StudentConfig
from burnish.train.dialogue_rows import DialoguePreparer, DialogueRow
from burnish.train.dialogues import Dialogues, PicturedDialogue
from burnish.train.encode import AnswerEncoder
from burnish.train.logps import predictions, token_logps
from burnish.train.lora import add_adapter
from burnish.train.masks import sees
from burnish.train.picture_lengths import picture_marks
from burnish.train.sequences import BOOKKEEPING, sequence

FAMILY = pytest.mark.parametrize("family", tiny_models.some())
BUILDERS = {**tiny_models.FAMILIES, "qwen3_vl": families.qwen3_vl, "gemma3": more_families.gemma3}
REAL = Path(__file__).resolve().parents[3] / "shared/data/fire-human-rated/dialogues.json"
TREES, ONE_ROW = TreeLayout(even_length=1), TreeLayout(even_length=math.inf)
"""Attention costs all and each tree has a row of its own, or nothing and all share one."""
PROMPTS = {
    "student": load(StudentPrompt, "fire-student"),
    "student with scores": load(StudentPrompt, "fire-student", sees="feedback"),
    "student with rounds": load(StudentPrompt, "fire-student-rounds"),
    "teacher": load(TeacherPrompt, "pocket-teacher"),
    "teacher with history": load(TeacherPrompt, "fire-teacher", sees="history"),
}
PROMPT = pytest.mark.parametrize("prompt", PROMPTS.values(), ids=PROMPTS)


def opened(family: str) -> LocalModel:
    model, processor = BUILDERS[family]()
    return LocalModel(model, processor, fingerprint=lambda: "")


def preparer(model: LocalModel, prompt) -> DialoguePreparer:
    asks = partial(student_asks if isinstance(prompt, StudentPrompt) else teacher_asks, prompt)
    encoder = AnswerEncoder(model.encoder, model.end_token_ids)
    return DialoguePreparer(encoder, asks, max_length=10_000, picture_marks=picture_marks(model))


def prepared(model: LocalModel, prompt, number: int) -> DialogueRow:
    told = dialogue(number)
    row = preparer(model, prompt).dialogue(PicturedDialogue(told, told.image, PICTURES[told.image]))
    assert isinstance(row, DialogueRow), row
    return row


def collator(model: LocalModel, reading, pictures=PICTURES) -> DialogueCollator:
    encoder = AnswerEncoder(model.encoder, model.end_token_ids)
    return DialogueCollator(encoder, pictures.__getitem__, model.pad_token_id, reading)


def requests(model: LocalModel, prompt, told: Dialogue, image: bytes):
    """What the loop sends at each trained turn, and what it is then to be told."""
    asked = example(told, image)
    if isinstance(prompt, StudentPrompt):
        role, trained = student_role(model=model, prompt=prompt), range(1, len(told.turns))
        cases = [Case(asked, told.turns[:i]) for i in trained]
        texts = [told.turns[i].response.text for i in trained]
    else:
        role, trained = teacher_role(model=model, prompt=prompt), range(len(told.turns))
        cases = [Case(asked, told.turns[:i], told.turns[i].response.text) for i in trained]
        texts = [told.turns[i].feedback.text for i in trained]
    return [(role.request(case), text) for case, text in zip(cases, texts, strict=True)]


@FAMILY
@PROMPT
@pytest.mark.parametrize("number", [0, 1])
def test_training_reads_what_the_loop_sends_token_by_token(family: str, prompt, number: int) -> None:
    model = opened(family)
    tokenizer = model.processor.tokenizer
    row = prepared(model, prompt, number)
    _, encoding, layout = sequence(0, *collator(model, TREES).read(row))
    assert encoding.input_ids.tolist() == layout.ids
    for request, text in requests(model, prompt, dialogue(number), PICTURES[str(number)]):
        sent = model.encoder.encode_request(request)
        # the template's cue is "ASSISTANT:", after which it writes a space, the reply and the end token
        said = [*tokenizer(f" {text.strip()}", add_special_tokens=False)["input_ids"], tokenizer.eos_token_id]
        places = find_way(layout, [*sent.input_ids.tolist(), *said])
        assert all(layout.turns[place] for place in places[len(sent) :])
        for name, values in sent.per_token.items():
            assert encoding.per_token[name][places[: len(sent)]].equal(values)
        for name, values in sent.pictures.items():
            assert encoding.pictures[name].equal(values)
    assert sum(turn > 0 for turn in layout.turns) == sum(
        len(tokenizer(f" {text.strip()}", add_special_tokens=False)["input_ids"]) + 1
        for _, text in requests(model, prompt, dialogue(number), PICTURES[str(number)])
    )


@pytest.mark.skipif(not REAL.exists(), reason="shared/data/fire-human-rated is not here")
@pytest.mark.parametrize("name", ["student", "teacher"])
def test_real_dialogues_are_read_as_the_loop_sends_them(name: str) -> None:
    """Every third dialogue of FIRE's file, if a model can be asked about it at all, with the paper's prompts."""
    model = opened("llava")
    prompt = load(StudentPrompt, "fire-student") if name == "student" else load(TeacherPrompt, "fire-teacher")
    compared = 0
    for told in islice(Dialogues([str(REAL)], None).read(), 0, None, 3):
        assert isinstance(told, PicturedDialogue)
        row = preparer(model, prompt).dialogue(told)
        if isinstance(row, Dropped):
            assert row.reason in ("the model's mark for a picture in a text", "too few turns to learn from")
            continue
        _, _, layout = sequence(0, *collator(model, TREES, {row.picture: told.image}).read(row))
        for request, text in requests(model, prompt, told.dialogue, told.image):
            sent = model.encoder.encode_request(request).input_ids.tolist()
            said = AnswerEncoder(model.encoder, model.end_token_ids).text_ids(request.messages, text.strip())
            assert all(layout.turns[place] for place in find_way(layout, [*sent, *said])[len(sent) :])
            compared += 1
    assert compared > 40


def find_way(layout, ids: list[int]) -> list[int]:
    """The places of a way from the beginning that reads `ids`: walk back from each place until one differs."""
    for end in range(len(layout.ids)):
        place, way = end, []
        for token in reversed(ids):
            if place < 0 or layout.ids[place] != token:
                break
            way.append(place)
            place = layout.before[place]
        if place < 0 and len(way) == len(ids):
            return way[::-1]
    pytest.fail("no way through the tree reads what the loop sends")


@FAMILY
@PROMPT
def test_each_turn_weighs_what_inference_says(family: str, prompt) -> None:
    """Against `LocalModel.score`, which reads every request on its own, from a cache."""
    model = opened(family)
    rows = [prepared(model, prompt, number) for number in (0, 1)]
    batch = collator(model, TREES)([row._asdict() for row in rows])
    with torch.no_grad():
        found = token_logps(model.model, batch).sum().item()
    asked = [pair for number in (0, 1) for pair in requests(model, prompt, dialogue(number), PICTURES[str(number)])]
    encoder = AnswerEncoder(model.encoder, model.end_token_ids)
    answers = [[encoder.text_ids(request.messages, text.strip())] for request, text in asked]
    expected = sum(score for [score] in model.score([request for request, _ in asked], answers))
    assert found == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("family", tiny_models.some(*BUILDERS))
@PROMPT
def test_one_tree_trains_as_its_branches_do(family: str, prompt) -> None:
    model = opened(family)
    config = StudentConfig(runs=("run",), model="m", out="out", lora_rank=4, lora_alpha=8)
    adapted = add_adapter(model.model, config, base_name="base")
    generator = torch.Generator().manual_seed(0)
    for name, parameter in adapted.named_parameters():
        if "lora_B" in name:
            parameter.data.normal_(std=0.1, generator=generator)
    rows = [prepared(model, prompt, number)._asdict() for number in (0, 1)]
    losses, gradients = [], []
    for reading in (TREES, ONE_ROW, APART):
        batch = collator(model, reading)(rows)
        adapted.zero_grad()
        loss = -token_logps(adapted, batch).sum() / batch["answer_mask_ST"].sum()
        loss.backward()
        losses.append(loss.item())
        gradients.append([parameter.grad.clone() for parameter in adapted.parameters() if parameter.requires_grad])
    assert losses[:2] == pytest.approx([losses[2]] * 2, abs=1e-5)
    for found in gradients[:2]:
        torch.testing.assert_close(found, gradients[2], atol=1e-5, rtol=1e-4)


def test_no_logits_are_made_but_for_trained_tokens() -> None:
    model = opened("llava")
    given = []
    model.model.get_output_embeddings().register_forward_hook(lambda _, inputs, output: given.append(inputs[0].shape))
    # dialogue 1 has three responses; the last two answers are the same, and so are the last two prompts of its teacher
    batch = collator(model, TREES)([prepared(model, PROMPTS["teacher"], 1)._asdict()])
    tokens = batch["answer_mask_ST"].sum().item()
    # two feedbacks begin behind one prompt, whose last token predicts the first token of both
    assert predictions(batch).predicts_ST.sum() == tokens - 1
    token_logps(model.model, batch)  # whose head learns, so that its logits are those of the model itself
    model.model.requires_grad_(False)
    token_logps(model.model, batch)  # by blocks, but for one token that shows what the model does with its logits
    assert [tuple(shape) for shape in given] == [(1, tokens - 1, tiny_models.WIDTH), (1, 1, tiny_models.WIDTH)]


@pytest.mark.parametrize("role", ["student", "teacher"])
def test_a_picture_is_looked_at_once_for_all_turns(role: str) -> None:
    model = opened("llava")
    seen = []
    tower = model.model.get_encoder("image")
    tower.register_forward_hook(lambda _, inputs, output: seen.append(len(output.last_hidden_state)))
    rows = [prepared(model, PROMPTS[role], number)._asdict() for number in (0, 1)]
    token_logps(model.model, collator(model, TREES)(rows))
    assert seen == [2]  # dialogues, of two and three turns


def test_masks_and_positions_of_a_batch() -> None:
    """Dialogue 1: its teacher's branches begin where they differ and count on from there; its student has none."""
    model = opened("llava")
    branched = collator(model, TREES)([prepared(model, PROMPTS["teacher"], 1)._asdict()])
    length = branched["input_ids"].shape[1]
    assert "attention_mask" not in branched
    assert sees(branched).sum(dim=-1).equal(branched["position_ids"] + 1)
    before_T, positions_T = branched["before_ST"][0], branched["position_ids"][0]
    assert positions_T[0] == 0
    assert (positions_T[1:] == positions_T[before_T[1:]] + 1).all()
    assert positions_T.max() < length - 1
    chain = collator(model, TREES)([prepared(model, PROMPTS["student"], number)._asdict() for number in (0, 1)])
    assert not {"position_ids", "attention_mask", "last_ST"} & set(chain)
    assert chain["before_ST"][0].tolist()[:3] == [-1, 0, 1]


def test_a_branched_and_a_plain_dialogue_share_a_batch() -> None:
    model = opened("llava")
    rows = [prepared(model, PROMPTS["student"], 0), prepared(model, PROMPTS["teacher"], 1)]
    collate = collator(model, TREES)
    with torch.no_grad():
        together = token_logps(model.model, collate([row._asdict() for row in rows])).sum()
        alone = sum(token_logps(model.model, collate([row._asdict()])).sum() for row in rows)
    torch.testing.assert_close(together, alone, atol=1e-4, rtol=0)


def test_bookkeeping_never_reaches_the_model() -> None:
    model = opened("llava")
    batch = collator(model, TREES)([prepared(model, PROMPTS["student"], 0)._asdict()])
    assert set(batch) - set(BOOKKEEPING) == {"input_ids", "pixel_values"}
