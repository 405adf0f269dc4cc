#!/usr/bin/env bash
# transformers 5.23.0: Mllama (Llama 3.2 Vision) cannot be loaded again after `resize_token_embeddings`.
#
# Its embeddings have 8 rows more than its vocabulary, for the picture's token, and its output layer has not. Resizing gives
# both the new number and writes this into the config as the vocabulary, from which loading makes 8 rows more again:
#   as it came, saved and loaded                            268 and 260 rows
#   resize_token_embeddings(len(tokenizer)), then saved     261 and 261 rows, and from_pretrained:
#                                                           RuntimeError, 261 rows in the file and 269 in the model
# The line stands in many training scripts, and does this where no token was added. Molmo2 is made so and fails so; other
# families' checkpoints load again. The weights are in the file, intact: only the config disagrees with them.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 transformers==5.23.0
"$folder/venv/bin/python" -W ignore - "$folder" <<'PYTHON'
import sys

import transformers
from transformers import MllamaConfig, MllamaForConditionalGeneration

transformers.logging.set_verbosity_error()
VOCABULARY, PICTURE = 260, 260
sizes = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
config = MllamaConfig(
    text_config={**sizes, "num_key_value_heads": 2, "cross_attention_layers": [1], "vocab_size": VOCABULARY, "pad_token_id": 0},
    vision_config={
        **{name: size for name, size in sizes.items() if name != "num_attention_heads"}, "attention_heads": 2,
        "num_global_layers": 1, "image_size": 28, "patch_size": 14, "vision_output_dim": 64,
        "intermediate_layers_indices": [0], "supported_aspect_ratios": [[1, 1]],
    },
    image_token_index=PICTURE,
)  # fmt: skip


def rows(model: MllamaForConditionalGeneration) -> tuple[int, int]:
    return len(model.get_input_embeddings().weight), len(model.get_output_embeddings().weight)


print("transformers", transformers.__version__)
model = MllamaForConditionalGeneration(config)
model.save_pretrained(f"{sys.argv[1]}/as-it-came")
loaded = rows(MllamaForConditionalGeneration.from_pretrained(f"{sys.argv[1]}/as-it-came"))
print("as it came, loaded again:", loaded)
assert loaded == rows(model) == (268, 260)
model.resize_token_embeddings(PICTURE + 1)  # the length of its tokenizer: the picture's token is the last one
print("resized:", rows(model))
assert rows(model) == (261, 261)
model.save_pretrained(f"{sys.argv[1]}/resized")
try:
    MllamaForConditionalGeneration.from_pretrained(f"{sys.argv[1]}/resized")
except RuntimeError as error:
    print("loaded again:", type(error).__name__, str(error)[:70])
else:
    raise SystemExit("it loads now")
PYTHON
