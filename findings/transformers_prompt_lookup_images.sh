#!/usr/bin/env bash
# transformers 5.23.0: prompt lookup decoding ends in a ValueError for most VLMs' templates, before the first token.
#
# `prompt_lookup_num_tokens` proposes what followed the prompt's last token the first time it stood there. Where a template
# begins the user's turn and the assistant's with the same token ("USER:" and "ASSISTANT:", "user\n" and "assistant\n"),
# that is the picture's placeholders. They go through the model with the prompt, and are more than the picture has features:
#   ... assistant's turn begins with a token of its own   [7 tokens]
#   ... with the token that stands before the picture     ValueError: Image features and image tokens do not match
# 22 of 33 tiny checkpoints of VLM families fail so, Qwen3-VL, InternVL, Gemma 4 and SmolVLM among them. A system message
# before the picture avoids it (Qwen2.5-VL has one), because its turn is found first.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 transformers==5.23.0
"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import torch
import transformers
from transformers import LlavaConfig, LlavaForConditionalGeneration

IMAGE, USER, ASSISTANT, COLON, OTHER = range(59, 64)
text = {
    "model_type": "llama", "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2,
    "num_attention_heads": 4, "vocab_size": 64, "pad_token_id": 0,
}  # fmt: skip
vision = {
    "model_type": "clip_vision_model", "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2,
    "num_attention_heads": 2, "image_size": 28, "patch_size": 14,
}  # fmt: skip
torch.manual_seed(0)
config = LlavaConfig(vision_config=vision, text_config=text, image_token_id=IMAGE)
model = LlavaForConditionalGeneration(config).eval()


def answer(before_the_answer: int, **lookup: int) -> str:
    """What `generate` makes of a prompt whose picture stands behind a colon."""
    ids = torch.tensor([[1, USER, COLON, *[IMAGE] * 4, 5, 6, ASSISTANT, before_the_answer]])
    asked = {"input_ids": ids, "attention_mask": torch.ones_like(ids), "pixel_values": torch.rand(1, 3, 28, 28)}
    try:
        found = model.generate(**asked, max_new_tokens=7, min_new_tokens=7, do_sample=False, eos_token_id=2, **lookup)
    except ValueError as error:
        return f"ValueError: {str(error)[:46]}"
    return f"{found.shape[1] - ids.shape[1]} tokens"


print("transformers", transformers.__version__)
for name, token in (("another token", OTHER), ("the same token", COLON)):
    plain, looked_up = answer(token), answer(token, prompt_lookup_num_tokens=3)
    print(f"{name}: {plain}, with prompt lookup {looked_up}")
    assert plain == "7 tokens"
    assert looked_up.startswith("ValueError: Image features") == (token == COLON), "the answers are others now"
PYTHON
