"""The dialogues of runs as one role learns from them."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import cast, final

from transformers import PreTrainedModel

from burnish.models.local import LocalModel
from burnish.prompts import OWN, StudentPrompt, TeacherPrompt, choose, save
from burnish.train.batch_layout import reading
from burnish.train.chat_examples import Asks, distil_asks, student_asks, teacher_asks
from burnish.train.dialogue_batch import DialogueCollator
from burnish.train.dialogue_config import DialogueTrainConfig, DistilConfig, StudentConfig, TeacherConfig
from burnish.train.dialogue_rows import DialoguePreparer, PreparedDialogues, prepare_dialogues
from burnish.train.dialogues import Dialogues
from burnish.train.encode import AnswerEncoder
from burnish.train.picture_lengths import picture_marks
from burnish.train.shared_prefix import why_unbranched


@final
class DialogueMaterial:
    """A role's turns in dialogues, and general questions beside them."""

    def __init__(
        self, model: LocalModel, config: DialogueTrainConfig, prompt: StudentPrompt | TeacherPrompt, asks: Asks
    ) -> None:
        self._config, self._prompt = config, prompt
        network = cast(PreTrainedModel, model.model)
        self._unbranched = why_unbranched(network)
        self.dialogues = Dialogues.of(config)
        encoder, marks = AnswerEncoder(model.encoder, model.end_token_ids), picture_marks(model)
        self.preparer = DialoguePreparer(encoder, asks, max_length=config.max_length, picture_marks=marks)
        self.collate = DialogueCollator(encoder, self.dialogues.open, model.pad_token_id, reading(network))

    @property
    def fingerprints(self) -> Mapping[str, str]:
        """Of dialogues, general questions and prompt."""
        return {"examples": self.dialogues.fingerprint, "prompt": self._prompt.fingerprint}

    def prepare(self, table: Path) -> PreparedDialogues:
        """Turns as trees of tokens."""
        prepared = prepare_dialogues(self.dialogues, self.preparer, self._config, table)
        if prepared.branched and self._unbranched:
            print(f"Each turn that branches off is read as a separate sequence: {self._unbranched}.", file=sys.stderr)
        return prepared

    def accompany(self, folder: Path) -> None:
        """The prompt that the role was trained with."""
        save(self._prompt, folder / OWN)


def student_material(model: LocalModel, config: StudentConfig) -> DialogueMaterial:
    """Responses that follow feedback. Raises a BurnishError for a prompt, run or source that cannot be used."""
    prompt = choose(StudentPrompt, given=config.prompt, model=config.model, sees=config.sees)
    return DialogueMaterial(model, config, prompt, partial(student_asks, prompt))


def distil_material(model: LocalModel, config: DistilConfig) -> DialogueMaterial:
    """Responses before and after the comment. Raises a BurnishError for a prompt or run that cannot be used."""
    prompt = choose(StudentPrompt, given=config.prompt, model=config.model, adapter=config.adapter, sees=config.sees)
    return DialogueMaterial(model, config, prompt, partial(distil_asks, prompt))


def teacher_material(model: LocalModel, config: TeacherConfig) -> DialogueMaterial:
    """Feedback. Raises a BurnishError for a prompt, run or source that cannot be used."""
    prompt = choose(TeacherPrompt, given=config.prompt, model=config.model, sees=config.sees)
    return DialogueMaterial(model, config, prompt, partial(teacher_asks, prompt))
