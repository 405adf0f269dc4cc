"""POPE (Li et al., 2023): is an object in the picture, yes or no, in three splits of objects chosen in three ways."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from burnish.bench.measures import RIGHT, Measures, Total, measures
from burnish.bench.standard.asking.base import AnsweredQuestion, OpenBenchmark
from burnish.bench.standard.asking.configs import AskConfig
from burnish.bench.standard.asking.data import ROW, open_data
from burnish.bench.standard.asking.frames import BARE, SHORT, framed
from burnish.bench.standard.asking.written import number, write_lines
from burnish.bench.standard.benchmark import Benchmark, Way
from burnish.bench.standard.files import Item, items
from burnish.bench.standard.numbers import Scored
from burnish.bench.standard.pope_answers import END_TOKEN, Protocol
from burnish.bench.standard.pope_files import RELEASE, PopeQuestion, read_recorded, recorded
from burnish.bench.standard.pope_making import MakePopeConfig, make_pope
from burnish.bench.standard.pope_scores import score
from burnish.errors import ConfigError, SourceError
from burnish.scores import BETTER, YesNoScores
from burnish.sources import Candidate


@dataclass(frozen=True, kw_only=True)
class ScorePopeConfig:
    """Score recorded answers to POPE: accuracy, precision, recall, F1 and yes-ratio of each split, and the mean F1."""

    benchmark: ClassVar[str] = "pope"
    questions: tuple[str, ...]
    """POPE's question files, one per split, such as coco_pope_random.json: JSON lines with `question_id`, `image`,
    `text` and `label`."""
    predictions: tuple[str, ...]
    """JSON lines with `question_id` and `text`: one file per split in the order of --questions, or one for all splits.
    POPE numbers the questions of every split from 1, so one file for all must list them in the splits' order."""
    protocol: Protocol = "llava"
    """How an answer is read: `llava` drops the end token `</s>` first, `seva` keeps it, as SeVa's own scorer did, so
    that `No</s>` is not the word no and counts as yes. Numbers of the two are not comparable."""
    json: str | None = None
    """Also write the scores to this file."""

    def __post_init__(self) -> None:
        if not self.questions or not self.predictions:
            raise ConfigError("There is nothing to score: give --questions and --predictions a file each, or several.")
        if len(self.predictions) not in (1, len(self.questions)):
            raise ConfigError(
                f"--questions has {len(self.questions)} files and --predictions {len(self.predictions)}: give one file "
                "of predictions for all splits, or one per split in the same order."
            )


@dataclass(frozen=True, kw_only=True)
class AskPopeConfig(AskConfig):
    """Ask POPE's questions: yes or no, in splits of objects chosen in three ways."""

    benchmark = "pope"
    splits: tuple[str, ...] = ("random", "popular", "adversarial")
    """Splits to ask, all in one run; --data has one file for each, such as coco_pope_random.json."""
    protocol: Protocol = "llava"
    """`llava` asks for a single word and drops the end token before reading; `seva` asks the bare question and leaves
    the end token on the answer, as SeVa did. Numbers of the two are not comparable."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.splits or len(set(self.splits)) < len(self.splits):
            raise ConfigError(
                f"--splits needs names, each once, such as random, not {' '.join(self.splits) or 'none'}."
            )


def score_files(config: ScorePopeConfig) -> Scored[YesNoScores]:
    """The scores of recorded answers. Raises SourceError, naming file and line."""
    return score(read_recorded(config.questions, config.predictions), config.protocol)


PICTURES = "POPE's COCO pictures are in val2014.zip of cocodataset.org/#download"
FRAMES = {"llava": SHORT, "seva": BARE}
_F1 = dataclasses.replace(RIGHT, name="f1", title="F1", interval="bootstrap")
_MEAN_F1 = dataclasses.replace(_F1, name="mean_f1", title="mean F1")
_SHARES = (
    dataclasses.replace(RIGHT, name="precision", title="precision"),
    dataclasses.replace(RIGHT, name="recall", title="recall"),
    _F1,
    dataclasses.replace(RIGHT, name="yes_ratio", title="yes-ratio", better=BETTER["yes_ratio"]),
)


def open_pope(config: AskPopeConfig) -> OpenBenchmark:
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

    return OpenBenchmark(
        frame=frame,
        questions=questions,
        pictures=data,
        write=write,
        score=lambda predictions: rescore(predictions, config.protocol),
        unit=lambda asked: str(asked.facts["picture"]),
    )


def rescore(predictions: Sequence[AnsweredQuestion], protocol: Protocol) -> Scored[YesNoScores]:
    """The scores; a model that came to its end is read by SeVa with the token that says so."""
    splits: dict[str, dict[str, PopeQuestion]] = {}
    texts: dict[str, dict[str, str]] = {}
    for one in predictions:
        split, key = one.fact("split"), one.fact("question_id")
        splits.setdefault(split, {})[key] = PopeQuestion(one.fact("picture"), one.asked.answer == "yes")
        end = END_TOKEN if protocol == "seva" and one.ended else ""
        texts.setdefault(split, {})[key] = one.text + end
    return score(recorded(splits, texts), protocol)


def write(predictions: Sequence[AnsweredQuestion], folder: Path) -> None:
    """A file a split, as LLaVA writes answers: the ids are those of the split alone."""
    for split in dict.fromkeys(one.fact("split") for one in predictions):
        rows = (
            {"question_id": one.asked.facts["question_id"], "prompt": one.asked.question, "text": one.text}
            for one in predictions
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


def pope_measures(groups: Collection[str]) -> Measures:
    """Shares of each split, and their mean F1, which decides where there are several."""
    mean = [Total(_MEAN_F1, tuple((1 / len(groups), split, "f1") for split in groups))] if len(groups) > 1 else []
    return measures(RIGHT, *_SHARES, totals=mean)._replace(headline=("f1",))


BENCHMARK = Benchmark(
    title="POPE",
    what="yes or no, F1 by split",
    score=Way(ScorePopeConfig, score_files),
    ask=Way(AskPopeConfig, open_pope),
    make=Way(MakePopeConfig, make_pope),
    measures=pope_measures,
    rescore=lambda predictions, config: rescore(predictions, "seva" if config["protocol"] == "seva" else "llava"),
)
