"""What a result of `burnish score` keeps beside its numbers: every answer, and the fingerprints of all that made it."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from burnish.bench.sample_scores import ScoredAnswer
from burnish.bench.standard.asking.frames import frame_of
from burnish.bench.standard.files import items
from burnish.bench.standard.numbers import Scored
from burnish.bench.standard.predictions import FORM
from burnish.bench.standard.registry import ScoreStandardConfig
from burnish.scores import Recorded, RecordedAnswer
from burnish.store.codec import dump
from burnish.store.manifest import code_version

PROMPT_DIGITS = 12
_GIVEN = ("predictions", "judgements", "reviews", "folder")
"""The flags that name what a model or a judge said."""
_RULES = ("protocol", "failed", "split", "part", "task", "words", "reading", "synonyms")
"""The flags that belong to a scoring rule."""


def recorded(config: ScoreStandardConfig, scored: Scored[Any]) -> Recorded:
    """What a result is made of. Raises SourceError for predictions that mix prompts."""
    flags: dict[str, Any] = {field.name: getattr(config, field.name) for field in dataclasses.fields(config)}  # type: ignore[arg-type]
    paths, frame = _read_given(flags)
    prompt = hashlib.sha256(frame.encode()).hexdigest() if frame else ""
    answers = [_recorded(answer, prompt[:PROMPT_DIGITS]) for answer in scored.answers]
    return Recorded(
        benchmark=config.benchmark,
        n=len(answers),
        files={"predictions": " ".join(paths)}
        | {name: _words(flags[name]) for name in ("questions", "annotations", "problems", "splits") if name in flags},
        rules={name: str(flags[name]) for name in _RULES if flags.get(name) is not None},
        fingerprints={
            "questions": question_set(scored.answers),
            "predictions": _files_digest(paths),
            "prompt": prompt,
        },
        version=code_version(),
        answers=tuple(answers),
    )


def refuse_mixed(config: ScoreStandardConfig) -> None:
    """Raises SourceError for predictions that mix prompts, where no result is kept."""
    _read_given({field.name: getattr(config, field.name) for field in dataclasses.fields(config)})  # type: ignore[arg-type]


def names_of(config: ScoreStandardConfig) -> str:
    """The files of what was said, for messages."""
    return " ".join(_given({field.name: getattr(config, field.name) for field in dataclasses.fields(config)})[1])  # type: ignore[arg-type]


def _given(flags: Mapping[str, Any]) -> tuple[str, list[str]]:
    """The flag that names what was said, and its files."""
    given = next(name for name in _GIVEN if name in flags)
    return given, [flags[given]] if isinstance(flags[given], str) else [*flags[given]]


def _read_given(flags: Mapping[str, Any]) -> tuple[list[str], str]:
    """The files of what was said, and the words around the questions."""
    given, paths = _given(flags)
    return paths, read_frame(paths) if given == "predictions" else ""


def _words(value: str | Sequence[str]) -> str:
    return value if isinstance(value, str) else " ".join(value)


def _recorded(answer: ScoredAnswer, prompt: str) -> RecordedAnswer:
    return RecordedAnswer(
        id=answer.key.id,
        picture=answer.asked.picture,
        question=answer.asked.question,
        truth=answer.asked.truth,
        text=answer.text,
        prompt=prompt,
        groups=tuple(name for level, name in answer.groups if level == "task"),
        terms={name: tuple(map(float, term)) for name, term in answer.terms.items()},
    )


def question_set(answers: Iterable[ScoredAnswer]) -> str:
    """A digest of all questions, in any order: their ids, pictures and truths."""
    digest = hashlib.sha256()
    for line in sorted(dump([*answer.key, *answer.asked]) for answer in answers):
        digest.update(f"{line}\n".encode())
    return digest.hexdigest()


def read_frame(paths: Iterable[str]) -> str:
    """The words around the questions, as the predictions' field `prompt` has them; "" where none has that field.

    Raises SourceError where they are of several kinds: answers to two prompts are no result.
    """
    first: tuple[str, str] | None = None
    for path in paths:
        for item in items(path, FORM):
            frame = frame_of(str(item.values["prompt"])) if "prompt" in item.values else ""
            first = first or (item.where, frame)
            if frame != first[1]:
                raise item.fault(
                    f"mixes prompts: it was asked as {frame or 'nothing tells'!r}, and {first[0]} as "
                    f"{first[1] or 'nothing tells'!r}; score the answers to one prompt at a time"
                )
    return first[1] if first else ""


def _files_digest(paths: Sequence[str]) -> str:
    """Of the files' content, or of all files in a folder."""
    files = [file for path in map(Path, paths) for file in (sorted(path.glob("*.txt")) if path.is_dir() else [path])]
    digest = hashlib.sha256()
    for file in files:
        with file.open("rb") as content:
            digest.update(hashlib.file_digest(content, "sha256").digest())
    return digest.hexdigest()
