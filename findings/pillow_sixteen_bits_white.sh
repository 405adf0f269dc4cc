#!/usr/bin/env bash
# Pillow 13.0.0 in transformers 5.23.0 and datasets 5.2.0: a 16-bit grey picture reaches a model as a white one, a float one as black.
#
# X-rays, depth maps and micrographs are PNG or TIFF with 16 bits of grey. `Image.convert("RGB")`, which transformers'
# `load_image`, most processors and most collators call, clips each value at 255 instead of dividing by 257, and a float's at
# 0 and 255. No warning. A ramp of grey from black to white, with mean 127.5:
#   file                 mode  as RGB, mean   share of white pixels
#   8 bits, PNG          L     127.5          0.2 %
#   16 bits, PNG, TIFF   I;16  254.5          99.6 %
#   floats 0 to 1, TIFF  F     0.0            0.0 %   (greatest value 1)
# `datasets` hands on the picture in its own mode, so that the next `convert("RGB")` does it. Divide before it:
# Image.fromarray((numpy.asarray(picture) / 257).astype("uint8")). Burnish scales such pictures when it reads them.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet pillow==13.0.0 transformers==5.23.0 datasets==5.2.0
cd "$folder"
HF_HUB_OFFLINE=1 venv/bin/python -W error - <<'PYTHON'
import datasets
import numpy as np
import PIL
import transformers
from datasets import Dataset
from PIL import Image
from transformers.image_utils import load_image

ramp = np.linspace(0, 1, 256 * 256).reshape(256, 256)
FILES = {
    "grey8.png": (ramp * 255).round().astype(np.uint8),
    "grey16.png": (ramp * 65_535).round().astype(np.uint16),
    "grey16.tif": (ramp * 65_535).round().astype(np.uint16),
    "float.tif": ramp.astype(np.float32),
}
for name, values in FILES.items():
    Image.fromarray(values).save(name)


def seen(picture):
    """Mean, share of white pixels and greatest value of what a model gets."""
    values = np.asarray(picture)
    return round(float(values.mean()), 1), round(100 * float((values == 255).mean()), 1), int(values.max())


EXPECTED = {
    "grey8.png": (127.5, 0.2, 255), "grey16.png": (254.5, 99.6, 255), "grey16.tif": (254.5, 99.6, 255),
    "float.tif": (0.0, 0.0, 1),
}  # fmt: skip
print(f"Pillow {PIL.__version__}, transformers {transformers.__version__}, datasets {datasets.__version__}")
rows = Dataset.from_dict({"image": [*FILES]}).cast_column("image", datasets.Image())
for row, name in zip(rows, FILES, strict=True):
    by_transformers, by_datasets = seen(load_image(name)), seen(row["image"].convert("RGB"))
    print(f"{name}: mode {row['image'].mode}, transformers {by_transformers}, datasets {by_datasets}")
    assert by_transformers == by_datasets == EXPECTED[name], "it is converted otherwise now"
right = Image.fromarray((np.asarray(rows[1]["image"]) / 257).round().astype("uint8")).convert("RGB")
print(f"grey16.png divided by 257 first: {seen(right)}")
assert seen(right)[0] == 127.5
PYTHON
