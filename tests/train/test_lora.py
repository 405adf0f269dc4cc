"""The adapter sits on every linear layer of the language model, in every family of models, and nowhere else."""

from __future__ import annotations

import pytest
import torch
from peft.tuners.lora import LoraLayer

import families
import tiny_models
from burnish.errors import ModelError
from burnish.models import Message
from burnish.models.encoding import Encoder
from burnish.train.config import DPOConfig
from burnish.train.encode import batch
from burnish.train.logps import answer_logps
from burnish.train.lora import add_adapter, projectors, verify
from burnish.train.lora_targets import Reach, Targets, reach, targets

FAMILY = pytest.mark.parametrize("family", tiny_models.FAMILIES)
LANGUAGE_MODEL = {"idefics3": "model.text_model."}
PROJECTOR = {"idefics3": "model.connector", "qwen2_5_vl": "model.visual.merger"}
SEVEN = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")


def config(**changes) -> DPOConfig:
    return DPOConfig(run="run", model="model", out="out", lora_rank=4, **changes)


def one_batch(processor):
    message = Message(role="user", text="What is it?", images=(tiny_models.picture(0),))
    return batch([(Encoder(processor=processor).encode([message]), [[5, 6, 7], [8, 9]])], pad_token_id=0)


@FAMILY
def test_every_linear_layer_of_the_language_model_is_a_target(family: str) -> None:
    model, _ = tiny_models.FAMILIES[family]()
    prefix = LANGUAGE_MODEL.get(family, "model.language_model.")
    # two layers of a Llama or Qwen: four projections of attention, three of the feed-forward network
    expected = {
        f"{prefix}layers.{layer}.{block}.{name}"
        for layer in (0, 1)
        for block, name in (
            *(("self_attn", name) for name in SEVEN[:4]),
            *(("mlp", name) for name in SEVEN[4:]),
        )
    }
    assert set(targets(model).modules) == expected
    assert reach(model, targets(model)) == Reach(14, 1.0, ())


@FAMILY
def test_only_the_adapter_learns(family: str) -> None:
    model, _ = tiny_models.FAMILIES[family]()
    adapted = add_adapter(model, config(), base_name="base")
    trained = {name for name, parameter in adapted.named_parameters() if parameter.requires_grad}
    layers = [name for name, module in adapted.named_modules() if isinstance(module, LoraLayer)]
    assert len(layers) == 14
    assert trained == {f"{layer}.lora_{side}.default.weight" for layer in layers for side in "AB"}
    assert adapted.peft_config["default"].lora_alpha == 8
    assert adapted.peft_config["default"].base_model_name_or_path == "base"


@FAMILY
def test_the_projector_learns_when_asked_and_the_reference_keeps_its_own(family: str) -> None:
    model, processor = tiny_models.FAMILIES[family]()
    inputs = one_batch(processor)
    before_S = answer_logps(model, inputs).detach()
    assert projectors(model) == [PROJECTOR.get(family, "model.multi_modal_projector")]
    adapted = add_adapter(model, config(train_projector=True), base_name="base")
    trained = [parameter for name, parameter in adapted.named_parameters() if "modules_to_save" in name]
    answer_logps(adapted, inputs).sum().backward()
    assert trained and all(parameter.grad is not None for parameter in trained)
    with torch.no_grad():
        for parameter in trained:
            parameter.mul_(1.5)
    assert not torch.allclose(answer_logps(adapted, inputs), before_S)
    with adapted.disable_adapter():
        torch.testing.assert_close(answer_logps(adapted, inputs).detach(), before_S)


def test_layers_of_ones_own_are_adapted_and_no_others() -> None:
    model, _ = tiny_models.llava()
    adapted = add_adapter(model, config(lora_targets="v_proj,down_proj"), base_name="base")
    leaves = {name.rpartition(".")[2] for name, module in adapted.named_modules() if isinstance(module, LoraLayer)}
    assert leaves == {"v_proj", "down_proj"}


def test_an_adapter_elsewhere_than_wanted_is_refused() -> None:
    model, _ = tiny_models.llava()
    wanted = targets(model)
    adapted = add_adapter(model, config(), base_name="base")
    verify(adapted, wanted)
    with pytest.raises(ModelError, match=r"layers\.9\.mlp\.up_proj is not adapted"):
        verify(adapted, Targets((*wanted.modules, "model.language_model.layers.9.mlp.up_proj"), ()))
    with pytest.raises(ModelError, match="is adapted too"):
        verify(adapted, Targets(wanted.modules[1:], ()))


def test_experts_are_asked_for_where_there_are_none() -> None:
    model, _ = tiny_models.llava()
    with pytest.raises(ModelError, match="has no fused experts: leave out --experts"):
        add_adapter(model, config(experts=True), base_name="base")


@pytest.mark.parametrize("family", ["qwen3_vl_moe", "glm4v_moe", "llama4"])
def test_experts_are_left_out_or_adapted_as_asked(family: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Of GLM-4.5V PEFT would lose the dense layers, whose names it takes for experts'."""
    pytest.importorskip("torchvision")
    model, _ = families.FAMILIES[family]()
    wanted, whole = targets(model), targets(model, experts=True)
    assert whole.modules == wanted.modules and len(whole.experts) >= 2
    assert not any(name.rpartition(".")[2] in ("gate", "router", "lm_head") for name in wanted.modules)
    assert reach(model, wanted).share < 0.7 < 0.97 < reach(model, whole).share
    for asked, chosen in ((False, wanted), (True, whole)):
        model, _ = families.FAMILIES[family]()
        verify(add_adapter(model, config(experts=asked), base_name="base"), chosen)
        assert ("--experts adapts" in capsys.readouterr().err) is not asked


def test_a_projector_by_another_name_is_refused() -> None:
    model, _ = tiny_models.llava()
    model.model.bridge = model.model.multi_modal_projector
    del model.model.multi_modal_projector
    with pytest.raises(ModelError, match="LlavaForConditionalGeneration has no projector"):
        projectors(model)


def randomise(adapted) -> None:
    """LoRA's second matrix begins at 0, where half of all gradients vanish."""
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for name, parameter in adapted.named_parameters():
            if "lora_B" in name:
                parameter.normal_(std=0.1, generator=generator)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_the_sum_within_the_product_is_pefts(dtype: torch.dtype) -> None:
    """Where numbers are cast on the way too, and where the adapter is switched off or merged."""
    model, processor = tiny_models.llava()
    adapted = add_adapter(model.to(dtype), config(), base_name="base").eval()
    for name, parameter in adapted.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.1)
    inputs = {
        k: v.to(dtype) if torch.is_tensor(v) and v.is_floating_point() else v for k, v in one_batch(processor).items()
    }

    def found():
        adapted.zero_grad()
        with torch.autocast("cpu", dtype, enabled=dtype == torch.bfloat16):
            logps = answer_logps(adapted, inputs)
        logps.sum().backward()
        return logps.detach(), torch.cat([p.grad.flatten() for p in adapted.parameters() if p.requires_grad])

    summed = found()
    layers = [module for module in adapted.modules() if isinstance(module, LoraLayer)]
    assert all("forward" in vars(layer) for layer in layers)
    with adapted.disable_adapter(), torch.no_grad():
        assert not torch.allclose(answer_logps(adapted, inputs), summed[0])
    for layer in layers:
        del layer.forward
    (logps, gradient), (expected, expected_gradient) = summed, found()
    close = 1e-5 if dtype == torch.float32 else 0.02
    torch.testing.assert_close(logps, expected, rtol=close, atol=0)
    assert (gradient - expected_gradient).norm() < close * expected_gradient.norm()
