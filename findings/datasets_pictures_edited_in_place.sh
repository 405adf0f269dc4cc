#!/usr/bin/env bash
# datasets 5.2.0, mosaicml-streaming 0.13.0, litdata 0.2.76: a picture that was drawn on is stored as it was before.
#
# Pillow changes some pictures where they are (`thumbnail`, `paste`, ImageDraw, `putalpha`), and such a picture still names
# the file it came from. All three libraries, given it, store that file, and not its pixels. A white picture from a file is
# drawn black, and given to them:
#   datasets, from_dict                    white          the same picture after `copy()`: black
#   datasets, map (the row's own picture)  white
#   streaming, a column of "jpeg"          white
#   litdata, JPEGSerializer                white
# So what was hidden is in the data set again, thumbnails are full pictures, and a distorted copy equals the original:
# preference pairs made from it have no difference. What has no file (after `resize`, `convert`, `copy`) is stored itself.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat > "$folder/drawn.py" <<'PYTHON'
import sys

import torch

if "+cpu" in torch.__version__:  # torchvision's own operators, which nothing here uses, do not load beside this build
    declared = torch.library.Library("torchvision", "DEF")
    for name in ("nms", "qnms"):
        declared.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
from PIL import Image, ImageDraw


def drawn_black(picture: Image.Image) -> Image.Image:
    ImageDraw.Draw(picture).rectangle((0, 0, 63, 47), fill="black")
    assert picture.getpixel((5, 5)) == (0, 0, 0)
    return picture


def colour(picture: Image.Image) -> str:
    return {(255, 255, 255): "white", (0, 0, 0): "black"}[picture.convert("RGB").getpixel((5, 5))]


def same(what: str, found: str, expected: str) -> None:
    print(f"{what}: {found}", flush=True)
    assert found == expected, "stored otherwise now"


FILE = f"{sys.argv[1]}/white.jpg"
Image.new("RGB", (64, 48), "white").save(FILE)
PYTHON
cat > "$folder/of_datasets.py" <<'PYTHON'
import io

import datasets
from litdata.streaming.serializers import JPEGSerializer

from drawn import FILE, Image, colour, drawn_black, same

print("datasets", datasets.__version__)
pictures = datasets.Features({"image": datasets.Image()})
for name, given in (("as it is", drawn_black(Image.open(FILE))), ("its copy", drawn_black(Image.open(FILE)).copy())):
    stored = datasets.Dataset.from_dict({"image": [given]}, features=pictures)[0]["image"]
    same(f"datasets, from_dict, {name}", colour(stored), "white" if name == "as it is" else "black")
rows = datasets.Dataset.from_dict({"image": [FILE]}, features=pictures)
mapped = rows.map(lambda row: {"image": drawn_black(row["image"])})
same("datasets, map", colour(mapped[0]["image"]), "white")
stored, _ = JPEGSerializer().serialize(drawn_black(Image.open(FILE)))
same("litdata", colour(Image.open(io.BytesIO(stored))), "white")
PYTHON
cat > "$folder/of_streaming.py" <<'PYTHON'
import sys

from drawn import FILE, Image, colour, drawn_black, same
from streaming import MDSWriter, StreamingDataset

out = f"{sys.argv[1]}/mds"
with MDSWriter(out=out, columns={"image": "jpeg"}) as writer:
    writer.write({"image": drawn_black(Image.open(FILE))})
same("streaming", colour(StreamingDataset(local=out, batch_size=1)[0]["image"]), "white")
PYTHON
for of in datasets streaming; do
    python3 -m venv "$folder/$of"
    "$folder/$of/bin/pip" install --quiet torch==2.13.0 torchvision==0.28.0 pillow==12.3.0 \
        $([ $of = datasets ] && echo datasets==5.2.0 litdata==0.2.76 || echo mosaicml-streaming==0.13.0)
    HF_HOME="$folder/hf" HF_HUB_OFFLINE=1 "$folder/$of/bin/python" -W ignore "$folder/of_$of.py" "$folder"
done
