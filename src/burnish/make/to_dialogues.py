"""Self-correction from noise: dialogues in which a model mends what it said of a distorted picture. Asks no model.

Sherlock (arXiv 2505.22651) lets models learn to correct themselves without labels: the first answer was given under a
distortion, and the second, after the request to look again, is the one to the picture itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

import tyro

from burnish.config import RunFlags
from burnish.errors import ConfigError
from burnish.fire.texts import read_response
from burnish.make.simulate import summarise
from burnish.progress import Progress
from burnish.records import Answer, Dialogue, Dropped, Feedback, PreferencePair, ReplyEnd, Turn
from burnish.store import Run, new_manifest
from burnish.store.codec import fingerprint_of
from burnish.store.pairs import open_pairs

LOOK_AGAIN: Final = "Look again, and correct your answer."
CORRECTS: Final = "corrects"
"""The fact of such a dialogue: the distortion under which its first answer was given."""
NOTHING: Final = Feedback(text="", score=None, comment="")
"""To the last answer nobody says anything."""


@dataclass(frozen=True, kw_only=True)
class ToDialoguesConfig(RunFlags):
    """Turn pairs into dialogues of self-correction: the answer under distortion, then the one to the picture itself.

    Asks no model (Sherlock, arXiv 2505.22651).
    """

    run: tyro.conf.Positional[str]
    """A finished run of `burnish pairs`."""
    comment: str = LOOK_AGAIN
    """The comment after the first answer, in place of a teacher's. It says nothing about the picture."""

    def __post_init__(self) -> None:
        for flag, value in (("RUN", self.run), ("--comment", self.comment)):
            if not value.strip():
                raise ConfigError(f"{flag} is empty: give a run of pairs, and what is said after the first answer.")


def pairs_to_dialogues(config: ToDialoguesConfig) -> Path:
    """Fill the run `config.out` with a dialogue for each rejected answer of each pair, and return its folder.

    Raises RunError for a run that is not one of pairs, or not finished. A killed call is resumed by a second one.
    """
    pairs = open_pairs(Path(config.run), unfinished="give the command that makes it again")
    manifest = new_manifest("simulate", config, seed=0, fingerprints={"pairs": fingerprint_of(pairs)})
    with Run.begin(Path(config.out), manifest, restart=config.restart) as run:
        if run.summary is None:
            run.append(_records(run, pairs, config.comment))
            run.finish(summarise(run))
        return run.path


def _records(run: Run, pairs: Run, comment: str) -> Iterator[Dialogue | Dropped]:
    """What the run does not hold yet."""
    done = len(run)
    records = (one for pair in pairs for one in _of(pair, comment))
    with Progress("dialogues", done=done, unit="records") as progress:
        for record in islice(records, done, None):
            if isinstance(record, Dialogue):
                run.add_image(pairs.image(record.image))
            yield record
            progress.advance()


def _of(pair: object, comment: str) -> Iterator[Dialogue | Dropped]:
    if isinstance(pair, Dropped):
        yield pair
    elif isinstance(pair, PreferencePair) and (pair.more_images or pair.before):
        reason = "several images" if pair.more_images else "messages before the question"
        yield Dropped(id=pair.id, source=pair.source, reason=reason, detail=pair.question)
    elif isinstance(pair, PreferencePair) and not (drawn := [one for one in pair.rejected if one.distortion]):
        yield Dropped(id=pair.id, source=pair.source, reason="no distorted answer", detail=pair.question)
    elif isinstance(pair, PreferencePair):
        feedback = Feedback(text=comment, score=None, comment=comment)
        for number, one in enumerate(drawn, start=1):
            yield Dialogue(
                id=f"{pair.id} {number}" if len(drawn) > 1 else pair.id,
                image=pair.image,
                question=pair.question,
                answer=pair.answer or "",
                turns=(Turn(response=read_response(one.answer.text), feedback=feedback), _mended(pair)),
                source=pair.source,
                facts={**pair.facts, CORRECTS: one.distortion},
                replies=(_end(one.answer), _end(pair.chosen)),
            )


def _end(answer: Answer) -> ReplyEnd:
    return "empty" if not answer.text else "cut" if answer.finish == "length" else "answered"


def _mended(pair: PreferencePair) -> Turn:
    return Turn(response=read_response(pair.chosen.text), feedback=NOTHING)
