"""LLaVA-Bench (in the wild) with any judge: it rates GPT-4's answer and the model's beside it (Liu et al., 2023)."""

from __future__ import annotations

from collections.abc import Mapping

from burnish.bench.judged.answers import read_answers
from burnish.bench.judged.configs import LlavaBenchConfig
from burnish.bench.judged.judge_counts import judging, last_reply
from burnish.bench.judged.judge_run import JudgeQuestion, ToJudge
from burnish.bench.standard import llava_bench, llava_bench_files
from burnish.bench.standard.files import Item, items
from burnish.bench.standard.llava_bench_files import RELEASE, reading
from burnish.bench.standard.predictions import check_complete, read_predictions
from burnish.errors import SourceError
from burnish.records import Judgement
from burnish.scores import LlavaBenchJudged
from burnish.store import Run
from burnish.store.codec import dump
from burnish.store.disk import explained, write_whole

REVIEWS = "reviews.jsonl"
CONTEXT = "LLaVA-Bench's context.jsonl lies beside its questions.jsonl"


def llava_bench_to_judge(config: LlavaBenchConfig) -> ToJudge:
    """Answers beside the reference's; `burnish score llava-bench` reads the reviews. Raises a BurnishError."""
    official = {item.key("question_id"): item for item in items(config.questions, RELEASE)}

    def score(run: Run) -> LlavaBenchJudged:
        judgements = list(run.records(Judgement))
        _write_reviews(run, judgements)
        reviews = {judgement.id: last_reply(judgement, reads) for judgement in judgements}
        asked = {
            key: llava_bench_files.LlavaBenchQuestion(item.text("image"), item.text("category"))
            for key, item in official.items()
        }
        scores = llava_bench.score(asked, reviews, "left-out").scores
        return LlavaBenchJudged(judging=judging(run, judgements, reads), scores=scores)

    return ToJudge(_questions(config, official), reads, score)


def reads(_asked: Mapping[str, str], reply: str) -> bool:
    """As the official scorer: the first line is two numbers."""
    return reading(reply) is not None


def _questions(config: LlavaBenchConfig, official: Mapping[str, Item]) -> list[JudgeQuestion]:
    answers = read_answers(config.answers).by_id
    check_complete(answers, official, config.answers, config.questions)
    references = read_predictions(config.references, ("question_id",), ("text",), official, source=config.questions)
    captions = {item.text("image"): _caption(item) for item in items(config.context, CONTEXT)}
    return [
        JudgeQuestion(
            id=key,
            source="llava-bench",
            values={
                "context": _context(captions, item, config.context),
                "question": item.text("text"),
                "reference": references[key],
                "answer": answers[key].text,
            },
            facts={"picture": item.text("image"), "category": item.text("category")},
        )
        for key, item in official.items()
    ]


def _caption(item: Item) -> str:
    """One text, or several, each on a line of its own."""
    if isinstance(item.values.get("caption"), list):
        return "\n".join(map(str, item.sequence("caption")))
    return item.text("caption")


def _context(captions: Mapping[str, str], question: Item, path: str) -> str:
    image = question.text("image")
    if image not in captions:
        raise SourceError(f"{path} has no caption of {image}, which {question.where}, is about: {CONTEXT}.")
    return captions[image]


def _write_reviews(run: Run, judgements: list[Judgement]) -> None:
    """In LLaVA's layout; a review that cannot be read has the tuple [-1, -1] there."""
    lines = []
    for number, judgement in enumerate(judgements, start=1):
        reply = last_reply(judgement, reads)
        line = {
            "id": number,
            "question_id": judgement.id,
            "answer1_id": judgement.id,
            "answer2_id": judgement.id,
            "category": f"llava_bench_{judgement.facts['category']}",
            "content": reply,
            "tuple": list(reading(reply) or llava_bench.FAILED),
        }
        lines.append(f"{dump(line)}\n")
    path = run.path / REVIEWS
    with explained(path, "written"):
        write_whole(path, "".join(lines).encode(), sync=False)
