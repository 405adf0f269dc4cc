"""From what lmms-eval asks to Burnish's requests: messages, pictures, and how answers are generated and cut."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from PIL.Image import Image

from burnish.errors import ConfigError, ModelError
from burnish.models import Decoding, Message, ModelOptions, Request

MAX_NEW_TOKENS = 1024
"""Where a task does not tell, as lmms-eval's own models have it."""
FILLED_IN = ("\n\n",)
"""The stop that lmms-eval gives every task whose file names none: what stands between its few-shot examples.

Its own chat models do not obey it, as it would leave the first paragraph of each answer. None of lmms-eval 0.7's task
files names this stop alone; one that names it beside others is obeyed.
"""
MARK = "<image>"
"""Where some tasks mark the pictures' place in the text: a model's own template sets its own marks."""


class Wish(NamedTuple):
    """How a task wants its answers."""

    decoding: Decoding
    stops: tuple[str, ...]
    """An answer ends before the first of these."""

    def cut(self, text: str) -> str:
        """The text up to the first stop."""
        ends = [at for stop in self.stops if (at := text.find(stop)) >= 0]
        return text[: min(ends)] if ends else text


def options_of(arguments: Mapping[str, Any]) -> ModelOptions:
    """The model that `--model_args` names. Raises ConfigError for an argument that there is not."""
    given = {name: value for name, value in arguments.items() if name != "max_batch_size"}  # of models that search one
    known = [field.name for field in dataclasses.fields(ModelOptions)]
    if unknown := sorted(set(given) - set(known)):
        raise ConfigError(f"--model_args has {unknown[0]!r}; Burnish knows {', '.join(known)}.")
    if "model" not in given:
        raise ConfigError("--model_args names no model: give model=pocket, a path, or an http address.")
    if "batch_size" in given:
        given["batch_size"] = int(given["batch_size"])
    return ModelOptions(**{**given, "model": str(given["model"])})


def wish_of(generation: Mapping[str, Any]) -> Wish:
    """What a task's `generation_kwargs` ask for. Raises ConfigError for beams that are drawn at random."""
    temperature = float(generation.get("temperature") or 0.0)
    greedy = temperature == 0 or generation.get("do_sample") is False
    named = generation.get("until") or ()
    stops = (named,) if isinstance(named, str) else tuple(named)
    decoding = Decoding(
        max_new_tokens=int(generation.get("max_new_tokens") or MAX_NEW_TOKENS),
        temperature=0.0 if greedy else temperature,
        top_p=1.0 if greedy else float(generation.get("top_p") or 1.0),
        beams=int(generation.get("num_beams") or 1),
    )
    return Wish(decoding, () if stops == FILLED_IN else stops)


def request_of_messages(messages: Sequence[Mapping[str, Any]], seed: int) -> Request:
    """The request of lmms-eval's chat messages; of each message, the pictures stand before the text.

    Raises ModelError for films and sounds.
    """
    return Request(messages=tuple(map(_message, messages)), seed=seed)


def request_of_context(context: str, visuals: Sequence[object], seed: int) -> Request:
    """The request of a question and its pictures. Raises ModelError for films and sounds."""
    pictures = tuple(_picture(visual) for visual in visuals)
    message = Message(role="user", text=context.replace(MARK, "").strip(), images=pictures)
    return Request(messages=(message,), seed=seed)


def _message(message: Mapping[str, Any]) -> Message:
    parts: Sequence[Mapping[str, Any]] = message["content"]
    if strange := {str(part["type"]) for part in parts} - {"text", "image"}:
        raise _no_picture(min(strange))
    return Message(
        role=message["role"],
        text="\n".join(part["text"] for part in parts if part["type"] == "text"),
        images=tuple(_picture(part["url"]) for part in parts if part["type"] == "image"),
    )


def _picture(value: object) -> Image:
    if not isinstance(value, Image):
        raise _no_picture(type(value).__name__)
    return value.convert("RGB")


def _no_picture(kind: str) -> ModelError:
    return ModelError(f"The task shows a {kind}, and Burnish's models take only pictures: choose another task.")
