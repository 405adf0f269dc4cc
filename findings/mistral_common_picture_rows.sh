#!/usr/bin/env bash
# mistral-common 1.13.1 and transformers 5.23.0: of one picture in sixty they make different numbers of tokens.
#
# Both scale a large picture to the model's longest side, and then take as many patches as cover it: mistral-common rounds the
# shorter side to a whole pixel, transformers rounds it down. Where the fraction is a half or more just above a multiple of the
# patch, mistral-common has one row or column more. Sides drawn from 300 to 5,000 pixels, 20,000 times:
#                                         longest side, patch   sizes that differ   such as         mistral-common  transformers
#   Mistral Small 3.1 (14, merged by 2)   1540, 28              1.6 %               2656 x 3945     38 x 55         37 x 55
#   Pixtral 12B                           1024, 16              3.1 %               626 x 2000      21 x 64         20 x 64
# vLLM with --tokenizer-mode mistral and Mistral's own code read by the first, TRL, PEFT and every Trainer by the second: a
# model trained with one answers to a picture cut otherwise in the other. Scale pictures to the longest side before both.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet transformers==5.23.0 pillow==13.0.0 numpy
"$folder/venv/bin/pip" install --quiet --target "$folder/mistral" mistral-common==1.13.1 opencv-python-headless==4.12.0.88
cd "$folder"
cat >sizes.py <<'PYTHON'
import random

MODELS = {"Mistral Small 3.1": (1540, 14, 2), "Pixtral 12B": (1024, 16, 1)}
draw = random.Random(0)
SIZES = [(draw.randint(300, 5000), draw.randint(300, 5000)) for _ in range(20_000)]
SHOWN = {"Mistral Small 3.1": (2656, 3945), "Pixtral 12B": (626, 2000)}
PYTHON
PYTHONPATH="$folder/mistral" venv/bin/python - <<'PYTHON'
import json
from importlib.metadata import version
from types import SimpleNamespace

from mistral_common.protocol.instruct.messages import ImageChunk
from mistral_common.tokens.tokenizers.image import ImageConfig, ImageEncoder, SpecialImageIDs
from PIL import Image
from sizes import MODELS, SHOWN, SIZES

print(f"mistral-common {version('mistral-common')}")
found = {}
for name, (longest, patch, merge) in MODELS.items():
    config = ImageConfig(image_patch_size=patch, max_image_size=longest, spatial_merge_size=merge)
    encoder = ImageEncoder(config, SpecialImageIDs(img=10, img_break=12, img_end=13))
    grids = [encoder._image_to_num_tokens(SimpleNamespace(size=size)) for size in SIZES]
    tokens = encoder(ImageChunk(image=Image.new("RGB", SHOWN[name]))).tokens
    found[name] = {"grids": grids, "tokens": len(tokens)}
json.dump(found, open("mistral.json", "w"))
PYTHON
venv/bin/python -W ignore - <<'PYTHON'
import json

import numpy as np
import transformers
from PIL import Image
from sizes import MODELS, SHOWN, SIZES
from transformers.models.pixtral.image_processing_pil_pixtral import PixtralImageProcessorPil, get_resize_output_image_size

print(f"transformers {transformers.__version__}")
theirs = json.load(open("mistral.json"))
for name, (longest, patch, merge) in MODELS.items():
    cell = patch * merge
    differ = 0
    for (width, height), grid in zip(SIZES, theirs[name]["grids"], strict=True):
        empty = np.broadcast_to(np.uint8(0), (height, width, 3))
        high, wide = get_resize_output_image_size(empty, (longest, longest), (cell, cell), "channels_last")
        differ += [wide // cell, high // cell] != grid
    processor = PixtralImageProcessorPil(size={"longest_edge": longest}, patch_size={"height": cell, "width": cell})
    ((high, wide),) = processor(Image.new("RGB", SHOWN[name]), return_tensors="np")["image_sizes"]
    tokens = (wide // cell + 1) * (high // cell)  # each row ends in a token of its own
    print(f"{name}: {differ / len(SIZES):.1%} of the sizes differ; {SHOWN[name]}: {theirs[name]['tokens']} and {tokens} tokens")
    assert 0.01 < differ / len(SIZES) < 0.05 and theirs[name]["tokens"] > tokens, "they agree now"
PYTHON
