"""MMHal-Bench with any judge: by what is known of a picture it rates each answer from 0 to 6 (Sun et al., 2023)."""

from __future__ import annotations

import json
from collections.abc import Mapping

from burnish.bench.judged.answers import read_answers
from burnish.bench.judged.configs import MmhalConfig
from burnish.bench.judged.judge_counts import judging, last_reply
from burnish.bench.judged.judge_run import JudgeQuestion, ToJudge
from burnish.bench.standard import mmhal
from burnish.bench.standard.files import Item
from burnish.bench.standard.predictions import check_complete
from burnish.records import Judgement
from burnish.scores import MmhalJudged
from burnish.store import Run
from burnish.store.disk import explained, write_whole

JUDGEMENTS = "judgements.json"
NO_ANSWER = "Rating: 0"
"""Of an empty answer. Its scale has 3 for one without information and without hallucination, which silence must not
earn."""


def mmhal_to_judge(config: MmhalConfig) -> ToJudge:
    """Answers and what is known of their pictures; `burnish score mmhal` reads the judge's words.

    Raises a BurnishError.
    """
    official = mmhal.read_questions(config.questions)
    answers = read_answers(config.answers).by_id
    check_complete(answers, official, config.answers, config.questions)

    def score(run: Run) -> MmhalJudged:
        judgements = {judgement.id: judgement for judgement in run.records(Judgement)}
        replies = {key: last_reply(judgements[key], reads) for key in official}
        _write(run, replies)
        return MmhalJudged(
            judging=judging(run, judgements.values(), reads), scores=mmhal.score(official, replies).scores
        )

    return ToJudge([_question(key, row, answers[key].text) for key, row in official.items()], reads, score)


def reads(_asked: Mapping[str, str], reply: str) -> bool:
    """As the official evaluator: there is exactly one rating."""
    return mmhal.rating(reply) is not None


def _question(key: str, row: Item, answer: str) -> JudgeQuestion:
    return JudgeQuestion(
        id=key,
        source=row.text("question_type"),
        values={
            "contents": ", ".join(str(name) for name in row.sequence("image_content")),
            "question": row.text("question"),
            "reference": row.text("gt_answer"),
            "answer": answer,
        },
        facts={"picture": row.key("image_id")},
        settled="" if answer.strip() else NO_ANSWER,
    )


def _write(run: Run, replies: Mapping[str, str]) -> None:
    """In the order of the questions, as the official evaluator reads them."""
    path = run.path / JUDGEMENTS
    rows = [{"question_id": key, "content": reply} for key, reply in replies.items()]
    with explained(path, "written"):
        write_whole(path, json.dumps(rows, indent=2, ensure_ascii=False).encode(), sync=False)
