"""What recipes need at paper scale, tiny: files in the official schemas, made for these tests, and a judge."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from burnish.bench.standard import mme as mme_rule
from burnish.pocket.world import make
from burnish.recipes.recipe import Recipe
from fire_items import made_item, write_items
from releases import gqa, llava_bench, mmbench, mme, mmvet, pope, scienceqa, textvqa, vizwiz, vqav2
from standard_files import json_file, lines_file

LLAVA_PARTS = ("coco", "gqa", "ocr_vqa", "textvqa", "vg")
REPLIES = {
    "| Correctness\n": "0.5",
    "[Assistant 1]": "8 6\nBecause.",
    "A1,[wording]": "A1,9,9,9,8\nA2,1,2,3,4\nA3,5,6,4,7",
    "[First answer]": "Verdict: first",
}
"""By words of its prompts, what the judge says."""


def says(text: str) -> str:
    """The judge's reply."""
    return next(reply for words, reply in REPLIES.items() if words in text)


def paper_files(folder: Path, sources: list[str]) -> dict[str, str]:
    """The places of all files that any recipe asks for; FIRE's files have these sources."""
    folder.mkdir(exist_ok=True)
    mmbench(folder / "mmbench", "MMBench_DEV_CN.tsv")
    textvqa(folder / "textvqa")
    read = [{"image_id": "f1", "ocr_tokens": ["NOKIA", "8"]}]
    json_file(folder / "textvqa" / "TextVQA_Rosetta_OCR_v0.2_val.json", {"data": read})
    (folder / "vqav2").mkdir()
    dialogues = [made_item(4, 9, source=source) for source in sources]
    fire = {name: write_items(folder / "fire", dialogues, f"{name}.json") for name in ("fire_100k", "fire_1m", "bench")}
    tasks = tuple(task for of_sum in mme_rule.SUMS.values() for task in of_sum)
    found = {
        "llava_665k": _llava(folder / "llava"),
        "mmbench_questions": _questions(folder / "questions"),
        "pope": pope(folder / "pope"),
        "mmbench": mmbench(folder / "mmbench"),
        "mmvet": mmvet(folder / "mmvet"),
        "llava_bench": llava_bench(folder / "llava_bench"),
        "gqa": gqa(folder / "gqa"),
        "vqav2": vqav2(folder / "vqav2"),
        "vizwiz": vizwiz(folder / "vizwiz"),
        "textvqa": folder / "textvqa",
        "scienceqa": scienceqa(folder / "scienceqa"),
        "mme": mme(folder / "mme", tasks),
        **{"fire_100k": fire["fire_100k"], "fire_1m": fire["fire_1m"], "fire_bench": fire["bench"]},
        **dict.fromkeys(("fire_1m_200k", "fire_1m_600k"), fire["fire_1m"]),
    }
    return {name: str(place) for name, place in found.items()}


def sources_of(recipes: list[Recipe]) -> list[str]:
    """The sources whose numbers stand in tables."""
    return sorted({str(row.values["source"]) for recipe in recipes for row in recipe.rows if "source" in row.values})


def _llava(folder: Path) -> Path:
    """LLaVA-665K: three descriptions of the pocket world's pictures in each of its parts."""
    items: list[dict[str, Any]] = []
    for number, part in enumerate(LLAVA_PARTS * 3):
        example = make("train", number, "description")
        name = f"{part}/{number}.png"
        (folder / part).mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(example.image)
        turns = [
            {"from": "human", "value": f"<image>\n{example.question}"},
            {"from": "gpt", "value": example.answer},
        ]
        items.append({"id": str(number), "image": name, "conversations": turns})
    return json_file(folder / "llava_v1_5_mix665k.json", items)


def _questions(folder: Path) -> Path:
    """Questions with one right answer, as JSON lines beside their pictures."""
    folder.mkdir()
    rows = []
    for number in range(2):
        example = make("heldout", number, "existence")
        (folder / f"{number}.png").write_bytes(example.image)
        rows.append({"image": f"{number}.png", "question": example.question, "answer": example.answer})
    return lines_file(folder / "questions.jsonl", rows)
