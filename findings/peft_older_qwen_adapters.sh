#!/usr/bin/env bash
# PEFT 0.21.2 with transformers 5.23.0: of a Qwen2-VL adapter from transformers 4.51 it loads nothing, and only warns.
#
# transformers 4.52 renamed the layers of most VLMs; adapters on the hub have the old names. PEFT renames them by
# transformers' own table, with its prefix `base_model.model.` still before them. LLaVA's entries match all the same; Qwen's
# are anchored at the name's beginning, and do not. Then the adapter is on the model at its initial values, which do nothing:
#   an adapter of transformers 4.51.3, PEFT 0.15.2   LLaVA: weights loaded, logits   Qwen2-VL: weights loaded, logits
#   PeftModel.from_pretrained                        8 of 8, equal                   0 of 4, those of the base model
#   transformers' own model.load_adapter             8 of 8, equal                   4 of 4, equal
# (InternVL's, Mistral 3's and Mllama's entries for the vision tower are anchored as well: of their adapters half is lost.)
# The only sign is the warning "Found missing adapter keys". `key_mapping={r"^model(?=\.layers)": "model.language_model"}`
# mends it. Burnish: gives PEFT what it misses (docs/models.md).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 transformers==5.23.0 peft==0.21.2
"$folder/venv/bin/pip" install --quiet --no-deps --target "$folder/old" \
    transformers==4.51.3 peft==0.15.2 huggingface_hub==0.36.0 tokenizers==0.21.4 requests urllib3 idna certifi charset_normalizer
cat >"$folder/inputs.py" <<'PYTHON'
import torch

PICTURE, BEGIN = 63, 61
IDS = torch.tensor([[1, BEGIN, *[PICTURE] * 4, 5, 6, 7]])
noise = torch.Generator().manual_seed(0)
INPUTS = {
    "Llava": {"pixel_values": torch.randn(1, 3, 8, 8, generator=noise)},
    "Qwen2VL": {
        "pixel_values": torch.randn(16, 3 * 2 * 4 * 4, generator=noise),
        "image_grid_thw": torch.tensor([[1, 4, 4]]),
        "mm_token_type_ids": (IDS == PICTURE).long(),
    },
}
PYTHON
cd "$folder"
PYTHONPATH="$folder/old" venv/bin/python -W ignore - <<'PYTHON'
import peft
import torch
import transformers
from inputs import BEGIN, IDS, INPUTS, PICTURE
from peft import LoraConfig, get_peft_model
from transformers import CLIPVisionConfig, LlamaConfig, LlavaConfig, Qwen2VLConfig

sizes = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
CONFIGS = {
    "Llava": LlavaConfig(
        CLIPVisionConfig(**sizes, image_size=8, patch_size=4),
        LlamaConfig(**sizes, vocab_size=64),
        image_token_index=PICTURE,
    ),
    "Qwen2VL": Qwen2VLConfig(
        **sizes, num_key_value_heads=2, vocab_size=64, image_token_id=PICTURE, video_token_id=62,
        vision_start_token_id=BEGIN, bos_token_id=1, eos_token_id=2, rope_scaling={"type": "mrope", "mrope_section": [2, 3, 3]},
        vision_config={"depth": 1, "embed_dim": 32, "hidden_size": 32, "num_heads": 2, "patch_size": 4},
    ),
}  # fmt: skip
for name, config in CONFIGS.items():
    torch.manual_seed(0)
    model = getattr(transformers, f"{name}ForConditionalGeneration")(config).eval()
    model.save_pretrained(f"{name}/base")
    tuned = get_peft_model(model, LoraConfig(r=4, target_modules=["q_proj"])).eval()
    for weight_name, weight in tuned.named_parameters():
        if "lora_B" in weight_name:
            torch.nn.init.normal_(weight)  # as after a training
    tuned.save_pretrained(f"{name}/adapter")
    inputs = {key: value for key, value in INPUTS[name].items() if key != "mm_token_type_ids"}  # the new version's own
    with torch.no_grad():
        torch.save(tuned(input_ids=IDS, attention_mask=torch.ones_like(IDS), **inputs).logits, f"{name}/logits.pt")
print(f"made by transformers {transformers.__version__}, PEFT {peft.__version__}")
PYTHON
venv/bin/python - <<'PYTHON'
import warnings

import peft
import torch
import transformers
from inputs import IDS, INPUTS
from peft import PeftModel
from safetensors.torch import load_file

KEYS = {r"^model(?=\.layers)": "model.language_model"}


def by_transformers(model, adapter):
    model.load_adapter(adapter)
    return model


WAYS = {
    "the base model alone": lambda model, _: model,
    "PeftModel.from_pretrained": PeftModel.from_pretrained,
    "model.load_adapter": by_transformers,
    "PeftModel.from_pretrained, key_mapping": lambda model, adapter: PeftModel.from_pretrained(model, adapter, key_mapping=KEYS),
}


def loaded(name, load):
    """How many of the adapter's weights are on the model, how much its logits differ, and whether PEFT warned."""
    saved = load_file(f"{name}/adapter/adapter_model.safetensors").values()
    logits = torch.load(f"{name}/logits.pt", weights_only=True)
    made = getattr(transformers, f"{name}ForConditionalGeneration")
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        model = load(made.from_pretrained(f"{name}/base", dtype=torch.float32), f"{name}/adapter").eval()
    on = [weight for weight_name, weight in model.named_parameters() if "lora_" in weight_name]
    count = sum(any(torch.equal(one, weight) for one in saved) for weight in on)
    with torch.no_grad():
        found = model(input_ids=IDS, attention_mask=torch.ones_like(IDS), **INPUTS[name]).logits
    warning = any("missing adapter keys" in str(one.message) for one in warned)
    return count, len(saved), (found - logits).abs().max().item(), warning


print(f"loaded by transformers {transformers.__version__}, PEFT {peft.__version__}")
found = {(name, way): loaded(name, load) for name in INPUTS for way, load in WAYS.items()}
for (name, way), (count, total, difference, warned) in found.items():
    print(f"{name}, {way}: {count} of {total} weights, logits differ by {difference:.2g}, warned {warned}")
lost = found.pop(("Qwen2VL", "PeftModel.from_pretrained"))
base = found.pop(("Qwen2VL", "the base model alone"))
found.pop(("Llava", "the base model alone"))
assert lost[:2] == (0, 4) and lost[3], "PEFT loads it otherwise now"
assert abs(lost[2] - base[2]) < 1e-6 < 0.01 < base[2], "it is not the base model"
assert all(count == total and difference < 1e-4 and not warned for count, total, difference, warned in found.values())
PYTHON
