"""The flags of `burnish train student`, `burnish train teacher` and `burnish show-mask`; nothing heavy is imported."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import tyro

from burnish.errors import ConfigError
from burnish.prompts.templates import StudentSees, TeacherSees
from burnish.train.config import DPOConfig, TrainConfig, _require_above_zero


@dataclass(frozen=True, kw_only=True)
class DialogueTrainConfig(TrainConfig):
    """What training of either role needs; the defaults are the paper's (FIRE, section 5.1)."""

    runs: tyro.conf.Positional[tuple[str, ...]]
    """Runs of dialogues (`burnish compose`, `burnish simulate`) or FIRE's JSON files; several are joined."""
    prompt: str | None = None
    """The role's prompt: a name such as fire-student, or a file. Default: `fire-student` or `fire-teacher`; for the
    pocket model `pocket-student` or `pocket-teacher`."""
    mix: str | None = None
    """A source of general questions with ground truths to mix in against forgetting, such as `llava:file.json`; the
    paper uses LLaVA-665K."""
    mix_share: float = 0.5
    """With --mix: the share of all examples that are general questions."""
    lora_rank: int = 64
    """Rank of the adapter on the layers that `--lora-targets` names."""
    lora_alpha: int | None = 256
    """LoRA's alpha: the adapter is scaled by alpha divided by rank."""
    lora_targets: str = "qk"
    """Layers of the language model to adapt: `qk` for the queries and keys of its attention, `all-linear` for every
    linear one, or the last parts of their names, separated by commas, such as `q_proj,v_proj`."""
    lr: float = 2e-4
    """Peak learning rate."""
    batch_size: int = 64
    """Dialogues and general questions per optimiser step, over all devices."""
    epochs: int = 1
    """Epochs: how often training goes through all examples."""
    max_length: int = 3072
    """Longest dialogue in tokens, image tokens included. Whole turns at its end that do not fit are left out and
    counted; no turn is cut."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.runs:
            raise ConfigError("RUNS is empty: give a run of dialogues or a file of FIRE's.")
        if not 0 < self.mix_share < 1:
            raise ConfigError(f"--mix-share must be above 0 and below 1, not {self.mix_share}.")


@dataclass(frozen=True, kw_only=True)
class StudentConfig(DialogueTrainConfig):
    """Train a student to refine its answers: the loss is on every response but the first (FIRE, equation 5).

    Writes a PEFT adapter and its prompt. The same command resumes an interrupted training.
    """

    sees: StudentSees | None = None
    """What the student sees of a feedback: the comment alone, or the whole text with its score. Default: as the prompt
    says."""


@dataclass(frozen=True, kw_only=True)
class TeacherConfig(DialogueTrainConfig):
    """Train a teacher to score and comment on responses: the loss is on every feedback (FIRE, equation 6).

    Writes a PEFT adapter and its prompt. The same command resumes an interrupted training.
    """

    sees: TeacherSees | None = None
    """What the teacher sees of a dialogue: the latest response alone, or all turns. Default: as the prompt says. Of
    dialogues whose first answers are always wrong, a teacher that sees all turns learns the turn's number instead."""


@dataclass(frozen=True, kw_only=True)
class DistilConfig(DialogueTrainConfig):
    """Train a model to say at once what it would say after the feedback on its own answer (SDPO, arXiv 2601.20802).

    The model that has read the comment is the teacher, token by token, of the model that has not. Writes a PEFT adapter
    and its prompt. The same command resumes an interrupted training.
    """

    sees: StudentSees | None = None
    """What the model sees of a feedback: the comment alone, or the whole text with its score. Default: as the prompt
    says."""
    clip: float = 2.0
    """Off-policy correction: a token counts by how much likelier it is to the model now than when training began, at
    most this much."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.mix:
            raise ConfigError(f"--mix {self.mix} has no comments to learn from: leave it out.")
        _require_above_zero(clip=self.clip)


@dataclass(frozen=True, kw_only=True)
class ShowMaskConfig:
    """Print a dialogue or a preference pair exactly as a model is trained on it and mark the trained tokens.

    Terminals show them in colour; elsewhere, or with NO_COLOR set, they stand «between marks».
    """

    run: tyro.conf.Positional[str]
    """A run of dialogues, or FIRE's JSON file; for `--role pairs` a run of preference pairs."""
    role: Literal["student", "teacher", "pairs"]
    """Whose training; `pairs` is that of `burnish train dpo`, in which each answer is a branch behind its question. Its
    answers are shown as the tokens of their texts."""
    model: str
    """The model to train: a path, a hub name or `pocket`. Its weights are not read."""
    id: str | None = None
    """The dialogue or pair with this id."""
    index: int | None = None
    """The dialogue or pair at this place in the run, from 0. Default: the first one that is trained on."""
    prompt: str | None = None
    """The role's prompt, as for `burnish train`."""
    sees: Literal["comment", "feedback", "latest", "history"] | None = None
    """What the role sees of a dialogue, as for `burnish train`."""
    max_length: int = 3072
    """Longest sequence in tokens, as for `burnish train`."""
    pad_to_square: bool = False
    """Pad pictures to a square, as for `burnish train`."""
    thinking: Literal["off", "on"] | None = None
    """The chat template's switch for thinking, as for `burnish train`."""
    trust_remote_code: bool = False
    """Run Python code that comes with the model. Leave off unless you trust its author."""

    def __post_init__(self) -> None:
        if self.id is not None and self.index is not None:
            raise ConfigError("--id and --index both choose a dialogue: give one of them.")
        if self.index is not None and self.index < 0:
            raise ConfigError(f"--index must be 0 or more, not {self.index}.")
        if self.role == "pairs" and (self.prompt or self.sees):
            raise ConfigError("--prompt and --sees are a student's or teacher's: pairs hold their prompts.")
        self.training()

    def training(self) -> StudentConfig | TeacherConfig | DPOConfig:
        """The training that is shown."""
        if self.role == "pairs":
            return DPOConfig(
                run=self.run,
                model=self.model,
                out="",
                max_length=self.max_length,
                pad_to_square=self.pad_to_square,
                thinking=self.thinking,
                trust_remote_code=self.trust_remote_code,
            )
        kind: Any = StudentConfig if self.role == "student" else TeacherConfig
        training: StudentConfig | TeacherConfig = kind(
            runs=(self.run,),
            model=self.model,
            out="",
            prompt=self.prompt,
            sees=self.sees,
            max_length=self.max_length,
            pad_to_square=self.pad_to_square,
            thinking=self.thinking,
            trust_remote_code=self.trust_remote_code,
        )
        return training
