"""Grades by a rubric of one's own: what is asked of an answer, and what each grade of it means.

A rubric is a file, as in Prometheus (Kim et al., 2024), whose judges read it with question, answer and reference, and
end their feedback with "[RESULT] 4".
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from burnish.bench.judged.answers import Given, read_answers
from burnish.bench.judged.configs import RubricConfig
from burnish.bench.judged.judge_counts import judging, readable
from burnish.bench.judged.judge_run import JudgeQuestion, ToJudge
from burnish.bench.standard.numbers import MEAN, AnswerValue, part
from burnish.errors import ConfigError
from burnish.plain_files import read_plain
from burnish.records import Judgement
from burnish.scores import RubricJudged
from burnish.store import Run
from burnish.yamls import read_yaml

FORM = "a rubric is YAML with `criterion: text` and `grades:`, two or more lines such as `1: what the grade means`"
_RESULT = re.compile(r"\[RESULT\][\s:*_(]*(\d+)\b(?![.,]\d)", re.IGNORECASE)


class Rubric(NamedTuple):
    """What is asked of answers."""

    criterion: str
    grades: Mapping[int, str]
    """What each means, the lowest first."""

    @property
    def text(self) -> str:
        """As a judge reads it."""
        lines = (f"Score {grade}: {meaning}" for grade, meaning in self.grades.items())
        return "\n".join([f"[{self.criterion}]", *lines])


def read_rubric(path: str) -> Rubric:
    """A rubric's file. Raises ConfigError."""
    try:
        values = read_yaml(read_plain(Path(path)).decode())
    except (OSError, ValueError) as error:
        raise ConfigError(f"--rubric {path} cannot be read ({error}): {FORM}.") from error
    criterion, grades = (values.get(name) for name in ("criterion", "grades")) if isinstance(values, dict) else ("", "")
    if not isinstance(criterion, str) or not criterion.strip() or not isinstance(grades, dict) or len(grades) < 2:
        raise ConfigError(f"--rubric {path} is not a rubric: {FORM}.")
    for grade, meaning in grades.items():
        if isinstance(grade, bool) or not isinstance(grade, int) or grade < 0:
            raise ConfigError(f"--rubric {path} has the grade {grade!r:.20}, and that must be a whole number: {FORM}.")
        if not isinstance(meaning, str):
            raise ConfigError(
                f"--rubric {path} has {meaning!r:.40} as the meaning of grade {grade}, and that must be words: put it "
                "in quotes, as YAML reads yes, no and numbers otherwise."
            )
    return Rubric(criterion.strip(), dict(sorted(grades.items())))


def rubric_to_judge(config: RubricConfig) -> ToJudge:
    """Answers and the rubric. Raises a BurnishError."""
    rubric = read_rubric(config.rubric)
    answers = read_answers(config.answers)
    questions = [_question(given, rubric) for given in answers.by_id.values()]
    digest = hashlib.sha256(rubric.text.encode()).hexdigest()
    return ToJudge(
        questions,
        reads,
        lambda run: score(run, rubric),
        lambda image: answers.pictures(image, config.images),
        rules={"judge's rubric": digest},
    )


def _question(given: Given, rubric: Rubric) -> JudgeQuestion:
    lowest, *_ = rubric.grades
    return JudgeQuestion(
        id=given.id,
        source=given.source,
        values={
            "question": given.question,
            "reference": given.truth or "(none)",
            "answer": given.text,
            "rubric": rubric.text,
            "grades": ", ".join(map(str, rubric.grades)),
        },
        facts={"picture": given.image or given.id},
        image=given.image,
        settled="" if given.text.strip() else f"[RESULT] {lowest}",
    )


def grade(asked: Mapping[str, str], reply: str) -> int | None:
    """The grade behind "[RESULT]", if only one of the rubric's is named; None without one."""
    found = {int(number) for number in _RESULT.findall(reply)} & set(map(int, asked["grades"].split(", ")))
    return found.pop() if len(found) == 1 else None


def reads(asked: Mapping[str, str], reply: str) -> bool:
    """There is a grade of the rubric."""
    return grade(asked, reply) is not None


def score(run: Run, rubric: Rubric) -> RubricJudged:
    """The mean of a run's grades, over all and by source, and how often each was given."""
    judgements = list(run.records(Judgement))
    graded = [
        AnswerValue(str(judgement.facts["picture"]), value, (judgement.source,))
        for judgement in judgements
        if (reply := readable(judgement, reads)) is not None and (value := grade(judgement.asked, reply)) is not None
    ]
    counts = Counter(int(one.value) for one in graded)
    return RubricJudged(
        judging=judging(run, judgements, reads),
        criterion=rubric.criterion,
        mean=part(graded, MEAN) if graded else None,
        sources={name: part(of, MEAN) for name, of in _by_source(graded).items()},
        counts={str(grade): counts[grade] for grade in rubric.grades},
    )


def _by_source(graded: Sequence[AnswerValue]) -> dict[str, list[AnswerValue]]:
    found: dict[str, list[AnswerValue]] = {}
    for one in graded:
        found.setdefault(one.groups[0], []).append(one)
    return {name: of for name, of in found.items() if name}
