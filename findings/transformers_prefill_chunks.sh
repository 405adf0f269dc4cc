#!/usr/bin/env bash
# transformers 5.24.0: `generate(prefill_chunk_size=N)` changes PaliGemma's answers, without a word.
#
# PaliGemma reads its prompt as a prefix: every token of it sees all others. Read in chunks, a token sees only what has been
# read so far, and the cache keeps what it made of that. Gemma 3, whose picture tokens see one another, reads its pictures in
# one piece and is right:
#   the first new token's logits, largest difference from reading in one piece   PaliGemma  about 1    Gemma 3  below 1e-4
# So do not read PaliGemma's prompts in chunks to save memory. Burnish reads every prompt in one pass.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 transformers==5.24.0
"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import torch
import transformers
from transformers import Gemma3Config, Gemma3ForConditionalGeneration
from transformers import PaliGemmaConfig, PaliGemmaForConditionalGeneration

IMAGE = 60
text = {
    "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 4, "head_dim": 8, "vocab_size": 64, "pad_token_id": 0, "initializer_range": 0.2,
}  # fmt: skip
vision = {
    "model_type": "siglip_vision_model", "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1,
    "num_attention_heads": 2, "image_size": 28, "patch_size": 7, "vision_use_head": False,
}  # fmt: skip


def paligemma() -> torch.nn.Module:
    config = PaliGemmaConfig(
        vision_config=vision, text_config={"model_type": "gemma", **text}, image_token_index=IMAGE, projection_dim=32,
    )  # fmt: skip
    return PaliGemmaForConditionalGeneration(config)


def gemma3() -> torch.nn.Module:
    config = Gemma3Config(
        vision_config=vision, text_config={**text, "sliding_window": 64}, image_token_index=IMAGE,
        mm_tokens_per_image=16, boi_token_index=61, eoi_token_index=62,
    )  # fmt: skip
    return Gemma3ForConditionalGeneration(config)


def apart(model: torch.nn.Module, types: torch.Tensor, ids: torch.Tensor) -> float:
    """How far the first new token's logits move when the prompt is read in chunks of seven tokens."""
    asked = {
        "input_ids": ids, "attention_mask": torch.ones_like(ids), "token_type_ids": types,
        "pixel_values": torch.randn(1, 3, 28, 28, generator=torch.manual_seed(0)),
    }  # fmt: skip
    how = {"max_new_tokens": 1, "do_sample": False, "return_dict_in_generate": True, "output_logits": True}
    with torch.no_grad():
        [whole] = model.generate(**asked, **how).logits
        [chunked] = model.generate(**asked, **how, prefill_chunk_size=7).logits
    return (whole - chunked).abs().max().item()


ids = torch.tensor([[1, 5, 61, *[IMAGE] * 16, 62, 6, 7, 8, 9]])
torch.manual_seed(0)
prefix = apart(paligemma().eval(), torch.zeros_like(ids), ids)
pictures = apart(gemma3().eval(), (ids == IMAGE).long(), ids)
print(f"transformers {transformers.__version__}: PaliGemma {prefix:.1e}, Gemma 3 {pictures:.1e}")
assert prefix > 1e-2 > 1e-4 > pictures, "chunks are read otherwise now"
PYTHON
