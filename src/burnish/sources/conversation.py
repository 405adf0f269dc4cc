"""Conversations as people write them: ShareGPT's `from` and `value`, OpenAI's `role` and `content`, The Cauldron's.

Each message is read as who speaks and what is said; marks of pictures (`<image>`, or parts of the type image) are no
words. A question is a message of the user's, and its answer the assistant's message that follows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, NamedTuple, TypeAlias

from burnish.errors import LineError
from burnish.records import TextMessage
from burnish.sources.fields import kind_of, scalar_field, text_field

IMAGE_TOKEN = "<image>"
TurnRole: TypeAlias = Literal["user", "assistant", "system"]
SPEAKERS: Mapping[str, TurnRole] = {
    **dict.fromkeys(("human", "user"), "user"),
    **dict.fromkeys(("gpt", "assistant", "model", "bot"), "assistant"),
    "system": "system",
}
NAMES = ("conversations", "messages", "conversation", "texts", "prompt")
"""Fields that hold conversations, as they are usually called."""
_SPOKEN = (("from", "value"), ("role", "content"))
_PAIR = ("user", "assistant")
"""A turn in one object, as The Cauldron has it."""
FORMS = (*_SPOKEN, _PAIR)
"""Fields that a message has in each form."""

Messages: TypeAlias = Sequence[Mapping[str, object]]


class TurnQuestion(NamedTuple):
    """What was asked, and what was answered."""

    number: int
    """Of the message, from 1."""
    text: str
    answer: str | None
    before: tuple[TextMessage, ...]
    """The messages before it."""


def read_messages(value: object, name: str) -> list[Mapping[str, object]]:
    """The messages of the field `name`, each with a speaker and a text. Raises LineError where that has none."""
    if not isinstance(value, list) or not value or not all(isinstance(one, Mapping) for one in value):
        raise LineError("no conversation", f"has no list of messages as {name!r}")
    return [message for one in value for message in _split(one)]


def message_of(message: Mapping[str, object]) -> TextMessage:
    """One message. Raises LineError for an unknown speaker, or no text."""
    who, what = next((form for form in _SPOKEN if form[0] in message), _SPOKEN[0])
    name = text_field(message, who)
    if name not in SPEAKERS:
        raise LineError("unknown speaker", f"is from {name!r}, none of {', '.join(map(repr, SPEAKERS))}")
    return TextMessage(SPEAKERS[name], _text(message, what))


def questions(messages: Messages) -> Iterator[TurnQuestion | tuple[int, LineError]]:
    """Every question in order; in the place of a message that cannot be read, its number and why."""
    before: list[TextMessage] = []
    for number, message in enumerate(messages, start=1):
        try:
            one = message_of(message)
            if one.speaker == "user":
                if not one.text:
                    raise LineError("no question", "asks nothing")
                yield TurnQuestion(number, one.text, _reply(messages[number : number + 1]), tuple(before))
        except LineError as error:
            yield number, error
        else:
            before.append(one)


def is_asked(messages: Messages) -> bool:
    """Whether any message is the user's."""
    return any(SPEAKERS.get(str(message.get("from", message.get("role")))) == "user" for message in messages)


def _split(one: Mapping[str, object]) -> list[Mapping[str, object]]:
    if not any(form[0] in one for form in _SPOKEN) and {*_PAIR} <= one.keys():
        return [{"role": role, "content": one[role]} for role in _PAIR]
    return [one]


def _text(message: Mapping[str, object], name: str) -> str:
    value = message.get(name)
    if isinstance(value, list):
        value = "\n".join(_part(part) for part in value if not _is_picture(part))
    if value is None or value == "":
        return ""
    if not isinstance(value, str):
        raise LineError(f"{name} is no text", f"has the {kind_of(value)} {str(value)[:40]!r} as {name!r}, not a text")
    return (scalar_field({name: value}, name) or "").replace(IMAGE_TOKEN, "").strip()


def _is_picture(part: object) -> bool:
    return isinstance(part, Mapping) and part.get("type") in ("image", "image_url", "input_image")


def _part(part: object) -> str:
    if isinstance(part, str):
        return part
    if isinstance(part, Mapping) and isinstance(part.get("text"), str):
        return str(part["text"])
    raise LineError("content is no text", f"has the part {str(part)[:40]!r}, neither a text nor a picture")


def _reply(following: Messages) -> str | None:
    """The answer in the message that follows a question, if there is one: SeVa needs none."""
    try:
        one = message_of(following[0]) if following else None
    except LineError:
        return None
    return one.text if one and one.speaker == "assistant" and one.text else None
