"""What is trained on: a question about a picture and the answers to it, from a run or from a source.

A training set streams its examples once, to be prepared; a picture is opened again by its name for every batch that
it is in, so that pictures never fill the memory.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import count
from pathlib import Path
from random import Random
from typing import NamedTuple, Protocol, final

from burnish.errors import ConfigError, RunError, SourceError
from burnish.ids import content_key, stable_seed
from burnish.records import Answer, Dropped, Example, Json, PreferencePair, TextMessage
from burnish.replies import NO_TRUTH
from burnish.sources import TRAINING, Sampling, stream
from burnish.store import Run
from burnish.store.manifest import NAME as MANIFEST
from burnish.store.pairs import open_pairs
from burnish.train.config import DPOConfig, SFTConfig
from burnish.train.shares import pairs_of_each

NO_PICTURE = "none"
"""The name that stands for the pictures of a question that is about none."""
BETWEEN = "+"
"""What stands between the keys of several pictures in their name."""


class TrainingExample(NamedTuple):
    """One question and what is to be learned from it."""

    id: str
    source: str
    picture: str
    """The name by which its training set opens its pictures again."""
    images: tuple[bytes, ...]
    """The file contents of its pictures: mostly one."""
    question: str
    answers: tuple[Answer, ...]
    """The answer to learn. For preferences it is the chosen one, and the rejected ones follow."""
    before: Sequence[TextMessage] = ()
    """The messages before the question."""
    distortions: Sequence[tuple[str, int]] = ()
    """Of each rejected answer, by which its distorted picture is drawn again, and the seed; "" where there is none."""
    distorted_image: int = 0
    """Number, from 1, of the one picture of several that was distorted; 0 where all were."""


class TrainingSet(Protocol):
    """Where examples come from: the same ones in the same order at every reading."""

    @property
    def fingerprint(self) -> str:
        """Hex digest that changes when the examples do."""
        ...

    def read(self) -> Iterator[TrainingExample | Dropped]:
        """Every example, or the reason why it cannot be one."""
        ...

    def open(self, picture: str) -> tuple[bytes, ...]:
        """The file contents of an example's pictures."""
        ...


@final
class Preferences:
    """The preference pairs of a run."""

    def __init__(self, run: Run, *, model_fingerprint: str, sources: Sequence[str] = ()) -> None:
        """Token ids of answers are kept only where the model to train is the one that made them.

        `sources`: pairs of others are left out; none for all. Raises ConfigError for one that no pair is of.
        """
        self._run, self._sources = run, frozenset(sources)
        self.same_model = run.manifest.fingerprints.get("model") == model_fingerprint
        self.fingerprint = _run_fingerprint(run)
        self.open = partial(_pictures, run)
        if sources:
            self.fingerprint = content_key(json.dumps([self.fingerprint, *sorted(sources)]).encode())
            known = sorted({pair.source for pair in run.records(PreferencePair)})
            if unknown := sorted(self._sources - {*known}):
                raise ConfigError(f"{run.path} has no pair of --sources {unknown[0]}: it has {', '.join(known)}.")

    def __len__(self) -> int:
        """How many pairs there are."""
        return sum(self._takes(pair) for pair in self._run.records(PreferencePair))

    def _takes(self, pair: PreferencePair) -> bool:
        return not self._sources or pair.source in self._sources

    def read(self) -> Iterator[TrainingExample | Dropped]:
        """The pairs in the run's order."""
        for pair in self._run.records(PreferencePair):
            if not self._takes(pair):
                yield Dropped(id=pair.id, source=pair.source, reason="not of --sources")
                continue
            answers = (pair.chosen, *(rejected.answer for rejected in pair.rejected))
            if not self.same_model:
                answers = tuple(Answer(text=answer.text, finish=answer.finish) for answer in answers)
            yield TrainingExample(
                id=pair.id,
                source=pair.source,
                picture=BETWEEN.join(pair.images),
                images=tuple(map(self._run.image, pair.images)),
                question=pair.question,
                answers=answers,
                before=pair.before,
                distortions=tuple((one.distortion, one.seed) for one in pair.rejected),
                distorted_image=pair.distorted_image,
            )


@final
class MixedPreferences:
    """The pairs of several runs, of each as many as its share allows."""

    def __init__(self, runs: Mapping[str, Preferences], shares: Mapping[str, float | None], seed: int) -> None:
        """Which pairs of a run are taken is drawn by the seed."""
        self._runs = list(runs.values())
        counts = {path: len(run) for path, run in runs.items()}
        taken = pairs_of_each(shares, counts)
        self._taken = [
            frozenset(Random(stable_seed(seed, "share", path)).sample(range(counts[path]), taken[path]))
            for path in runs
        ]
        parts: list[Json] = [[run.fingerprint, taken[path]] for path, run in runs.items()]
        self.fingerprint = content_key(json.dumps([*parts, seed]).encode())

    def read(self) -> Iterator[TrainingExample | Dropped]:
        """The pairs run by run."""
        for number, (run, taken) in enumerate(zip(self._runs, self._taken, strict=True)):
            places = count()
            for example in run.read():
                if isinstance(example, Dropped):
                    yield example
                elif next(places) in taken:
                    yield example._replace(picture=f"{number}:{example.picture}")

    def open(self, picture: str) -> tuple[bytes, ...]:
        """The pictures of one of the runs."""
        number, _, name = picture.partition(":")
        return self._runs[int(number)].open(name)


