#!/usr/bin/env bash
# transformers: beam search, and several returned sequences, see the wrong pictures where a prompt has more than one.
#
# `generate` repeats a prompt for its beams (`num_beams`) or its sequences (`num_return_sequences`), and the pictures with it.
# Pictures [A, B] of a prompt must become [A, B, A, B]; where they become [A, A, B, B], one sequence is about A and A, the
# other about B and B, and nothing says so. Greedy decoding and prompts of one picture are right.
#   the pictures of          5.16.0   5.18.0   5.24.0
#   LLaVA                    wrong    wrong    right (since 5.19.0)
#   Qwen2.5-VL               right    wrong    right (since 5.19.0)
#   GLM-4.1V                 right    wrong    wrong (GLM-4.5V, GLM-4.6V, GLM-OCR and Granite 4 Vision have its code)
# Seen as the largest difference of the first new token's logits from greedy decoding of the same prompt.
# Burnish: scores what a beam search has found once more, and refuses it where the scores differ; draws one answer at a time.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
cat >"$folder/try.py" <<'PYTHON'
import torch
import transformers
from transformers import Glm4vConfig, Glm4vForConditionalGeneration, LlavaConfig, LlavaForConditionalGeneration
from transformers import Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration

IMAGE, START, END = 60, 61, 62
text = {
    "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "vocab_size": 64, "pad_token_id": 0, "initializer_range": 0.3,
}  # fmt: skip
rope = {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": [2, 1, 1]}
marks = {"image_token_id": IMAGE, "video_token_id": 63}
patches = torch.randn(32, 3 * 2 * 14 * 14, generator=torch.manual_seed(0))  # two pictures of 4 x 4 patches
grid = torch.tensor([[1, 4, 4], [1, 4, 4]])


def llava() -> tuple[torch.nn.Module, dict[str, torch.Tensor]]:
    vision = {
        "model_type": "clip_vision_model", "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2,
        "num_attention_heads": 2, "image_size": 28, "patch_size": 14,
    }  # fmt: skip
    config = LlavaConfig(vision_config=vision, text_config={"model_type": "llama", **text}, image_token_id=IMAGE)
    return LlavaForConditionalGeneration(config), {"pixel_values": patches.reshape(2, -1, 28, 28)[:, :3]}


def glm4v() -> tuple[torch.nn.Module, dict[str, torch.Tensor]]:
    vision = {
        "depth": 2, "hidden_size": 32, "out_hidden_size": 32, "intermediate_size": 64, "num_heads": 2,
        "image_size": 56, "patch_size": 14,
    }  # fmt: skip
    config = Glm4vConfig(
        vision_config=vision, text_config={**text, "rope_parameters": {**rope, "partial_rotary_factor": 1.0}},
        **marks, image_start_token_id=START, image_end_token_id=END,
    )  # fmt: skip
    return Glm4vForConditionalGeneration(config), {"pixel_values": patches, "image_grid_thw": grid}


def qwen2_5_vl() -> tuple[torch.nn.Module, dict[str, torch.Tensor]]:
    vision = {
        "depth": 2, "hidden_size": 32, "out_hidden_size": 32, "intermediate_size": 64, "num_heads": 2,
        "window_size": 56, "fullatt_block_indexes": [1], "patch_size": 14,
    }  # fmt: skip
    config = Qwen2_5_VLConfig(
        vision_config=vision, text_config={**text, "rope_parameters": rope}, **marks,
        vision_start_token_id=START, vision_end_token_id=END,
    )  # fmt: skip
    return Qwen2_5_VLForConditionalGeneration(config), {"pixel_values": patches, "image_grid_thw": grid}


version = transformers.__version__
for build, wrong_in in (
    (llava, ("5.16.0", "5.18.0")),
    (qwen2_5_vl, ("5.18.0",)),
    (glm4v, ("5.18.0", "5.24.0")),
):
    torch.manual_seed(0)
    model, pictures = build()
    ids = torch.tensor([[START, *[IMAGE] * 4, END, START, *[IMAGE] * 4, END, 5, 6]])
    asked = {
        "input_ids": ids, "attention_mask": torch.ones_like(ids), "mm_token_type_ids": (ids == IMAGE).int(), **pictures
    }  # fmt: skip
    if build is llava:
        del asked["mm_token_type_ids"]
    how = {"max_new_tokens": 1, "return_dict_in_generate": True, "output_logits": True, "eos_token_id": 1}
    with torch.no_grad():
        [greedy] = model.eval().generate(**asked, **how, do_sample=False).logits
        [drawn] = model.generate(**asked, **how, do_sample=True, num_return_sequences=2).logits
        [beams] = model.generate(**asked, **how, do_sample=False, num_beams=2).logits
    apart = [round((found - greedy).abs().max().item(), 4) for found in (drawn, beams)]
    wrong = [one > 1e-2 for one in apart]
    print(f"transformers {version}, {build.__name__}: two sequences {apart[0]}, two beams {apart[1]} from greedy")
    assert wrong == [version in wrong_in] * 2, "the pictures go elsewhere now"
PYTHON
for version in 5.16.0 5.18.0 5.24.0; do
    "$folder/venv/bin/pip" install --quiet torch==2.13.0 "transformers==$version"
    "$folder/venv/bin/python" -W ignore "$folder/try.py"
done
