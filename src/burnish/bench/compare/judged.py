"""The judgements in a run of `burnish bench judged NAME`: two are compared when one judge judged both models."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, TypeAlias

from burnish.bench.compare.inputs import Only, PicturePath, Side, by_key, kept_picture
from burnish.bench.judged import consistency, grades, llava_bench, mmhal, mmvet, rubric, shr
from burnish.bench.judged.judge_counts import Reads, judging, last_reply, readable
from burnish.bench.measures import Measures, measures
from burnish.bench.metrics import Term
from burnish.bench.sample_scores import Asked, Key, ScoredAnswer, in_groups
from burnish.bench.standard import llava_bench as llava_rule
from burnish.bench.standard import mmhal as mmhal_rule
from burnish.bench.standard import mmvet as mmvet_rule
from burnish.bench.standard import shr as shr_rule
from burnish.bench.standard.benchmark import Benchmark
from burnish.bench.standard.llava_bench_files import LlavaBenchQuestion, reading
from burnish.bench.standard.mmvet_files import Grade, MMVetQuestion, score_in
from burnish.bench.standard.shr_labels import LabelledDescription, labels
from burnish.errors import RunError
from burnish.fire.texts import grade
from burnish.records import Judgement
from burnish.scores import Metric
from burnish.store import Run
from burnish.store.codec import dump
from burnish.store.manifest import NAME

ScoredAnswerOf: TypeAlias = Callable[[Sequence[Judgement]], ScoredAnswer | None]
"""From the judgements of one answer to what it is worth; None where none can be read."""
_ANSWERS = ("answer", "description", "second", "sentences")
"""Places of judges' prompts in which models' words stand; the others hold the question."""


class _JudgedComparison(NamedTuple):
    """How a judged benchmark is compared."""

    title: str
    measures: Measures
    worth: ScoredAnswerOf
    reads: Reads


def _points(name: str, title: str) -> Metric:
    return Metric(name=name, title=title, family="judged", unit="points", interval="bootstrap", better="higher")


def _grade(judgements: Sequence[Judgement]) -> ScoredAnswer | None:
    (one,) = judgements
    reply = readable(one, grades.reads)
    value = None if reply is None else grade(reply)
    return None if value is None else _answer(one, {"grade": Term(value, 1)}, (one.source, *filter(None, [one.part])))


def _rubric(judgements: Sequence[Judgement]) -> ScoredAnswer | None:
    (one,) = judgements
    reply = readable(one, rubric.reads)
    value = None if reply is None else rubric.grade(one.asked, reply)
    return None if value is None else _answer(one, {"grade": Term(value, 1)}, (one.source,))


def _consistency(judgements: Sequence[Judgement]) -> ScoredAnswer | None:
    (one,) = judgements
    reply = readable(one, consistency.reads)
    found = None if reply is None else consistency.reading(reply)
    if found is None:
        return None
    overall = consistency.ASPECTS.index("overall")
    terms = {"question": Term(found["A2"][overall], 1), "answer": Term(found["A3"][overall], 1)}
    return _answer(one, terms, (one.part,))


def _mmvet(judgements: Sequence[Judgement]) -> ScoredAnswer | None:
    one = judgements[0]
    given = [Grade(score_in(last_reply(judgement, mmvet.reads))) for judgement in judgements]
    worth = mmvet_rule.scored(one.id, MMVetQuestion(str(one.facts["picture"]), ()), given)
    return _answer(one, worth.terms, ())


def _llava_bench(judgements: Sequence[Judgement]) -> ScoredAnswer | None:
    (one,) = judgements
    points = reading(last_reply(one, llava_bench.reads))
    category = str(one.facts["category"])
    if points is None:
        return None
    worth = llava_rule.scored(one.id, LlavaBenchQuestion(str(one.facts["picture"]), category), points)
    return _answer(one, worth.terms, (category,))


def _mmhal(judgements: Sequence[Judgement]) -> ScoredAnswer | None:
    (one,) = judgements
    worth = mmhal_rule.rated(one.id, str(one.facts["picture"]), one.source, last_reply(one, mmhal.reads))
    return _answer(one, worth.terms, (one.source,))


def _shr(judgements: Sequence[Judgement]) -> ScoredAnswer | None:
    (one,) = judgements
    found = labels(LabelledDescription(one.asked["description"], last_reply(one, shr.reads)))
    return None if found is None else _answer(one, shr_rule.scored(one.id, "", [found]).terms, ())


def _answer(one: Judgement, terms: Mapping[str, Term], groups: tuple[str, ...]) -> ScoredAnswer:
    words = [one.asked[name] for name in _ANSWERS if one.asked.get(name)]
    asked = Asked(str(one.facts["picture"]), one.asked.get("question", ""), one.asked.get("reference", ""))
    return ScoredAnswer(_key(one), asked, in_groups(groups), terms, words[0] if words else "")


def _key(one: Judgement) -> Key:
    """MM-Vet's runs of the judge are about one answer, a consistency at each temperature about another."""
    return Key(one.source if one.part.startswith("run ") else one.part or one.source, one.id)


