"""Answers by contrast with a distorted picture: equal to two plain forward passes a token, in any batch."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random
from typing import Any

import pytest
import torch
from PIL import Image

import tiny_models
from burnish.distort import parse
from burnish.errors import ConfigError, ModelError
from burnish.models import Contrast, Decoding, Message, ModelOptions, Request, Variants, open_model
from burnish.models.decoding import Sampler
from burnish.models.local import LocalModel
from burnish.models.prefix import Prefix
from burnish.models.server import ServerModel
from burnish.models.visual_contrast import contrast_logits, distorted

POCKET = "pocket"
WINDOWED = "llava_with_windows"
"""What was read of several of its prompts cannot be put together."""
NOISE, CROP = (Contrast(distortion=parse(spec), alpha=1.0, beta=0.1, seed=3) for spec in ("noise:600", "crop:0.5"))


@pytest.fixture(scope="module")
def built() -> dict[str, tuple[Any, Any]]:
    pocket: Any = open_model(ModelOptions(model=POCKET, device="cpu"))
    made = {name: build() for name, build in tiny_models.FAMILIES.items()}
    return {**made, WINDOWED: tiny_models.llava_with_windows(), POCKET: (pocket.model, pocket.processor)}


def _local(built: dict[str, tuple[Any, Any]], family: str, batch_size: int = 3, **options: Any) -> LocalModel:
    model, processor = built[family]
    return LocalModel(model, processor, fingerprint=lambda: family, batch_size=batch_size, **options)


def _requests(family: str) -> list[Request]:
    """Seven questions of different lengths about pictures of different shapes; of the pocket model, of its world."""
    if family != POCKET:
        pictures = [tiny_models.picture(n, 30 + 17 * n, 28 + 5 * (n % 3)) for n in range(7)]
        return [_request("What is" + " it" * n, picture, seed=n) for n, picture in enumerate(pictures)]
    texts = ["Describe the picture.", "How many shapes are there?"]
    return [_request(texts[n % 2], tiny_models.picture(n, 64, 64), seed=n) for n in range(7)]


def _request(text: str, picture: Image.Image, **others: Any) -> Request:
    return Request(messages=(Message(role="user", text=text, images=(picture,)),), **others)


Choose = Callable[[torch.Tensor], int]


def _by_hand(model: LocalModel, request: Request, contrast: Contrast, choose: Choose, longest: int) -> tuple[int, ...]:
    """Two whole forward passes for every token, without a cache and without a batch."""
    readings = [model.encoder.encode_request(one) for one in (request, distorted(request, contrast))]
    ids: list[int] = []
    while len(ids) < longest and not (ids and ids[-1] in model.end_token_ids):
        clean, other = (_next_logits(model, encoding, ids) for encoding in readings)
        scores = [
            (1 + contrast.alpha) * c - contrast.alpha * d for c, d in zip(clean.tolist(), other.tolist(), strict=True)
        ]
        likeliest = max(clean.softmax(dim=0).tolist())
        kept = [p >= contrast.beta * likeliest for p in clean.softmax(dim=0).tolist()]
        ids.append(choose(torch.tensor([s if keep else -math.inf for s, keep in zip(scores, kept, strict=True)])))
    return tuple(ids)


def _next_logits(model: LocalModel, encoding: Any, ids: Sequence[int]) -> torch.Tensor:
    answer = torch.tensor(ids, dtype=torch.long)
    inputs = {"input_ids": torch.cat([encoding.input_ids, answer])[None]}
    inputs |= {
        name: torch.cat([values, values.new_zeros(len(ids), *values.shape[1:])])[None]
        for name, values in encoding.per_token.items()
    }
    with torch.no_grad():
        return model.model(**inputs, **encoding.pictures).logits[0, -1]


@pytest.mark.parametrize(
    ("family", "contrast"),
    [
        *((family, NOISE) for family in (POCKET, "llava", WINDOWED)),
        ("qwen2_5_vl", CROP),
        *(pytest.param(family, NOISE, marks=pytest.mark.slow) for family in tiny_models.FAMILIES if family != "llava"),
    ],
)
@pytest.mark.parametrize("batch_size", [1, 3])
def test_greedy_answers_are_those_of_two_passes_a_token(
    built: dict[str, tuple[Any, Any]], family: str, contrast: Contrast, batch_size: int
) -> None:
    model, requests = _local(built, family, batch_size), _requests(family)

    replies = model.generate(requests, Decoding(max_new_tokens=16, contrast=contrast))

    expected = [_by_hand(model, one, contrast, lambda scores: int(scores.argmax()), 16) for one in requests]
    assert [reply.token_ids for reply in replies] == expected
    plain = model.generate(requests, Decoding(max_new_tokens=16))
    assert [reply.token_ids for reply in plain] != expected, "the contrast changes something"


@pytest.mark.parametrize("family", [POCKET, "llava"])
@pytest.mark.parametrize("batch_size", [1, 3])
def test_drawn_answers_are_drawn_from_the_contrast(
    built: dict[str, tuple[Any, Any]], family: str, batch_size: int
) -> None:
    model, requests = _local(built, family, batch_size), _requests(family)
    decoding = Decoding(max_new_tokens=16, temperature=0.8, top_p=0.9, contrast=NOISE)

    replies = model.generate(requests, decoding)

    for request, reply in zip(requests, replies, strict=True):
        sampler, numbers = Sampler(0.8, 0.9), Random(request.seed)
        drawn = _by_hand(model, request, NOISE, lambda s, n=numbers, draw=sampler: int(draw(s[None], [n])), 16)
        assert reply.token_ids == drawn


def test_a_distorted_prompt_may_be_of_another_length(built: dict[str, tuple[Any, Any]]) -> None:
    """What the test above rests on for Qwen2.5-VL, which reads pictures at their own size."""
    encoder, request = _local(built, "qwen2_5_vl").encoder, _requests("qwen2_5_vl")[6]
    assert len(encoder.encode_request(distorted(request, CROP))) < len(encoder.encode_request(request))


def test_the_contrast_by_hand() -> None:
    # probabilities 0.5, 0.3, 0.15, 0.05: at beta 0.2 the last is below 0.1
    clean = torch.tensor([[0.5, 0.3, 0.15, 0.05]]).log()
    other = torch.tensor([[0.6, 0.1, 0.15, 0.15]]).log()
    found = contrast_logits(clean, other, alpha=1.0, beta=0.2)[0]
    # p^2 / q: 0.25 / 0.6, 0.09 / 0.1, 0.0225 / 0.15
    assert found[:3].exp().tolist() == pytest.approx([0.416667, 0.9, 0.15], abs=1e-6)
    assert found[3] == -math.inf
    assert torch.isfinite(contrast_logits(clean, other, alpha=1.0, beta=0.0)).all()
    # a token at the very limit is kept
    assert torch.isfinite(
        contrast_logits(torch.tensor([[0.0, math.log(0.5)]]), torch.zeros(1, 2), alpha=1, beta=0.5)
    ).all()


def test_a_picture_is_distorted_alike_for_every_question_and_unlike_others() -> None:
    first, second = tiny_models.picture(1), tiny_models.picture(2)
    seen = [
        distorted(_request(text, picture), replace(CROP, seed=seed)).messages[0].images[0].tobytes()
        for text, picture, seed in [
            ("What?", first, 0),
            ("Where?", first, 0),
            ("What?", first, 1),
            ("What?", second, 0),
        ]
    ]
    assert seen[0] == seen[1]
    assert len(set(seen)) == 3


def test_what_distorts_a_request_already_comes_first() -> None:
    request = _request("What?", tiny_models.picture(1), pixel_transform=lambda pixels: pixels * 2)
    transform = distorted(request, NOISE).pixel_transform
    alone = distorted(replace(request, pixel_transform=None), NOISE).pixel_transform
    assert transform is not None and alone is not None
    pixels = torch.ones(3, 4, 4)
    torch.testing.assert_close(transform(pixels), alone(2 * pixels))
    assert distorted(request, CROP).pixel_transform is request.pixel_transform


def test_a_question_without_a_picture_is_answered_as_ever(built: dict[str, tuple[Any, Any]]) -> None:
    model, request = _local(built, "llava"), Request(messages=(Message(role="user", text="No picture"),))
    plain = model.generate([request], Decoding(max_new_tokens=16))
    assert model.generate([request], Decoding(max_new_tokens=16, contrast=NOISE)) == plain


def test_a_request_that_cannot_be_read_is_refused_once(built: dict[str, tuple[Any, Any]]) -> None:
    model, requests = _local(built, "llava"), _requests("llava")
    requests[2] = _request("Is <image> here?", tiny_models.picture(2))
    told: list[int] = []
    replies = model.generate(
        requests, Decoding(max_new_tokens=8, contrast=NOISE), lambda number, _: told.append(number)
    )
    assert sorted(told) == [*range(7)]
    assert [reply.finish == "error" for reply in replies] == [number == 2 for number in range(7)]


def test_both_readings_of_a_dialogue_go_on(built: dict[str, tuple[Any, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    """Three turns of five dialogues: the same answers, and the later turns' pictures are not read again."""
    read: list[int] = []
    original = Prefix.read

    def counting(network: Any, inputs: Any) -> Prefix:
        read.append(len(inputs["input_ids"]))
        return original(network, inputs)

    monkeypatch.setattr(Prefix, "read", counting)
    whole = _talk(_local(built, "llava", 5))
    assert sum(read) == 2 * 5 * 3
    read.clear()
    assert _talk(_local(built, "llava", 5, reuse_bytes=2**30)) == whole
    # the first turn, and a prompt once more, to try whether the model can be read in parts
    assert sum(read) == 2 * 5 + 2


