#!/usr/bin/env bash
# transformers 5.24.0: Llama4ForConditionalGeneration ends in an AttributeError at its first forward pass, text alone or not.
#
# It asks the language model's output for `image_outputs`, a field that only the outer output has. 5.23.0 answers:
#   transformers 5.23.0: logits (1, 4, 64)
#   transformers 5.24.0: AttributeError: 'MoeCausalLMOutputWithPast' object has no attribute 'image_outputs'
# Burnish: docs/models.md names the versions on which each family was tried; `burnish check MODEL` finds it in seconds.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
try() {
    "$folder/venv/bin/pip" install --quiet torch==2.13.0 "transformers==$1"
    "$folder/venv/bin/python" - <<'PYTHON'
import torch
import transformers
from transformers import Llama4Config, Llama4ForConditionalGeneration

torch.manual_seed(0)
text = {
    "hidden_size": 32, "intermediate_size": 64, "intermediate_size_mlp": 64, "num_hidden_layers": 2,
    "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 8, "vocab_size": 64, "num_local_experts": 2,
    "num_experts_per_tok": 1, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2, "moe_layers": [0, 1],
    "attention_chunk_size": 16,
}  # fmt: skip
vision = {
    "hidden_size": 32, "intermediate_size": 128, "num_hidden_layers": 1, "num_attention_heads": 4, "image_size": 28,
    "patch_size": 14, "vision_output_dim": 32, "projector_input_dim": 32, "projector_output_dim": 32,
}  # fmt: skip
config = Llama4Config(text_config=text, vision_config=vision, image_token_index=5)
model = Llama4ForConditionalGeneration(config).eval()
asked = torch.tensor([[1, 7, 8, 9]])
given = {"input_ids": asked, "attention_mask": torch.ones_like(asked)}
try:
    logits = model(**given).logits
    print(f"transformers {transformers.__version__}: logits {tuple(logits.shape)}")
    assert transformers.__version__ != "5.24.0", "5.24.0 answers now"
except AttributeError as error:
    print(f"transformers {transformers.__version__}: AttributeError: {error}")
    assert transformers.__version__ == "5.24.0", "5.23.0 does not answer any more"
PYTHON
}
try 5.23.0
try 5.24.0