def _official(benchmark: Benchmark, worth: ScoredAnswerOf, reads: Reads) -> _JudgedComparison:
    return _JudgedComparison(benchmark.heading, benchmark.measures(()), worth, reads)


_TASKS: Mapping[str, _JudgedComparison] = {
    "judged mmvet": _official(mmvet_rule.BENCHMARK, _mmvet, mmvet.reads),
    "judged llava-bench": _official(llava_rule.BENCHMARK, _llava_bench, llava_bench.reads),
    "judged mmhal": _official(mmhal_rule.BENCHMARK, _mmhal, mmhal.reads),
    "judged shr": _official(shr_rule.BENCHMARK, _shr, shr.reads),
    "judged grades": _JudgedComparison("Grades", measures(_points("grade", "grade")), _grade, grades.reads),
    "judged rubric": _JudgedComparison("Rubric", measures(_points("grade", "grade")), _rubric, rubric.reads),
    "judged consistency": _JudgedComparison(
        "Consistency",
        measures(_points("answer", "A-consistency"), _points("question", "Q-consistency")),
        _consistency,
        consistency.reads,
    ),
}


def read_judged(run: Run, only: Only) -> Side:
    """What a judge's readable replies say. Raises RunError for a pairwise run, which is a comparison already."""
    kind = run.manifest.kind
    if kind not in _TASKS:
        raise RunError(f"{run.path} holds {kind}, which compares models already: read its own table.")
    task = _TASKS[kind]
    by_answer: dict[Key, list[Judgement]] = {}
    for judgement in run.records(Judgement):
        by_answer.setdefault(_key(judgement), []).append(judgement)
    prints = run.manifest.fingerprints
    return Side(
        path=run.path,
        name=Path(str(run.manifest.settings.get("answers", run.path))).name,
        benchmark=kind,
        title=task.title,
        questions="",
        measures=task.measures,
        answers=by_key(_found(by_answer, task), run.path, only),
        asked=frozenset(key[:2] for key in by_answer),
        rules={name: digest for name, digest in prints.items() if name.startswith("judge")},
        settings={"answers": dump(run.manifest.settings.get("answers"))},
        seed=run.manifest.seed,
        fingerprints=prints,
        version=run.manifest.version,
        picture_of=_pictures(run),
        judging=judging(run, run.records(Judgement), task.reads),
    )


def _found(by_answer: Mapping[Key, Sequence[Judgement]], task: _JudgedComparison) -> Iterator[ScoredAnswer]:
    for judgements in by_answer.values():
        if worth := task.worth(judgements):
            yield worth


def _pictures(run: Run) -> PicturePath:
    """Those of the run whose answers were judged, where it is still there."""
    path = Path(str(run.manifest.settings.get("answers")))
    answered = [Run.open(path)] if (path / NAME).exists() else []
    return lambda answer: kept_picture(answered, answer.picture)
