"""A record as people look for it: what it is filtered, sorted and searched by, and the pictures that it shows.

The page of a report and `burnish view` show the same cards. How each kind looks is a template in `templates/cards`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from statistics import mean
from typing import Any, NamedTuple, TypeAlias

from burnish.distort import distortion_seed
from burnish.records import Answer, Dialogue, Dropped, Judgement, Prediction, PreferencePair, Record


class PictureOf(NamedTuple):
    """A picture of a run, as it is (without a distortion) or as a model saw it."""

    key: str
    """Content key in the run."""
    distortion: str = ""
    seed: int = 0


Views: TypeAlias = tuple[PictureOf, ...]
"""The pictures that one answer is about: mostly one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One record, and what it is found by."""

    kind: str
    """Names its template: "pair", "dialogue", "prediction", "judgement" or "dropped"."""
    record: Record
    label: str = ""
    """What records of this kind are told apart by, besides their source: how a dialogue ended, why one was dropped."""
    numbers: Mapping[str, float] = field(default_factory=dict)
    """What they are sorted by: "margin" (nats), "last score", "tokens" …"""
    views: tuple[Views, ...] = ()
    """What each of its answers was given to."""
    words: tuple[str, ...] = ()
    """Texts that a search looks through."""

    @property
    def pictures(self) -> tuple[PictureOf, ...]:
        """All that it shows, view by view."""
        return tuple(picture for view in self.views for picture in view)


def card_of(record: Record, run_seed: int) -> Card:
    """The card of any record of a run with this `--seed`, by which distorted pictures are drawn again."""
    return _prediction(record, run_seed) if isinstance(record, Prediction) else _CARDS[type(record)](record)


def views_of(record: PreferencePair | Prediction, distortion: str = "", seed: int = 0) -> Views:
    """The pictures of a record as a model saw them: all distorted, or the one that the record names."""
    number = record.distorted_image
    return tuple(
        PictureOf(key, distortion, seed) if distortion and number in (0, place) else PictureOf(key)
        for place, key in enumerate(record.images, start=1)
    )


def _pair(pair: PreferencePair) -> Card:
    answers = [rejected.answer for rejected in pair.rejected]
    numbers = {"tokens": _length(pair.chosen)}
    logps = [answer.ref_logp for answer in answers if answer.ref_logp is not None]
    if pair.chosen.ref_logp is not None and logps:
        numbers["margin"] = pair.chosen.ref_logp - mean(logps)
    return Card(
        kind="pair",
        record=pair,
        label=", ".join(rejected.distortion for rejected in pair.rejected),
        numbers=numbers,
        views=(views_of(pair), *(views_of(pair, one.distortion, one.seed) for one in pair.rejected)),
        words=(
            *(one.text for one in pair.before),
            pair.question,
            pair.chosen.text,
            *(answer.text for answer in answers),
            pair.answer or "",
        ),
    )


def _dialogue(dialogue: Dialogue) -> Card:
    scores = [turn.feedback.score for turn in dialogue.turns if turn.feedback.score is not None]
    numbers: dict[str, float] = {"turns": len(dialogue.turns)}
    if scores:
        numbers |= {"first score": scores[0], "last score": scores[-1], "gain": scores[-1] - scores[0]}
    numbers["words"] = sum(_words(turn.response.text, turn.feedback.text) for turn in dialogue.turns)
    texts = (text for turn in dialogue.turns for text in (turn.response.text, turn.feedback.text))
    return Card(
        kind="dialogue",
        record=dialogue,
        label=dialogue.ended,
        numbers=numbers,
        views=((PictureOf(dialogue.image),),),
        words=(dialogue.question, dialogue.answer, *texts),
    )


def _prediction(prediction: Prediction, run_seed: int) -> Card:
    spec, temperature = prediction.distortion, prediction.facts.get("temperature")
    drawn = spec if temperature is None else ""  # words were drawn there, about the clean picture
    return Card(
        kind="prediction",
        record=prediction,
        label=spec or ("" if temperature is None else f"temperature {temperature}"),
        numbers={"tokens": prediction.n_tokens or _words(prediction.text)},
        views=(views_of(prediction, drawn, distortion_seed(run_seed, prediction, drawn)),),
        words=(prediction.question, prediction.answer, prediction.text),
    )


def _judgement(judgement: Judgement) -> Card:
    return Card(
        kind="judgement",
        record=judgement,
        label=judgement.part,
        numbers={"replies": len(judgement.said)},
        words=(*judgement.asked.values(), *judgement.said, judgement.refused),
    )


def _dropped(dropped: Dropped) -> Card:
    return Card(kind="dropped", record=dropped, label=dropped.reason, words=(dropped.detail,))


_CARDS: Mapping[type[Record], Callable[[Any], Card]] = {
    PreferencePair: _pair,
    Dialogue: _dialogue,
    Judgement: _judgement,
    Dropped: _dropped,
}


def _length(answer: Answer) -> float:
    """In tokens; in words where a server gave no tokens."""
    return len(answer.token_ids) or _words(answer.text)


def _words(*texts: str) -> int:
    return sum(len(text.split()) for text in texts)
