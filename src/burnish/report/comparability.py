"""Whether runs of one kind were asked the same, in the same way: only then is one of them the best.

`burnish compare` pairs two runs answer by answer and refuses what is not comparable; this tells it of several, and how
far their numbers may be looked at side by side.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from typing import Any, NamedTuple, TypeAlias

from burnish.contrast import CONTRAST_FLAGS
from burnish.models import ModelOptions
from burnish.records import Dialogue, Judgement, Prediction, Record, pictures_of
from burnish.report.section import NamedRun, records_of
from burnish.sources import Sampling
from burnish.store import Run
from burnish.store.codec import dump

_CHOOSING = frozenset(("source", "dialogues", "distort", *(field.name for field in fields(Sampling))))
"""Flags that choose questions: these are looked at themselves."""
_ANSWERING = frozenset(("max_new_tokens", *CONTRAST_FLAGS, *(field.name for field in fields(ModelOptions))))
"""Flags that choose who answers, and how."""
_QuestionHashes: TypeAlias = Mapping[int, int]
"""Hashes of the questions' ids, and of picture and words, 0 where nothing tells them: a run of any size fits."""


def unlike(runs: Sequence[NamedRun], asked: Collection[str] = ()) -> str:
    """Why the runs' numbers are not comparable, in a sentence; empty where they are one.

    `asked` are the roles whose models may differ, such as "student"; for other benches it is always "model".
    """
    first, *others = (_made(named, asked) for named in runs)
    for other in others:
        if why := _other_questions(first, other):
            return f"These runs were asked different questions: {why}."
    names = dict.fromkeys(name for one in (first, *others) for name in one.rules)
    differing = [name for name in names if len({one.rules.get(name) for one in (first, *others)}) > 1]
    return f"These runs were not made in the same way: they differ in {', '.join(differing)}." if differing else ""


def alike(runs: Sequence[NamedRun]) -> list[list[NamedRun]]:
    """The runs by what they were asked, and how: those that can stand in one table together, in their order."""
    groups: list[tuple[_Made, list[NamedRun]]] = []
    for named in runs:
        made = _made(named, ())
        for first, group in groups:
            if not _other_questions(first, made) and first.rules == made.rules:
                group.append(named)
                break
        else:
            groups.append((made, [named]))
    return [group for _, group in groups]


class _Made(NamedTuple):
    asked: _QuestionHashes
    rules: Mapping[str, str]


def _made(named: NamedRun, asked: Collection[str]) -> _Made:
    return _Made(_asked(named), _rules(named.run, asked))


def _other_questions(first: _Made, other: _Made) -> str:
    if alone := first.asked.keys() ^ other.asked.keys():
        return f"{len(alone):,} questions are in some of the runs only"
    if any(words and other.asked[key] and words != other.asked[key] for key, words in first.asked.items()):
        return "the same ids belong to different pictures or questions"
    return ""


def _asked(named: NamedRun) -> _QuestionHashes:
    """All questions about pictures as they are."""
    found: dict[int, int] = {}
    for number, _, record in records_of(named, "compare"):
        if not (isinstance(record, Prediction) and record.distortion):
            which = record.part if isinstance(record, Judgement) else ""
            words = _words(record)
            found[hash((number, record.source, record.id, which))] = hash(words) if words else 0
    return found


def _rules(run: Run, asked: Collection[str]) -> dict[str, str]:
    """What must be equal, by name: all that chooses neither the questions nor who answers them."""
    made = run.manifest
    answering = {f"{role}{ending}" for role in asked for ending in ("", "_adapter", "_prompt")} | _ANSWERING
    rules: dict[str, Any] = {k: v for k, v in made.config.items() if k not in answering | _CHOOSING}
    counting = (run.summary or {}).get("rules")
    rules |= counting if isinstance(counting, dict) else {}  # how free dialogues are counted
    prints = {
        name: digest
        for name, digest in made.fingerprints.items()
        if name.endswith("prompt") or name.partition(" ")[0] in {"teacher", "judge"} - set(asked)
    }
    return {name: dump(value) for name, value in (rules | prints).items()}


def _words(record: Record) -> tuple[str, str] | None:
    """What is asked, picture and words, where the record tells."""
    if isinstance(record, Prediction | Dialogue):
        return "\n".join(pictures_of(record)), record.question
    if isinstance(record, Judgement):
        return str(record.facts.get("picture", "")), record.asked.get("question", "")
    return None
