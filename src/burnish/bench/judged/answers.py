"""Recorded answers wherever they lie: in a run that Burnish made, or in a file, with as much as it tells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from burnish.bench.standard.files import Item, document, items, official
from burnish.errors import SourceError
from burnish.images import read_inside
from burnish.records import Facts, Prediction
from burnish.sources.files import open_file
from burnish.store import Run

FORM = "give a run with answers to clean pictures at temperature 0, or JSON lines with `question_id` and `text`"
BETWEEN = "\n"
"""What stands between the names of an answer's pictures, where there are several."""
IDS = ("question_id", "id", "image_id")
TEXTS = ("text", "answer", "prediction")
QUESTIONS = ("question", "prompt")


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """One answer, with what is known of its question; empty where that is not known."""

    id: str
    """The question's."""
    text: str
    question: str = ""
    image: str = ""
    """The picture's key in the run, or its name in the file; of several pictures each on a line."""
    truth: str = ""
    source: str = ""
    facts: Facts = field(default_factory=dict)
    n_tokens: int = 0
    temperature: float = 0.0


@dataclass(frozen=True, kw_only=True)
class ModelAnswers:
    """The answers of one model."""

    name: str
    path: Path
    by_id: Mapping[str, Given]
    run: Run | None = None

    def pictures(self, image: str, folder: str | None) -> Sequence[bytes]:
        """The file contents of an answer's pictures, from the folder where there is one, else from the run.

        Raises RunError, ImageError, or SourceError where there is neither.
        """
        if folder is not None:
            return [read_inside(Path(folder), name) for name in image.split(BETWEEN)]
        if self.run is None:
            raise SourceError(f"{self.path} holds no pictures, and the judge's prompt shows them: give --images.")
        return list(map(self.run.image, image.split(BETWEEN)))


def read_answers(path: str) -> ModelAnswers:
    """A run's or a file's answers, one per question: those to clean pictures, drawn at no temperature.

    Raises RunError or SourceError, naming line or question.
    """
    run = Run.open(Path(path)) if Path(path).is_dir() else None
    found = _run_answers(run) if run else _file_answers(path)
    return _collect(path, run, (given for given in found if given.temperature == 0))


def read_sampled(path: str) -> dict[float, ModelAnswers]:
    """A run's answers to clean pictures by the temperature at which they were drawn, from 0 on; a file's have 0.

    Raises as `read_answers`.
    """
    if not Path(path).is_dir():
        return {0.0: read_answers(path)}
    run = Run.open(Path(path))
    found = list(_run_answers(run))
    temperatures = sorted({given.temperature for given in found}) or [0.0]
    return {
        temperature: _collect(path, run, (one for one in found if one.temperature == temperature), f"{temperature:g}")
        for temperature in temperatures
    }


def _collect(path: str, run: Run | None, found: Iterator[Given], name: str = "") -> ModelAnswers:
    """Some answers by question. Raises SourceError for a question that is answered twice, and for none at all."""
    by_id: dict[str, Given] = {}
    for given in found:
        if given.id in by_id:
            raise SourceError(f"{path} has two answers to question {given.id}: give each question one.")
        by_id[given.id] = given
    if not by_id:
        raise SourceError(f"{path} holds no answer: {FORM}.")
    return ModelAnswers(name=name or Path(path).stem, path=Path(path), by_id=by_id, run=run)


def _run_answers(run: Run) -> Iterator[Given]:
    """All answers of a run to clean pictures, at any temperature."""
    for record in run.records(Prediction):
        if not record.distortion:
            yield Given(
                id=record.id,
                text=record.text,
                question=record.question,
                image=BETWEEN.join(record.images),
                truth=record.answer,
                source=record.source,
                facts=record.facts,
                n_tokens=record.n_tokens,
                temperature=_temperature(record.facts),
            )


def _temperature(facts: Facts) -> float:
    value = facts.get("temperature", 0.0)
    return float(value) if isinstance(value, int | float) else 0.0


def _file_answers(path: str) -> Iterator[Given]:
    texts = _as_texts(path)
    if texts is not None:
        return (Given(id=key, text=text) for key, text in texts.items())
    return (
        Given(
            id=item.key(*IDS),
            text=item.text(*TEXTS),
            question=optional(item, QUESTIONS),
            image=optional(item, ("image",)),
        )
        for item in items(path, FORM)
    )


def _as_texts(path: str) -> Mapping[str, str] | None:
    """A file in MM-Vet's form, {"v1_0": "text"}; None for one in any other."""
    if not path.endswith(".json"):
        return None
    with open_file(official(path, FORM)) as file:
        start = file.read(64).lstrip()
    if not start.startswith(b"{"):
        return None
    values: Mapping[str, Any] = document(path, FORM).values
    texts = all(isinstance(value, str) for value in values.values()) and not values.keys() & {*IDS}
    return values if texts else None


def optional(item: Item, names: tuple[str, ...]) -> str:
    """The first of these fields that is there, as text; empty without any."""
    return item.text(*names) if any(name in item.values for name in names) else ""
