"""Predictions for recorded dialogues, and the recorded texts that they are compared with, each in its place."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias, get_args

from burnish.dialogue.loaders import open_dialogues
from burnish.errors import LineError, SourceError
from burnish.progress import tracked
from burnish.records import Dialogue, Dropped
from burnish.roles import RoleName
from burnish.sources.json_items import json_items

ROLES: tuple[RoleName, ...] = get_args(RoleName)
MissingRule: TypeAlias = Literal["refuse", "empty", "left-out"]


class TextKey(NamedTuple):
    """Which text of which dialogue."""

    item: int
    """The dialogue's index in its file or run, from 0; what cannot be used has one too."""
    turn: int
    """From 1."""
    role: RoleName


class RecordedText(NamedTuple):
    """A text that predictions are compared with."""

    picture: str
    text: str


class AlignedText(NamedTuple):
    """A prediction beside what was recorded."""

    picture: str
    prediction: str
    reference: str


@dataclass(frozen=True, slots=True)
class References:
    """All texts of some dialogues that a model is to predict."""

    path: str
    texts: Mapping[TextKey, RecordedText]
    unusable: Mapping[int, str]
    """Items that are no dialogue, with the reason."""


class Matched(NamedTuple):
    """Predictions beside their references."""

    pairs: Mapping[TextKey, AlignedText]
    missing: Mapping[RoleName, int]
    """References without a prediction, of roles that have some."""


def places(item: int, dialogue: Dialogue) -> Iterator[tuple[TextKey, str]]:
    """What is predicted of a dialogue, with the recorded text: responses from turn 2 on, and all feedback."""
    for number, turn in enumerate(dialogue.turns, start=1):
        if number > 1:
            yield TextKey(item, number, "student"), turn.response.text
        yield TextKey(item, number, "teacher"), turn.feedback.text


def read_references(path: str) -> References:
    """The texts of a FIRE file or a run of dialogues. Raises SourceError or RunError."""
    texts: dict[TextKey, RecordedText] = {}
    unusable: dict[int, str] = {}
    for item, outcome in enumerate(tracked(open_dialogues(path), f"read {path}", unit="dialogues")):
        if isinstance(outcome, Dropped):
            unusable[item] = outcome.reason
        else:
            picture = sys.intern(outcome.image)
            texts |= {place: RecordedText(picture, text) for place, text in places(item, outcome)}
    return References(path, texts, unusable)


def read_predictions(path: str, references: References) -> dict[TextKey, str]:
    """The texts of a file of JSON lines with `id`, `turn`, `role` and `text`.

    Those to an item that cannot be used are passed over. Raises SourceError, naming file and line, for a line that is
    none of these, that has no reference, or that comes twice.
    """
    found: dict[TextKey, str] = {}
    for row in tracked(json_items(Path(path)), f"read {path}", unit="predictions"):
        try:
            if isinstance(row.values, LineError):
                raise row.values
            place, text = _read(row.values)
            if place.item in references.unusable:
                continue
            if place not in references.texts:
                raise LineError("no reference", f"has {_no_reference(place, references)}")
            if place in found:
                raise LineError("double", f"is the second prediction for {_named(place)}: give each place one")
        except LineError as error:
            raise SourceError(f"{path}, {row.place}, {error}.") from error
        found[place] = text
    if not found:
        raise SourceError(f"{path} holds no prediction: give JSON lines with `id`, `turn`, `role` and `text`.")
    return found


def match(predictions: Mapping[TextKey, str], references: References, missing: MissingRule, path: str) -> Matched:
    """Every reference of the roles that have predictions, in the references' order, with its prediction.

    A missing one is refused (SourceError), taken for an empty text, or left out with its reference.
    """
    roles = {place.role for place in predictions}
    asked = [place for place in references.texts if place.role in roles]
    without = [place for place in asked if place not in predictions]
    if without and missing == "refuse":
        raise SourceError(
            f"{path} has no prediction for {len(without):,} of {len(asked):,} texts of {references.path}, such as "
            f"{_named(without[0])}: predict them too, or give --missing empty or --missing left-out."
        )
    pairs = {
        place: AlignedText(references.texts[place].picture, predictions.get(place, ""), references.texts[place].text)
        for place in asked
        if place in predictions or missing == "empty"
    }
    return Matched(pairs, Counter(place.role for place in without))


def of_role(pairs: Mapping[TextKey, AlignedText], role: RoleName) -> dict[TextKey, AlignedText]:
    """The pairs of one role."""
    return {place: pair for place, pair in pairs.items() if place.role == role}


def _read(values: Mapping[str, object]) -> tuple[TextKey, str]:
    item, turn, role, text = (values.get(name) for name in ("id", "turn", "role", "text"))
    if isinstance(item, str) and item.isdecimal():
        item = int(item)
    if not _is_count(item):
        raise LineError("no id", f"has the id {item!r:.40}; it is the item's index in the references, from 0")
    if not _is_count(turn):
        raise LineError("no turn", f"has the turn {turn!r:.40}; it is a whole number from 1 on")
    if role not in ROLES:
        raise LineError("no role", f"has the role {role!r:.40}; it is one of {' and '.join(ROLES)}")
    if not isinstance(text, str):
        raise LineError("no text", f"has no text but {text!r:.40}")
    return TextKey(int(str(item)), int(str(turn)), next(known for known in ROLES if known == role)), text


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _no_reference(place: TextKey, references: References) -> str:
    turns = [known.turn for known in references.texts if known.item == place.item]
    items = 1 + max((known.item for known in references.texts), default=-1)
    if not turns:
        return f"the id {place.item}, and {references.path} has the items 0 to {items - 1}"
    if place.role == "student" and place.turn == 1:
        return f"a student's turn 1 (item {place.item}), and students are compared from turn 2 on"
    return f"the turn {place.turn}, and item {place.item} of {references.path} has the turns 1 to {max(turns)}"


def _named(place: TextKey) -> str:
    return f"the {place.role} in turn {place.turn} of item {place.item}"


def unusable_reasons(references: References) -> dict[str, int]:
    """How many items cannot be used, by reason."""
    return dict(Counter(references.unusable.values()).most_common())
