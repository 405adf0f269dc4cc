"""MM-Vet with any judge: it completes a few-shot table with a number from 0.0 to 1.0 (Yu et al., 2023)."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping

from burnish.bench.judged.answers import read_answers
from burnish.bench.judged.configs import MmvetConfig
from burnish.bench.judged.judge_counts import judging, last_reply
from burnish.bench.judged.judge_run import JudgeQuestion, ToJudge
from burnish.bench.standard import mmvet, mmvet_files
from burnish.bench.standard.files import document, members
from burnish.bench.standard.predictions import check_complete
from burnish.records import Judgement
from burnish.scores import MmVetJudged
from burnish.store import Run
from burnish.store.disk import explained, write_whole

GRADES = "grades.json"
NO_ANSWER = "0.0"
"""The grade of an empty answer."""


def mmvet_to_judge(config: MmvetConfig) -> ToJudge:
    """Answers and their references; `burnish score mmvet` reads the grades. Raises a BurnishError."""
    official = mmvet_files.read_questions(config.questions)

    def score(run: Run) -> MmVetJudged:
        judgements = list(run.records(Judgement))
        _write_grades(run, judgements)
        grades = mmvet_files.read_grades(str(run.path / GRADES), official, config.questions)
        return MmVetJudged(judging=judging(run, judgements, reads), scores=mmvet.score(official, grades).scores)

    return ToJudge(_questions(config), reads, score)


def reads(_asked: Mapping[str, str], reply: str) -> bool:
    """As the official evaluator: the first word is a number from 0 to 1."""
    return mmvet_files.score_in(reply) is not None


def _questions(config: MmvetConfig) -> list[JudgeQuestion]:
    """Run by run, as the official evaluator asks."""
    answers = read_answers(config.answers).by_id
    asked = dict(members(document(config.questions, mmvet_files.RELEASE)))
    check_complete(answers, asked, config.answers, config.questions)
    return [
        JudgeQuestion(
            id=key,
            source="mmvet",
            values={
                "question": item.text("question"),
                "reference": item.text("answer").replace("<AND>", " <AND> ").replace("<OR>", " <OR> "),
                "answer": answers[key].text,
            },
            facts={"picture": item.text("imagename")},
            part=f"run {run}",
            settled="" if answers[key].text.strip() else NO_ANSWER,
        )
        for run in range(1, config.runs + 1)
        for key, item in asked.items()
    ]


def _write_grades(run: Run, judgements: list[Judgement]) -> None:
    """In the official evaluator's layout: by question, a list with one entry per run."""
    grades: dict[str, dict[str, list[object]]] = defaultdict(lambda: {"model": [], "content": [], "score": []})
    for judgement in judgements:
        reply = last_reply(judgement, reads)
        grade = grades[judgement.id]
        grade["model"].append(run.manifest.config["judge"])
        grade["content"].append(reply)
        grade["score"].append(mmvet_files.score_in(reply) or 0.0)
    path = run.path / GRADES
    with explained(path, "written"):
        write_whole(path, json.dumps(grades, indent=2, ensure_ascii=False).encode(), sync=False)
