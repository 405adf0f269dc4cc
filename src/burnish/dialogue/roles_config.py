"""The flags that name a student and a teacher, and the two roles that they name."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from burnish.config import runtime
from burnish.contrast import ContrastFlags
from burnish.dialogue.foolish import fool_student
from burnish.dialogue.stopping import StopRules
from burnish.dialogue.talk import IN_FLIGHT, Pair
from burnish.errors import ConfigError
from burnish.generation.replicas import ReplicaFlags, open_all_asked
from burnish.models import Decoding, ModelOptions, ModelRuntime
from burnish.prompts import StudentPrompt, TeacherPrompt, choose
from burnish.prompts.templates import StudentSees, TeacherSees
from burnish.roles import Partner, Role, RoleName, oracle_teacher, student_role, teacher_role

ORACLE = "oracle"
"""The teacher that is not a model: it knows the pocket world."""
FOOL = "fool"
"""The student that is not a model: it is never right."""


@dataclass(frozen=True, kw_only=True)
class RoleFlags(ContrastFlags, ReplicaFlags):
    """Who plays the student and the teacher, and what each is told and shown."""

    student: str | None
    """The student: a model."""
    student_adapter: str | None = None
    """A PEFT adapter to load on the student."""
    teacher: str | None
    """The teacher: a model, or `oracle`."""
    teacher_adapter: str | None = None
    """A PEFT adapter to load on the teacher."""
    student_prompt: str | None = None
    """The student's prompt: a YAML file or a name such as fire-student. Default: the prompt that its adapter was
    trained with, else pocket-student for `pocket` and fire-student for other models."""
    teacher_prompt: str | None = None
    """The teacher's prompt, given like the student's."""
    student_sees: StudentSees | None = None
    """What the student sees of a feedback: the comment alone, or the whole text with its score. Default: as the prompt
    says."""
    teacher_sees: TeacherSees | None = None
    """What the teacher sees of a dialogue: the latest response, or its history. Default: as the prompt says."""
    max_new_tokens: int = 512
    """Longest response or feedback, in tokens."""

    def __post_init__(self) -> None:
        super().__post_init__()
        for role, model, adapter in (
            ("student", self.student, self.student_adapter),
            ("teacher", self.teacher, self.teacher_adapter),
        ):
            if adapter and not model:
                raise ConfigError(f"--{role}-adapter needs the --{role} that it is put on.")
            if adapter and model and model.startswith(("http://", "https://")):
                raise ConfigError(
                    f"--{role}-adapter cannot be put on a model at an endpoint: let the server load {adapter}."
                )
        if self.student == ORACLE:
            raise ConfigError("--student oracle: the oracle is a teacher. Name a model, or `fool`.")
        if self.student == FOOL and (self.student_adapter or self.student_prompt or self.student_sees):
            raise ConfigError(
                "--student fool is not a model: it takes no --student-adapter, --student-prompt or --student-sees."
            )
        if self.teacher == ORACLE and (self.teacher_adapter or self.teacher_prompt or self.teacher_sees):
            raise ConfigError(
                "--teacher oracle is not a model: it takes no --teacher-adapter, --teacher-prompt or --teacher-sees."
            )
        self.refuse_contrast(self.student, "--student")
        Decoding(max_new_tokens=self.max_new_tokens, contrast=self.contrast_by(0))


@dataclass(frozen=True, kw_only=True)
class PairFlags(RoleFlags):
    """Who speaks with whom, and how. Every verb that holds dialogues has these flags."""

    student: str
    """The student: a path or hub name of an image-text-to-text model of transformers, `pocket` for the small model that
    comes with Burnish, `http://HOST/v1#NAME` for model NAME at an OpenAI-compatible endpoint, or `fool`, which is never
    right: teachers that also learn from its dialogues are harder to fool."""
    teacher: str
    """The teacher: a model, given like --student, or `oracle`, which knows the pocket world and is never wrong. One
    model for both is loaded once, with any adapters. For `simulate` also `self`: the student criticises itself, without
    the ground truth."""
    threshold: float = 8.0
    """The score from which a response counts as right, which ends the dialogue."""
    max_turns: int = 3
    """Turns after which a dialogue ends at the latest."""
    temperature: float = 0.0
    """Sampling temperature of the student, with --seed; 0 is greedy."""
    in_flight: int = runtime(IN_FLIGHT)
    """Dialogues that advance together; of local models at most 256."""

    def __post_init__(self) -> None:
        for flag, value in (("--student", self.student), ("--teacher", self.teacher)):
            if not value:
                raise ConfigError(f"{flag} is empty: give a path, a hub name, `pocket` or an http address.")
        super().__post_init__()
        StopRules(threshold=self.threshold, max_turns=self.max_turns)
        Decoding(max_new_tokens=self.max_new_tokens, temperature=self.temperature)
        if self.in_flight < 1:
            raise ConfigError(f"--in-flight must be at least 1, not {self.in_flight}.")


def open_pair(config: PairFlags) -> Pair:
    """The two roles, ready to speak. Raises ModelError, ServerError or ConfigError."""
    roles = open_roles(config, temperature=config.temperature)
    return Pair(roles["student"], roles["teacher"])


def seeded(pair: Pair, config: ContrastFlags, seed: int) -> Pair:
    """The pair as it speaks in the run of a seed, which decides how the student's pictures are distorted."""
    if not isinstance(pair.student, Role):
        return pair
    decoding = dataclasses.replace(pair.student.decoding, contrast=config.contrast_by(seed))
    return pair._replace(student=dataclasses.replace(pair.student, decoding=decoding))


