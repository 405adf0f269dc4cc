#!/usr/bin/env bash
# datasets 5.2.0: of WebDataset shards, what the first five samples do not have is lost without a word.
#
# The reader takes its columns, and the keys of JSON members, from the first five samples of the first shard. A member (`.txt`)
# or a JSON key that comes later is dropped, streaming or not; no warning, no error. The sixth sample here has both:
#   columns: ['__key__', '__url__', 'json', 'png']
#   the last sample's JSON: {'question': 'q7'}
# where the shard holds {"question": "q7", "answer": "a7"} and 0007.txt. Features that are given are obeyed: both come back.
# Burnish reads shards by itself (src/burnish/sources/webdataset.py), sample by sample, so that no answer is lost so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet datasets==5.2.0 pillow==12.3.0
HF_HOME="$folder/home" "$folder/venv/bin/python" - "$folder/shard.tar" <<'PYTHON'
import io
import json
import sys
import tarfile

import datasets
from datasets import Features, Image, Value, load_dataset
from PIL import Image as Pillow

shard = sys.argv[1]


def add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    tar.addfile(member, io.BytesIO(content))


picture = io.BytesIO()
Pillow.new("RGB", (8, 8), "red").save(picture, "PNG")
with tarfile.open(shard, "w") as tar:
    for i in range(8):
        late = i >= 5
        fields = {"question": f"q{i}"} | ({"answer": f"a{i}"} if late else {})
        add(tar, f"{i:04d}.png", picture.getvalue())
        add(tar, f"{i:04d}.json", json.dumps(fields).encode())
        if late:
            add(tar, f"{i:04d}.txt", b"a caption")

for streaming in (True, False):
    rows = list(load_dataset("webdataset", data_files=shard, split="train", streaming=streaming))
    print(f"datasets {datasets.__version__}, {streaming=}, columns: {sorted(rows[-1])}")
    print(f"the last sample's JSON: {rows[-1]['json']}")
    assert "txt" not in rows[-1] and "answer" not in rows[-1]["json"], "late fields are read now"

given = Features({
    "__key__": Value("string"), "__url__": Value("string"), "png": Image(), "txt": Value("string"),
    "json": {"question": Value("string"), "answer": Value("string")},
})  # fmt: skip
rows = list(load_dataset("webdataset", data_files=shard, split="train", streaming=True, features=given))
print(f"with features given: {rows[-1]['json']}, {rows[-1]['txt']!r}")
assert rows[-1]["txt"] == "a caption" and rows[-1]["json"]["answer"] == "a7", "features are not obeyed any more"
PYTHON
