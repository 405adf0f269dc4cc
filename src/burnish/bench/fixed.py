"""FIRE-Bench in fixed dialogues (section 3.4.1): given a recorded history, what do a student and a teacher say next?"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import tyro

from burnish.bench.naming import speaker
from burnish.config import place, runtime
from burnish.errors import ConfigError
from burnish.models import Decoding, ModelOptions, ModelRuntime
from burnish.prompts.templates import StudentSees, TeacherSees
from burnish.store import Run, new_manifest
from burnish.store.codec import to_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from burnish.bench.fixed_reading import RoleName
    from burnish.roles import Role
    from burnish.scores import FixedScores


@dataclass(frozen=True, kw_only=True)
class FixedConfig(ModelRuntime):
    """Ask a student for each recorded response but the first, or a teacher for all feedback (FIRE's tables 2 and 3)."""

    dialogues: tyro.conf.Positional[str]
    """The recorded dialogues: FIRE's JSON, or a run of dialogues."""
    student: str | None = None
    """The student: a path or hub name of an image-text-to-text model of transformers, `pocket`, or
    `http://HOST/v1#NAME`; without it, no student is asked."""
    student_adapter: str | None = None
    """A PEFT adapter to put on the student."""
    teacher: str | None = None
    """The teacher, in the same way. One model for both is loaded once."""
    teacher_adapter: str | None = None
    """A PEFT adapter to put on the teacher."""
    student_prompt: str | None = None
    """The student's prompt, a YAML file or a name such as fire-student; without it, the one that its adapter was
    trained with, else pocket-student for `pocket` and fire-student for any other."""
    teacher_prompt: str | None = None
    """The teacher's prompt, found in the same way."""
    student_sees: StudentSees | None = None
    """Of each feedback its comment, or all of it, the score too; without it, what the prompt says."""
    teacher_sees: TeacherSees | None = None
    """Of each dialogue the latest response, or its history; without it, what the prompt says."""
    limit: int | None = None
    """Dialogues taken, from the first on; all of them without it."""
    max_new_tokens: int = 128
    """Longest response or feedback, in tokens."""
    baseline: str | None = runtime(None)
    """The untrained model's run of this verb on the same dialogues. May be given later: a finished run is scored
    again, not asked again."""
    out: str = place()
    """Folder of the run that is made; its predictions are written there for `burnish score fixed` too."""
    restart: bool = runtime(False)
    """Begin the run anew, deleting what it holds."""
    json: str | None = runtime(None)
    """Also write the scores to this file."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.student and not self.teacher:
            raise ConfigError("Nobody is to be asked: give --student, --teacher or both.")
        for role in ("student", "teacher"):
            if getattr(self, f"{role}_adapter") and not getattr(self, role):
                raise ConfigError(f"--{role}-adapter needs the --{role} that it is put on.")
        if self.limit is not None and self.limit < 1:
            raise ConfigError(f"--limit must be at least 1, not {self.limit}.")
        if self.baseline is not None and Path(self.baseline).resolve() == Path(self.out).resolve():
            raise ConfigError(f"--baseline and --out are both {self.out}: a run cannot be its own baseline.")
        Decoding(max_new_tokens=self.max_new_tokens)


def bench_fixed(config: FixedConfig) -> FixedScores:
    """Fill the run `config.out` with one Prediction or Dropped a text, and score it.

    Raises a BurnishError for dialogues, a model, run or baseline that cannot be used; the baseline is read before any
    model is asked. A killed call is resumed by a second one, which asks for no reply that has come.
    """
    from burnish.bench.fixed_asking import ask, read_run, scores_of, write_predictions
    from burnish.dialogue.reading import open_dialogues

    baseline = read_run(Run.open(Path(config.baseline))) if config.baseline else None
    dialogues = open_dialogues(config.dialogues)
    roles = open_roles(config)
    fingerprints = {name: digest for role in roles.values() for name, digest in role.fingerprints.items()}
    fingerprints["dialogues"] = dialogues.fingerprint
    manifest = new_manifest("fixed", config, seed=0, fingerprints=fingerprints)
    with Run.begin(Path(config.out), manifest, restart=config.restart) as run:
        if run.summary is None:
            ask(run, dialogues, roles, config.limit)
            write_predictions(run)
        names = {str(role): speaker(manifest.config, role) for role in roles}
        result = scores_of(read_run(run), baseline, names)
        run.finish(to_json(result))
    return result


def open_roles(config: FixedConfig) -> Mapping[RoleName, Role]:
    """Those of student and teacher that are to be asked, in this order; one local model is loaded once for both."""
    from burnish.models import open_models
    from burnish.prompts import StudentPrompt, TeacherPrompt, choose
    from burnish.roles import Student, Teacher

    shared = {field.name: getattr(config, field.name) for field in dataclasses.fields(ModelRuntime)}
    named = [(config.student, config.student_adapter), (config.teacher, config.teacher_adapter)]
    models = iter(open_models([ModelOptions(model=m, adapter=adapter, **shared) for m, adapter in named if m]))
    decoding = Decoding(max_new_tokens=config.max_new_tokens)
    roles: dict[RoleName, Role] = {}
    if config.student:
        own = choose(
            StudentPrompt,
            given=config.student_prompt,
            model=config.student,
            adapter=config.student_adapter,
            sees=config.student_sees,
        )
        roles["student"] = Student(model=next(models), prompt=own, decoding=decoding)
    if config.teacher:
        other = choose(
            TeacherPrompt,
            given=config.teacher_prompt,
            model=config.teacher,
            adapter=config.teacher_adapter,
            sees=config.teacher_sees,
        )
        roles["teacher"] = Teacher(model=next(models), prompt=other, decoding=decoding)
    return roles
