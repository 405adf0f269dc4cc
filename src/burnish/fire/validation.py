"""What is wrong with an item of FIRE's published JSON, field by field; reading and `burnish validate` share it.

    {"image": "images/1.jpg", "question": {"role": "user", "value": "…"},
     "conversations": [{"role": "student", "type": "response", "value": "…"},
                       {"role": "teacher", "type": "feedback", "value": "…"}, …],
     "groundtruth": {"role": "user", "value": "…"}, "source": "gqa", "round": 2, "score": [4, 9]}

Only a fault that leaves no dialogue to speak of makes an item unusable. The others are told and read over, because
the published files have them: the texts say it all once more.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from burnish.fire.texts import read_response, read_score

SPEAKERS = (("student", "response"), ("teacher", "feedback"))
"""Role and type of the messages, in turn."""
_TOLD_ELSEWHERE = frozenset({"image", "question", "conversations", "groundtruth", "value"})
"""Keys without which an item is unusable: that they are missing is told with what else may be wrong with them."""
_ITEM = frozenset({"source", "round", "score"})
_ITEM_MORE = frozenset({"split", "id", "facts"})
_MESSAGE = frozenset({"type"})
_MESSAGE_MORE = frozenset({"role", "human_rating"})
_SAID = frozenset({"role"})
_SHOWN = 60
"""Characters of a wrong value that a detail quotes."""


class Fault(NamedTuple):
    """One thing that is wrong with an item."""

    field: str
    """Where: "conversations[2].value"; empty for the item as a whole."""
    reason: str
    """A short name to count by."""
    detail: str
    """What is there, or is not."""
    unusable: bool = False
    """Whether the item cannot be read because of it."""


def item_faults(item: object) -> Iterator[Fault]:
    """Everything that is wrong with an item, its picture's file aside."""
    yield from question_faults(item)
    if isinstance(item, dict):
        yield from conversation_faults(item)
        yield from _keys(item, "", _ITEM, _ITEM_MORE)
        yield from _count_faults(item)


def question_faults(item: object) -> Iterator[Fault]:
    """What is wrong with picture, question, ground truth and the facts beside them."""
    if not isinstance(item, dict):
        yield Fault("", "no JSON object", f"holds {_quoted(item)}", unusable=True)
        return
    try:
        json.dumps(item, allow_nan=False, ensure_ascii=False).encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        yield Fault("", "not UTF-8", "has characters that UTF-8 cannot write", unusable=True)
    except (ValueError, RecursionError) as error:
        yield Fault("", "not JSON", f"has a value that JSON cannot write: {error}", unusable=True)
    yield from _text_faults(item, "image", "image", "image")
    for name, what in (("question", "question"), ("groundtruth", "ground truth")):
        entry = item.get(name)
        if isinstance(entry, dict):
            yield from _text_faults(entry, "value", f"{name}.value", what)
            yield from _keys(entry, f"{name}.", _SAID, frozenset())
        else:
            yield Fault(name, f"no {what}", _found(item, name, "an object with a value"), unusable=True)
    if not isinstance(item.get("facts", {}), dict):
        yield Fault("facts", "wrong facts", _found(item, "facts", "an object"))
    if "source" in item and not (isinstance(item["source"], str) and item["source"].strip()):
        yield Fault("source", "wrong source", _found(item, "source", "a text"))


def conversation_faults(item: Mapping[str, Any]) -> Iterator[Fault]:
    """What is wrong with the messages: students' and teachers' in turn, each with a text in its form."""
    messages = item.get("conversations")
    if not isinstance(messages, list) or not messages:
        detail = _found(item, "conversations", "a list of messages")
        yield Fault("conversations", "no conversation", detail, unusable=True)
        return
    if len(messages) % 2:
        detail = f"has {len(messages)} messages: the last response has no feedback"
        yield Fault("conversations", "odd conversation", detail, unusable=True)
    for number, message in enumerate(messages):
        field = f"conversations[{number}]"
        if isinstance(message, dict):
            yield from _message_faults(message, field, *SPEAKERS[number % 2])
        else:
            yield Fault(field, "wrong message", f"is {_quoted(message)}, not an object", unusable=True)


