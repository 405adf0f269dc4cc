"""Free dialogues as numbers: every dialogue of a run or file with what it is worth, and who spoke."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

from burnish.bench.free_rules import FreeRules, Worth, worth
from burnish.bench.naming import speaker
from burnish.dialogue.loaders import open_dialogues
from burnish.dialogue.seeds import seed_folders
from burnish.errors import NothingAnswered
from burnish.progress import tracked
from burnish.records import Dialogue, Dropped, Facts, ReplyEnd
from burnish.replies import ReplyCounts, count_ends, ends_of
from burnish.store import Run

TOLD = ("group", "stands_for")
"""Facts by which dialogues are told apart in the scores."""


class DialogueKey(NamedTuple):
    """What a dialogue is about: what is equal in two runs for their dialogues to be a pair."""

    picture: str
    question: str
    answer: str


class Played(NamedTuple):
    """One dialogue as numbers."""

    asked: DialogueKey
    source: str
    facts: Facts
    """Those of TOLD that it has."""
    worth: Worth


@dataclass(frozen=True, slots=True)
class FreeRun:
    """The free dialogues of one run or file: of one seed."""

    path: str
    student: str
    teacher: str
    dialogues: tuple[Played, ...]
    dropped: Mapping[str, int]
    """What is not a dialogue, by reason."""
    replies: ReplyCounts
    """What became of all replies in it."""


def read_seeds(path: str, rules: FreeRules) -> list[FreeRun]:
    """The runs in a folder of `burnish bench free`, one for each seed; else the one run or file.

    Raises RunError or SourceError for what cannot be read, and RunError where there is no dialogue.
    """
    folders = seed_folders(Path(path))
    return [read_free(str(folder), rules) for folder in folders] if folders else [read_free(path, rules)]


def read_free(path: str, rules: FreeRules) -> FreeRun:
    """All dialogues of a run or file."""
    played, dropped, ends = [], Counter[str](), Counter[ReplyEnd]()
    worth_of = cache(partial(worth, rules=rules))  # few dialogues differ in their scores
    for outcome in tracked(open_dialogues(path), f"score {path}", unit="dialogues"):
        ends.update(ends_of(outcome))
        if isinstance(outcome, Dropped):
            dropped[outcome.reason] += 1
        else:
            scores = tuple(turn.feedback.score for turn in outcome.turns)
            played.append(_played(outcome, worth_of(scores)))
    replies = count_ends(ends.elements(), dict(dropped.most_common()))
    if not played:
        reasons = ", ".join(f"{reason} ({n:,})" for reason, n in dropped.most_common())
        raise NothingAnswered(
            f"{path} holds no dialogue to score ({reasons or 'it has no record yet'}).", asdict(replies)
        )
    student, teacher = _speakers(path)
    return FreeRun(path, student, teacher, tuple(played), dict(dropped.most_common()), replies)


def _played(dialogue: Dialogue, its_worth: Worth) -> Played:
    return Played(
        asked=DialogueKey(dialogue.image, dialogue.question, dialogue.answer),
        source=dialogue.source,
        facts={name: dialogue.facts[name] for name in TOLD if name in dialogue.facts},
        worth=its_worth,
    )


def _speakers(path: str) -> tuple[str, str]:
    """Student and teacher of a run, as its flags named them; of a file, the file's name and nobody."""
    if not Path(path).is_dir():
        return Path(path).stem, ""
    config = Run.open(Path(path)).manifest.config
    return speaker(config, "student") or Path(path).name, speaker(config, "teacher")
