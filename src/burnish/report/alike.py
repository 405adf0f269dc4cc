"""Whether runs of one kind were asked the same, in the same way: only then is one of them the best.

`burnish compare` pairs two runs answer by answer and refuses what is no comparison; this tells it of several, and how
far their numbers may be looked at side by side.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, TypeAlias

from burnish.contrast import CONTRAST_FLAGS
from burnish.records import Dialogue, Judgement, Prediction, Record
from burnish.report.section import NamedRun, records_of
from burnish.store import Run
from burnish.store.codec import dump

_CHOOSING = frozenset(("source", "dialogues", "limit", "only", "per_image", "per_source", "seed", "distort"))
"""Flags that choose questions: these are looked at themselves."""
_ANSWERING = frozenset(
    ("model", "adapter", "dtype", "pad_to_square", "trust_remote_code", "max_new_tokens", *CONTRAST_FLAGS)
)
"""Flags that choose who answers, and how."""
_Asked: TypeAlias = Mapping[int, int]
"""Hashes of the questions' ids, and of picture and words, 0 where nothing tells them: a run of any size fits."""


def unlike(runs: Sequence[NamedRun], asked: Collection[str] = ()) -> str:
    """Why the runs' numbers are no comparison, in a sentence; empty where they are one.

    `asked` are the roles whose models may differ, such as "student"; for other benches it is always "model".
    """
    first, *others = (_asked(named) for named in runs)
    for other in others:
        if alone := first.keys() ^ other.keys():
            return f"These runs were not asked the same: {len(alone):,} questions stand in one and not in another."
        if any(first[key] and other[key] and first[key] != other[key] for key in first):
            return "These runs were not asked the same: the same ids stand for other pictures or other words."
    rules = [_rules(run, asked) for _, run in runs]
    names = dict.fromkeys(name for rule in rules for name in rule)
    differing = [name for name in names if len({rule.get(name) for rule in rules}) > 1]
    return f"These runs were not made in the same way: they differ in {', '.join(differing)}." if differing else ""


def _asked(named: NamedRun) -> _Asked:
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
    told = (run.summary or {}).get("rules")
    rules |= told if isinstance(told, dict) else {}  # how free dialogues are counted
    prints = {
        name: digest
        for name, digest in made.fingerprints.items()
        if name.endswith("prompt") or name.partition(" ")[0] in {"teacher", "judge"} - set(asked)
    }
    return {name: dump(value) for name, value in (rules | prints).items()}


def _words(record: Record) -> tuple[str, str] | None:
    """What is asked, picture and words, where the record tells."""
    if isinstance(record, Prediction | Dialogue):
        return record.image, record.question
    if isinstance(record, Judgement):
        return str(record.facts.get("picture", "")), record.asked.get("question", "")
    return None
