"""Whether a checkpoint's own repetition penalty acts, and templates whose thoughts can be turned off and on."""

from __future__ import annotations

from typing import Any

import pytest
import torch

import tiny_models
from burnish.errors import ConfigError
from burnish.models import Decoding, Message, ModelOptions, Request, open_model
from burnish.models.decoding import penalised
from burnish.models.local import LocalModel

PENALTY = 1.3
DECODING = Decoding(max_new_tokens=24)
REQUESTS = [
    Request(messages=(Message(role="user", text="What is" + " it" * n, images=(tiny_models.picture(n),)),))
    for n in range(4)
]
SWITCHED = "{% if enable_thinking is not defined or enable_thinking %}<think>{% else %}<think></think>{% endif %}"


@pytest.fixture(scope="module")
def built() -> tuple[Any, Any]:
    model, processor = tiny_models.llava()
    model.generation_config.repetition_penalty = PENALTY
    return model, processor


def _local(built: tuple[Any, Any], **options: Any) -> LocalModel:
    return LocalModel(*built, fingerprint=lambda: "", batch_size=3, **options)


def _by_transformers(model: LocalModel, request: Request, **options: Any) -> tuple[int, ...]:
    encoding = model.encoder.encode_request(request)
    inputs = {"input_ids": encoding.input_ids[None], **encoding.pictures}
    ids = model.model.generate(**inputs, max_new_tokens=24, do_sample=False, **options)
    return tuple(ids[0, inputs["input_ids"].shape[1] :].tolist())


def test_greedy_is_without_the_penalty_unless_the_checkpoint_is_to_decide(built: tuple[Any, Any]) -> None:
    plain, own = _local(built), _local(built, penalised=True)
    without = [reply.token_ids for reply in plain.generate(REQUESTS, DECODING)]
    with_it = [reply.token_ids for reply in own.generate(REQUESTS, DECODING)]
    assert without == [_by_transformers(plain, request, repetition_penalty=1.0) for request in REQUESTS]
    assert with_it == [_by_transformers(own, request) for request in REQUESTS]
    assert without != with_it


def test_the_penalty_by_hand() -> None:
    logits = torch.tensor([[2.0, -2.0, 3.0], [1.0, 1.0, 1.0]])
    found = penalised(logits, [[0, 1, 99], [2]], 2.0)
    assert found.tolist() == [[1.0, -4.0, 3.0], [1.0, 1.0, 0.5]]


def test_likelihoods_are_the_models_own_whatever_chose_the_tokens(built: tuple[Any, Any]) -> None:
    """What DPO takes for its reference must not be moved by how answers were chosen."""
    own = _local(built, penalised=True)
    [(weighed,)] = own.contrast([(REQUESTS[1], ())], DECODING)  # type: ignore[list-item]
    [[logp]] = own.score([REQUESTS[1]], [[weighed.reply.token_ids]])
    assert weighed.logp == pytest.approx(logp, abs=1e-4)


@pytest.mark.parametrize(("thinking", "end"), [(None, "<think>"), (True, "<think>"), (False, "<think></think>")])
def test_a_templates_thoughts_are_turned_off_and_on(thinking: bool | None, end: str) -> None:
    model, processor = tiny_models.llava()
    assert not LocalModel(model, processor, fingerprint=lambda: "").encoder.can_switch_thinking
    processor.chat_template += SWITCHED
    local = LocalModel(model, processor, fingerprint=lambda: "", thinking=thinking)
    assert local.encoder.can_switch_thinking
    assert local.encoder.prompt(REQUESTS[0].messages).endswith(f":{end}")


def test_what_follows_an_opening_mark_in_the_prompt_is_a_thought() -> None:
    model, processor = tiny_models.llava()
    processor.chat_template += "<think>\n"
    local = LocalModel(model, processor, fingerprint=lambda: "")
    for reply in local.generate(REQUESTS, Decoding(max_new_tokens=4)):
        assert reply.finish == "stop" or reply.end == "thinking cut"
        assert reply.text == "" and reply.completion_tokens > 0


def test_a_template_without_a_switch_is_refused() -> None:
    with pytest.raises(ConfigError, match="--thinking needs a chat template with a switch"):
        open_model(ModelOptions(model="pocket", thinking="off", device="cpu"))
