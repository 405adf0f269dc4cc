"""Preference pairs that exist already, in the files of other tools and data sets: which answer was chosen over which.

The kind of a file is seen by its columns: each kind names those that it needs, and how a row is read. Rows that follow
one another with one picture, question and chosen answer are one pair with several rejected answers.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from statistics import mean
from typing import NamedTuple

from burnish.errors import LineError
from burnish.records import TextMessage
from burnish.sources.conversation import message_of, read_messages
from burnish.sources.fields import RowValues, text_field


class Preference(NamedTuple):
    """What a row says."""

    question: str
    chosen: str
    rejected: tuple[str, ...]
    before: tuple[TextMessage, ...] = ()
    """The messages before the question."""


class PreferenceForm(NamedTuple):
    """A form of preferences."""

    columns: tuple[frozenset[str], ...]
    """Sets of columns, one of which a row of this form has."""
    read: Callable[[RowValues], Preference]
    """The preference of a row. Raises LineError for a row that has none that can be trained on."""


def kind_of_columns(found: Sequence[str]) -> str | None:
    """The kind whose columns these are; None where they are nobody's."""
    names = {*found}
    return next((name for name, kind in KINDS.items() if any(needed <= names for needed in kind.columns)), None)


def _trl(values: RowValues) -> Preference:
    """`prompt`, `chosen` and `rejected`, each a text or messages; without a prompt it stands in the other two."""
    chosen, rejected = _turns(values, "chosen"), _turns(values, "rejected")
    prompt = _prompt(values) if values.get("prompt") else chosen[:-1]
    return _preference(prompt, _answer(chosen[-1:]), (_answer(rejected[-1:]),))


def _swift(values: RowValues) -> Preference:
    """ms-swift's `messages`, whose last is the chosen answer, and `rejected_response` or `rejected_messages`."""
    turns = _turns(values, "messages")
    other = values.get("rejected_response")
    several = other if isinstance(other, list) else [other]
    texts = [text_field({"rejected_response": one}, "rejected_response").strip() for one in several if one is not None]
    rejected = texts or [_answer(_turns(values, "rejected_messages")[-1:])]
    return _preference(turns[:-1], _answer(turns[-1:]), tuple(rejected))


def _llamafactory(values: RowValues) -> Preference:
    """LLaMA-Factory's ranking data: `conversations` and two messages; or `instruction`, `input` and two texts."""
    if "instruction" in values:
        more = values.get("input")
        parts = [text_field(values, "instruction"), *([more] if isinstance(more, str) and more else [])]
        prompt = [TextMessage("user", "\n".join(parts).replace("<image>", "").strip())]
    else:
        prompt = _turns(values, "conversations" if "conversations" in values else "messages")
    return _preference(prompt, _answer(_turns(values, "chosen")), (_answer(_turns(values, "rejected")),))


def _rlaifv(values: RowValues) -> Preference:
    """RLAIF-V's `question`, `chosen` and `rejected`; RLHF-V's are one JSON object in `text`."""
    if "chosen" not in values:
        try:
            values = json.loads(text_field(values, "text"))
        except (ValueError, RecursionError) as error:
            raise LineError("broken JSON", f"has broken JSON as 'text': {error}") from error
        if not isinstance(values, dict):
            raise LineError("no JSON object", "has no JSON object as 'text'")
    question, chosen, rejected = (text_field(values, name).strip() for name in ("question", "chosen", "rejected"))
    return Preference(question.replace("<image>", "").strip(), chosen, (rejected,))


def _povid(values: RowValues) -> Preference:
    """`conversations` that ends with the chosen answer and `rejected_conversations` with the rejected one."""
    chosen, rejected = _turns(values, "conversations"), _turns(values, "rejected_conversations")
    return _preference(chosen[:-1], _answer(chosen[-1:]), (_answer(rejected[-1:]),))


def _vlfeedback(values: RowValues) -> Preference:
    """`completions` with ratings by aspect: the first best in the mean is chosen, all that are worse are rejected."""
    ranked = [(_rating(one), text_field(one, "response").strip()) for one in _completions(values)]
    best = max(ranked, key=lambda one: one[0])
    worse = sorted((one for one in ranked if one[0] < best[0]), key=lambda one: -one[0])
    if not worse:
        raise LineError("no preference", "has completions that are rated alike")
    return _preference(_prompt(values), best[1], tuple(dict.fromkeys(text for _, text in worse)))


def _completions(values: RowValues) -> list[RowValues]:
    """As a list of objects, or as the object of lists that `datasets` makes of it."""
    found = values.get("completions")
    if isinstance(found, dict):
        lists = {name: column for name, column in found.items() if isinstance(column, list)}
        found = [dict(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True)]
    if not isinstance(found, list) or not found or not all(isinstance(one, dict) for one in found):
        raise LineError("no completions", "has no list of objects as 'completions'")
    return found


def _rating(completion: RowValues) -> float:
    aspects = completion.get("annotations")
    rated = (
        [one.get("Rating") for one in aspects.values() if isinstance(one, dict)] if isinstance(aspects, dict) else []
    )
    numbers = [float(one) for one in map(str, rated) if one.replace(".", "", 1).isdecimal()]
    if not numbers:
        raise LineError("no rating", "has a completion without a number as its rating")
    return mean(numbers)


def _prompt(values: RowValues) -> list[TextMessage]:
    return _turns(values, "prompt", speaker="user")


def _turns(values: RowValues, name: str, *, speaker: str = "assistant") -> list[TextMessage]:
    """The messages of a field: a list, one message, or a text of the `speaker`'s."""
    value = values.get(name)
    if isinstance(value, str):
        return [message_of({"role": speaker, "content": value})]
    return [message_of(one) for one in read_messages([value] if isinstance(value, dict) else value, name)]


def _preference(prompt: Sequence[TextMessage], chosen: str, rejected: tuple[str, ...]) -> Preference:
    """Of answers to the last message of a prompt, the others standing before it."""
    if not prompt or prompt[-1].speaker != "user" or not prompt[-1].text:
        raise LineError("no question", "has no question before its answers")
    return Preference(prompt[-1].text, chosen, rejected, tuple(prompt[:-1]))


def _answer(turns: Sequence[TextMessage]) -> str:
    if not turns or turns[-1].speaker != "assistant":
        raise LineError("no answer", "has no answer of the assistant's where one is chosen or rejected")
    return turns[-1].text


def _needs(*names: str) -> frozenset[str]:
    return frozenset(names)


KINDS: Mapping[str, PreferenceForm] = {
    "vlfeedback": PreferenceForm((_needs("prompt", "completions"),), _vlfeedback),
    "povid": PreferenceForm((_needs("conversations", "rejected_conversations"),), _povid),
    "swift": PreferenceForm((_needs("messages", "rejected_response"), _needs("messages", "rejected_messages")), _swift),
    "llamafactory": PreferenceForm(
        tuple(_needs(name, "chosen", "rejected") for name in ("conversations", "messages", "instruction")),
        _llamafactory,
    ),
    "rlaifv": PreferenceForm((_needs("question", "chosen", "rejected"), _needs("text", "image")), _rlaifv),
    "trl": PreferenceForm((_needs("chosen", "rejected"),), _trl),
}
"""By name, in the order in which columns are tried: a new one is a function and a line here."""
