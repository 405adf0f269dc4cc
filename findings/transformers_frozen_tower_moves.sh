#!/usr/bin/env bash
# transformers 5.23.0 and PEFT 0.21.2: training LoRA on FastVLM changes its frozen tower, and the saved adapter lacks that.
#
# FastVLM's tower (FastViT, from timm 1.0.31) has batch normalisation. Trainer puts the whole model into training mode, and
# then such layers take each batch's own statistics and remember them, also where no parameter of theirs learns. With LoRA
# on the language model's q_proj and v_proj alone, at learning rate 0:
#   loss of a batch before                    3.53
#   after 20 steps, in evaluation mode        3.69, and 210 of the tower's buffers are others
#   the saved adapter on the base model       3.53: what was measured after training is not what is loaded
# A merged model has the drift, an adapter has not, and DPO's reference (the model without its adapter) drifts too. No error and
# no warning; towers without such layers stay (LLaVA's, Qwen's). Put the tower into evaluation mode after `model.train()`.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 torchvision==0.28.0 transformers==5.23.0 peft==0.21.2 timm==1.0.31 accelerate==1.15.0
HF_HUB_OFFLINE=1 "$folder/venv/bin/python" -W ignore - "$folder" <<'PYTHON'
import copy
import sys

import torch

if "+cpu" in torch.__version__:  # torchvision's own operators, which nothing here uses, do not load beside this build
    declared = torch.library.Library("torchvision", "DEF")
    for name in ("nms", "qnms"):
        declared.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
import peft
import transformers
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import FastVlmConfig, FastVlmForConditionalGeneration, Trainer, TrainingArguments

transformers.logging.set_verbosity_error()
IMAGE, TOKENS = 63, 4
text = {
    "model_type": "llama", "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2,
    "num_attention_heads": 4, "vocab_size": 64, "pad_token_id": 0,
}  # fmt: skip
vision = {"model_type": "timm_wrapper", "architecture": "fastvit_t8", "hidden_size": 768, "do_pooling": False}
torch.manual_seed(0)
base = FastVlmForConditionalGeneration(FastVlmConfig(vision_config=vision, text_config=text, image_token_index=IMAGE)).eval()
with torch.no_grad():
    for name, weight in base.named_parameters():
        if weight.dim() == 2:
            weight.normal_(std=weight.shape[1] ** -0.5)
ids = torch.tensor([1, *[IMAGE] * TOKENS, 5, 6, 7, 8])
rows = [
    {"input_ids": ids, "labels": ids, "pixel_values": torch.rand(3, 64, 64) * brightness}
    for brightness in torch.linspace(0.2, 2, 80)
]
batch = {name: torch.stack([row[name] for row in rows[:4]]) for name in rows[0]}


def loss(model) -> float:
    with torch.no_grad():
        return float(model(**batch).loss)


def moved(before, after) -> int:
    return sum(not torch.equal(value, dict(after.named_buffers())[name]) for name, value in before.named_buffers())


print("transformers", transformers.__version__, "peft", peft.__version__)
before = loss(base)
model = get_peft_model(copy.deepcopy(base), LoraConfig(target_modules=r".*language_model.*(q|v)_proj"))
assert not any(p.requires_grad for name, p in model.named_parameters() if "lora" not in name)
arguments = TrainingArguments(
    f"{sys.argv[1]}/out", per_device_train_batch_size=4, max_steps=20, learning_rate=0.0, report_to=[], save_strategy="no",
    disable_tqdm=True, logging_strategy="no", use_cpu=True,
)  # fmt: skip
Trainer(model, arguments, train_dataset=rows).train()
in_training = loss(copy.deepcopy(model).train())
after = loss(model.eval())
model.save_pretrained(f"{sys.argv[1]}/adapter")
loaded = loss(PeftModel.from_pretrained(copy.deepcopy(base), f"{sys.argv[1]}/adapter").eval())
print(f"before {before:.4f}, in training mode {in_training:.4f}, after {after:.4f}, loaded {loaded:.4f}")
print(moved(base, model.get_base_model()), "buffers moved")
assert abs(after - before) > 1e-3, "the tower stays now"
assert abs(loaded - before) < 1e-5, "the adapter brings it now"
PYTHON
