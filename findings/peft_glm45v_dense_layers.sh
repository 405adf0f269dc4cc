#!/usr/bin/env bash
# PEFT 0.21.2 with transformers 5.23.0: LoRA on GLM-4.5V leaves out the dense layers that it is told to adapt, without a word.
#
# The first layer of GLM-4.5V's language model (`first_k_dense_replace`) and the shared experts of the others are plain
# linear layers called gate_proj, up_proj and down_proj. transformers fuses the *routed* experts into one parameter
# `gate_up_proj`, and PEFT rewrites every target of the old names to the fused ones, so that the layers that still have the
# old names get no adapter. With `all-linear` they are left out too, while each layer's router (`gate`) gets one:
#   target_modules          adapted in the MLPs                          linear layers in the MLPs without an adapter
#   gate/up/down_proj       the routed experts                           6
#   all-linear              the routed experts and the router            6
# Burnish: adapts these layers by their weights (docs/models.md); elsewhere name them, such as `shared_experts.up_proj`, and
# count what is trained.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 transformers==5.23.0 peft==0.21.2
"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import peft
import torch
import transformers
from peft import LoraConfig, get_peft_model
from transformers import Glm4vMoeConfig, Glm4vMoeForConditionalGeneration

text = {
    "hidden_size": 32, "intermediate_size": 64, "moe_intermediate_size": 16, "num_hidden_layers": 2,
    "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 8, "vocab_size": 64, "n_routed_experts": 2,
    "num_experts_per_tok": 1, "n_shared_experts": 1, "first_k_dense_replace": 1, "n_group": 1, "topk_group": 1,
    "pad_token_id": 0, "rope_parameters": {
        "rope_type": "default", "mrope_section": [1, 1, 2], "rope_theta": 10000.0, "partial_rotary_factor": 1.0,
    },
}  # fmt: skip
vision = {
    "depth": 1, "hidden_size": 32, "intermediate_size": 32, "num_heads": 4, "out_hidden_size": 32, "image_size": 28,
    "patch_size": 14,
}  # fmt: skip
NAMED = ["gate_proj", "up_proj", "down_proj"]


def adapted(targets: list[str] | str) -> tuple[set[str], set[str]]:
    """The places in the language model's MLPs with an adapter, and its linear layers there without one."""
    model = Glm4vMoeForConditionalGeneration(Glm4vMoeConfig(text_config=text, vision_config=vision))
    linear = {
        name
        for name, module in model.named_modules()
        if isinstance(module, torch.nn.Linear) and "language_model" in name and name.split(".")[-1] in NAMED
    }
    tuned = get_peft_model(model, LoraConfig(r=2, target_modules=targets))
    names = {name.removeprefix("base_model.model.") for name, _ in tuned.named_parameters() if "lora_A" in name}
    places = {name.split(".lora_A")[0].removesuffix(".base_layer") for name in names}
    return {place for place in places if ".mlp." in place and "language_model" in place}, linear - places


print(f"transformers {transformers.__version__}, PEFT {peft.__version__}")
for targets, expected in ((NAMED, {"experts"}), ("all-linear", {"experts", "gate"})):
    places, left_out = adapted(targets)
    print(f"{targets}: adapted {sorted(places)}; left out {sorted(left_out)}")
    assert {place.split(".")[-1] for place in places} == expected, "other places are adapted now"
    assert len(left_out) == 6, "the dense layers are adapted now"
PYTHON
