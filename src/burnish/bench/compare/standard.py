"""The answers in a run of `burnish bench standard NAME`."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection

from burnish.bench.aggregate import model_name
from burnish.bench.compare.inputs import Only, Side, by_key, kept_picture
from burnish.bench.sample_scores import ScoredAnswer
from burnish.bench.standard.asking.base import AnsweredQuestion
from burnish.bench.standard.asking.bench import ENDED
from burnish.bench.standard.registry import benchmark
from burnish.contrast import CONTRAST_FLAGS
from burnish.errors import RunError
from burnish.models import ModelOptions
from burnish.records import Dropped, Json, Prediction
from burnish.sources import Candidate
from burnish.store import Run
from burnish.store.codec import dump

_NO_RULE = {
    *("seed", "limit", "max_new_tokens", "missing"),
    *CONTRAST_FLAGS,
    *(field.name for field in dataclasses.fields(ModelOptions)),
}
"""Flags that choose the model, how it answers, or the questions; the others belong to the rule."""


def groups_of(answers: Collection[ScoredAnswer]) -> list[str]:
    """The benchmark's own groups, in order of first sight."""
    return list(dict.fromkeys(name for answer in answers for level, name in answer.groups if level == "task"))


def read_standard(run: Run, only: Only) -> Side:
    """The answers of a run. Raises RunError for one that is not finished, or whose truth is not local."""
    name = str((run.summary or {}).get("benchmark", ""))
    if not name:
        raise RunError(f"{run.path} is not finished: call `burnish bench standard` again with the same flags.")
    rule = benchmark(name)
    dropped = {rule.unit(record.id) for record in run.records(Dropped)}
    records = {record.id: record for record in run.records(Prediction)}
    whole = [record for record in records.values() if rule.unit(record.id) not in dropped]
    config = run.manifest.config
    scored = rule.rescore([_answered(record) for record in whole], config)
    if scored is None:
        raise RunError(f"{run.path} has no scores: only a server or a judge (`burnish bench judged`) can score it.")
    shown = {rule.place(record.id): record for record in sorted(whole, key=_rotation)}
    answers = [_with_question(answer, shown[answer.key.id]) for answer in scored.answers]
    missing = {("", rule.place(key)) for key in records.keys() | {one.id for one in run.records(Dropped)}}
    return Side(
        path=run.path,
        name=model_name(run.manifest),
        benchmark=name,
        title=rule.heading,
        questions="",
        measures=rule.measures(groups_of(answers)),
        answers=by_key(answers, run.path, only),
        asked=frozenset(answer.key[:2] for answer in answers) | missing,
        rules={name: _word(value) for name, value in config.items() if name not in _NO_RULE}
        | {"prompt": run.manifest.fingerprints["prompt"]},
        settings={name: dump(value) for name, value in config.items() if name in _NO_RULE},
        seed=run.manifest.seed,
        fingerprints=run.manifest.fingerprints,
        version=run.manifest.version,
        picture_of=lambda answer: kept_picture([run], shown[answer.key.id].image),
    )


def _word(value: Json) -> str:
    return value if isinstance(value, str) else dump(value)


def _rotation(record: Prediction) -> tuple[int, str]:
    """Of a question of MMBench, the first rotation comes last, and is the one that is shown."""
    return -len(record.id), record.id


def _answered(record: Prediction) -> AnsweredQuestion:
    asked = Candidate(
        id=record.id,
        image=record.image,
        question=record.question,
        answer=record.answer or None,
        source=record.source,
        facts=record.facts,
    )
    return AnsweredQuestion(asked, record.text, bool(record.facts[ENDED]))


def _with_question(answer: ScoredAnswer, record: Prediction) -> ScoredAnswer:
    asked = answer.asked if answer.asked.question else answer.asked._replace(question=record.question)
    return answer._replace(asked=asked)
