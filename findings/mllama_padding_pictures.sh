#!/usr/bin/env bash
# transformers 5.24.0: Llama 3.2 Vision answers otherwise in a batch, because text before the picture looks at padding pictures.
#
# A token that may see no picture has every place of its cross-attention mask open (a row of nothing but minus infinity is
# set to zero). The layer's feed-forward output is masked for such tokens, the attention's is not. So begin token, header and
# system message take in the mean over all picture tokens of the batch, those of padding pictures and tiles included:
#   a prompt of one picture, its last token's logits   alone   beside a prompt of one picture   beside one of two
#   largest difference from alone                      0       0                                0.1 to 3 (random weights)
# Meta's own code masks both outputs. Burnish: reads only prompts with the same number of pictures in one pass.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 transformers==5.24.0
"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import torch
import transformers
from transformers import MllamaConfig, MllamaForConditionalGeneration

TILES, LENGTH, PICTURE_AT = 2, 10, 4
torch.manual_seed(0)
config = MllamaConfig(
    vision_config={
        "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_global_layers": 1,
        "attention_heads": 2, "image_size": 28, "patch_size": 14, "max_num_tiles": TILES, "vision_output_dim": 64,
        "intermediate_layers_indices": [0], "supported_aspect_ratios": [[1, 1], [1, 2], [2, 1]],
    },
    text_config={
        "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 3, "num_attention_heads": 4,
        "num_key_value_heads": 4, "vocab_size": 64, "cross_attention_layers": [1], "pad_token_id": 0,
        "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0}, "initializer_range": 0.3,
    },
    image_token_index=60,
)  # fmt: skip
model = MllamaForConditionalGeneration(config).eval()
for name, gate in model.named_parameters():
    if "gate" in name and gate.numel() == 1:  # closed at first, open in every trained checkpoint
        torch.nn.init.constant_(gate, 1.0)
pixels = torch.randn(2, TILES, 3, 28, 28)


def asked(pictures: list[int]) -> dict[str, torch.Tensor]:
    """Prompts with so many pictures each, padded to the most of them as Mllama's processor pads."""
    most = max(pictures)
    ids = torch.tensor([[1, 5, 6, 7, 60, 8, 9, 10, 11, 12]] * len(pictures))
    pictured = torch.zeros(len(pictures), most, TILES, 3, 28, 28)
    ratios, tiles = torch.zeros(len(pictures), most).long(), torch.zeros(len(pictures), most, TILES).long()
    seen = torch.zeros(len(pictures), LENGTH, most, TILES).long()
    tiles[:, :, 0] = 1
    for row, count in enumerate(pictures):
        pictured[row, :count], ratios[row, :count], tiles[row, :count] = pixels[:count], 2, 1
        seen[row, PICTURE_AT:, :count] = 1
    return {
        "input_ids": ids, "attention_mask": torch.ones_like(ids), "pixel_values": pictured,
        "aspect_ratio_ids": ratios, "aspect_ratio_mask": tiles, "cross_attention_mask": seen,
    }  # fmt: skip


with torch.no_grad():
    alone = model(**asked([1])).logits[0, -1]
    apart = {beside: (model(**asked([1, beside])).logits[0, -1] - alone).abs().max().item() for beside in (1, 2)}
print(f"transformers {transformers.__version__}: beside one picture {apart[1]:.0e}, beside two {apart[2]:.2f}")
assert apart[1] < 1e-4 < 1e-2 < apart[2], "a prompt is answered as alone now"
PYTHON
