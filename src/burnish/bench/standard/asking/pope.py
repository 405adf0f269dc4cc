"""POPE's questions: one file a split, all about the same pictures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from burnish.bench.standard import pope
from burnish.bench.standard.asking.base import Benchmark, Said
from burnish.bench.standard.asking.configs import AskPopeConfig
from burnish.bench.standard.asking.data import ROW, open_data
from burnish.bench.standard.asking.frames import BARE, SHORT, framed
from burnish.bench.standard.asking.written import number, write_lines
from burnish.bench.standard.configs import Protocol
from burnish.bench.standard.files import Item, items
from burnish.bench.standard.numbers import Scored
from burnish.bench.standard.pope_answers import END_TOKEN
from burnish.bench.standard.pope_files import RELEASE, Question
from burnish.errors import SourceError
from burnish.scores import PopeScores
from burnish.sources import Candidate

PICTURES = "POPE's COCO pictures are in val2014.zip of cocodataset.org/#download"
FRAMES = {"llava": SHORT, "seva": BARE}


def open_pope(config: AskPopeConfig) -> Benchmark:
    """POPE as it is asked. Raises SourceError."""
    data = open_data(config, ("val2014", "images", "."), PICTURES)
    frame = FRAMES[config.protocol]

    def official(root: Path) -> Iterator[Item]:
        for split in config.splits:
            for item in items(str(_file(root, split)), RELEASE):
                yield Item(item.where, {**item.values, "category": split})

    def questions() -> Iterator[Candidate]:
        for row in data.rows(official):
            if row.text("category") in config.splits:
                yield _question(row, data.picture(row, lambda row: row.text("image")), frame)

    return Benchmark(
        frame=frame,
        questions=questions,
        pictures=data,
        write=write,
        score=lambda said: score(said, config.protocol),
        unit=lambda asked: str(asked.facts["picture"]),
    )


def score(said: Sequence[Said], protocol: Protocol) -> Scored[PopeScores]:
    """The scores; a model that came to its end is read by SeVa with the token that says so."""
    splits: dict[str, dict[str, Question]] = {}
    texts: dict[str, dict[str, str]] = {}
    for one in said:
        split, key = one.fact("split"), one.fact("question_id")
        splits.setdefault(split, {})[key] = Question(one.fact("picture"), one.asked.answer == "yes")
        end = END_TOKEN if protocol == "seva" and one.ended else ""
        texts.setdefault(split, {})[key] = one.text + end
    return pope.score(splits, texts, protocol)


def write(said: Sequence[Said], folder: Path) -> None:
    """A file a split, as LLaVA writes answers: the ids are those of the split alone."""
    for split in dict.fromkeys(one.fact("split") for one in said):
        rows = (
            {"question_id": one.asked.facts["question_id"], "prompt": one.asked.question, "text": one.text}
            for one in said
            if one.fact("split") == split
        )
        write_lines(folder / f"predictions_{split}.jsonl", rows)


def _file(root: Path, split: str) -> Path:
    found = sorted(root.glob(f"*pope_{split}.json*"))
    if not found:
        raise SourceError(f"{root} has no *pope_{split}.json: {RELEASE}, or leave {split} out of --splits.")
    if len(found) > 1:
        names = " and ".join(path.name for path in found)
        raise SourceError(f"{root} has {names} for the split {split}: keep one of them in the folder.")
    return found[0]


def _question(row: Item, picture: str, frame: str) -> Candidate:
    key, split, truth = row.key("question_id"), row.text("category"), row.text("label", "answer")
    if truth not in ("yes", "no"):
        raise row.fault(f"has the label {truth!r:.40}, and that must be yes or no")
    return Candidate(
        id=f"{split}/{key}",
        image=picture,
        question=framed(frame, row.text("text", "question")),
        answer=truth,
        source=split,
        facts={"split": split, "question_id": number(key), "picture": row.key("image_source", "image", ROW)},
    )
