"""Standard benchmarks: what each measures, and the answers in a run of `burnish bench standard NAME`."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, TypeAlias

from burnish.bench.compare.sides import Measures, Only, Side, Total, by_key, kept_picture, measures
from burnish.bench.scored import ScoredAnswer
from burnish.bench.scoring import model_name
from burnish.bench.standard.asking import gqa, mmbench, mme, pope, scienceqa, seed, textvqa, vqa
from burnish.bench.standard.asking.base import Said
from burnish.bench.standard.asking.bench import ENDED
from burnish.bench.standard.mmbench_files import ROTATION
from burnish.bench.standard.mme_files import SUMS
from burnish.bench.standard.numbers import ACCURACY, Scored
from burnish.contrast import CONTRAST_FLAGS
from burnish.errors import RunError
from burnish.models import ModelOptions
from burnish.records import Dropped, Json, Prediction
from burnish.scores import BETTER, Metric
from burnish.sources import Candidate
from burnish.store import Run
from burnish.store.codec import dump

Score: TypeAlias = Callable[[Sequence[Said], Mapping[str, Json]], Scored[Any] | None]
_RIGHT = Metric(name=ACCURACY, title="accuracy", family="answers", unit="%", interval="wilson", better="higher")
_SOFT = dataclasses.replace(_RIGHT, interval="bootstrap")
_POPE = {
    "precision": dataclasses.replace(_RIGHT, name="precision", title="precision"),
    "recall": dataclasses.replace(_RIGHT, name="recall", title="recall"),
    "f1": dataclasses.replace(_RIGHT, name="f1", title="F1", interval="bootstrap"),
    "yes_ratio": dataclasses.replace(_RIGHT, name="yes_ratio", title="yes-ratio", better=BETTER["yes_ratio"]),
}
_MEAN_F1 = dataclasses.replace(_POPE["f1"], name="mean_f1", title="mean F1")
_BOTH = dataclasses.replace(_RIGHT, name="accuracy_plus", title="accuracy+")
_MME_SUM = Metric(name="", title="", family="sums", unit="points", interval="bootstrap", better="higher")
_POINTS = Metric(name="points", title="points", family="judged", unit="points", interval="bootstrap", better="higher")
_RELATIVE = Metric(
    name="relative", title="of reference", family="judged", unit="%", interval="bootstrap", better="higher"
)
_HALLUCINATED = Metric(
    name="hallucinated",
    title="hallucinated",
    family="judged",
    unit="%",
    interval="wilson",
    better=BETTER["hallucinated"],
)
_SIMPLE: Mapping[str, Measures] = {
    **dict.fromkeys(("gqa", "scienceqa", "mmbench", "seed"), measures(_RIGHT)),
    **dict.fromkeys(("vqav2", "textvqa", "vizwiz"), measures(_SOFT)),
    "mmvet": measures(_POINTS),
    "llava-bench": measures(_RELATIVE),
    "shr": measures(_HALLUCINATED),
}
_SCORES: Mapping[str, Score] = {
    "pope": lambda said, config: pope.score(said, "seva" if config["protocol"] == "seva" else "llava"),
    "mme": lambda said, _: mme.score(said),
    "vqav2": lambda said, _: vqa.score_vqav2(said),
    "vizwiz": lambda said, _: vqa.score_vizwiz(said),
    "textvqa": lambda said, _: textvqa.score(said),
    "gqa": lambda said, _: gqa.score(said),
    "scienceqa": lambda said, _: scienceqa.score(said),
    "mmbench": lambda said, _: mmbench.score(said),
    "seed": lambda said, _: seed.score(said),
}
_NO_RULE = {
    *("seed", "limit", "max_new_tokens", "missing"),
    *CONTRAST_FLAGS,
    *(field.name for field in dataclasses.fields(ModelOptions)),
}
"""Flags that choose the model, how it answers, or the questions; the others belong to the rule."""


def standard_measures(benchmark: str, groups: Collection[str]) -> Measures:
    """What a benchmark measures, in these parts of it. Raises RunError for a name that is none."""
    if benchmark == "pope":
        mean = [Total(_MEAN_F1, tuple((1 / len(groups), split, "f1") for split in groups))] if len(groups) > 1 else []
        found = measures(_RIGHT, *_POPE.values(), totals=mean)
        return found._replace(headline=("f1",))
    if benchmark == "mme":
        return measures(_RIGHT, _BOTH, totals=_mme_sums(groups))
    if benchmark not in _SIMPLE:
        raise RunError(f"There is no benchmark {benchmark!r}: it is one of {', '.join(('pope', 'mme', *_SIMPLE))}.")
    return _SIMPLE[benchmark]


def _mme_sums(groups: Collection[str]) -> list[Total]:
    """100 (accuracy + accuracy+), added up over the tasks that are there."""
    return [
        Total(
            dataclasses.replace(_MME_SUM, name=name, title=name),
            tuple((100.0, task, metric) for task in tasks if task in groups for metric in (_RIGHT.name, _BOTH.name)),
        )
        for name, tasks in SUMS.items()
        if any(task in groups for task in tasks)
    ]


def groups_of(answers: Collection[ScoredAnswer]) -> list[str]:
    """The benchmark's own groups, in order of first sight."""
    return list(dict.fromkeys(name for answer in answers for level, name in answer.groups if level == "task"))


def read_standard(run: Run, only: Only) -> Side:
    """The answers of a run. Raises RunError for one that is not finished, or whose truth is not local."""
    benchmark = str((run.summary or {}).get("benchmark", ""))
    if not benchmark:
        raise RunError(f"{run.path} is not finished: call `burnish bench standard` again with the same flags.")
    dropped = {_unit(benchmark, record.id) for record in run.records(Dropped)}
    records = {record.id: record for record in run.records(Prediction)}
    whole = [record for record in records.values() if _unit(benchmark, record.id) not in dropped]
    config = run.manifest.config
    scored = _SCORES[benchmark]([_said(record) for record in whole], config) if benchmark in _SCORES else None
    if scored is None:
        raise RunError(f"{run.path} has no scores: its truth is a server's, or a judge's (`burnish bench judged`).")
    shown = {_place(benchmark, record.id): record for record in sorted(whole, key=_rotation)}
    answers = [_with_question(answer, shown[answer.key.id]) for answer in scored.answers]
    missing = {("", _place(benchmark, key)) for key in records.keys() | {one.id for one in run.records(Dropped)}}
    return Side(
        path=run.path,
        name=model_name(run.manifest),
        benchmark=benchmark,
        questions="",
        measures=standard_measures(benchmark, groups_of(answers)),
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


def _said(record: Prediction) -> Said:
    asked = Candidate(
        id=record.id,
        image=record.image,
        question=record.question,
        answer=record.answer or None,
        source=record.source,
        facts=record.facts,
    )
    return Said(asked, record.text, bool(record.facts[ENDED]))


def _with_question(answer: ScoredAnswer, record: Prediction) -> ScoredAnswer:
    asked = answer.asked if answer.asked.question else answer.asked._replace(question=record.question)
    return answer._replace(asked=asked)


def _unit(benchmark: str, key: str) -> str:
    """What is scored as a whole: both questions about a picture of MME, all rotations of one of MMBench."""
    return key.partition(": ")[0] if benchmark == "mme" else _place(benchmark, key)


def _place(benchmark: str, key: str) -> str:
    """The id of the scored answer that a record's question belongs to."""
    return str(int(key) % ROTATION) if benchmark == "mmbench" else key
