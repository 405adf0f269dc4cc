"""HallusionBench (Guan et al., 2024): yes or no about figures and the same figures changed, in groups that go together.

aAcc is over questions; fAcc over figures, all of whose questions must be right; qAcc over questions that several
figures are asked, all of whose answers must be. The groups are those of the authors' utils.py (github.com/tianyi-lab/
HallusionBench, 08e51de). There GPT-4 says whether an answer is correct, incorrect or unclear; here it is the first yes
or no in the answer, and an answer without either is unclear, as VLMEvalKit's exact mode has it. An unclear answer is
right where a question that needs a figure has none.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal, TypeAlias

from burnish.bench.measures import RIGHT, measures
from burnish.bench.metrics import Term, says_clearly
from burnish.bench.sample_scores import ScoredAnswer
from burnish.bench.standard.asking.base import AnsweredQuestion, OpenBenchmark
from burnish.bench.standard.asking.configs import AskConfig
from burnish.bench.standard.asking.data import open_data
from burnish.bench.standard.asking.frames import BARE, framed
from burnish.bench.standard.asking.written import write_answers
from burnish.bench.standard.benchmark import Benchmark, Way
from burnish.bench.standard.files import Item, items
from burnish.bench.standard.numbers import Scored, measured_scores
from burnish.bench.standard.recorded_answers import TEXTS, recorded_answers, valued
from burnish.scores import MeasuredScores
from burnish.sources import Candidate

FILE = "HallusionBench.json"
RELEASE = "HallusionBench.json and hallusion_bench.zip are linked from github.com/tianyi-lab/HallusionBench"
PLACE = ("category", "subcategory", "set_id", "figure_id", "question_id")
"""What names a question."""
FIGURE, ASKED = ("category", "subcategory", "set_id", "figure_id"), ("category", "subcategory", "set_id", "question_id")
"""What names a figure, and a question that several figures are asked."""
HallusionPart: TypeAlias = Literal["all", "pictures"]
NOTE = "Answers are read by the first yes or no in them; the authors have GPT-4 read them."
MEASURES = measures(
    dataclasses.replace(RIGHT, name="accuracy", title="aAcc"),
    dataclasses.replace(RIGHT, name="figures", title="fAcc"),
    dataclasses.replace(RIGHT, name="pairs", title="qAcc"),
)


@dataclass(frozen=True, kw_only=True)
class ScoreHallusionbenchConfig:
    """Score recorded answers to HallusionBench: aAcc, fAcc and qAcc."""

    benchmark: ClassVar[str] = "hallusionbench"
    questions: str
    """HallusionBench.json, or a part of it in the same form."""
    predictions: str
    """A JSON list or JSON lines with `model_prediction` or `text`, and with the five fields that name a question
    (`category`, `subcategory`, `set_id`, `figure_id`, `question_id`) or `question_id` alone, such as VS_chart_0_1_0."""
    part: HallusionPart = "all"
    """`pictures` leaves out the questions that have no figure. Numbers of the two are not comparable."""
    json: str | None = None
    """Also write the scores to this file."""


@dataclass(frozen=True, kw_only=True)
class AskHallusionbenchConfig(AskConfig):
    """Ask HallusionBench's questions that have a figure."""

    benchmark = "hallusionbench"


def score_files(config: ScoreHallusionbenchConfig) -> Scored[MeasuredScores]:
    """The scores of recorded answers. Raises SourceError, naming file and item."""
    questions = [_question(row, _picture(row)) for row in _rows(config.questions, config.part)]
    without = [_id(row) for row in _rows(config.questions, "all")] if config.part == "pictures" else []
    predictions = recorded_answers(
        questions, config.predictions, config.questions, texts=("model_prediction", *TEXTS), key_of=_id, ignored=without
    )
    return score(predictions)


