"""How a reply is read, whoever gave it: a model in this process, an endpoint, a script. The one place that decides.

A thought is never an answer. It comes in a field of its own (`reasoning_content`, `reasoning`), as a part of the
content, or between marks in the text, of which the opening one may stand in the prompt and the closing one be cut off.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, Literal, NamedTuple

from burnish.models.base import Reply

THINKING_MARKS: Mapping[str, str] = {
    "<think>": "</think>",
    "<thinking>": "</thinking>",
    "<thought>": "</thought>",
    "[THINK]": "[/THINK]",
    "◁think▷": "◁/think▷",
    "<seed:think>": "</seed:think>",
    "<|channel>thought": "<channel|>",
}
"""What models write before and behind their thoughts."""
_CLOSING = frozenset(THINKING_MARKS.values())
_MARK = re.compile("|".join(map(re.escape, chain.from_iterable(THINKING_MARKS.items()))))
_CUT = frozenset(("length", "max_tokens", "model_length"))
"""What endpoints say of an answer that is longer than was allowed."""
_THOUGHTS = ("reasoning_content", "reasoning", "thinking")
"""Fields of a message that hold thoughts; servers that have two of them say the same in both."""


class SplitReply(NamedTuple):
    """A text taken apart."""

    thinking: str
    answer: str


def split_thinking(text: str, *, opened: bool = False, cut: bool = False) -> SplitReply:
    """The thoughts and the answer of a text, both without outer white space.

    `opened` says that the prompt ends with an opening mark, `cut` that the text does not come to its end. A closing
    mark that no other comes before ends a thought from the text's beginning on. An opening mark without a closing one
    begins a thought where it is the text's first word, or where the text is cut; else it is a word like any other.
    """
    marks = [*_MARK.finditer(text)]
    thinking = opened or bool(marks and marks[0][0] in _CLOSING)
    thoughts, answers, place = list[str](), list[str](), 0
    for mark in marks:
        if mark[0] not in _CLOSING and not _opens(text, mark, cut):
            continue
        (thoughts if thinking else answers).append(text[place : mark.start()])
        thinking, place = mark[0] not in _CLOSING, mark.end()
    (thoughts if thinking else answers).append(text[place:])
    return SplitReply("\n\n".join(filter(None, map(str.strip, thoughts))), "".join(answers).strip())


def _opens(text: str, mark: re.Match[str], cut: bool) -> bool:
    closes = text.find(THINKING_MARKS[mark[0]], mark.end()) >= 0
    return cut or closes or not text[: mark.start()].strip()


def opens_thinking(prompt: str) -> bool:
    """Whether a written prompt ends with a thought that the model is to go on with."""
    return prompt.rstrip().endswith(tuple(THINKING_MARKS))


def read_text(
    text: str,
    *,
    cut: bool,
    opened: bool = False,
    token_ids: Sequence[int] = (),
    prompt_tokens: int = 0,
    completion_tokens: int = 0,
    thinking: Sequence[str] = (),
) -> Reply:
    """The reply of a text that a model wrote; `thinking` came beside it. Tokens of thoughts are nobody's answer."""
    found = split_thinking(text, opened=opened, cut=cut)
    thoughts = "\n\n".join(filter(None, (*map(str.strip, thinking), found.thinking)))
    return Reply(
        text=found.answer,
        token_ids=() if thoughts else tuple(token_ids),
        finish="length" if cut else "stop",
        prompt_tokens=prompt_tokens,
        completion_tokens=completion_tokens,
        thinking=thoughts,
    )


def read_completion(body: Any) -> Reply:
    """The reply in an endpoint's chat completion. Raises ValueError where that is not what the protocol says."""
    try:
        choice = body["choices"][0]
        message, finish = choice["message"], choice.get("finish_reason")
        usage = body.get("usage") or {}
        tokens = _count(usage.get("prompt_tokens")), _count(usage.get("completion_tokens"))
        parts = [*_parts(message)]
        if not isinstance(finish, str | None):
            raise TypeError(f"finish_reason is {finish!r}")
    except (KeyError, IndexError, TypeError, AttributeError, OverflowError) as error:
        raise ValueError("not a chat completion") from error
    texts = {kind: [part.text for part in parts if part.kind == kind] for kind in ("text", "thinking", "refusal")}
    text = "".join(texts["text"])
    refusal = _refusal(finish, text, "".join(texts["refusal"]))
    if refusal:
        return Reply(text="", finish="error", error=refusal, prompt_tokens=tokens[0], completion_tokens=tokens[1])
    return read_text(
        text,
        cut=finish in _CUT,
        prompt_tokens=tokens[0],
        completion_tokens=tokens[1],
        thinking=texts["thinking"],
    )


def _count(value: Any) -> int:
    """A number of tokens; 0, as where none is told, for what can be none."""
    return int(value) if isinstance(value, int | float) and 0 <= value < 1 << 53 else 0


class _TextPiece(NamedTuple):
    kind: Literal["text", "thinking", "refusal"]
    text: str


def _parts(message: Mapping[str, Any]) -> Iterator[_TextPiece]:
    """What a message holds, its thoughts first. Raises TypeError or AttributeError for what is no text."""
    thoughts = (message.get(name) for name in _THOUGHTS)
    yield from _texts("thinking", next(filter(None, thoughts), ""))
    content = message.get("content") or ""
    if isinstance(content, str):
        yield from _texts("text", content)
    else:
        for part in content:
            yield from _content_part(part)
    yield from _texts("refusal", message.get("refusal") or "")


def _content_part(part: Mapping[str, Any]) -> Iterator[_TextPiece]:
    """One part of a content that is a list; a picture or a sound among them says nothing."""
    kind = part.get("type", "text")
    if kind in ("text", "output_text"):
        yield from _texts("text", part["text"])
    elif kind in ("thinking", "reasoning"):
        yield from _texts("thinking", next(filter(None, (part.get(name) for name in (kind, "text", "summary"))), ""))
    elif kind == "refusal":
        yield from _texts("refusal", part["refusal"])


def _texts(kind: Literal["text", "thinking", "refusal"], value: Any) -> Iterator[_TextPiece]:
    """A text, or the texts of a list of parts."""
    pieces = [value] if isinstance(value, str) else [piece["text"] for piece in value]
    text = "".join(pieces)
    if text:
        yield _TextPiece(kind, _whole_characters(text))


def _refusal(finish: object, text: str, refusal: str) -> str:
    """Why there is no answer; empty where there may be one."""
    if finish == "content_filter":
        return "The endpoint's content filter stopped the answer."
    return f"The model refuses: {' '.join(refusal.split())}" if refusal and not text.strip() else ""


def _whole_characters(text: str) -> str:
    """The text with � for each half of a character, which JSON can hold and no file can."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
