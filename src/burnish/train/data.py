"""What a training learns from, made for one model: rows prepared on disk, and how they become batches."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, cast, final

from transformers import PreTrainedModel

from burnish.models.local import LocalModel
from burnish.records import Json
from burnish.train.batch_layout import reading
from burnish.train.encode import AnswerEncoder, Collator
from burnish.train.examples import TrainingSet
from burnish.train.picture_lengths import picture_marks
from burnish.train.prepare import Preparer, prepare
from burnish.train.sequences import Batch
from burnish.train.shared_prefix import why_unbranched

CUT_SHARE = 0.1
"""Where more of the answers are cut, it is said loudly."""


class Prepared(Protocol):
    """How much there is to train on, and what became of the rest."""

    def sentence(self) -> str:
        """What the command line says."""
        ...

    def _asdict(self) -> dict[str, Json]:
        """For the summary."""
        ...


class Material(Protocol):
    """What a training learns from."""

    @property
    def fingerprints(self) -> Mapping[str, str]:
        """Hex digests, by name, of all that it holds."""
        ...

    def prepare(self, table: Path) -> Prepared:
        """Write the rows. Raises RunError when there is none."""
        ...

    @property
    def collate(self) -> Callable[[Sequence[Mapping[str, Any]]], Batch]:
        """From rows to a batch."""
        ...

    def accompany(self, folder: Path) -> None:
        """Leave in a checkpoint's folder what belongs to the model that learned from this."""
        ...


@final
class Answers:
    """Questions and the answers to them."""

    def __init__(
        self,
        model: LocalModel,
        examples: TrainingSet,
        *,
        max_length: int,
        distorted: bool = False,
        rejected_too: bool = False,
    ) -> None:
        """`distorted`: the chosen answer is read under the rejected answers' distorted pictures, too; with
        `rejected_too` each rejected answer under its own."""
        self._examples, self._marks, self._max_length = examples, picture_marks(model), max_length
        self._distorted = distorted
        self._encoder = AnswerEncoder(model.encoder, model.end_token_ids)
        self.fingerprints = {"examples": examples.fingerprint}
        network = cast(PreTrainedModel, model.model)
        self._unbranched = why_unbranched(network)
        self.collate = Collator(model.encoder, examples.open, model.pad_token_id, reading(network), rejected_too)

    def prepare(self, table: Path) -> Prepared:
        """Answers as tokens."""
        preparer = Preparer(
            self._encoder, max_length=self._max_length, picture_marks=self._marks, distorted=self._distorted
        )
        prepared = prepare(self._examples, preparer, table)
        if prepared.cut > prepared.answers * CUT_SHARE:
            print(
                f"burnish: {prepared.cut:,} of {prepared.answers:,} answers are longer than --max-length "
                f"{self._max_length:,} leaves room for, and are trained on without their ends: give a longer one.",
                file=sys.stderr,
            )
        if prepared.answers > prepared.examples and self._unbranched:
            print(f"Each answer is read as a separate sequence: {self._unbranched}.", file=sys.stderr)
        return prepared

    def accompany(self, folder: Path) -> None:
        """Nothing: questions are put as the model's own chat template has them."""
