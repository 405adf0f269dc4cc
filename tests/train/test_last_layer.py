"""What the last layer leaves out changes no log-probability and no gradient."""

from __future__ import annotations

from contextlib import nullcontext

import pytest
import torch

import families
import more_families
import tiny_models
from burnish.check.check import to_device
from burnish.models import Message
from burnish.models.local import LocalModel
from burnish.train import logps
from burnish.train.batch_layout import reading
from burnish.train.checkpointing import checkpoint_activations
from burnish.train.config import DPOConfig
from burnish.train.encode import batch
from burnish.train.logps import answer_logps, predictions
from burnish.train.lora import add_adapter

BUILDS = (tiny_models.llava, more_families.gemma3, families.qwen3_vl_moe, families.lfm2_vl)


def prepared(build):
    """A model with an adapter that says something, and two answers to one prompt."""
    model, processor = build()
    adapted = add_adapter(model, DPOConfig(run="r", model="m", out="o", lora_rank=4), base_name="base").train()
    draw = torch.Generator().manual_seed(0)
    for name, parameter in adapted.named_parameters():
        if "lora_" in name:
            torch.nn.init.normal_(parameter, std=0.1, generator=draw)
    encoder = LocalModel(model, processor, fingerprint=lambda: "").encoder
    prompt = encoder.encode([Message(role="user", text="What is it?", images=(tiny_models.picture(0),))])
    return adapted, to_device(batch([(prompt, [[5, 6, 7], [8, 9]])], 0, reading(model)), model)


def computed(adapted, inputs):
    """Log-probabilities, gradients, and how many tokens the last layer's feed-forward network was given."""
    seen: list[int] = []
    layer = adapted.get_base_model().get_decoder().layers[-1]
    network = layer.mlp if hasattr(layer, "mlp") else layer.feed_forward
    linear = (module for module in network.modules() if isinstance(module, torch.nn.Linear))
    first = getattr(network, "gate", None) or next(linear)
    hook = first.register_forward_pre_hook(lambda _, given: seen.append(given[0].numel() // given[0].shape[-1]))
    adapted.zero_grad()
    logps_EA = answer_logps(adapted, inputs)
    logps_EA.sum().backward()
    hook.remove()
    return (logps_EA.detach(), [p.grad.clone() for p in adapted.parameters() if p.grad is not None]), seen[0]


@pytest.mark.parametrize("build", BUILDS, ids=lambda build: build.__name__)
def test_the_numbers_are_those_of_the_whole_layer(build, monkeypatch: pytest.MonkeyPatch) -> None:
    adapted, inputs = prepared(build)
    found, few = computed(adapted, inputs)
    monkeypatch.setattr(logps, "last_layer_at", lambda *_: nullcontext())
    expected, all_tokens = computed(adapted, inputs)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)
    assert (few, all_tokens) == (int(predictions(inputs).predicts_ST.sum()), inputs["input_ids"].numel())
    assert few <= 5


def test_a_layer_that_is_computed_again_is_computed_whole() -> None:
    """The backward pass would not know where."""
    adapted, inputs = prepared(tiny_models.llava)
    network = adapted.get_base_model()
    checkpoint_activations(network, "full")
    network.get_decoder().layers[-1].gradient_checkpointing = True
    _, tokens = computed(adapted, inputs)
    assert tokens == inputs["input_ids"].numel()
