"""The oracle as a judge: it grades, compares and checks answers by the truth, in the form of each task's replies."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from burnish.errors import SourceError
from burnish.fire.texts import write_feedback
from burnish.pocket.oracle.question import Known
from burnish.pocket.oracle.verdict import verdict
from burnish.pocket.world import normalise
from burnish.pocket.world.answers import STATEMENT, looks
from burnish.records import Facts

_NUMBERED = re.compile(r"\d+\.\s*(.*)")


def judge(task: str, facts: Facts, values: Mapping[str, str]) -> str:
    """The reply about an answer (`values`: what stands in a judge's prompt).

    Raises SourceError for a question of another world, and for a task that the oracle cannot judge.
    """
    if task not in _TASKS:
        raise SourceError(f"The oracle judges {', '.join(_TASKS)}, not {task}: name a model.")
    known = Known.of(facts, values.get("question", ""), values.get("reference", ""))
    return _TASKS[task](known, values)


def _grade(known: Known, values: Mapping[str, str]) -> str:
    found = verdict(known, values["answer"])
    return write_feedback(found.score, found.comment)


def _compare(known: Known, values: Mapping[str, str]) -> str:
    first, second = (verdict(known, values[place]).score for place in ("first", "second"))
    return f"Verdict: {'tie' if first == second else 'first' if first > second else 'second'}"


def _check(known: Known, values: Mapping[str, str]) -> str:
    """A statement is checked by all that the picture shows; what is not a statement cannot be judged."""
    shown = {looks(thing) for thing in known.scene.things}
    labels = []
    for sentence in _NUMBERED.findall(values["sentences"]):
        found = STATEMENT.fullmatch(normalise(sentence))
        labels.append("cannot judge: no statement" if not found else _label(found.groups() in shown))
    return "\n".join(["Judgement:", *(f"{number}. {label}" for number, label in enumerate(labels, start=1))])


def _label(shown: bool) -> str:
    return "correct: it is there" if shown else "hallucination: nothing is so"


_TASKS: dict[str, Callable[[Known, Mapping[str, str]], str]] = {
    "grades": _grade,
    "pairwise": _compare,
    "shr": _check,
}
