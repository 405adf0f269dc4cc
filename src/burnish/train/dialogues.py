"""The dialogues of one or more runs, and the general questions that are mixed in, with their pictures by name."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, final

from burnish.dialogue.loaders import DialogueSet, open_dialogues
from burnish.errors import ImageError, RunError
from burnish.ids import content_key
from burnish.images import decode
from burnish.records import Dialogue, Dropped
from burnish.sources import Sampling
from burnish.store import Run
from burnish.train.dialogue_config import DialogueTrainConfig
from burnish.train.examples import SourceTruths, TrainingExample


class PicturedDialogue(NamedTuple):
    """A dialogue with its picture."""

    dialogue: Dialogue
    picture: str
    """The name by which `Dialogues.open` gives it again."""
    image: bytes


@final
class Dialogues:
    """What `burnish train student` and `burnish train teacher` read: the same in the same order at every reading."""

    def __init__(self, runs: Sequence[str], mix: SourceTruths | None) -> None:
        self._sets = [_finished(run) for run in runs]
        self._mix = mix

    @classmethod
    def of(cls, config: DialogueTrainConfig) -> Dialogues:
        """What the flags name. Raises RunError or SourceError for what cannot be read."""
        mix = SourceTruths(config.mix, Sampling(per_image=None, seed=config.seed)) if config.mix else None
        return cls(config.runs, mix)

    @property
    def fingerprint(self) -> str:
        """Hex digest that changes when dialogues or general questions do."""
        parts = [found.fingerprint for found in self._sets] + ([self._mix.fingerprint] if self._mix else [])
        return content_key(json.dumps(parts).encode())

    def read(self) -> Iterator[PicturedDialogue | Dropped]:
        """Every dialogue, or the reason why it cannot be used."""
        for number, found in enumerate(self._sets):
            for outcome in found:
                if isinstance(outcome, Dropped):
                    yield outcome
                    continue
                try:
                    image = found.picture(outcome.image)
                    decode(image)  # better now than in the middle of the training
                except ImageError as error:
                    yield Dropped(id=outcome.id, source=outcome.source, reason=error.reason, detail=str(error))
                else:
                    yield PicturedDialogue(outcome, f"{number}:{outcome.image}", image)

    def general(self) -> Iterator[TrainingExample | Dropped]:
        """General questions with ground truths, in the seed's random order; none without `--mix`."""
        for outcome in self._mix.read() if self._mix else ():
            yield outcome if isinstance(outcome, Dropped) else outcome._replace(picture=f"mix:{outcome.picture}")

    def open(self, picture: str) -> tuple[bytes, ...]:
        """The file contents of a dialogue's picture, or of those of a general question."""
        place, _, name = picture.partition(":")
        if place == "mix" and self._mix:
            return self._mix.open(name)
        return (self._sets[int(place)].picture(name),)


def _finished(run: str) -> DialogueSet:
    if Path(run).is_dir() and Run.open(Path(run)).summary is None:
        raise RunError(f"{run} is not finished: give the command that makes it again, then train.")
    return open_dialogues(run)
