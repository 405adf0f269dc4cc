"""Finds and reads prompt files: those that come with Burnish by name, a user's own by path."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Mapping
from pathlib import Path
from string import Template
from typing import Any, TypeVar, get_args

import yaml

from burnish.errors import ConfigError
from burnish.plain_files import read_plain
from burnish.pocket import place
from burnish.prompts.templates import (
    ComposerPrompt,
    JudgePrompt,
    JudgeSees,
    JudgeTask,
    Prompt,
    StudentPrompt,
    StudentSees,
    TeacherPrompt,
    TeacherSees,
)
from burnish.store.disk import explained, refuse_linked_files
from burnish.yamls import read_yaml

P = TypeVar("P", bound=Prompt)
R = TypeVar("R", StudentPrompt, TeacherPrompt)

log = logging.getLogger(__name__)

OWN = "prompt.yaml"
"""What a trained adapter's folder calls the prompt that it was trained with."""
_FOLDER = Path(__file__).parent
NAMES = tuple(sorted(path.stem for path in _FOLDER.glob("*.yaml")))
"""The prompts that come with Burnish."""
_ROLES: dict[type[Prompt], str] = {
    StudentPrompt: "student",
    TeacherPrompt: "teacher",
    ComposerPrompt: "composer",
    JudgePrompt: "judge",
}
_CHOICES: dict[str, dict[str, tuple[str, ...]]] = {
    "student": {"sees": get_args(StudentSees)},
    "teacher": {"sees": get_args(TeacherSees)},
    "judge": {"sees": get_args(JudgeSees), "task": get_args(JudgeTask)},
}
_VALUES: dict[str, dict[str, frozenset[str]]] = {
    "student": {
        "question": frozenset({"question"}),
        "round": frozenset({"number", "response", "answer", "feedback"}),
        "again": frozenset({"feedback"}),
    },
    "teacher": {
        "question": frozenset({"question", "groundtruth", "response", "answer"}),
        "again": frozenset({"response", "answer"}),
    },
    "composer": {"question": frozenset({"question", "groundtruth"})},
}
"""Which values each of a role's templates may stand in for."""
_JUDGED: dict[JudgeTask, frozenset[str]] = {
    "mmvet": frozenset({"question", "reference", "answer"}),
    "llava-bench": frozenset({"context", "question", "reference", "answer"}),
    "mmhal": frozenset({"contents", "question", "reference", "answer"}),
    "shr": frozenset({"regions", "factual", "sentences"}),
    "consistency": frozenset({"question", "first", "second"}),
    "calibrate": frozenset({"question", "groundtruth", "history", "speaker", "turn", "scale"}),
    "pairwise": frozenset({"question", "reference", "first", "second"}),
    "rubric": frozenset({"question", "reference", "answer", "rubric", "grades"}),
    "grades": frozenset({"question", "reference", "answer"}),
    "answer": frozenset({"question", "answer"}),
}
"""The values of what is judged, for a judge's question; `again` may show the unreadable `reply` too."""


def load(kind: type[P], name: str, **choices: str | None) -> P:
    """The prompt of this role that `name` names, a built-in name or a path of a YAML file.

    `choices` (such as `sees`) win over the file's where they are not None. Raises ConfigError in one sentence.
    """
    role = _ROLES[kind]
    path = _FOLDER / f"{name}.yaml" if name in NAMES else Path(name).expanduser()
    fields = _read(path)
    if (found := fields.pop("role", None)) != role:
        raise ConfigError(f"{path} is a prompt for the role {found!r}, and a {role}'s is needed: see {_of(role)}.")
    fields |= {key: value for key, value in choices.items() if value is not None}
    _check(path, role, kind, fields)
    return kind(**fields)


