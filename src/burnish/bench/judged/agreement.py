"""How far two judges agree about the same answers.

With the oracle of the pocket world as the second judge this is a calibration: how far a model can be trusted as one.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import tyro

from burnish.bench.judged import consistency, grades, llava_bench, mmhal, mmvet, pairwise, rubric, shr
from burnish.bench.judged.judge_counts import Reads, readable
from burnish.bench.judged.kappa import Kappa, Rated, TwoRatings, categories, cohen, quadratic
from burnish.bench.naming import speaker
from burnish.bench.standard import mmhal as mmhal_rule
from burnish.bench.standard.llava_bench_files import reading
from burnish.bench.standard.mmvet_files import score_in
from burnish.bench.standard.numbers import RATE, bounds, sums_by_picture
from burnish.bench.standard.shr_labels import LabelledDescription, labels
from burnish.errors import RunError
from burnish.fire.texts import grade
from burnish.records import Judgement
from burnish.scores import Agreement
from burnish.store import Run


@dataclass(frozen=True, kw_only=True)
class AgreementConfig:
    """Measure how far two judges agree about the same answers: agreement and Cohen's kappa."""

    judged: tyro.conf.Positional[str]
    """A run of `burnish bench judged`."""
    truth: str
    """A run of the same bench over the same answers by the judge to compare with, such as the oracle."""
    json: str | None = None
    """Also write the numbers to this file."""


class _AgreementTask(NamedTuple):
    """How a task's replies are read."""

    reads: Reads
    values: Callable[[Mapping[str, str], str], Sequence[TwoRatings | None]]
    """Of a reply that can be read: what it says, one thing or several."""


_TASKS: Mapping[str, _AgreementTask] = {
    "judged mmvet": _AgreementTask(mmvet.reads, lambda _, reply: [score_in(reply)]),
    "judged llava-bench": _AgreementTask(llava_bench.reads, lambda _, reply: reading(reply) or ()),
    "judged mmhal": _AgreementTask(mmhal.reads, lambda _, reply: [mmhal_rule.rating(reply)]),
    "judged shr": _AgreementTask(
        shr.reads, lambda asked, reply: labels(LabelledDescription(asked["description"], reply)) or ()
    ),
    "judged consistency": _AgreementTask(consistency.reads, lambda _, reply: consistency.numbers(reply)),
    "judged pairwise": _AgreementTask(pairwise.reads, lambda _, reply: [pairwise.verdict(reply)]),
    "judged rubric": _AgreementTask(rubric.reads, lambda asked, reply: [rubric.grade(asked, reply)]),
    "judged grades": _AgreementTask(grades.reads, lambda _, reply: [grade(reply)]),
}


def score_agreement(config: AgreementConfig) -> Agreement:
    """Compare two runs, judgement by judgement. Raises RunError where they are not about the same answers."""
    judged, truth = Run.open(Path(config.judged)), Run.open(Path(config.truth))
    kind = judged.manifest.kind
    if kind not in _TASKS or truth.manifest.kind != kind:
        raise RunError(
            f"{judged.path} holds {kind}, and {truth.path} {truth.manifest.kind}: give two runs of the same "
            "`burnish bench judged`."
        )
    ours, theirs = _by_place(judged), _by_place(truth)
    found = {place: _rated(_TASKS[kind], ours[place], theirs[place]) for place in ours if place in theirs}
    compared = sum(map(bool, found.values()))
    if not compared:
        raise RunError(f"{judged.path} and {truth.path} have no judgement of the same answer that both can be read in.")
    return agreement(
        [one for of_place in found.values() for one in of_place],
        task=kind.removeprefix("judged "),
        judge=speaker(judged.manifest.config, "judge"),
        truth=speaker(truth.manifest.config, "judge"),
        left_out=len(ours.keys() | theirs.keys()) - compared,
    )


def _by_place(run: Run) -> dict[tuple[str, str], Judgement]:
    return {(judgement.id, judgement.part): judgement for judgement in run.records(Judgement)}


def _rated(task: _AgreementTask, ours: Judgement, theirs: Judgement) -> list[Rated]:
    """What both said; nothing where one cannot be read. Raises RunError where they were asked different things."""
    if ours.asked != theirs.asked:
        raise RunError(f"The two runs judge different answers to question {ours.id}: judge the same ones.")
    replies = [readable(judgement, task.reads) for judgement in (ours, theirs)]
    first, second = ([] if one is None else task.values(ours.asked, one) for one in replies)
    picture = str(ours.facts["picture"])
    return [
        Rated(picture, a, b)
        for a, b in zip(first, second, strict=False)  # one of them is empty where it cannot be read
        if a is not None and b is not None
    ]


def agreement(rated: Sequence[Rated], *, task: str, judge: str, truth: str, left_out: int) -> Agreement:
    """The numbers, of at least one thing that both rated."""
    equal = sums_by_picture([one.picture for one in rated], [(one.first == one.second, 1) for one in rated])
    plain = cohen(rated)
    sizes = [
        abs(one.first - one.second)
        for one in rated
        if not isinstance(one.first, str) and not isinstance(one.second, str)
    ]
    weighted = quadratic(rated) if len(sizes) == len(rated) else Kappa(None, None)
    counts = Counter((one.second, one.first) for one in rated)
    names = categories(rated)
    return Agreement(
        task=task,
        judge=judge,
        truth=truth,
        n=len(rated),
        left_out=left_out,
        agreement=float(equal[:, 0].sum()) / len(rated),
        interval=bounds(RATE(equal)),
        kappa=plain.value,
        kappa_interval=plain.interval,
        weighted_kappa=weighted.value,
        weighted_interval=weighted.interval,
        difference=statistics.fmean(sizes) if sizes else None,
        confusion={_name(b): {_name(a): counts[b, a] for a in names} for b in names},
    )


def _name(value: TwoRatings) -> str:
    return value if isinstance(value, str) else f"{value:g}"
