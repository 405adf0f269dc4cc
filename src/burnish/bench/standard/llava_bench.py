"""LLaVA-Bench in the wild (Liu et al., 2023): a judge gives points to the reference's answer and to the model's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal, TypeAlias

from burnish.bench.measures import measures
from burnish.bench.metrics import Term
from burnish.bench.sample_scores import Asked, Key, ScoredAnswer, in_groups
from burnish.bench.standard.asking.base import OpenBenchmark
from burnish.bench.standard.asking.configs import AskConfig
from burnish.bench.standard.asking.data import open_data
from burnish.bench.standard.asking.frames import BARE, framed
from burnish.bench.standard.asking.written import for_a_judge, write_answers
from burnish.bench.standard.benchmark import Benchmark, Way
from burnish.bench.standard.files import items
from burnish.bench.standard.llava_bench_files import RELEASE, LlavaBenchQuestion, Points, read_questions, reading
from burnish.bench.standard.numbers import Scored, bootstrap, sums_by_picture
from burnish.bench.standard.predictions import FORM, by_id
from burnish.scores import LlavaBenchPart, LlavaBenchScores, Metric
from burnish.sources import Candidate
from burnish.uncertainty import Floats, ratios

FailedReviews: TypeAlias = Literal["left-out", "minus-one"]


@dataclass(frozen=True, kw_only=True)
class ScoreLlavaBenchConfig:
    """Score a judge's recorded reviews of answers to LLaVA-Bench (in the wild)."""

    benchmark: ClassVar[str] = "llava-bench"
    questions: str
    """LLaVA-Bench's questions.jsonl."""
    reviews: str
    """The judge's replies as LLaVA's eval_gpt_review_bench writes them: JSON lines with `question_id` and `content`,
    whose first line has the points of the reference's answer and of the model's."""
    failed: FailedReviews = "left-out"
    """What to do about a review without two numbers on its first line: leave it out and count it, or average it in as
    -1 for both, as the original does."""
    json: str | None = None
    """Also write the scores to this file."""


@dataclass(frozen=True, kw_only=True)
class AskLlavaBenchConfig(AskConfig):
    """Ask LLaVA-Bench's (in the wild) questions, for a judge to review."""

    benchmark = "llava-bench"
    max_new_tokens: int = 1024
    """Longest answer, in tokens."""


FAILED = (-1.0, -1.0)
"""What the original averages in for a review without two numbers."""


def score_files(config: ScoreLlavaBenchConfig) -> Scored[LlavaBenchScores]:
    """The scores of recorded reviews. Raises SourceError, naming file and line."""
    questions = read_questions(config.questions)
    found = ((item, item.key("question_id"), item.text("content")) for item in items(config.reviews, FORM))
    return score(questions, by_id(found, questions, config.reviews, config.questions), config.failed)


def score(
    questions: Mapping[str, LlavaBenchQuestion], reviews: Mapping[str, str], failed: FailedReviews
) -> Scored[LlavaBenchScores]:
    """The scores of the judge's replies by question."""
    read = {key: reading(reviews[key]) for key in questions}
    counted = {key: points or Points(*FAILED) for key, points in read.items() if points or failed == "minus-one"}
    whole = _part(questions, counted)
    categories = dict.fromkeys(question.category for question in questions.values())
    scores = LlavaBenchScores(
        score=whole.score,
        reference=whole.reference,
        model=whole.model,
        n=whole.n,
        interval=whole.interval,
        categories={
            name: _part(questions, {key: points for key, points in counted.items() if questions[key].category == name})
            for name in categories
        },
        failed=sum(points is None for points in read.values()),
        failed_as=failed,
    )
    answers = tuple(scored(key, questions[key], points) for key, points in counted.items())
    return Scored(scores, answers, [reviews[key] for key in questions])


def scored(key: str, question: LlavaBenchQuestion, points: Points) -> ScoredAnswer:
    """What an answer is worth beside the reference's."""
    return ScoredAnswer(
        key=Key("", key),
        asked=Asked(question.picture, "", ""),
        groups=in_groups((question.category,)),
        terms={"relative": Term(points.model, points.reference)},
    )


def _part(questions: Mapping[str, LlavaBenchQuestion], counted: Mapping[str, Points]) -> LlavaBenchPart:
    if not counted:
        return LlavaBenchPart(score=None, reference=None, model=None, n=0, interval=None)
    sums = sums_by_picture(
        [questions[key].picture for key in counted], [(p.model, p.reference) for p in counted.values()]
    )
    model, reference = (float(total) / len(counted) for total in sums.sum(axis=0))
    return LlavaBenchPart(
        score=100 * model / reference if reference else None,
        reference=reference,
        model=model,
        n=len(counted),
        interval=bootstrap(sums, _relative),
    )


def _relative(sums_R2: Floats) -> Floats:
    return 100 * ratios(sums_R2)


LLAVA_PICTURES = "LLaVA-Bench's pictures are in huggingface.co/datasets/liuhaotian/llava-bench-in-the-wild"
_RELATIVE = Metric(
    name="relative", title="of reference", family="judged", unit="%", interval="bootstrap", better="higher"
)


def open_llava_bench(config: AskLlavaBenchConfig) -> OpenBenchmark:
    """LLaVA-Bench (in the wild) as it is asked. Raises SourceError."""
    data = open_data(config, ("images", "."), LLAVA_PICTURES)

    def questions() -> Iterator[Candidate]:
        for row in data.rows(lambda root: items(str(root / "questions.jsonl"), RELEASE)):
            yield Candidate(
                id=row.key("question_id"),
                image=data.picture(row, lambda row: row.text("image")),
                question=framed(BARE, row.text("text", "question")),
                source=row.text("category"),
            )

    return OpenBenchmark(frame=BARE, questions=questions, pictures=data, write=write_answers, score=for_a_judge)


BENCHMARK = Benchmark(
    title="LLaVA-Bench",
    column="LLaVA-W",
    what="a judge's recorded reviews",
    score=Way(ScoreLlavaBenchConfig, score_files),
    ask=Way(AskLlavaBenchConfig, open_llava_bench),
    measures=lambda _: measures(_RELATIVE),
)
