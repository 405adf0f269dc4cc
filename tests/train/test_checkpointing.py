"""What the backward pass computes again changes no gradient, and is what it says."""

from __future__ import annotations

from collections import Counter

import pytest
import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

import families
import tiny_models
from burnish.models import Message
from burnish.models.local import LocalModel
from burnish.train.batch_layout import TreeLayout
from burnish.train.checkpointing import checkpoint_activations
from burnish.train.config import DPOConfig
from burnish.train.encode import batch
from burnish.train.logps import answer_logps
from burnish.train.lora import add_adapter
from burnish.train.lora_sum import ADAPTED_LINEAR

KEPT = pytest.mark.parametrize("kept", [None, "selective", "full"])
TREES = TreeLayout(even_length=1)


class Products(TorchDispatchMode):
    """Counts the matrix products that are computed."""

    def __init__(self) -> None:
        super().__init__()
        self.computed: Counter[str] = Counter()

    def __torch_dispatch__(self, operator, types, args=(), kwargs=None):
        self.computed[operator._opname] += 1
        return operator(*args, **(kwargs or {}))


def prepared(built, kept):
    """A model with an adapter that says something, and a batch of two answers to one prompt."""
    model, processor = built
    encoder = LocalModel(model, processor, fingerprint=lambda: "").encoder
    adapted = add_adapter(model, DPOConfig(run="r", model="m", out="o", lora_rank=4), base_name="base").train()
    draw = torch.Generator().manual_seed(0)
    for name, parameter in adapted.named_parameters():
        if "lora_" in name:
            nn.init.normal_(parameter, std=0.1, generator=draw)
    if kept:
        checkpoint_activations(adapted.get_base_model(), kept)
    message = Message(role="user", text="What is it?", images=(tiny_models.picture(0),))
    return adapted, batch([(encoder.encode([message]), [[5, 6, 7], [8, 9]])], 0, TREES)


def gradients(adapted, inputs):
    answer_logps(adapted, inputs).sum().backward()
    return [p.grad for p in adapted.parameters() if p.requires_grad]


@pytest.mark.parametrize("build", [tiny_models.llava, families.qwen3_vl_moe], ids=lambda build: build.__name__)
def test_no_gradient_changes(build) -> None:
    expected = gradients(*prepared(build(), None))
    assert all(map(torch.is_tensor, expected))
    for kept in ("selective", "full"):
        torch.testing.assert_close(gradients(*prepared(build(), kept)), expected)


def test_selective_computes_nothing_dear_again() -> None:
    """Of two layers the first is computed again: its seven adapted layers, or none of them."""
    computed = {}
    for kept in (None, "selective", "full"):
        adapted, inputs = prepared(tiny_models.llava(), kept)
        with Products() as products:
            gradients(adapted, inputs)
        computed[kept] = products.computed
    count = {kept: found["mm"] + found["addmm"] + found[ADAPTED_LINEAR] for kept, found in computed.items()}
    assert count["selective"] == count[None]
    assert count["full"] - count[None] == 7
    attention = "_scaled_dot_product_flash_attention_for_cpu"
    again = [computed[kept][attention] - computed[None][attention] for kept in ("selective", "full")]
    assert again == [0, 3]  # the chain and, for the answer behind it, two slices of keys


@pytest.mark.parametrize("family", tiny_models.FAMILIES)
@KEPT
def test_the_vision_tower_builds_no_graph(family: str, kept) -> None:
    adapted, inputs = prepared(tiny_models.FAMILIES[family](), kept)
    needs_gradient = []
    for module in adapted.get_base_model().get_encoder("image").modules():
        if isinstance(module, nn.Linear):
            module.register_forward_hook(lambda _, __, output: needs_gradient.append(output.requires_grad))
    assert all(map(torch.is_tensor, gradients(adapted, inputs)))
    assert needs_gradient and not any(needs_gradient)