@final
class RunTruths:
    """The ground truths of a run's preference pairs."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self.fingerprint = _run_fingerprint(run)
        self.open = partial(_pictures, run)

    def read(self) -> Iterator[TrainingExample | Dropped]:
        """One example per pair whose source knew the truth."""
        for pair in self._run.records(PreferencePair):
            yield _truth(pair, BETWEEN.join(pair.images), tuple(map(self._run.image, pair.images)))


@final
class SourceTruths:
    """The ground truths of a source."""

    def __init__(self, source: str, sampling: Sampling) -> None:
        self._source, self._sampling = source, sampling
        self._stream, self._process = stream(source, sampling, TRAINING), os.getpid()
        self.fingerprint = self._stream.fingerprint

    def read(self) -> Iterator[TrainingExample | Dropped]:
        """One example a sampled question whose source knows the truth."""
        for position, outcome in enumerate(self._stream.from_index(0)):
            name = NO_PICTURE if isinstance(outcome, Example) and not outcome.image else str(position)
            yield outcome if isinstance(outcome, Dropped) else _truth(outcome, name, outcome.images)

    def open(self, picture: str) -> tuple[bytes, ...]:
        """The pictures at this position of the source."""
        if picture == NO_PICTURE:
            return ()
        if os.getpid() != self._process:  # a data loader's worker: it must not share the stream's open files
            self._stream, self._process = stream(self._source, self._sampling, TRAINING), os.getpid()
        outcome = next(self._stream.from_index(int(picture)))
        if isinstance(outcome, Dropped):
            raise SourceError(f"A picture of {self._source} has changed since training began: {outcome.detail}")
        return outcome.images


def preferences(config: DPOConfig, *, model_fingerprint: str) -> Preferences | MixedPreferences:
    """The pairs of finished runs. Raises RunError for another folder, ConfigError for flags that do not fit one."""
    runs = {path: _preferences(path, config, model_fingerprint) for path in config.shares}
    if len(runs) == 1:
        return next(iter(runs.values()))
    return MixedPreferences(runs, config.shares, config.seed)


def held_out_pairs(path: str, config: DPOConfig, *, model_fingerprint: str) -> Preferences:
    """The pairs of `--eval-pairs`, under the same conditions as those that are trained on."""
    return _preferences(path, config, model_fingerprint)


def _preferences(path: str, config: DPOConfig, model_fingerprint: str) -> Preferences:
    run = _pairs_run(Path(path))
    squared = run.manifest.config.get("pad_to_square")  # unknown of pairs that were made elsewhere
    if squared is not None and squared != config.pad_to_square:
        raise ConfigError(
            f"{path} was made {'with' if squared else 'without'} --pad-to-square: train as its answers were made."
        )
    thinking = run.manifest.config.get("thinking")
    if run.manifest.fingerprints.get("model") and thinking != config.thinking:
        made = f"with --thinking {thinking}" if thinking else "without --thinking"
        raise ConfigError(f"{path} was made {made}: train as its answers were made.")
    return Preferences(run, model_fingerprint=model_fingerprint, sources=config.sources)


def truths(config: SFTConfig) -> RunTruths | SourceTruths:
    """Ground truths of a run or of a source. Raises RunError or SourceError."""
    path = Path(config.source)
    return RunTruths(_pairs_run(path)) if (path / MANIFEST).is_file() else SourceTruths(config.source, config)


def _pairs_run(path: Path) -> Run:
    run = open_pairs(path, unfinished="give its `burnish pairs` command again, then train")
    if next(run.records(PreferencePair), None) is None:
        raise RunError(
            f"{path} kept no pair of its {len(run):,} questions: make pairs of more questions, or with a "
            "stronger --distort."
        )
    return run


def _run_fingerprint(run: Run) -> str:
    made = run.manifest
    return content_key(json.dumps([made.config, made.seed, made.fingerprints], sort_keys=True).encode())


def _pictures(run: Run, picture: str) -> tuple[bytes, ...]:
    return tuple(map(run.image, picture.split(BETWEEN)))


def _truth(asked: Example | PreferencePair, picture: str, images: tuple[bytes, ...]) -> TrainingExample | Dropped:
    if not asked.answer:
        return Dropped(id=asked.id, source=asked.source, reason=NO_TRUTH, detail=asked.question)
    return TrainingExample(
        id=asked.id,
        source=asked.source,
        picture=picture,
        images=images,
        question=asked.question,
        answers=(Answer(text=asked.answer),),
        before=asked.before,
    )
