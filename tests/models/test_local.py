"""A local model: the same answers in a batch as alone, for five real architectures, and scores that are exact."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import LoraConfig, get_peft_model
from PIL import Image

import families
import more_families
import tiny_models
from burnish.errors import ModelError, RequestError
from burnish.models import Decoding, Message, Model, ModelOptions, Reply, Request, ScoredReply, ScoringModel, Variants
from burnish.models import decoding as decoding_module
from burnish.models.local import LocalModel
from burnish.models.prefix import Prefix
from burnish.models.queue import Task

FAMILIES = tuple(tiny_models.FAMILIES)
WINDOWED = "llava_with_windows"
"""Not among the families: what was read of several of its prompts cannot be put together."""


@pytest.fixture(scope="module")
def built() -> dict[str, tuple[Any, Any]]:
    return {name: build() for name, build in tiny_models.FAMILIES.items()} | {
        WINDOWED: tiny_models.llava_with_windows()
    }


def _local(built: dict[str, tuple[Any, Any]], family: str, batch_size: int = 4) -> LocalModel:
    model, processor = built[family]
    return LocalModel(model, processor, fingerprint=lambda: family, batch_size=batch_size)


def _request(number: int, **options: Any) -> Request:
    """Questions of different lengths about pictures of different shapes."""
    picture = tiny_models.picture(number, 30 + 17 * number, 28 + 5 * (number % 3))
    message = Message(role="user", text="What is" + " it" * number, images=(picture,))
    return Request(messages=(message,), **options)


REQUESTS = [*(_request(number) for number in range(7)), Request(messages=(Message(role="user", text="No picture"),))]


@pytest.mark.parametrize("family", [*FAMILIES, WINDOWED])
def test_batch_answers_as_one_at_a_time_and_as_transformers_does(
    built: dict[str, tuple[Any, Any]], family: str
) -> None:
    model = _local(built, family)
    decoding = Decoding(max_new_tokens=24)

    together = model.generate(REQUESTS, decoding)

    assert together == [model.generate([request], decoding)[0] for request in REQUESTS]
    assert [reply.token_ids for reply in together] == [_by_transformers(model, request, 24) for request in REQUESTS]
    assert len({len(reply.token_ids) for reply in together}) > 3, "answers of different lengths leave the batch in turn"


COUNTS = (1, 0, 3, 1, 2, 0)
"""Pictures of some requests."""
QUICK = ("mllama", "qwen2_5_vl")
"""Tokens before a picture look at all pictures there are in the batch; positions depend on pictures."""
RIGHT = [family for family in more_families.ALL if family not in families.WRONG]


@pytest.mark.parametrize("family", tiny_models.some(*RIGHT, quick=QUICK))
def test_prompts_of_different_numbers_of_pictures_are_answered_as_alone(family: str) -> None:
    model, processor = more_families.ALL[family]()
    local = LocalModel(model, processor, fingerprint=lambda: "f", batch_size=8)
    requests = [
        Request(messages=(Message(role="user", text="What" + " is" * count, images=_pictures(count)),))
        for count in COUNTS
    ]
    for beams in (1, 2) if family in QUICK else (1,):
        decoding = Decoding(max_new_tokens=8, beams=beams)
        together = local.generate(requests, decoding)
        assert together == [local.generate([request], decoding)[0] for request in requests]
    taken = [(request, [reply.token_ids]) for request, reply in zip(requests, together, strict=True) if not reply.error]
    assert len(taken) >= 2, "PaliGemma takes no text alone, and PerceptionLM no pictures of different shapes"
    alone = [local.score([request], [answers])[0] for request, answers in taken]
    assert local.score(*map(list, zip(*taken, strict=True))) == [pytest.approx(scores, abs=1e-4) for scores in alone]


def _pictures(count: int) -> tuple[Image.Image, ...]:
    return tuple(tiny_models.picture(number, 30 + 17 * number, 28) for number in range(count))


@pytest.mark.parametrize("family", ["llava", WINDOWED])
def test_prompts_of_unlike_length_are_read_apart(
    built: dict[str, tuple[Any, Any]], family: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, decoding = _local(built, family), Decoding(max_new_tokens=12)
    said = ["Long, " * 60, "Is it red?", "Is it blue?", "Round? " * 40, "Where?", "Is it?"]
    requests = [Request(messages=(Message(role="user", text=text),)) for text in said]
    alone = [model.generate([request], decoding)[0] for request in requests]
    shapes: list[tuple[int, ...]] = []
    original = Prefix.read

    def noting(network: Any, inputs: Any) -> Prefix:
        shapes.append(tuple(inputs["input_ids"].shape))
        return original(network, inputs)

    monkeypatch.setattr(Prefix, "read", noting)

    assert model.generate(requests, decoding) == alone

    tokens = sum(reply.prompt_tokens for reply in alone)
    assert sum(rows for rows, _ in shapes) == len(requests), "each is read once"
    assert sum(rows * length for rows, length in shapes) - tokens < 100, "little is read for padding"
    assert len(shapes) < len(requests), "those of like length are read together"


@pytest.mark.parametrize("family", FAMILIES)
def test_scores_equal_a_plain_forward_pass_for_each_answer(built: dict[str, tuple[Any, Any]], family: str) -> None:
    model = _local(built, family)
    answers = [
        [[number + 1, 7, 9], [], [number % 7 + 60] * (5 * number + 1), [4]] if number != 3 else []
        for number in range(len(REQUESTS))
    ]

    scores = model.score(REQUESTS, answers)

    for request, ids, found in zip(REQUESTS, answers, scores, strict=True):
        assert found == pytest.approx([_plain_score(model, request, answer) for answer in ids], abs=1e-4)


@pytest.mark.parametrize("family", [*tiny_models.some(), WINDOWED])
@pytest.mark.parametrize("batch_size", [2, 7])
def test_contrasts_are_generated_answers_with_their_scores_on_the_clean_picture(
    built: dict[str, tuple[Any, Any]], family: str, batch_size: int
) -> None:
    model = _local(built, family, batch_size=batch_size)
    decoding = Decoding(max_new_tokens=24)
    variants = [Variants(_request(number), _distorted(number)) for number in range(7)]

    contrasts = model.contrast(iter(variants), decoding)

    for (clean, distorted), weighed in zip(variants, contrasts, strict=True):
        assert [one.reply for one in weighed] == model.generate([clean, *distorted], decoding)
        [scores] = model.score([clean], [[one.reply.token_ids for one in weighed]])
        assert [one.logp for one in weighed] == pytest.approx(scores, abs=1e-4)
    assert [len(weighed) for weighed in contrasts] == [1 + number % 4 for number in range(7)]
    assert len({one.logp for weighed in contrasts for one in weighed}) > 7


def _distorted(number: int) -> tuple[Request, ...]:
    """None to three: the request's own picture again, noise on its pixels, another picture."""
    other = Request(messages=(replace(_request(number).messages[0], images=(tiny_models.picture(50 + number),)),))
    return (_request(number), _request(number, pixel_transform=lambda pixels: -pixels), other)[: number % 4]


