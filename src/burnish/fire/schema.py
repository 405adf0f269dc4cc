"""One item of FIRE's published JSON as a dialogue, and back, so that nothing of the item is lost.

A dialogue has no fields for much that an item says: roles, `round`, the stored `score`, `split`, human ratings, keys
of others. Its fact "fire" keeps them: the item with its texts taken out (`null` marks their places). Texts stand in
the dialogue exactly as in the file, and are read by `burnish.fire.texts`; a stored score that says something else
than the text is kept and not believed. The one exception is the mark `<image>`, which some questions hold where
LLaVA's picture stood: a model would take it for a second picture, so it is taken out, and put back by `write_item`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, cast

from burnish.errors import LineError
from burnish.fire.texts import read_feedback, read_response
from burnish.fire.validation import SPEAKERS, Fault, conversation_faults, question_faults
from burnish.records import Dialogue, Facts, Json, Turn

FRAME = "fire"
"""The fact that holds an item without its texts."""
_PICTURE = "<image>"


class ItemHead(NamedTuple):
    """What an item says beside its conversation."""

    id: str
    image: str
    """The picture's path, relative to the file's folder."""
    question: str
    answer: str
    source: str
    facts: Facts
    """The item's own facts (the pocket world's scene, for one)."""


def read_question(item: object, *, default_id: str, default_source: str) -> ItemHead:
    """Picture, question and ground truth of an item, whatever its conversation is like.

    The defaults stand in for what the item does not say. Raises LineError, naming the field, for an unusable item.
    """
    _refuse(question_faults(item))
    values = cast("dict[str, Any]", item)
    question = _without_mark(values["question"]["value"])
    if not question:
        raise LineError("no question", "question.value asks nothing beside its picture's mark")
    return ItemHead(
        id=_text(values.get("id"), default_id),
        image=values["image"],
        question=question,
        answer=values["groundtruth"]["value"],
        source=_text(values.get("source"), default_source),
        facts=_facts(values),
    )


def read_item(item: object, *, default_id: str, default_source: str) -> Dialogue:
    """The dialogue that an item holds; its `image` is the picture's relative path.

    The defaults stand in for what the item does not say. Raises LineError, naming the field, for an unusable item:
    odd conversations, roles that do not take turns, empty texts. A text without a score is none of these.
    """
    asked = read_question(item, default_id=default_id, default_source=default_source)
    values = cast("dict[str, Any]", item)
    _refuse(conversation_faults(values))
    texts = [message["value"] for message in values["conversations"]]
    return Dialogue(
        id=asked.id,
        image=asked.image,
        question=asked.question,
        answer=asked.answer,
        turns=tuple(
            Turn(response=read_response(response), feedback=read_feedback(feedback))
            for response, feedback in zip(texts[::2], texts[1::2], strict=True)
        ),
        source=asked.source,
        facts={**asked.facts, FRAME: _without_texts(values)},
    )


def write_item(dialogue: Dialogue, image: str) -> dict[str, Json]:
    """The item of a dialogue whose picture lies at the relative path `image`.

    One that was read from an item becomes that item again. Any other is written in the published form, with two keys
    more, `id` and, where there are any, `facts`; a score that its text does not tell is `null`.
    """
    texts = [text for turn in dialogue.turns for text in (turn.response.text, turn.feedback.text)]
    frame = dialogue.facts.get(FRAME)
    item = dict(frame) if isinstance(frame, dict) and _fits(frame, len(texts)) else _published_frame(dialogue)
    messages = cast("Sequence[dict[str, Json]]", item["conversations"])
    item |= {
        "image": image,
        "question": _question(cast("dict[str, Json]", item["question"]), dialogue.question),
        "groundtruth": {**cast("dict[str, Json]", item["groundtruth"]), "value": dialogue.answer},
        "conversations": [{**message, "value": text} for message, text in zip(messages, texts, strict=True)],
    }
    own = {name: value for name, value in dialogue.facts.items() if name != FRAME}
    return item | {"facts": own} if own or item.get("facts", ...) is None else item


def _without_texts(item: dict[str, Any]) -> dict[str, Json]:
    """The item with `null` for what a dialogue holds in its own fields."""
    frame = dict(item)
    frame["conversations"] = [{**message, "value": None} for message in item["conversations"]]
    frame["groundtruth"] = {**item["groundtruth"], "value": None}
    asked = item["question"]["value"]
    frame["question"] = {**item["question"], "value": asked if asked != _without_mark(asked) else None}
    if _facts_are_own(item):
        frame["facts"] = None
    return frame


def _without_mark(question: str) -> str:
    """The question as a model is asked it."""
    return question.replace(_PICTURE, "").strip() if _PICTURE in question else question


def _question(framed: dict[str, Json], question: str) -> dict[str, Json]:
    """The item's question: with the picture's mark where it had one and has not been put in other words since."""
    value = framed.get("value")
    marked = isinstance(value, str) and _without_mark(value) == question
    return {**framed, "value": value if marked else question}


def _published_frame(dialogue: Dialogue) -> dict[str, Json]:
    """What the published form says beside the texts."""
    scores = [turn.feedback.score for turn in dialogue.turns]
    return {
        "id": dialogue.id,
        "image": None,
        "question": {"role": "user", "value": None},
        "conversations": [
            {"role": role, "type": kind, "value": None} for _ in dialogue.turns for role, kind in SPEAKERS
        ],
        "groundtruth": {"role": "user", "value": None},
        "source": dialogue.source,
        "round": len(dialogue.turns),
        "score": [int(score) if score is not None and score.is_integer() else score for score in scores],
    }


def _fits(frame: dict[str, Json], messages: int) -> bool:
    """Whether the fact is the frame of an item with so many messages: runs from elsewhere may hold anything there."""
    listed = frame.get("conversations")
    return (
        isinstance(frame.get("question"), dict)
        and isinstance(frame.get("groundtruth"), dict)
        and isinstance(listed, list)
        and len(listed) == messages
        and all(isinstance(message, dict) for message in listed)
    )


def _facts(item: dict[str, Any]) -> Facts:
    return cast("Facts", item["facts"]) if _facts_are_own(item) else {}


def _facts_are_own(item: dict[str, Any]) -> bool:
    """Whether the item's facts can be the dialogue's: the name of the frame is taken."""
    return isinstance(item.get("facts"), dict) and FRAME not in item["facts"]


def _text(value: object, default: str) -> str:
    return value if isinstance(value, str) and value.strip() else default


def _refuse(faults: Iterable[Fault]) -> None:
    for fault in faults:
        if fault.unusable:
            raise LineError(fault.reason, f"{fault.field} {fault.detail}".strip())