def score(predictions: Sequence[AnsweredQuestion]) -> Scored[MeasuredScores]:
    """Each question with its part of its figure and of its group, so that all together count each once."""
    right = {one.asked.id: is_right(one) for one in predictions}
    figures = _groups(predictions, FIGURE, lambda one: not _without_figure(one))
    pairs = _groups(predictions, ASKED, lambda _: True)

    def shares(of: Mapping[str, Sequence[str]]) -> dict[str, Term]:
        return {
            key: Term(all(right[k] for k in keys) / len(keys), 1 / len(keys)) for keys in of.values() for key in keys
        }

    by_figure, by_pair = shares(figures), shares(pairs)
    answers = [_valued(one, right[one.asked.id], by_figure, by_pair) for one in predictions]
    unclear = sum(says_clearly(one.text) is None for one in predictions)
    return measured_scores("HallusionBench", answers, MEASURES, {"answers with neither yes nor no": unclear}, NOTE)


def is_right(one: AnsweredQuestion) -> bool:
    """By the first yes or no; neither is right only where a question that needs a figure has none.

    An empty answer is none, and never right.
    """
    if not one.text.strip():
        return False
    says = says_clearly(one.text)
    return _without_figure(one) if says is None else says == (one.asked.answer == "yes")


def _without_figure(one: AnsweredQuestion) -> bool:
    return one.fact("category") == "VS" and one.fact("figure_id") == "0"


def _groups(
    predictions: Sequence[AnsweredQuestion], names: Sequence[str], counted: Callable[[AnsweredQuestion], bool]
) -> dict[str, list[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for one in predictions:
        if counted(one):
            found["_".join(one.fact(name) for name in names)].append(one.asked.id)
    return found


def _valued(
    one: AnsweredQuestion, right: bool, by_figure: Mapping[str, Term], by_pair: Mapping[str, Term]
) -> ScoredAnswer:
    key = one.asked.id
    terms = {"accuracy": Term(right, 1), "figures": by_figure.get(key, Term(0, 0)), "pairs": by_pair[key]}
    return valued(one, terms, (one.fact("category"), f"{one.fact('category')}: {one.fact('subcategory')}"))


def open_hallusionbench(config: AskHallusionbenchConfig) -> OpenBenchmark:
    """HallusionBench as it is asked. Raises SourceError."""
    data = open_data(config, ("hallusion_bench", "."), RELEASE)

    def questions() -> Iterator[Candidate]:
        for row in data.rows(lambda root: _rows(str(root / FILE), "pictures")):
            yield _question(row, data.picture(row, _picture))

    return OpenBenchmark(
        frame=BARE,
        questions=questions,
        pictures=data,
        write=write_answers,
        score=score,
        unit=lambda asked: str(asked.facts["picture"]),
    )


def _rows(path: str, part: HallusionPart) -> Iterator[Item]:
    rows = items(path, RELEASE)
    return (row for row in rows if part == "all" or row.key("visual_input") != "0")


def _picture(row: Item) -> str:
    """Where the release has the figure, such as VS/chart/0_1.png."""
    folder = Path(row.text("category")) / row.text("subcategory")
    return str(folder / f"{row.key('set_id')}_{row.key('figure_id')}.png")


def _id(row: Item) -> str:
    if all(name in row.values for name in PLACE):
        return "_".join(row.key(name) for name in PLACE)
    return row.key("question_id", "id")


def _question(row: Item, picture: str) -> Candidate:
    truth = row.key("gt_answer")
    if truth not in ("0", "1"):
        raise row.fault(f"has the truth {truth!r:.40}, and that must be 0 (no) or 1 (yes)")
    names = {name: row.key(name) for name in PLACE}
    return Candidate(
        id=_id(row),
        image=picture,
        question=framed(BARE, row.text("question")),
        answer="yes" if truth == "1" else "no",
        source=row.text("category"),
        # figures of one set are one figure, changed: their answers are related
        facts={
            **names,
            "question": row.text("question"),
            "picture": "_".join(names[name] for name in PLACE[:3]),
        },
    )


BENCHMARK = Benchmark(
    title="HallusionBench",
    what="yes or no, by question, figure and pair",
    score=Way(ScoreHallusionbenchConfig, score_files),
    ask=Way(AskHallusionbenchConfig, open_hallusionbench),
    measures=lambda _: MEASURES,
    rescore=lambda predictions, _: score(predictions),
    unit=lambda key: "_".join(key.split("_")[:-2]),
)