def _message_faults(message: Mapping[str, Any], field: str, role: str, kind: str) -> Iterator[Fault]:
    if message.get("role") != role:
        yield Fault(f"{field}.role", "wrong role", _found(message, "role", f"{role!r}"), unusable=True)
    if message.get("type", kind) != kind:
        yield Fault(f"{field}.type", "wrong type", _found(message, "type", f"{kind!r}"), unusable=True)
    unusable = list(_text_faults(message, "value", f"{field}.value", kind))
    yield from unusable
    yield from _keys(message, f"{field}.", _MESSAGE, _MESSAGE_MORE)
    if unusable:
        return
    text = message["value"]
    if kind == "feedback" and read_score(text) is None:
        yield Fault(f"{field}.value", "unparsable score", f"has no score from 0 to 10: {_quoted(text)}")
    if kind == "response":
        # Without the label the whole text is the answer; with it, the answer is less.
        answer = read_response(text).answer
        if answer == text.strip():
            yield Fault(f"{field}.value", "no 'Answer:'", f"has no 'Answer:' of its own: {_quoted(text)}")
        elif not answer:
            yield Fault(f"{field}.value", "empty answer", f"has nothing behind 'Answer:': {_quoted(text)}")


def _count_faults(item: Mapping[str, Any]) -> Iterator[Fault]:
    """Whether `round` and `score`, which say again what the messages say, say the same."""
    messages = item.get("conversations")
    turns = len(messages) // 2 if isinstance(messages, list) else 0
    if "round" in item and (type(item["round"]) is not int or item["round"] != turns):
        yield Fault("round", "wrong round", _found(item, "round", f"{turns}, the number of turns"))
    if "score" not in item:
        return
    stored = item["score"]
    if not isinstance(stored, list) or len(stored) != turns:
        yield Fault("score", "wrong score", _found(item, "score", f"a list of {turns} numbers, one per turn"))
        return
    for number, value in enumerate(stored):
        message = messages[2 * number + 1] if isinstance(messages, list) else None
        text = message.get("value") if isinstance(message, dict) else None
        written_score = read_score(text) if isinstance(text, str) else None
        if type(value) not in (int, float) or value != written_score:
            in_text = "no score" if written_score is None else f"{written_score:g}"
            yield Fault(
                f"score[{number}]", "other score than in the text", f"is {_quoted(value)}; the text says {in_text}"
            )


def _text_faults(values: Mapping[str, Any], name: str, field: str, what: str) -> Iterator[Fault]:
    value = values.get(name)
    if value is None:
        yield Fault(field, f"no {what}", "is missing", unusable=True)
    elif not isinstance(value, str):
        yield Fault(field, f"{what} is no text", f"is {_quoted(value)}, not a text", unusable=True)
    elif not value.strip():
        yield Fault(field, f"empty {what}", "is empty", unusable=True)


def _keys(values: Mapping[str, Any], field: str, required: frozenset[str], more: frozenset[str]) -> Iterator[Fault]:
    """Keys that are missing, and keys that FIRE's form does not know."""
    for name in sorted(required - values.keys()):
        yield Fault(f"{field}{name}", "missing key", "is missing")
    for name in values:
        if name not in required | more | _TOLD_ELSEWHERE:
            yield Fault(
                f"{field}{name if name.isidentifier() else _quoted(name)}", "unknown key", "is not a key of FIRE's form"
            )


def _found(values: Mapping[str, Any], name: str, wanted: str) -> str:
    return f"is {_quoted(values[name])}, not {wanted}" if name in values else f"is missing: it must be {wanted}"


def _quoted(value: object) -> str:
    """The value as JSON writes it, its beginning."""
    try:
        text = json.dumps(value, ensure_ascii=False).encode("utf-8", "backslashreplace").decode()
    except RecursionError:
        return f"a {type(value).__name__} of too many levels"
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
