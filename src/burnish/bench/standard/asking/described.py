"""MM-Vet, LLaVA-Bench and SHR: open questions, whose answers are written for a judge."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from burnish.bench.standard import llava_bench_files, mmvet_files
from burnish.bench.standard.asking.base import Benchmark, Said
from burnish.bench.standard.asking.configs import AskLlavaBenchConfig, AskMmvetConfig, AskShrConfig
from burnish.bench.standard.asking.data import ROW, open_data
from burnish.bench.standard.asking.frames import BARE, framed
from burnish.bench.standard.asking.written import write_answers, write_document
from burnish.bench.standard.files import Item, document, items, members
from burnish.sources import Candidate

MMVET_PICTURES = "MM-Vet's pictures are in mm-vet.zip of github.com/yuweihao/MM-Vet"
LLAVA_PICTURES = "LLaVA-Bench's pictures are in huggingface.co/datasets/liuhaotian/llava-bench-in-the-wild"
SHR_RELEASE = "val_images_final.json is in ha_dpo/data/shr of github.com/opendatalab/HA-DPO"
SHR_PICTURES = (
    "SHR's pictures are Visual Genome's VG_100K and VG_100K_2, on homes.cs.washington.edu/~ranjay/visualgenome"
)
DESCRIBE = "Describe this image in detail."
DOCUMENT = "predictions.json"


def open_mmvet(config: AskMmvetConfig) -> Benchmark:
    """MM-Vet as it is asked. Raises SourceError."""
    data = open_data(config, ("images", "."), MMVET_PICTURES)

    def official(root: Path) -> Iterator[Item]:
        for key, item in members(document(str(root / "mm-vet.json"), mmvet_files.RELEASE)):
            yield Item(item.where, {**item.values, "question_id": key})

    def questions() -> Iterator[Candidate]:
        for row in data.rows(official):
            yield Candidate(
                id=row.key("question_id"),
                image=data.picture(row, lambda row: row.text("imagename")),
                question=framed(BARE, row.text("question")),
                answer=row.text("answer"),
                source="mmvet",
            )

    return Benchmark(frame=BARE, questions=questions, pictures=data, write=write_by_key, score=for_a_judge)


def open_llava_bench(config: AskLlavaBenchConfig) -> Benchmark:
    """LLaVA-Bench (in the wild) as it is asked. Raises SourceError."""
    data = open_data(config, ("images", "."), LLAVA_PICTURES)

    def questions() -> Iterator[Candidate]:
        for row in data.rows(lambda root: items(str(root / "questions.jsonl"), llava_bench_files.RELEASE)):
            yield Candidate(
                id=row.key("question_id"),
                image=data.picture(row, lambda row: row.text("image")),
                question=framed(BARE, row.text("text", "question")),
                source=row.text("category"),
            )

    return Benchmark(frame=BARE, questions=questions, pictures=data, write=write_answers, score=for_a_judge)


def open_shr(config: AskShrConfig) -> Benchmark:
    """SHR as it is asked. Raises SourceError."""
    data = open_data(config, ("VG_100K", "VG_100K_2", "."), SHR_PICTURES)

    def questions() -> Iterator[Candidate]:
        for row in data.rows(lambda root: items(str(root / "val_images_final.json"), SHR_RELEASE)):
            yield Candidate(
                id=row.key("image_id", ROW),
                image=data.picture(row, lambda row: f"{row.key('image_id')}.jpg"),
                question=DESCRIBE,
                source="shr",
            )

    return Benchmark(frame=DESCRIBE, questions=questions, pictures=data, write=write_by_key, score=for_a_judge)


def for_a_judge(_said: Sequence[Said]) -> None:
    """No scores: only a judge can tell."""


def write_by_key(said: Sequence[Said], folder: Path) -> None:
    """One object, {"v1_0": "…"}, as the official evaluators of MM-Vet and SHR read answers."""
    write_document(folder / DOCUMENT, {one.asked.id: one.text for one in said})