def _talk(model: LocalModel) -> list[list[str]]:
    histories = [[Message(role="user", text="What?", images=(tiny_models.picture(n),))] for n in range(5)]
    said = []
    for _ in range(3):
        requests = [Request(messages=(*one,), conversation=str(n)) for n, one in enumerate(histories)]
        replies = model.generate(requests, Decoding(max_new_tokens=12, contrast=NOISE))
        said.append([reply.text for reply in replies])
        for history, reply in zip(histories, replies, strict=True):
            history += [Message(role="assistant", text=reply.text), Message(role="user", text="Look again.")]
    return said


def test_full_memory_halves_the_batch_and_changes_no_answer(
    built: dict[str, tuple[Any, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    decoding, requests = Decoding(max_new_tokens=12, contrast=NOISE), _requests("llava")
    expected = _local(built, "llava", 4).generate(requests, decoding)
    original = Prefix.extend

    def full(self: Prefix, tokens_BT: torch.Tensor) -> torch.Tensor:
        if len(tokens_BT) > 4:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return original(self, tokens_BT)

    monkeypatch.setattr(Prefix, "extend", full)
    assert _local(built, "llava", 4).generate(requests, decoding) == expected


def test_what_cannot_be_contrasted_is_refused(built: dict[str, tuple[Any, Any]]) -> None:
    with pytest.raises(ConfigError, match=r"--contrast noise:600 chooses one token after another, and --beams 5"):
        Decoding(beams=5, contrast=NOISE)
    with pytest.raises(ConfigError, match=r"--contrast-alpha must be above 0, not 0\.0"):
        replace(NOISE, alpha=0.0)
    for beta in (-0.1, 1.0):
        with pytest.raises(ConfigError, match=f"--contrast-beta must be 0 or above and below 1, not {beta}"):
            replace(NOISE, beta=beta)
    request = _requests("llava")[0]
    with pytest.raises(ValueError, match="chosen by contrast"):
        _local(built, "llava").contrast([Variants(request, ())], Decoding(contrast=NOISE))
    server = ServerModel.open(ModelOptions(model="http://127.0.0.1:9/v1#m"))
    with pytest.raises(ModelError, match="which no server gives: use a local model, or no --contrast"):
        server.generate([request], Decoding(contrast=NOISE))