def test_contrasts_read_no_prompt_twice(built: dict[str, tuple[Any, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    model, read = _local(built, "llava", batch_size=3), 0

    def counting(network: Any, inputs: Any) -> Prefix:
        nonlocal read
        read += len(inputs["input_ids"])
        return original(network, inputs)

    original = Prefix.read
    monkeypatch.setattr(Prefix, "read", counting)

    contrasts = model.contrast([Variants(_request(n), _distorted(n)) for n in range(7)], Decoding(max_new_tokens=24))

    assert read == sum(map(len, contrasts))


def test_a_sampled_answer_weighs_what_it_does_at_temperature_1(built: dict[str, tuple[Any, Any]]) -> None:
    model = _local(built, "llava")
    requests = [_request(number, seed=number) for number in range(4)]

    contrasts = model.contrast([Variants(one, ()) for one in requests], Decoding(max_new_tokens=9, temperature=2.0))

    scores = model.score(requests, [[one.reply.token_ids] for [one] in contrasts])
    assert [[one.logp] for [one] in contrasts] == [pytest.approx(score, abs=1e-4) for score in scores]


def test_answers_longer_than_one_scoring_pass(
    built: dict[str, tuple[Any, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    model = _local(built, "llava")
    answers = [[[50 + i for i in range(length)]] for length in (1, 2, 3, 4, 7, 8, 9, 20)]
    whole = model.score(REQUESTS, answers)

    monkeypatch.setattr(decoding_module, "SCORE_TOKENS", 3)

    assert [row[0] for row in model.score(REQUESTS, answers)] == pytest.approx([row[0] for row in whole], abs=1e-5)


def test_greedy_answers_score_no_worse_than_other_continuations(built: dict[str, tuple[Any, Any]]) -> None:
    model = _local(built, "llava")
    request = REQUESTS[2]
    first = model.generate([request], Decoding(max_new_tokens=1))[0].token_ids

    scores = model.score([request], [[first, *([token] for token in range(60))]])[0]

    assert scores[0] == max(scores)


def test_reply_says_how_it_ended(built: dict[str, tuple[Any, Any]]) -> None:
    model = _local(built, "llava")
    whole = model.generate(REQUESTS, Decoding(max_new_tokens=200))
    ended = next(reply for reply in whole if reply.finish == "stop" and len(reply.token_ids) > 2)
    request = REQUESTS[whole.index(ended)]

    cut = model.generate([request], Decoding(max_new_tokens=len(ended.token_ids) - 1))[0]

    assert ended.token_ids[-1] in model.end_token_ids
    assert cut.finish == "length"
    assert cut.token_ids == ended.token_ids[:-1]
    assert ended.completion_tokens == len(ended.token_ids)
    assert ended.prompt_tokens == len(model.encoder.encode_request(request))
    tokenizer = model.processor.tokenizer
    assert ended.text == tokenizer.decode(ended.token_ids[:-1], skip_special_tokens=True).strip()


def test_sampling_depends_on_the_request_alone(built: dict[str, tuple[Any, Any]]) -> None:
    model = _local(built, "llava")
    decoding = Decoding(max_new_tokens=12, temperature=1.0, top_p=0.9)
    requests = [_request(1, seed=seed) for seed in range(6)]

    together = model.generate(requests, decoding)

    assert together == [model.generate([request], decoding)[0] for request in requests]
    assert together[::-1] == model.generate(requests[::-1], decoding)
    assert len({reply.token_ids for reply in together}) > 3, "different seeds draw different answers"


def test_checkpoint_sampling_defaults_do_not_reach_answers(built: dict[str, tuple[Any, Any]]) -> None:
    model = _local(built, "qwen2_5_vl")
    plain = model.generate(REQUESTS, Decoding(max_new_tokens=12))
    own = model.model.generation_config
    own.do_sample, own.temperature, own.top_k, own.repetition_penalty, own.num_beams = True, 5.0, 3, 4.0, 2
    try:
        assert model.generate(REQUESTS, Decoding(max_new_tokens=12)) == plain
        assert model.model.generation_config is own, "the checkpoint's own settings are put back"
    finally:
        own.do_sample, own.temperature, own.top_k, own.repetition_penalty, own.num_beams = (None,) * 5


def test_noise_is_the_requests_own_and_reaches_the_model(built: dict[str, tuple[Any, Any]]) -> None:
    def noise(pixels: torch.Tensor) -> torch.Tensor:
        assert pixels.dtype == torch.float32
        return pixels + 2 * torch.randn(pixels.shape, generator=torch.Generator().manual_seed(5))

    for family in FAMILIES:
        model = _local(built, family)
        requests = [_request(number, pixel_transform=noise) for number in range(4)]
        together = model.score(requests, [[[50, 51, 52]]] * 4)
        alone = [model.score([request], [[[50, 51, 52]]])[0] for request in requests]
        clean = model.score([_request(number) for number in range(4)], [[[50, 51, 52]]] * 4)
        for noisy, single, undistorted in zip(together, alone, clean, strict=True):
            assert noisy == pytest.approx(single, abs=1e-5)
            assert noisy != pytest.approx(undistorted, abs=1e-3), family


def test_windows_and_batches_keep_the_order(built: dict[str, tuple[Any, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("burnish.models.local.WINDOW", 2)
    model = _local(built, "llava", batch_size=1)
    whole = _local(built, "llava", batch_size=8)

    assert model.generate(REQUESTS, Decoding(max_new_tokens=6)) == whole.generate(REQUESTS, Decoding(max_new_tokens=6))


def test_full_memory_halves_the_batch_and_goes_on(
    built: dict[str, tuple[Any, Any]], caplog: pytest.LogCaptureFixture
) -> None:
    class Small(LocalModel):
        """A GPU that holds two requests at a time."""

        def _read(self, tasks: Sequence[Task]) -> Any:
            if len(tasks) > 2:
                raise torch.OutOfMemoryError("CUDA out of memory")
            return super()._read(tasks)

    model, processor = built["llava"]
    small = Small(model, processor, fingerprint=lambda: "", batch_size=8)

    replies = small.generate(REQUESTS, Decoding(max_new_tokens=6))

    assert replies == _local(built, "llava").generate(REQUESTS, Decoding(max_new_tokens=6))
    assert [record.getMessage() for record in caplog.records] == [
        "The GPU's memory is full: going on with 4 requests in a batch.",
        "The GPU's memory is full: going on with 2 requests in a batch.",
    ]


def test_one_request_too_large_is_said_in_a_sentence(built: dict[str, tuple[Any, Any]]) -> None:
    class Full(LocalModel):
        """A GPU that holds nothing."""

        def _read(self, tasks: Sequence[Task]) -> Any:
            raise torch.OutOfMemoryError("CUDA out of memory")

    # <s>, "USER: ", 16 image tokens, "\n", "What is", " ", "ASSISTANT:" are 1 + 6 + 16 + 1 + 7 + 1 + 10 tokens
    with pytest.raises(ModelError, match="One request of 42 tokens does not fit"):
        Full(*built["llava"], fingerprint=lambda: "").generate(REQUESTS[:1], Decoding())


@pytest.mark.parametrize(
    ("family", "mark"), [("llava", "<image>"), ("qwen2_5_vl", "<|image_pad|>"), ("internvl", "<IMG_CONTEXT>")]
)
def test_a_request_with_the_models_own_mark_is_refused_alone(
    built: dict[str, tuple[Any, Any]], family: str, mark: str
) -> None:
    model, decoding = _local(built, family, batch_size=2), Decoding(max_new_tokens=6)
    marked = Request(messages=(Message(role="user", text=f"What is {mark}?", images=(tiny_models.picture(0),)),))
    told: dict[int, Reply] = {}

    replies = model.generate([*REQUESTS[:3], marked, *REQUESTS[3:]], decoding, told.__setitem__)

    refused = replies.pop(3)
    assert (refused.finish, refused.text, refused.token_ids) == ("error", "", ())
    assert "cannot take this conversation" in refused.error
    assert replies == model.generate(REQUESTS, decoding), "the others are answered as without it"
    assert [told[number] for number in sorted(told)] == [*replies[:3], refused, *replies[3:]]
    assert model.generate([marked], decoding) == [refused]
    contrasts = model.contrast([Variants(marked, (REQUESTS[0],)), Variants(REQUESTS[0], (marked,))], decoding)
    assert contrasts[0] == (ScoredReply(refused, None), ScoredReply(replies[0], None))
    assert contrasts[1] == (ScoredReply(replies[0], contrasts[1][0].logp), ScoredReply(refused, None))
    assert contrasts[1][0].logp is not None
    with pytest.raises(RequestError, match="cannot take this conversation"):
        model.score([REQUESTS[0], marked], [[[50]], [[50]]])


def test_adapter_in_memory_changes_scores(built: dict[str, tuple[Any, Any]], tmp_path: Path) -> None:
    model, processor = tiny_models.llava()
    plain = LocalModel(model, processor, fingerprint=lambda: "").score(REQUESTS[:1], [[[50, 51]]])
    adapted = get_peft_model(model, LoraConfig(r=2, target_modules=["q_proj"], init_lora_weights=False)).eval()

    changed = LocalModel(adapted, processor, fingerprint=lambda: "").score(REQUESTS[:1], [[[50, 51]]])

    assert changed[0][0] != pytest.approx(plain[0][0], abs=1e-4)
    with adapted.disable_adapter():
        off = LocalModel(adapted, processor, fingerprint=lambda: "").score(REQUESTS[:1], [[[50, 51]]])
    assert off[0][0] == pytest.approx(plain[0][0], abs=1e-6)


def test_meets_the_protocols_and_takes_nothing(built: dict[str, tuple[Any, Any]]) -> None:
    model = _local(built, "llava")

    assert isinstance(model, Model)
    assert isinstance(model, ScoringModel)
    assert model.generate([], Decoding()) == []
    assert model.score([], []) == []
    assert model.fingerprint == "llava"
    assert len(model.template_fingerprint) == 64


def test_opens_a_checkpoint_from_disk(tmp_path: Path) -> None:
    folder = tiny_models.tiny_llava(tmp_path / "model")

    model = LocalModel.open(ModelOptions(model=str(folder), batch_size=3))

    assert [reply.token_ids for reply in model.generate(REQUESTS[:2], Decoding(max_new_tokens=5))] == [
        _by_transformers(model, request, 5) for request in REQUESTS[:2]
    ]
    assert model.model.training is False
    assert model.fingerprint == LocalModel.open(ModelOptions(model=str(folder))).fingerprint


def test_bfloat16_answers(tmp_path: Path) -> None:
    folder = tiny_models.tiny_llava(tmp_path / "model")

    model = LocalModel.open(ModelOptions(model=str(folder), dtype="bfloat16"))

    assert model.model.dtype == torch.bfloat16
    assert len(model.generate(REQUESTS, Decoding(max_new_tokens=4))) == len(REQUESTS)


def _by_transformers(model: LocalModel, request: Request, max_new_tokens: int) -> tuple[int, ...]:
    """The library's own greedy answer to one prompt, made by its own processor."""
    conversation = [
        {
            "role": message.role,
            "content": [
                *({"type": "image", "image": image} for image in message.images),
                {"type": "text", "text": message.text},
            ],
        }
        for message in request.messages
    ]
    inputs = model.processor.apply_chat_template(
        conversation, add_generation_prompt=True, tokenize=True, return_dict=True, return_tensors="pt"
    )
    ids = model.model.generate(**inputs, max_new_tokens=max_new_tokens, do_sample=False)
    return tuple(ids[0, inputs["input_ids"].shape[1] :].tolist())


def _plain_score(model: LocalModel, request: Request, answer: Sequence[int]) -> float:
    """Prompt and answer in one row, one forward pass over all of it, no padding and no cache."""
    encoding = model.encoder.encode_request(request)
    if not answer:
        return 0.0
    ids = torch.cat([encoding.input_ids, torch.tensor(answer)])[None]
    zeros = torch.zeros(len(answer), dtype=torch.long)
    per_token = {name: torch.cat([values, zeros])[None] for name, values in encoding.per_token.items()}
    with torch.no_grad():
        logits = model.model(
            input_ids=ids, attention_mask=torch.ones_like(ids), use_cache=False, **per_token, **encoding.pictures
        ).logits
    logps = logits[0].log_softmax(dim=-1)
    start = len(encoding) - 1
    return float(sum(logps[start + i, token] for i, token in enumerate(answer)))
