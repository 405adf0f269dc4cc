#!/usr/bin/env bash
# transformers 5.23.0: with gradient accumulation, tokens count alike for Qwen2-VL and LLaVA, and not for Qwen2.5-VL.
#
# Trainer divides the loss of a step by all its tokens, however the step is cut, if the model takes `num_items_in_batch`. Some
# classes take it and say `accepts_loss_kwargs = False`: then each pass is divided by its own tokens, and the passes are
# averaged, so that a token of a short answer counts more. Four rows with 2, 4, 8 and 40 tokens to learn, one SGD step, the
# update by four passes of one row beside that by one pass of four:
#   LLaVA, Qwen2-VL            the same
#   Qwen2.5-VL, Qwen3-VL       off by 1.6 and 1.5 times its length
# So the same data and batch size train differently by family and by what fits into memory. Gemma 4, Qwen3.5, GLM-4.xV, Molmo2
# and Kimi K2.5 say so too. Trainers that read this switch inherit it (TRL's SFTTrainer does). To have tokens
# count alike, set `trainer.model_accepts_loss_kwargs = True`: these classes' losses then are equal, too.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 transformers==5.23.0 accelerate==1.15.0
"$folder/venv/bin/python" -W ignore - "$folder" <<'PYTHON'
import copy
import sys

import torch
import transformers
from transformers import Trainer, TrainingArguments

transformers.logging.set_verbosity_error()
sizes = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "vocab_size": 64}
sizes |= {"num_key_value_heads": 2, "pad_token_id": 0}
axes = {"rope_parameters": {"rope_type": "default", "rope_theta": 1e4, "mrope_section": [2, 1, 1]}}
clip = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2}
clip |= {"model_type": "clip_vision_model", "image_size": 28, "patch_size": 14}
CONFIGS = {
    "Llava": {"text_config": {"model_type": "llama", **sizes}, "vision_config": clip, "image_token_id": 60},
    "Qwen2VL": {"text_config": {**sizes, **axes}, "vision_config": {"depth": 1, "embed_dim": 32, "hidden_size": 32, "num_heads": 2}},
    "Qwen2_5_VL": {
        "text_config": {**sizes, **axes},
        "vision_config": {"depth": 1, "hidden_size": 32, "intermediate_size": 64, "num_heads": 2, "out_hidden_size": 32},
    },
    "Qwen3VL": {
        "text_config": {**sizes, **axes, "head_dim": 8},
        "vision_config": {
            "depth": 1, "hidden_size": 32, "intermediate_size": 64, "num_heads": 2, "out_hidden_size": 32,
            "deepstack_visual_indexes": [],
        },
    },
}  # fmt: skip
draw = torch.Generator().manual_seed(0)
rows = []
for learned in (2, 4, 8, 40):
    ids = torch.randint(1, 50, (48,), generator=draw)
    labels = torch.where(torch.arange(48) < learned + 1, ids, -100)  # the first token is not predicted
    rows.append({"input_ids": ids, "labels": labels, "attention_mask": torch.ones(48, dtype=torch.long)})


def update(model, passes: int, accepts: bool | None = None) -> torch.Tensor:
    """What one SGD step over the four rows adds to the weights."""
    trained = copy.deepcopy(model)
    arguments = TrainingArguments(
        f"{sys.argv[1]}/out", per_device_train_batch_size=4 // passes, gradient_accumulation_steps=passes, max_steps=1,
        optim="sgd", learning_rate=0.1, lr_scheduler_type="constant", max_grad_norm=0, report_to=[], save_strategy="no",
        disable_tqdm=True, logging_strategy="no", use_cpu=True,
    )  # fmt: skip
    trainer = Trainer(trained, arguments, train_dataset=rows)
    if accepts is not None:
        trainer.model_accepts_loss_kwargs = accepts
    trainer.train()
    pairs = zip(trained.parameters(), model.parameters(), strict=True)
    return torch.cat([(after.detach() - before.detach()).flatten() for after, before in pairs])


print("transformers", transformers.__version__)
for name, values in CONFIGS.items():
    torch.manual_seed(0)
    config = getattr(transformers, f"{name}Config")(**values)
    model = getattr(transformers, f"{name}ForConditionalGeneration")(config)
    whole = update(model, 1)
    off = ((update(model, 4) - whole).norm() / whole.norm()).item()
    mended = ((update(model, 4, accepts=True) - whole).norm() / whole.norm()).item()
    print(f"{name}: off by {off:.1%}, with the switch {mended:.1%}", flush=True)
    assert (off > 0.1) == (name in {"Qwen2_5_VL", "Qwen3VL"}), "tokens count otherwise now"
    assert mended < 1e-3
PYTHON
