"""SHR with any judge: by what is known of a picture it labels each sentence of a description (Zhao et al., 2023)."""

from __future__ import annotations

import json
from collections.abc import Mapping

from burnish.bench.judged.answers import Given, read_answers
from burnish.bench.judged.configs import ShrConfig
from burnish.bench.judged.genome import PictureFacts, ground_truths, read_known
from burnish.bench.judged.judge_counts import judging, last_reply
from burnish.bench.judged.judge_run import JudgeQuestion, ToJudge
from burnish.bench.standard import shr
from burnish.bench.standard.shr_labels import LabelledDescription, labels, sentences
from burnish.errors import SourceError
from burnish.records import Judgement
from burnish.scores import ShrJudged
from burnish.store import Run
from burnish.store.disk import explained, write_whole

JUDGEMENTS = "judgement.json"


def shr_to_judge(config: ShrConfig) -> ToJudge:
    """Descriptions with sentences to label; `burnish score shr` reads the judgements. Raises a BurnishError."""
    given = read_answers(config.answers).by_id
    known = ground_truths(given, config.answers) if config.regions is None else read_known(config, given)
    described = {key: answer for key, answer in given.items() if sentences(answer.text)}
    if not described:
        raise SourceError(f"{config.answers} has no description with a sentence: there is nothing to judge.")

    def score(run: Run) -> ShrJudged:
        judgements = list(run.records(Judgement))
        _write_judgements(run, judgements)
        found = {
            judgement.id: LabelledDescription(judgement.asked["description"], last_reply(judgement, reads))
            for judgement in judgements
        }
        return ShrJudged(
            judging=judging(run, judgements, reads), scores=shr.score([found]).scores, empty=len(given) - len(described)
        )

    return ToJudge([_question(answer, known[key]) for key, answer in described.items()], reads, score)


def reads(asked: Mapping[str, str], reply: str) -> bool:
    """As the official scorer: each sentence has exactly one line."""
    return labels(LabelledDescription(asked["description"], reply)) is not None


def _question(answer: Given, known: PictureFacts) -> JudgeQuestion:
    numbered = (f"{number}. {sentence}" for number, sentence in enumerate(sentences(answer.text), start=1))
    return JudgeQuestion(
        id=answer.id,
        source="shr",
        values={
            "regions": known.regions,
            "factual": known.factual,
            "sentences": "\n".join(numbered),
            "description": answer.text,
            "question": answer.question,
        },
        facts={"picture": answer.image or answer.id},
        truth=answer.facts,
    )


def _write_judgements(run: Run, judgements: list[Judgement]) -> None:
    """In HA-DPO's layout, by run and picture."""
    found = {
        judgement.id: {
            "raw_judgement": last_reply(judgement, reads),
            "model_response": judgement.asked["description"],
        }
        for judgement in judgements
    }
    path = run.path / JUDGEMENTS
    with explained(path, "written"):
        write_whole(path, json.dumps({"run1": found}, indent=2, ensure_ascii=False).encode(), sync=False)
