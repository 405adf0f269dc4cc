#!/usr/bin/env bash
# datasets 5.2.0: a `map` that only looks at a picture stores it anew, as JPEG of quality 75.
#
# A JPEG of quality 95 with full colour, its size in bytes, and how far its pixels are from the original's (of 255):
#   row["n"] = 1; return row                        16,298 bytes, the same file
#   row["wide"] = row["image"].width; return row     3,287 bytes, off by 155 at most, 21 in the mean
#   return {"wide": row["image"].width}              3,287 bytes, the same
#   return {**row, "n": 1}                           3,287 bytes, the same
# What a function has read of a row is written again, even if it returns another column alone: pictures by Pillow's
# defaults, with half of the colours. With `batched=True` too. The picture here is all edges and photos suffer less, but a
# bench whose data went through it asks about other pictures than its authors, and nothing says so. PNG stays equal. To
# keep the files, cast the column to `Image(decode=False)` first, and decode in the function.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet datasets==5.2.0 pillow==12.3.0
HF_HOME="$folder/hf" HF_HUB_OFFLINE=1 "$folder/venv/bin/python" -W ignore - <<'PYTHON'
import io

import datasets
import numpy as np
from PIL import Image

datasets.disable_progress_bars()
rows_HW, columns_HW = np.mgrid[:96, :128]
colours_HW3 = np.stack([columns_HW * 2, rows_HW * 2, rows_HW * columns_HW % 256], -1).astype(np.uint8)
made = {}
for kind, how in (("JPEG", {"quality": 95, "subsampling": 0}), ("PNG", {})):
    file = io.BytesIO()
    Image.fromarray(colours_HW3).save(file, kind, **how)
    made[kind] = file.getvalue()


def untouched(row):
    row["n"] = 1
    return row


def looked_at(row):
    row["wide"] = row["image"].width
    return row


def all_looked_at(rows):
    rows["wide"] = [picture.width for picture in rows["image"]]
    return rows


def new_columns(row):
    return {"wide": row["image"].width}


def spread(row):
    return {**row, "n": 1}


def opened(row):
    return {"wide": Image.open(io.BytesIO(row["image"]["bytes"])).width}


print("datasets", datasets.__version__)
columns = datasets.Features({"image": datasets.Image()})
for kind, first in made.items():
    rows = datasets.Dataset.from_dict({"image": [{"bytes": first, "path": None}]}, features=columns)
    for change in (untouched, looked_at, all_looked_at, new_columns, spread):
        mapped = rows.map(change, batched=change is all_looked_at)
        [stored] = mapped.select_columns("image").cast_column("image", datasets.Image(decode=False))["image"]
        off = np.abs(np.asarray(mapped[0]["image"]).astype(int) - np.asarray(rows[0]["image"]))
        print(f"{kind}, {change.__name__}: {len(stored['bytes']):,} bytes, off by {off.max()}, {off.mean():.0f} in the mean")
        if change is untouched:
            assert stored["bytes"] == first, "stored anew now"
        else:
            assert (off.mean() > 5) == (kind == "JPEG"), "stored otherwise now"
    [kept] = rows.cast_column("image", datasets.Image(decode=False)).map(opened)["image"]
    assert kept["bytes"] == first, "stored anew now"
PYTHON