def open_roles(config: RoleFlags, *, temperature: float = 0.0) -> dict[RoleName, Partner]:
    """Those of student and teacher that are named, in this order; `temperature` is the student's, as contrast is.

    One local model that both name is loaded once, whatever adapters they put on it. Raises ModelError, ServerError or
    ConfigError.
    """
    student_prompt, teacher_prompt = _student_prompt(config), _teacher_prompt(config)
    named = [(config.student, config.student_adapter), (config.teacher, config.teacher_adapter)]
    models = iter(
        open_all_asked(
            config, [_options(config, name, adapter) for name, adapter in named if name and name not in (FOOL, ORACLE)]
        )
    )
    greedy = Decoding(max_new_tokens=config.max_new_tokens)
    roles: dict[RoleName, Partner] = {}
    if student_prompt:
        decoding = dataclasses.replace(greedy, temperature=temperature, contrast=config.contrast_by(0))
        roles["student"] = student_role(model=next(models), prompt=student_prompt, decoding=decoding)
    elif config.student == FOOL:
        roles["student"] = fool_student()
    if teacher_prompt:
        roles["teacher"] = teacher_role(model=next(models), prompt=teacher_prompt, decoding=greedy)
    elif config.teacher == ORACLE:
        roles["teacher"] = oracle_teacher()
    return roles


def _student_prompt(config: RoleFlags) -> StudentPrompt | None:
    """The student's; None where there is none, or one that is not a model."""
    if not config.student or config.student == FOOL:
        return None
    return choose(
        StudentPrompt,
        given=config.student_prompt,
        model=config.student,
        adapter=config.student_adapter,
        sees=config.student_sees,
    )


def _teacher_prompt(config: RoleFlags) -> TeacherPrompt | None:
    """The teacher's; None where there is none, or one that is not a model."""
    if not config.teacher or config.teacher == ORACLE:
        return None
    return choose(
        TeacherPrompt,
        given=config.teacher_prompt,
        model=config.teacher,
        adapter=config.teacher_adapter,
        sees=config.teacher_sees,
    )


def _options(config: RoleFlags, model: str, adapter: str | None) -> ModelOptions:
    shared = {field.name: getattr(config, field.name) for field in dataclasses.fields(ModelRuntime)}
    return ModelOptions(model=model, adapter=adapter, **shared)
