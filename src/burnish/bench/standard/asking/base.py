"""What a benchmark is when it is asked: its questions as a source, and what becomes of the answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import nsmallest
from pathlib import Path
from typing import NamedTuple, Protocol, TypeAlias, final

from burnish.bench.standard.numbers import Scored
from burnish.errors import SourceError
from burnish.ids import stable_seed
from burnish.records import Example
from burnish.scores import AccuracyScores, MeasuredScores, MmeScores, YesNoScores
from burnish.sources import Candidate, Source
from burnish.sources.base import with_picture

Scores: TypeAlias = Scored[AccuracyScores] | Scored[MmeScores] | Scored[MeasuredScores] | Scored[YesNoScores]


class AnsweredQuestion(NamedTuple):
    """A question with the model's answer."""

    asked: Candidate
    text: str
    """Empty where the model gave none."""
    ended: bool = True
    """Whether the model came to an end, rather than to its longest answer."""

    def fact(self, name: str) -> str:
        """What the official files say of the question, as text."""
        return str(self.asked.facts[name])


class PictureSource(Protocol):
    """Where a benchmark's pictures are."""

    def read(self, name: str) -> bytes:
        """The picture's file content. Raises ImageError."""
        ...


def unit_of_question(asked: Candidate) -> str:
    """Each question counts for itself."""
    return asked.id


@dataclass(frozen=True, kw_only=True)
class OpenBenchmark:
    """The questions of one benchmark: what `open_NAME(config)` in its file returns."""

    frame: str
    """The words around each question."""
    questions: Callable[[], Iterator[Candidate]]
    """All questions as prompts, in the official order, with their truths. Raises SourceError."""
    pictures: PictureSource
    write: Callable[[Sequence[AnsweredQuestion], Path], None]
    """Writes all answers, in the official order and form, into a folder."""
    score: Callable[[Sequence[AnsweredQuestion]], Scores | None]
    """The scores, and what each answer adds to them; None where the truth is not local, or only a judge can tell."""
    left_out: Callable[[], Mapping[str, int]] = dict
    """What the files hold that is no part of the benchmark, by reason."""
    unit: Callable[[Candidate], str] = unit_of_question
    """What is taken or left whole when fewer questions are asked."""


@final
@dataclass(frozen=True)
class BenchmarkSource(Source):
    """A benchmark's questions, or `limit` units of them drawn by the seed, as any verb reads them."""

    benchmark: OpenBenchmark
    limit: int | None
    seed: int

    def candidates(self) -> Iterator[Candidate]:
        """In the official order. Raises SourceError for files without a question, or with one id for two."""
        taken = self._taken()
        seen: set[str] = set()
        for asked in self.benchmark.questions():
            if asked.id in seen:
                raise SourceError(
                    f"The official files hold the question {asked.id} twice: each needs an id of its own."
                )
            seen.add(asked.id)
            if taken is None or self.benchmark.unit(asked) in taken:
                yield asked
        if not seen:
            raise SourceError("The official files hold no question: check --data against the official release.")

    def _taken(self) -> frozenset[str] | None:
        """The units that are asked; None for all."""
        if self.limit is None:
            return None
        units = dict.fromkeys(self.benchmark.unit(asked) for asked in self.benchmark.questions())
        return frozenset(nsmallest(self.limit, units, key=lambda name: stable_seed(self.seed, name)))

    def load(self, candidate: Candidate) -> Example:
        """With its picture. Raises ImageError."""
        return with_picture(candidate, self.benchmark.pictures.read(candidate.image))