def choose(kind: type[R], *, given: str | None, model: str, adapter: str | None = None, sees: str | None = None) -> R:
    """The prompt for a role that this model plays: the given one, else the one it was trained with, else the default.

    A prompt that is given, or whose `sees` is, where the model was trained with another is taken, with a warning.
    Raises ConfigError in one sentence.
    """
    own = next((path for name in (adapter, model) if name and (path := place(name) / OWN).is_file()), None)
    if own:
        with explained(own.parent, "read"):
            refuse_linked_files(own.parent)
    default = f"{'pocket' if model == 'pocket' else 'fire'}-{_ROLES[kind]}"
    prompt = load(kind, given or (str(own) if own else default), sees=sees)
    if own and (given or sees) and _read(own) != _fields(prompt):
        log.warning("%s was trained with the prompt %s, and is given another.", own.parent, own)
    return prompt


def choose_judge(task: JudgeTask, *, given: str | None, model: str) -> JudgePrompt:
    """The prompt by which this model judges: the given one, else the one for the pocket VLM, else the default.

    Raises ConfigError in one sentence.
    """
    default = f"pocket-judge-{task}" if model == "pocket" else ""
    prompt = load(JudgePrompt, given or (default if default in NAMES else f"judge-{task}"))
    if prompt.task != task:
        raise ConfigError(
            f"{given} is a prompt for judging {prompt.task}, not {task}: see {_FOLDER}/judge-{task}.yaml."
        )
    return prompt


def save(prompt: Prompt, path: Path) -> None:
    """Write the prompt to a file that `load` reads back."""
    path.write_text(yaml.safe_dump(_fields(prompt), sort_keys=False, allow_unicode=True, width=120), encoding="utf-8")


def _fields(prompt: Prompt) -> dict[str, str]:
    return {"role": _ROLES[type(prompt)], **dataclasses.asdict(prompt)}


def _read(path: Path) -> dict[str, Any]:
    try:
        fields = read_yaml(read_plain(path).decode())
    except FileNotFoundError as error:
        raise ConfigError(f"There is no prompt {path}: give a path, or one of the names {', '.join(NAMES)}.") from error
    except (OSError, ValueError) as error:
        raise ConfigError(f"The prompt {path} cannot be read as YAML: {error}.") from error
    if not isinstance(fields, dict) or not all(isinstance(value, str) for value in fields.values()):
        raise ConfigError(f"The prompt {path} must hold `key: text` lines: see {_FOLDER / 'fire-student.yaml'}.")
    return fields


def _check(path: Path, role: str, kind: type[Prompt], fields: dict[str, str]) -> None:
    known = {field.name: field for field in dataclasses.fields(kind)}
    if unknown := sorted(fields.keys() - known.keys()):
        raise ConfigError(f"The prompt {path} has the key {unknown[0]!r}; a {role}'s has {', '.join(known)}.")
    needed = [name for name, field in known.items() if field.default is dataclasses.MISSING and name not in fields]
    if needed:
        raise ConfigError(f"The prompt {path} lacks {needed[0]!r}: see {_of(role)}.")
    for name, choices in _CHOICES.get(role, {}).items():
        if name in fields and fields[name] not in choices:
            raise ConfigError(f"The prompt {path} has {name}: {fields[name]}; it is one of {', '.join(choices)}.")
    for name, values in _values(role, fields).items():
        template = Template(fields.get(name, ""))
        if not template.is_valid():
            raise ConfigError(f"The prompt {path} has a $ in {name!r} that names no value: write $$ for the sign.")
        if strange := sorted(set(template.get_identifiers()) - values):
            raise ConfigError(
                f"The prompt {path} has ${{{strange[0]}}} in {name!r}, which is not one of its values: "
                f"they are {', '.join(f'${{{value}}}' for value in sorted(values))}."
            )


def _values(role: str, fields: Mapping[str, str]) -> Mapping[str, frozenset[str]]:
    if role != "judge":
        return _VALUES[role]
    known = next(values for task, values in _JUDGED.items() if task == fields["task"])
    return {"question": known, "again": known | {"reply"}}


def _of(role: str) -> str:
    examples = {"composer": "fire-compose", "judge": "judge-mmvet"}
    return str(_FOLDER / f"{examples.get(role, f'fire-{role}')}.yaml")
